"""Time that stands still until a test moves it."""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

ROUNDS = 60
"""How often the loop is let round after a wake-up: enough for work that waits for nothing but fakes."""

PATIENCE = 30.0
"""Real seconds that a test waits for a sleeper to turn up before it fails."""


class FakeClock:
    """A port `Clock` moved by hand. Who sleeps wakes in the order of time, each at exactly its own moment."""

    def __init__(self, start: float = 1_790_000_000.0) -> None:
        self._now = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._came = asyncio.Event()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._numbers), wake))
        self._came.set()
        await wake

    @property
    def sleeping(self) -> int:
        """How many wait for the time to come."""
        return sum(not wake.done() for _, _, wake in self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Move on; who wakes on the way does its work, and may sleep again, before the time moves further."""
        until = self._now + seconds
        await self.settle()
        while (at := self._next()) is not None and at <= until:
            await self._wake(at)
        self._now = until
        await self.settle()

    async def advance_to_next(self) -> float:
        """Jump to the moment at which the next sleeper wakes; wait for one to come if there is none.

        Gives back the seconds jumped; raises TimeoutError after 30 real seconds without a sleeper.
        """
        before = self._now
        async with asyncio.timeout(PATIENCE):
            while (at := self._next()) is None:
                self._came.clear()
                await self._came.wait()
        await self._wake(at)
        return self._now - before

    async def advance_until(self, done: Callable[[], bool]) -> float:
        """Jump from sleeper to sleeper until `done()`; gives back the seconds that passed on this clock.

        Raises TimeoutError after 30 real seconds: nothing sleeps and nothing happens, or it never comes true.
        """
        before = self._now
        async with asyncio.timeout(PATIENCE):
            while not done():
                await self._go_on()
        return self._now - before

    async def settle(self) -> None:
        """Let everything run that can go on without time passing and without real input or output."""
        for _ in range(ROUNDS):
            await asyncio.sleep(0)

    async def _go_on(self) -> None:
        await self.settle()
        if (at := self._next()) is not None:
            await self._wake(at)
        else:
            await asyncio.sleep(0.001)  # real input or output is under way: give the loop time to look at it

    def _next(self) -> float | None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    async def _wake(self, at: float) -> None:
        self._now = max(self._now, at)
        _, _, wake = heapq.heappop(self._sleepers)
        wake.set_result(None)
        await self.settle()
