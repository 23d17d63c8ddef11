"""How long Slack goes on sending events to an app. https://docs.slack.dev/apis/events-api"""

from collections import deque

from playground.clock import Clock

HOUR = 3600.0
MOST_EVENTS = 30_000
"""Events in an hour; those over it are not sent, and the app is told once a minute."""

EXEMPT_BELOW = 1000
"""Attempts in an hour under which failures are let pass."""

MOST_FAILED = 0.95


class Subscription:
    """Counts what was sent and what failed in the last hour.

    `on` goes off when more than 95 of 100 attempts failed; only the developer switches it on again.
    """

    def __init__(self, clock: Clock) -> None:
        self.on = True
        self.most = MOST_EVENTS
        self.exempt_below = EXEMPT_BELOW
        self._clock = clock
        self._events: deque[float] = deque()
        self._attempts: deque[tuple[float, bool]] = deque()
        self._told_minute = -1

    def admits(self) -> bool:
        """Count an event that is to be sent; say whether it may be."""
        now = self._clock.now()
        while self._events and self._events[0] <= now - HOUR:
            self._events.popleft()
        if len(self._events) >= self.most:
            return False
        self._events.append(now)
        return True

    def minute_to_tell(self) -> int | None:
        """Give the minute (its first second) that the app is to be told of as too full, once for each."""
        minute = int(self._clock.now() // 60 * 60)
        if minute == self._told_minute:
            return None
        self._told_minute = minute
        return minute

    def note(self, *, failed: bool) -> None:
        """Count how an attempt ended."""
        now = self._clock.now()
        self._attempts.append((now, failed))
        while self._attempts[0][0] <= now - HOUR:
            self._attempts.popleft()
        failures = sum(failed for _, failed in self._attempts)
        if len(self._attempts) >= self.exempt_below and failures > MOST_FAILED * len(self._attempts):
            self.on = False
