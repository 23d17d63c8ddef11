"""Agent sessions: the titles and states that Slack shows beside the threads of an agent."""

from dataclasses import dataclass

from playground.clock import Clock

STATES = ("active", "processing", "suspended", "closed")
PROCESSING_LASTS = 3600.0
"""Seconds after which `processing` falls back to `active`."""

LONGEST_TITLE = 200
LONGEST_TITLE_KEPT = 80
"""Characters that are left of a title given when a session is made; measured."""


@dataclass(eq=False)
class Session:
    """The session of one thread."""

    title: str = ""
    state: str = "active"
    since: float = 0.0


class Sessions:
    """The sessions by channel and thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], Session] = {}

    def at(self, channel: str, thread_ts: str) -> Session | None:
        """Give the session of a thread, its state as it is now."""
        session = self._kept.get((channel, thread_ts))
        if session and session.state == "processing" and self._clock.now() >= session.since + PROCESSING_LASTS:
            session.state = "active"
        return session

    def set_state(self, channel: str, thread_ts: str, state: str, title: str = "") -> Session:
        """Change the state, of a new session where there is none; only a new one takes the title."""
        session = self.at(channel, thread_ts)
        if session is None:
            kept = title[:LONGEST_TITLE_KEPT].replace(":", "_").replace("/", "_")
            session = self._kept[channel, thread_ts] = Session(kept)
        session.state, session.since = state, self._clock.now()
        return session
