"""`getUpdates`: long polling with its rules about offsets, haste and a second poller."""

import asyncio
from dataclasses import dataclass
from typing import Any

from playground.clock import Clock
from playground.telegram.errors import ApiError, conflict
from playground.telegram.timers import sleep_until
from playground.telegram.updates import UpdateQueue

LONGEST_POLL = 50
HASTE_SECONDS = 3.0
GREAT_HASTE_SECONDS = 0.5
CONFLICT_PAUSE = 3.0
OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass(frozen=True)
class Refusal:
    """A 409 and the moment at which it is given."""

    reason: str
    moment: float


class Poll:
    """One request that waits for updates."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.timed_out = False
        self.refusal: Refusal | None = None

    def end(self, refusal: "Refusal") -> None:
        self.refusal = refusal
        self.woken.set()

    async def time_out(self, clock: Clock, moment: float) -> None:
        await sleep_until(clock, moment)
        self.timed_out = True
        self.woken.set()


class Polling:
    """Lets one poller wait at a time; a newer one ends the older, as in the real server."""

    def __init__(self, clock: Clock, queue: UpdateQueue) -> None:
        self.clock = clock
        self.queue = queue
        self._poll: Poll | None = None
        self._last_offset: int | None = None
        self._last_start = float("-inf")
        self._next_conflict = float("-inf")

    def wake(self) -> None:
        if self._poll:
            self._poll.woken.set()

    def abort(self, reason: str) -> None:
        """End the request that waits, with 409."""
        if self._poll:
            self._poll.end(self._refusal(reason))
            self._poll = None

    async def get_updates(self, offset: int, limit: int, seconds: int) -> list[dict[str, Any]]:
        """Confirm what is below `offset` and give what is next, at once or within so many seconds."""
        limit, seconds = self._slowed_down(offset, limit, seconds)
        batch = self.queue.take(offset, limit)
        if batch or not seconds:
            return batch
        self.abort(OTHER_POLLER)
        return await self._wait(offset, limit, seconds)

    def _slowed_down(self, offset: int, limit: int, seconds: int) -> tuple[int, int]:
        """Hold back a bot that asks the same question again within 3 seconds, and more so within half a second."""
        now = self.clock.now()
        since = now - self._last_start if offset == self._last_offset else float("inf")
        self._last_offset, self._last_start = offset, now
        slow = since < HASTE_SECONDS and seconds < HASTE_SECONDS
        return (1 if since < GREAT_HASTE_SECONDS else limit), (int(HASTE_SECONDS) if slow else seconds)

    async def _wait(self, offset: int, limit: int, seconds: int) -> list[dict[str, Any]]:
        poll = self._poll = Poll()
        timer = asyncio.create_task(poll.time_out(self.clock, self.clock.now() + seconds), name="long poll timer")
        try:
            while True:
                await poll.woken.wait()
                poll.woken.clear()
                if poll.refusal:
                    raise await self._in_time(poll.refusal)
                batch = self.queue.take(offset, limit)
                if batch or poll.timed_out:
                    return batch
        finally:
            timer.cancel()
            if self._poll is poll:
                self._poll = None

    async def refusal(self, reason: str) -> ApiError:
        """Make a 409; the second within three seconds is held back for three seconds."""
        return await self._in_time(self._refusal(reason))

    def _refusal(self, reason: str) -> Refusal:
        now = self.clock.now()
        if now < self._next_conflict:
            return Refusal(reason, now + CONFLICT_PAUSE)
        self._next_conflict = now + CONFLICT_PAUSE
        return Refusal(reason, now)

    async def _in_time(self, refusal: Refusal) -> ApiError:
        await sleep_until(self.clock, refusal.moment)
        return conflict(refusal.reason)
