"""The log of what the app asked for."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Call:
    """One request. `error` is None until it is refused; `injected` tells a refusal that a test asked for.

    `too_early` marks a call that came before the `Retry-After` of an earlier one was over: a good app makes none.
    """

    method: str
    args: dict[str, Any]
    time: float
    error: str | None = None
    status: int = 0
    response: dict[str, Any] = field(default_factory=dict)
    injected: bool = False
    too_early: bool = False
    done: bool = False
