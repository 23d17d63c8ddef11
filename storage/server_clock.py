"""The time of a database server."""

import time

from bot.engine.ports import Clock


class ServerClock:
    """The server's time, as far as it is known: what it said last, and what has passed since. In milliseconds' steps.

    It is ahead by what an answer takes, never behind: so nobody comes back too early.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = clock.now() - time.monotonic()

    def now(self) -> float:
        return round(self._ahead + time.monotonic(), 3)

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    def hear(self, moment: float, asked_at: float) -> float:
        """The server says that it is this moment, to who asked then by the monotonic clock."""
        self._ahead = moment - asked_at
        return round(moment, 3)
