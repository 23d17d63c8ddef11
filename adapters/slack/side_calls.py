"""Calls that belong to no reply: notes, modals, names, what stands in a thread. They keep the budgets, too."""

from collections.abc import Awaitable, Callable
from math import inf
from typing import TypeVar

from adapters.slack import budgets
from bot.engine.budgets import Budgets, Urgency
from bot.engine.errors import RateLimited
from bot.engine.pacing import Pacer

T = TypeVar("T")

MOST_TRIES = 4


class SideCalls:
    """Lets calls out when the workspace has room for them; a few times again after each 429, when that is over."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._workspace = ""

    def know(self, workspace: str) -> None:
        """Take in whose budgets they are."""
        self._workspace = workspace

    async def make(
        self, method: str, call: Callable[[], Awaitable[T]], patience: float = inf, further: Budgets = ()
    ) -> T:
        """Make a call of this method, which spends `further` budgets, too.

        Raises RateLimited where there is no room for longer than `patience` seconds, or after the last 429.
        """
        spent = (*budgets.of_method(self._workspace, method), *further)
        for _ in range(MOST_TRIES - 1):
            await self._pacer.turn(spent, Urgency.FIRST, patience)
            try:
                return await call()
            except RateLimited as limited:
                await self._close(spent, limited)
        await self._pacer.turn(spent, Urgency.FIRST, patience)
        try:
            return await call()
        except RateLimited as limited:
            await self._close(spent, limited)
            raise

    async def _close(self, spent: Budgets, limited: RateLimited) -> None:
        await self._pacer.close(spent, limited.retry_after, refused=True)
