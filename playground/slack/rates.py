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


class Rates:
    """Counts the calls. Strict: not one more than Slack promises; else a fifth more, and short bursts of posts.

    Who was told to wait is refused until the wait is over, also where the count would let the call pass.
    """

    def __init__(self, clock: Clock, strict: bool) -> None:
        self.enabled = True
        self.strict = strict
        self._clock = clock
        self._calls: dict[tuple[str, ...], deque[float]] = {}
        self._due: dict[tuple[str, ...], float] = {}
        self._closed: dict[tuple[str, ...], float] = {}

    def take(self, *limits: Limit) -> None:
        """Count a call against all its limits, or raise `TooMany` and count it against none."""
        if not self.enabled:
            return
        now = self._clock.now()
        for limit in limits:
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
            self._closed[limit.key] = self._clock.now() + seconds

    def is_closed(self, *limits: Limit) -> bool:
        """Say whether a caller was told to wait, and should still be waiting."""
        return any(self._closed_for(limit, self._clock.now()) > 0 for limit in limits)

    def _closed_for(self, limit: Limit, now: float) -> float:
        return self._closed.get(limit.key, 0.0) - self._jitter(limit) - now

    def _wait(self, limit: Limit, now: float) -> float:
        if limit.most == 1:
            return self._due.get(limit.key, now) - self._slack(limit) - now
        calls = self._calls.get(limit.key, deque())
        while calls and calls[0] <= now - limit.seconds + self._jitter(limit):
            calls.popleft()
        return calls[-self._most(limit)] + limit.seconds - now if len(calls) >= self._most(limit) else 0.0

    def _count(self, limit: Limit, now: float) -> None:
        if limit.most == 1:
            self._due[limit.key] = max(now, self._due.get(limit.key, now)) + limit.seconds
        else:
            self._calls.setdefault(limit.key, deque()).append(now)

    def _slack(self, limit: Limit) -> float:
        jitter = self._jitter(limit)
        return jitter if self.strict else jitter + limit.seconds * (limit.burst - 1)

    def _jitter(self, limit: Limit) -> float:
        """Give the part of a quick clock's time that the network may take; never more than half of the limit's."""
        return min(JITTER * self._clock.speed, 0.5 * limit.seconds)

    def _most(self, limit: Limit) -> int:
        return limit.most if self.strict else limit.most + limit.most // 5
