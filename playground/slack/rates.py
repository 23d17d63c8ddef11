"""How often a method may be called.

Slack counts by method, workspace and app, in windows of a minute; posting is counted by channel too.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from playground.clock import Clock
from playground.slack.errors import TooMany

MINUTE = 60.0
TIERS = {1: 1, 2: 20, 3: 50, 4: 100}
SPECIAL = 600
"""Calls a minute of methods in Slack's special tier that say no number ("hundreds")."""

POSTS = 300
POST_GAP = 1.0
POST_BURST = 5
RESPONSE_GAP = 1.0
JITTER = 0.1
"""Real seconds by which calls may arrive closer together than they were sent; their mean rate stays the limit."""


@dataclass(frozen=True)
class Limit:
    """So many calls in a window, and evenly where `most` is 1; `burst` may come at once where bursts are let pass."""

    key: tuple[str, ...]
    most: int
    seconds: float = MINUTE
    burst: int = 1


@dataclass(frozen=True)
class Budget:
    """How much of one limit is used now: `used` calls of `most` in `seconds`.

    `closed` is for how many seconds callers are still refused after a 429; 0 where nobody has to wait.
    """

    key: tuple[str, ...]
    used: int
    most: int
    seconds: float
    closed: float


class Rates:
    """Counts the calls. Strict: not one more than Slack promises; else a fifth more, and short bursts of posts.

    Who was told to wait is refused until the wait is over, also where the count would let the call pass.
    `squeeze` is the share of every budget that is left, more than 0 and at most 1: with 0.2 a fifth of the calls pass.
    """

    def __init__(self, clock: Clock, strict: bool) -> None:
        self.enabled = True
        self.strict = strict
        self.squeeze = 1.0
        self._clock = clock
        self._limits: dict[tuple[str, ...], Limit] = {}
        self._calls: dict[tuple[str, ...], deque[float]] = {}
        self._due: dict[tuple[str, ...], float] = {}
        self._closed: dict[tuple[str, ...], float] = {}

    def take(self, *limits: Limit) -> None:
        """Count a call against all its limits, or raise `TooMany` and count it against none."""
        if not self.enabled:
            return
        now = self._clock.now()
        for limit in limits:
            self._limits[limit.key] = limit
            if self._closed_for(limit, now) > 0:
                raise TooMany(max(1, math.ceil(self._closed[limit.key] - now)))
            wait = self._wait(limit, now)
            if wait > 0:
                seconds = max(1, math.ceil(wait))
                self._closed[limit.key] = now + seconds
                raise TooMany(seconds)
        for limit in limits:
            self._count(limit, now)

    def close(self, limits: Iterable[Limit], seconds: int) -> None:
        """Close limits for so long, as if they were used up."""
        for limit in limits:
            self._limits[limit.key] = limit
            self._closed[limit.key] = self._clock.now() + seconds

    def budgets(self) -> list[Budget]:
        """Show every limit that counts a call now, or is closed; looking counts for nothing."""
        now = self._clock.now()
        shown = (self._budget(limit, now) for limit in self._limits.values())
        return [budget for budget in shown if budget.used or budget.closed]

    def is_closed(self, *limits: Limit) -> bool:
        """Say whether a caller was told to wait, and should still be waiting."""
        return any(self._closed_for(limit, self._clock.now()) > 0 for limit in limits)

    def _budget(self, limit: Limit, now: float) -> Budget:
        closed = max(0.0, self._closed_for(limit, now))
        if limit.most == 1:
            booked = max(0.0, self._due.get(limit.key, now) - now)
            return Budget(limit.key, math.ceil(booked / self._gap(limit)), self._burst(limit), self._gap(limit), closed)
        used = sum(not self._is_over(call, limit, now) for call in self._calls.get(limit.key, ()))
        return Budget(limit.key, used, self._most(limit), limit.seconds, closed)

    def _closed_for(self, limit: Limit, now: float) -> float:
        return self._closed.get(limit.key, 0.0) - self._jitter(limit) - now

    def _wait(self, limit: Limit, now: float) -> float:
        if limit.most == 1:
            spare = self._jitter(limit) + self._gap(limit) * (self._burst(limit) - 1)
            return self._due.get(limit.key, now) - spare - now
        calls = self._calls.get(limit.key, deque())
        while calls and self._is_over(calls[0], limit, now):
            calls.popleft()
        return calls[-self._most(limit)] + limit.seconds - now if len(calls) >= self._most(limit) else 0.0

    def _is_over(self, call: float, limit: Limit, now: float) -> bool:
        return call <= now - limit.seconds + self._jitter(limit)

    def _count(self, limit: Limit, now: float) -> None:
        if limit.most == 1:
            self._due[limit.key] = max(now, self._due.get(limit.key, now)) + self._gap(limit)
        else:
            self._calls.setdefault(limit.key, deque()).append(now)

    def _gap(self, limit: Limit) -> float:
        """Give the seconds from one call to the next where they come evenly."""
        return limit.seconds / self.squeeze

    def _burst(self, limit: Limit) -> int:
        return 1 if self.strict else max(1, int(limit.burst * self.squeeze))

    def _jitter(self, limit: Limit) -> float:
        """Give the part of a quick clock's time that the network may take; never more than half of the limit's."""
        return min(JITTER * self._clock.speed, 0.5 * limit.seconds)

    def _most(self, limit: Limit) -> int:
        most = limit.most if self.strict else limit.most + limit.most // 5
        return max(1, int(most * self.squeeze))
