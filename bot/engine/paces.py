"""The pace of one process."""

from dataclasses import dataclass
from math import inf

from bot.engine.errors import RateLimited
from bot.engine.ports import Clock

MANY = 10_000
"""Lanes, beyond which those that are free are forgotten."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Moments at which the next one may use it, and until which nobody may."""

    next_at: float = 0.0
    closed_until: float = 0.0

    @property
    def free_at(self) -> float:
        return max(self.next_at, self.closed_until)


class LocalPaces:
    """Port `Paces` in one process, which forgets them.

    Each who comes is given a moment of its own, in the order of coming; a lane that is closed meanwhile gives new ones.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lanes: dict[str, Lane] = {}

    async def turn(self, lane: str, gap: float, patience: float = inf) -> None:
        while (wait := (mine := self._reserve(lane, gap, patience)) - self._clock.now()) > 0:
            await self._clock.sleep(wait)
            if self._lane(lane).closed_until <= mine:
                break
            patience -= wait

    async def close(self, lane: str, seconds: float) -> None:
        known, until = self._lane(lane), self._clock.now() + seconds
        self._lanes[lane] = Lane(known.next_at, max(known.closed_until, until))

    @property
    def known(self) -> int:
        """How many lanes are remembered."""
        return len(self._lanes)

    def _reserve(self, lane: str, gap: float, patience: float) -> float:
        """The moment at which the lane is the caller's."""
        now, known = self._clock.now(), self._lane(lane)
        if known.free_at - now > patience:
            raise RateLimited(known.free_at - now)
        mine = max(now, known.free_at)
        self._forget_the_free(now)
        self._lanes[lane] = Lane(mine + gap, known.closed_until)
        return mine

    def _lane(self, lane: str) -> Lane:
        return self._lanes.get(lane, Lane())

    def _forget_the_free(self, now: float) -> None:
        if self.known > MANY:
            self._lanes = {name: lane for name, lane in self._lanes.items() if lane.free_at > now}
