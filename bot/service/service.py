"""The running program: what is started, in which order, and how it stops."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from aiohttp import web

from adapters.web import Server
from bot.engine.answering import Answering
from bot.engine.background import Background
from bot.engine.delivery import end_task, pause_after
from bot.engine.engine import Engine
from bot.engine.errors import StorageUnavailable
from bot.engine.outbox import Outbox
from bot.engine.ports import Clock, Messenger, TurnQueue
from bot.engine.titles import Titler

log = structlog.get_logger()

HOUR = 3600.0
LAST_POSTS = 5.0
"""Seconds that small jobs (a hint being posted, a title) have when the service stops."""


class Adapter(Protocol):
    """One platform, both halves."""

    @property
    def messenger(self) -> Messenger: ...

    async def start(self, engine: Engine) -> None: ...

    async def start_sending(self) -> None:
        """Connect in order to send, and take nothing in."""

    def routes(self) -> Sequence[web.RouteDef]: ...

    def ready(self) -> str | None:
        """None, or why the platform is not connected."""

    def remark(self) -> str | None:
        """What an operator may want to know although nothing is wrong."""

    async def stop_intake(self) -> None: ...

    async def close(self) -> None: ...

    async def check(self) -> list[str]:
        """What is wrong with credentials and permissions, a sentence each."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the service starts and stops."""

    engine: Engine
    answering: Answering
    titler: Titler
    queue: TurnQueue
    background: Background
    outbox: Outbox
    adapters: Mapping[str, Adapter]
    clock: Clock
    serve_http: Callable[[Sequence[web.RouteDef]], Awaitable[Server]]
    close: Callable[[], Awaitable[None]]


class Service:
    """Starts intake last and stops it first, so that nothing is taken in that nobody would answer."""

    def __init__(self, parts: Parts, drain_seconds: float = 20.0) -> None:
        self._parts = parts
        self._drain_seconds = drain_seconds
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._server: Server | None = None

    async def start(self) -> None:
        parts = self._parts
        self._server = await parts.serve_http([r for a in parts.adapters.values() for r in a.routes()])
        for adapter in parts.adapters.values():
            await adapter.start(parts.engine)
        self._own(self._serve_turns(), "turns")
        self._own(parts.outbox.run(), "outbox")
        self._own(self._keep_house(), "housekeeping")
        log.info("started", platforms=sorted(parts.adapters))

    async def stop(self) -> None:
        """Stop intake, let running turns finish for the drain time, store what there is, close everything.

        One step that fails keeps no later one from being done; its error is raised at the end.
        """
        parts = self._parts
        self._stopping.set()
        log.info("stopping", drain_seconds=self._drain_seconds)
        async with AsyncExitStack() as steps:  # the last one comes first
            steps.push_async_callback(parts.close)
            if self._server is not None:
                steps.push_async_callback(self._server.close)
            for adapter in parts.adapters.values():
                steps.push_async_callback(adapter.close)
            for task in self._tasks:
                steps.push_async_callback(end_task, task)
            steps.push_async_callback(parts.outbox.stop, LAST_POSTS)
            steps.push_async_callback(parts.background.close, LAST_POSTS)
            steps.push_async_callback(parts.queue.stop, self._drain_seconds)
            await asyncio.gather(*(adapter.stop_intake() for adapter in parts.adapters.values()))
        log.info("stopped")

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, also in the middle of the start. Raises what broke the service from inside."""
        starting = asyncio.create_task(self.start(), name="start")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                over, _ = await asyncio.wait({stopping, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
                for task in over:
                    task.result()
        finally:
            await end_task(starting)
            await end_task(stopping)
            await self.stop()

    @property
    def port(self) -> int:
        """Where the HTTP server listens, once started."""
        assert self._server is not None
        return self._server.port

    def _own(self, job: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(job, name=name))

    async def _serve_turns(self) -> None:
        """Keep the queue served, also over a time without a database."""
        tries = 0
        while not self._stopping.is_set():
            try:
                await self._parts.titler.recover()
                await self._parts.queue.run(self._parts.answering.answer)
            except StorageUnavailable as error:
                tries += 1
                log.warning("queue_waits_for_database", tries=tries, reason=str(error))
                await self._parts.clock.sleep(pause_after(tries))

    async def _keep_house(self) -> None:
        while True:
            try:
                await self._parts.engine.forget_old_events()
                await self._parts.engine.complete_search()
            except StorageUnavailable as error:
                log.warning("housekeeping_failed", reason=str(error))
            await self._parts.clock.sleep(HOUR)
