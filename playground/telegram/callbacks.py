"""Presses of inline buttons that wait for their answer."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from playground.clock import Clock
from playground.telegram.errors import bad_request
from playground.telegram.timers import timer

SPINNER_SECONDS = 15.0


@dataclass(frozen=True)
class Toast:
    """What a person sees after pressing a button: perhaps a text, small or as an alert."""

    text: str = ""
    alert: bool = False
    url: str = ""


class Callbacks:
    """Remembers which presses are unanswered.

    The button spins for 15 seconds in the client. Telegram says only that a later answer is refused, not when it
    begins to refuse; here it is when the spinner stops.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._open: dict[str, tuple[float, asyncio.Future[Toast]]] = {}

    def open(self) -> tuple[str, asyncio.Future[Toast]]:
        query_id = str(random.randint(10**17, 10**18))
        answer: asyncio.Future[Toast] = asyncio.get_running_loop().create_future()
        self._open[query_id] = (self.clock.now(), answer)
        return query_id, answer

    def answer(self, query_id: str, toast: Toast) -> None:
        """Stop the spinner; each press takes one answer, and only while it spins."""
        pressed_at, answer = self._open.pop(query_id, (float("-inf"), None))
        if answer is None or self.clock.now() - pressed_at > SPINNER_SECONDS:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if not answer.done():
            answer.set_result(toast)

    async def spin(self, answer: asyncio.Future[Toast]) -> Toast | None:
        """Wait as the client does: until the answer, or 15 seconds in vain."""
        spinner = timer(self.clock, SPINNER_SECONDS, "button spinner")
        waiting: set[asyncio.Future[Any]] = {answer, spinner}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            spinner.cancel()
        return answer.result() if answer.done() else None
