"""Waiting as long as Slack asks, for calls that no lane of the engine paces."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.engine.errors import RateLimited
from bot.engine.ports import Clock

T = TypeVar("T")

MOST_TRIES = 4


async def once_allowed(clock: Clock, call: Callable[[], Awaitable[T]]) -> T:
    """Call, and again after each 429 (what was refused so was surely not applied). Raises the last RateLimited."""
    for _ in range(MOST_TRIES - 1):
        try:
            return await call()
        except RateLimited as limited:
            await clock.sleep(limited.retry_after)
    return await call()
