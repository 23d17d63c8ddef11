"""Failures on demand: what the network and the service do to a bot on a bad day."""

import asyncio
from dataclasses import dataclass, field

from playground.telegram.errors import ApiError

REASONS = {400: "Bad Request", 403: "Forbidden", 500: "Internal Server Error", 502: "Bad Gateway"}


class ConnectionLost(Exception):
    """The connection breaks off without an answer."""


@dataclass(eq=False)
class Fault:
    """What happens to the next `times` calls of a method, before or after they took effect.

    `status` 0 breaks the connection off. `seconds` holds the answer back for so long, `gate` until it is set.
    """

    method: str
    times: int = 1
    status: int | None = None
    description: str = ""
    retry_after: int | None = None
    applied: bool = False
    seconds: float = 0.0
    gate: asyncio.Event | None = None
    chat_id: int | None = None
    hit: int = 0

    def error(self) -> Exception | None:
        """Make the failure; None where the fault only makes the call slow."""
        if self.status is None:
            return None
        if self.status == 0:
            return ConnectionLost()
        if self.status == 429:
            seconds = self.retry_after or 3
            return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        return ApiError(self.status, self.description or REASONS.get(self.status, "Internal Server Error"))


@dataclass
class Faults:
    """The faults that are still to come, in the order in which they were asked for.

    While `outage` is a status, every call of every method fails with it, and no fault is used up.
    """

    planned: list[Fault] = field(default_factory=list)
    outage: int = 0

    def plan(self, fault: Fault) -> Fault:
        self.planned.append(fault)
        return fault

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """Take the fault that meets this call, if there is one; method `*` meets every call."""
        if self.outage:
            return Fault(method, status=self.outage)
        for fault in self.planned:
            named = fault.method == "*" or fault.method.lower() == method.lower()
            if named and fault.chat_id in (None, chat_id) and fault.hit < fault.times:
                fault.hit += 1
                return fault
        return None
