"""What kills a process in the middle of its work, at a moment that has a name."""

import os
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any, Self, TypeVar

from bot.engine.chats import MessageRef
from bot.engine.incoming import IncomingMessage
from bot.engine.posts import Post
from bot.engine.replies import ModelMessage, ReplyEvent
from storage import Database, open_database
from storage.unit_of_work import SqlUnitOfWork

T = TypeVar("T")

SPRUNG = b"the trap is sprung\n"


class Trap:
    """Kills this process when the named moment comes, the `count`-th time. Without a name it kills never.

    The last it says, on its standard output, is SPRUNG.
    """

    def __init__(self, moment: str | None, count: int = 1) -> None:
        self._moment = moment
        self._left = count

    def passes(self, moment: str) -> None:
        if moment == self._moment:
            self._left -= 1
            if self._left == 0:
                os.write(1, SPRUNG)
                os.kill(os.getpid(), signal.SIGKILL)


class Passing:
    """Stands for another object and hands everything on to it; its heirs hold something up on the way."""

    def __init__(self, other: Any, trap: Trap) -> None:
        self._other = other
        self._trap = trap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._other, name)


class NamedCalls:
    """Stands for a store and remembers which of its methods were used; `single` is told at once of each."""

    def __init__(self, store: Any) -> None:
        self.used: list[str] = []
        self.single: Callable[[str], None] | None = None
        self._store = store

    def __getattr__(self, name: str) -> Any:
        self.used.append(name)
        if self.single is not None:
            self.single(name)
        return getattr(self._store, name)


class TrappedUnitOfWork(SqlUnitOfWork):
    """Moments: `before commit of M` and `after commit of M`, where the unit used the turn store's method M."""

    trap: Trap

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self._calls = NamedCalls(self.turns)
        self.turns = self._calls  # type: ignore[assignment]  # it does all that the store does
        return self

    async def commit(self) -> None:
        for method in self._calls.used:
            self._before(method)
        await super().commit()
        self._after()

    async def only(self, change: Awaitable[T]) -> T:
        """A single change stands as soon as it is made: the moment before its commit is the one before its call."""
        for method in self._calls.used:
            self._before(method)
        self._calls.single = self._before
        changed = await super().only(change)
        self._after()
        return changed

    def _before(self, method: str) -> None:
        self.trap.passes(f"before commit of {method}")

    def _after(self) -> None:
        for method in self._calls.used:
            self.trap.passes(f"after commit of {method}")


class TrappedDatabase(Database):
    def __init__(self, url: str, trap: Trap) -> None:
        super().__init__(open_database(url).url)
        self._trap = trap

    def storage(self) -> TrappedUnitOfWork:
        work = TrappedUnitOfWork(self._engine, self._strays)
        work.trap = self._trap
        return work


class TrappedModel(Passing):
    """Moments: `before the model is asked`, `after a delta`, `after the model ended`."""

    async def stream(
        self, messages: Sequence[ModelMessage], *, max_tokens: int | None = None
    ) -> AsyncGenerator[ReplyEvent]:
        self._trap.passes("before the model is asked")
        async with aclosing(self._other.stream(messages, max_tokens=max_tokens)) as events:
            async for event in events:
                yield event
                self._trap.passes("after a delta")
        self._trap.passes("after the model ended")


class TrappedMessenger(Passing):
    """Opens pages with traps in them."""

    def page(self, *given: Any, **named: Any) -> Any:
        return TrappedPage(self._other.page(*given, **named), self._trap)

    def page_of(self, ref: MessageRef) -> Any:
        return TrappedPage(self._other.page_of(ref), self._trap)


class TrappedPage(Passing):
    """Moments: before and after `send` (what makes it a message) and `edit` (every other call)."""

    async def show(self, post: Post, last: bool) -> bool:
        name = "send" if self._other.ref is None else "edit"
        self._trap.passes(f"before {name}")
        stands: bool = await self._other.show(post, last)
        self._trap.passes(f"after {name}")
        return stands


class TrappedEngine(Passing):
    """Moment: `before the platform is told`."""

    async def accept(self, message: IncomingMessage) -> Post | None:
        post: Post | None = await self._other.accept(message)
        self._trap.passes("before the platform is told")
        return post


class TrappedAdapter(Passing):
    """Both halves of an adapter, with a trap in each."""

    def __init__(self, other: Any, trap: Trap) -> None:
        super().__init__(other, trap)
        self.messenger = TrappedMessenger(other.messenger, trap)

    async def start(self, engine: Any, *further: Any) -> None:
        await self._other.start(TrappedEngine(engine, self._trap), *further)
