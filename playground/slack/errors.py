"""How the stand-in says no.

Refusal            the service refuses a call, in its own word (HTTP 200)
  TooMany          a limit is used up (HTTP 429)
Outage             the service fails with a page instead of an answer
ConnectionLost     the connection breaks off without an answer
NotPossible        a person's client refuses, or shows a failure of the app
"""

from typing import Any


class Refusal(Exception):
    """A call is refused: `error` is Slack's word for it, `messages` go into `response_metadata`."""

    status = 200

    def __init__(self, error: str, *messages: str, **extra: Any) -> None:
        super().__init__(error, *messages)
        self.error = error
        self.body: dict[str, Any] = {"ok": False, "error": error, **extra}
        if messages:
            self.body["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in messages]}
        self.headers: dict[str, str] = {}


class TooMany(Refusal):
    """A limit is used up for so many whole seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after
        self.headers = {"Retry-After": str(retry_after)}


class Outage(Exception):
    """The service fails: a status and a page, as from the machines in front of it."""

    def __init__(self, status: int, retry_after: int | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.headers = {} if retry_after is None else {"Retry-After": str(retry_after)}


class ConnectionLost(Exception):
    """The connection breaks off without an answer."""


class NotPossible(Exception):
    """What a person's client shows instead of doing it; the message says why."""
