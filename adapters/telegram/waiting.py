"""Waiting that can be ended, and pauses that grow."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from bot.engine.errors import RateLimited

T = TypeVar("T")


async def unless(stopping: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Wait for `work`, but cancel it once `stopping` is set; then None."""
    doing, stop = asyncio.ensure_future(work), asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({doing, stop}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        for task in (doing, stop):
            task.cancel()
        await asyncio.gather(doing, stop, return_exceptions=True)


async def ended_late(task: asyncio.Task[None], seconds: float) -> bool:
    """Let the task end by itself for so many seconds, then cancel it; whether that was necessary."""
    await asyncio.wait({task}, timeout=seconds)
    late = not task.done()
    if late:
        task.cancel()
        await asyncio.wait({task})
    return late


class Backoff:
    """Seconds to wait: doubled with every failure, from 1 to 30."""

    def __init__(self) -> None:
        self._next = 1.0

    def after(self, error: Exception) -> float:
        """The pause after this failure, and never shorter than Telegram asked for."""
        pause, self._next = self._next, min(self._next * 2, 30.0)
        return max(pause, error.retry_after) if isinstance(error, RateLimited) else pause

    def worked(self) -> None:
        self._next = 1.0
