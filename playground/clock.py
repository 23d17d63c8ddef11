"""The time that a stand-in lives by: real, quicker than real, or moved by hand."""

import asyncio
import time


class Clock:
    """Seconds since the epoch, running `speed` times as fast as the real ones.

    A test that shares one such clock between the bot and the stand-ins sees every limit kept, in less time.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._real_start = time.monotonic()
        self._start = time.time()

    def now(self) -> float:
        return self._start + (time.monotonic() - self._real_start) * self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.speed)


class ManualClock(Clock):
    """Stands still until `advance` is called; for limits that are counted in minutes or hours."""

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        super().__init__()
        self._now = start
        self._moved = asyncio.Condition()

    def now(self) -> float:
        return self._now

    async def advance(self, seconds: float) -> None:
        async with self._moved:
            self._now += seconds
            self._moved.notify_all()

    async def sleep(self, seconds: float) -> None:
        until = self._now + seconds
        async with self._moved:
            await self._moved.wait_for(lambda: self._now >= until)
