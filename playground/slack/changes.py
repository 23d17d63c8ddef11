"""Waiting for something to happen without looking again and again, and owning what runs meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from playground.clock import Clock

T = TypeVar("T")


class Changes:
    """Wakes everybody who waits for a condition whenever anything in the stand-in changes."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def notify(self) -> None:
        for event in self._waiting:
            event.set()

    async def wait_for(self, condition: Callable[[], object]) -> None:
        """Return as soon as the condition holds."""
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            while not condition():
                await changed.wait()
                changed.clear()
        finally:
            self._waiting.discard(changed)


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
