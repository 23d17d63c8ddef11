"""Waiting for something to happen, without looking again and again."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Changes:
    """Wakes everybody who waits for a condition whenever anything in the stand-in changes."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def notify(self) -> None:
        for event in self._waiting:
            event.set()

    @contextmanager
    def listen(self, event: asyncio.Event) -> Iterator[None]:
        """Set the event at every change; one event may listen to several of these."""
        self._waiting.add(event)
        try:
            yield
        finally:
            self._waiting.discard(event)

    async def wait_for(self, condition: Callable[[], object], timeout: float | None = None) -> None:  # noqa: ASYNC109 - the tests' own word
        """Return as soon as the condition holds; raise `TimeoutError` after so many real seconds."""
        changed = asyncio.Event()
        with self.listen(changed):
            async with asyncio.timeout(timeout):
                while not condition():
                    await changed.wait()
                    changed.clear()
