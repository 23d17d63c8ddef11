"""The ledger of one process."""

from collections.abc import Iterable, Sequence

from bot.engine.budgets import Account, Ask, Budget, Budgets, Way, close, count_live, decide
from bot.engine.ports import Clock

MANY = 10_000
"""Accounts, beyond which those that say nothing are forgotten."""

LONGEST_MEMORY = 3600.0
ME = "me"


class LocalLedger:
    """Port `Ledger` in one process, which forgets it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._accounts: dict[str, Account] = {}
        self._many = MANY

    async def ask(self, asks: Sequence[Ask]) -> list[float]:
        now = self._clock.now()
        self._forget_the_idle(now)
        return decide(asks, self._named(budget for ask in asks for budget in ask.named), now, ME)

    async def close(self, budgets: Budgets, seconds: float, *, refused: bool) -> None:
        for account in self._named(budgets).values():
            close(account, self._clock.now(), seconds, refused=refused)

    def live(self, way: Way, number: int) -> None:
        count_live(way, self._named({*way.preview, *way.end}), ME, number)

    def seen(self, budget: Budget) -> tuple[Account, float]:
        return self._account(budget), self._clock.now()

    @property
    def accounts(self) -> dict[str, Account]:
        """All that is known, by the budgets' names."""
        return self._accounts

    def _named(self, budgets: Iterable[Budget]) -> dict[str, Account]:
        return {budget.name: self._account(budget) for budget in budgets}

    def _account(self, budget: Budget) -> Account:
        return self._accounts.setdefault(budget.name, Account())

    def _forget_the_idle(self, now: float) -> None:
        if len(self._accounts) > self._many:
            kept = {name: it for name, it in self._accounts.items() if not it.is_idle(now, LONGEST_MEMORY)}
            self._accounts, self._many = kept, max(MANY, 2 * len(kept))
