"""What runs in the background of the stand-in, and limits in its own time."""

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from playground.clock import Clock

T = TypeVar("T")


class Tasks:
    """What runs in the background, until `end`."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def end(self) -> None:
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def within(clock: Clock, seconds: float, work: Awaitable[T]) -> T:
    """Give what the work gives; raise `TimeoutError` once so many seconds have passed on the stand-in's clock."""
    done = asyncio.ensure_future(work)
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait({done, alarm}, return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            raise TimeoutError
        return done.result()
    finally:
        alarm.cancel()
        done.cancel()
        await asyncio.gather(alarm, done, return_exceptions=True)
