"""The log of requests, for tests to look at."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Call:
    """One request as it came in and how it ended; `error` is the description of a refusal.

    `done` is false while the answer is still on its way. `too_early` marks a call before a `retry_after` was over.
    """

    method: str
    params: dict[str, Any]
    time: float
    done: bool = False
    error: str | None = None
    status: int = 0
    result: Any = None
    too_early: bool = False
    answered_at: float | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def chat_id(self) -> int | None:
        raw = str(self.params.get("chat_id", ""))
        return int(raw) if raw.lstrip("-").isdigit() else None
