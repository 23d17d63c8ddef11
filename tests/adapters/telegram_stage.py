"""A Telegram adapter with a recording engine behind it, and the strict stand-in with Ann before it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from aiohttp import web

from adapters.telegram.app import TelegramAdapter
from adapters.telegram.connection import TelegramConfig
from adapters.web import serve
from bot.engine.chats import Author, ChatKey
from bot.engine.testing import MemoryStorage
from playground.clock import Clock
from playground.telegram import Chat, Person, TelegramStandIn
from tests.adapters.recording_engine import RecordingEngine
from tests.adapters.telegram_set_up import CountingMeter

SECRET = "s3cret-of_the_webhook"


class AlwaysWell:
    async def problems(self) -> Sequence[str]:
        return ()

    def remarks(self) -> Sequence[str]:
        return []

    def metrics(self) -> bytes:
        return b""


@dataclass
class World:
    """One bot, its Telegram, and Ann who writes to it."""

    telegram: TelegramStandIn
    clock: Clock
    engine: RecordingEngine
    storage: MemoryStorage
    adapter: TelegramAdapter
    ann: Person
    chat: Chat

    @property
    def key(self) -> ChatKey:
        return ChatKey("telegram", str(self.telegram.bot_id), str(self.ann.id))

    @property
    def author(self) -> Author:
        return Author(str(self.ann.id), "Ann Lee", "en")

    def in_group(self, group: Chat, thread: int | None = None) -> ChatKey:
        return replace(self.key, channel=str(group.id), thread="" if thread is None else str(thread))

    async def restart(self) -> None:
        """A new process over the same database."""
        await self.adapter.close()
        self.adapter = adapter_for(self.telegram, self.storage, self.clock)
        await self.adapter.start(self.engine)

    async def taken(self, count: int) -> None:
        await self.engine.wait_for(lambda: len(self.engine.taken) >= count, timeout=10)


def adapter_for(
    telegram: TelegramStandIn,
    storage: MemoryStorage,
    clock: Clock,
    webhook_url: str | None = None,
    *,
    rich: bool = False,
) -> TelegramAdapter:
    config = TelegramConfig(telegram.token, telegram.api_url, webhook_url, SECRET if webhook_url else None, rich=rich)
    return TelegramAdapter(config, storage, clock, CountingMeter())


@asynccontextmanager
async def world(webhook: bool = False, topics: bool = False) -> AsyncIterator[World]:
    clock = Clock(speed=20)
    async with AsyncExitStack() as stack:
        telegram = TelegramStandIn(clock, topics_enabled=topics, users_create_topics=topics)
        await stack.enter_async_context(telegram)
        ann = telegram.add_person("Ann Lee")
        storage, engine = MemoryStorage(), RecordingEngine()
        adapter = adapter_for(telegram, storage, clock)
        if webhook:
            adapter = await behind_a_server(stack, telegram, storage, clock)
        made = World(telegram, clock, engine, storage, adapter, ann, telegram.private_chat(ann))
        stack.push_async_callback(lambda: made.adapter.close())
        await adapter.start(engine)
        yield made
        assert telegram.flood_violations == []


async def behind_a_server(
    stack: AsyncExitStack, telegram: TelegramStandIn, storage: MemoryStorage, clock: Clock
) -> TelegramAdapter:
    """The adapter needs the server's port, the server the adapter's route: the port comes first."""
    routes: list[web.RouteDef] = []

    async def pass_on(request: web.Request) -> web.StreamResponse:
        (route,) = routes
        answer: web.StreamResponse = await route.handler(request)
        return answer

    server = await serve("127.0.0.1", 0, [web.post("/telegram/webhook", pass_on)], AlwaysWell())
    stack.push_async_callback(server.close)
    adapter = adapter_for(telegram, storage, clock, f"http://127.0.0.1:{server.port}/telegram/webhook")
    routes.extend(adapter.routes())
    return adapter
