"""What this adapter asks of the engine."""

from typing import Protocol

from bot.engine.changes import Watcher
from bot.engine.chat_lists import ListView
from bot.engine.chats import Author, Chat, ChatKey
from bot.engine.incoming import Command, IncomingMessage, Press, TitleChange
from bot.engine.posts import Post, Reaction
from bot.engine.sidebar import Sidebar


class Engine(Protocol):
    """The engine's use cases. Each returns after its commit; StorageUnavailable means that nothing was taken in."""

    async def accept(self, message: IncomingMessage) -> Post | None: ...

    async def command(self, command: Command) -> Post | None: ...

    async def press(self, press: Press) -> Reaction: ...

    async def sidebar(self, place: ChatKey, author: Author, view: ListView, size: int) -> Sidebar | None: ...

    def watch(self, watcher: Watcher) -> None: ...

    async def title_changed(self, change: TitleChange) -> None: ...

    async def put_aside(self, event_id: str, problem: str) -> None: ...

    def show(self, key: ChatKey, post: Post, reply_to: str | None = None) -> None: ...

    async def chat_at(self, key: ChatKey) -> Chat | None: ...

    async def stop(self, key: ChatKey, event_id: str | None = None) -> None: ...
