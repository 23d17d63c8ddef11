"""Failures on demand: what the network and the service do to an app on a bad day."""

import asyncio
from dataclasses import dataclass, field

from playground.slack.errors import ConnectionLost, Outage, Refusal, TooMany


@dataclass(eq=False)
class Fault:
    """What happens to the next `times` calls of a method, before or after they took effect.

    `error` refuses in Slack's words, `status` answers with that status, `reset` breaks the connection off; `warning`
    stands in an answer that is all right. `seconds` holds the answer back for so long on the stand-in's clock, `gate`
    until it is set.
    """

    method: str
    times: int = 1
    error: str = ""
    status: int = 0
    retry_after: int | None = None
    applied: bool = False
    reset: bool = False
    seconds: float = 0.0
    warning: str = ""
    gate: asyncio.Event | None = None
    hit: int = 0

    def failure(self) -> Exception | None:
        """Make the failure; None where the fault only makes the call slow."""
        if self.reset:
            return ConnectionLost()
        if self.status == 429:
            return TooMany(self.retry_after or 1)
        if self.status:
            return Outage(self.status, self.retry_after)
        return Refusal(self.error) if self.error else None


@dataclass
class Faults:
    """The faults that are still to come, in the order in which they were asked for.

    `standing` meets every call as long as it is set, before the service looks at the call at all.
    """

    planned: list[Fault] = field(default_factory=list)
    standing: Fault | None = None

    def plan(self, fault: Fault) -> Fault:
        self.planned.append(fault)
        return fault

    def take(self, method: str) -> Fault | None:
        """Take the fault that meets this call, if there is one; method `*` meets every call."""
        for fault in self.planned:
            if fault.method in ("*", method) and fault.hit < fault.times:
                fault.hit += 1
                return fault
        return None
