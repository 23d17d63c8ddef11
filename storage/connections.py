"""The connections to a database that units of work take turns on."""

import asyncio
from select import POLLIN, poll
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.engine.errors import StorageUnavailable
from storage.statement import driver_of
from storage.transaction import storage_errors

log = structlog.get_logger()

PATIENCE = 30.0
"""Seconds that somebody waits for a free connection."""


def is_silent(driver: Any) -> bool:
    """Whether an idle connection to PostgreSQL is there still: it has nothing to say but that it ends."""
    if driver.closed:
        return False
    silence = poll()
    silence.register(driver.fileno(), POLLIN)
    return not silence.poll(0)


class Connections:
    """At most so many at once, kept open. The one that was used last is taken first: it knows the statements already.

    SQLAlchemy's pool costs at each taking as much as a statement does; here its engine only opens and closes.
    """

    def __init__(self, engine: AsyncEngine, most: int) -> None:
        self._engine = engine
        self._free = asyncio.Semaphore(most)
        self._idle: list[AsyncConnection] = []
        self._strays: set[asyncio.Task[None]] = set()
        self._closed = False

    async def take(self) -> AsyncConnection:
        """Raises StorageUnavailable where there is none to be had."""
        await self._wait_for_a_free_one()
        try:
            return await self._one_that_lies_here() or await self._opened()
        except BaseException:
            self._free.release()
            raise

    async def give_back(self, connection: AsyncConnection) -> None:
        """Leave it, with no transaction under way, to the next one."""
        if self._closed or connection.invalidated:
            await self.drop(connection)
            return
        self._idle.append(connection)
        self._free.release()

    async def drop(self, connection: AsyncConnection) -> None:
        """Give back one that is not to be used again."""
        try:
            await _close(connection)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close what lies here, and what comes back from now on; wait for what is being opened for nobody any more."""
        self._closed = True
        await self._close_all()
        while self._strays:
            await asyncio.wait(self._strays)
        await self._engine.dispose()

    async def _wait_for_a_free_one(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(PATIENCE):
                await self._free.acquire()
        except TimeoutError as error:
            raise StorageUnavailable(f"no connection was free within {PATIENCE:g} s") from error

    async def _one_that_lies_here(self) -> AsyncConnection | None:
        """Where the first one is broken, the others are hardly better: the server was started anew, say."""
        if not self._idle:
            return None
        connection = self._idle.pop()
        if connection.dialect.name != "postgresql" or is_silent(driver_of(connection)):
            return connection
        await _close(connection)
        await self._close_all()
        return None

    async def _close_all(self) -> None:
        while self._idle:
            await _close(self._idle.pop())

    async def _opened(self) -> AsyncConnection:
        """A new one. Where the caller is cancelled meanwhile, it is opened all the same, and closed at once.

        A driver in the middle of connecting cannot be called back; left alone, its thread would answer a loop that is
        gone.
        """
        connection = self._engine.connect()
        opening = asyncio.ensure_future(connection.start())
        try:
            with storage_errors():
                await asyncio.shield(opening)
        except asyncio.CancelledError:
            closing = asyncio.create_task(_close_once_open(connection, opening), name="stray-connection")
            self._strays.add(closing)
            closing.add_done_callback(self._strays.discard)
            raise
        return connection


async def _close(connection: AsyncConnection) -> None:
    """Whatever state it is in: SQLAlchemy would roll back first, and a broken one cannot."""
    try:
        with storage_errors():
            await connection.invalidate()
            await connection.close()
    except StorageUnavailable:
        log.debug("connection_not_closed", exc_info=True)


async def _close_once_open(connection: AsyncConnection, opening: "asyncio.Future[AsyncConnection]") -> None:
    try:
        with storage_errors():
            await opening
    except StorageUnavailable:
        log.debug("stray_connection_failed", exc_info=True)
    else:
        await _close(connection)
