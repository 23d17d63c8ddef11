"""An engine that remembers what adapters hand to it, and fails when a test says so."""

import asyncio
from collections.abc import Callable

from bot.engine.chats import ChatKey
from bot.engine.incoming import Command, Edited, IncomingMessage, Press, Removed, TitleChange
from bot.engine.posts import Post, Reaction


class RecordingEngine:
    """Drops repeats by event id, as the real one does. While `gate` is cleared, nothing returns.

    `failures` are raised by the next calls, one each; None lets one pass. `entered` counts the calls that began.
    """

    def __init__(self) -> None:
        self.taken: list[IncomingMessage | Edited | Removed | Command | Press | TitleChange] = []
        self.aside: list[tuple[str, str]] = []
        self.shown: list[tuple[ChatKey, Post, str | None]] = []
        self.stopped: list[ChatKey] = []
        self.stops: list[str] = []
        self.failures: list[Exception | None] = []
        self.entered = 0
        self.post: Post | None = None
        self.reaction = Reaction()
        self.gate = asyncio.Event()
        self.gate.set()
        self._changed = asyncio.Condition()

    async def accept(self, message: IncomingMessage) -> Post | None:
        return self.post if await self._take(message) else None

    async def edited(self, edit: Edited) -> Post | None:
        return self.post if await self._take(edit) else None

    async def command(self, command: Command) -> Post | None:
        return self.post if await self._take(command) else None

    async def press(self, press: Press) -> Reaction:
        return self.reaction if await self._take(press) else Reaction()

    async def removed(self, removal: Removed) -> None:
        await self._take(removal)

    async def title_changed(self, change: TitleChange) -> None:
        await self._take(change)

    async def put_aside(self, event_id: str, problem: str) -> None:
        await self._pass()
        self.aside.append((event_id, problem))
        await self._notify()

    async def stop(self, key: ChatKey, event_id: str | None = None) -> None:
        await self._pass()
        if event_id is None or event_id not in self.stops:
            self.stopped.append(key)
        self.stops += [event_id] if event_id else []
        await self._notify()

    def show(self, key: ChatKey, post: Post, reply_to: str | None = None) -> None:
        self.shown.append((key, post, reply_to))

    @property
    def texts(self) -> list[str]:
        return [taken.text for taken in self.taken if isinstance(taken, IncomingMessage)]

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:  # noqa: ASYNC109 - a test's own limit
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(condition)

    async def _take(self, what: IncomingMessage | Edited | Removed | Command | Press | TitleChange) -> bool:
        await self._pass()
        fresh = what.event_id not in [taken.event_id for taken in self.taken]
        if fresh:
            self.taken.append(what)
        await self._notify()
        return fresh

    async def _pass(self) -> None:
        self.entered += 1
        await self._notify()
        await self.gate.wait()
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()
