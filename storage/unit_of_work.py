"""One transaction with the stores in it."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.engine.errors import StorageUnavailable
from storage.chats import SqlChatStore
from storage.events import SqlEventLog
from storage.leases import SqlLeaseStore
from storage.orders import SqlOrderStore
from storage.transaction import Transaction, storage_errors
from storage.turns import SqlTurnStore

log = structlog.get_logger()


class SqlUnitOfWork:
    """Port `UnitOfWork` on a connection of the engine's pool; `connection` is there for what must join in."""

    connection: AsyncConnection
    chats: SqlChatStore
    turns: SqlTurnStore
    events: SqlEventLog
    orders: SqlOrderStore
    leases: SqlLeaseStore

    def __init__(self, engine: AsyncEngine, strays: "Strays") -> None:
        self._engine = engine
        self._strays = strays
        self._after_commit: list[Callable[[], None]] = []

    async def __aenter__(self) -> Self:
        self.connection = self._engine.connect()
        with storage_errors():
            await self._begin()
        self._transaction = Transaction(self.connection)
        self.chats = SqlChatStore(self._transaction)
        self.turns = SqlTurnStore(self._transaction, self.chats)
        self.events = SqlEventLog(self._transaction)
        self.orders = SqlOrderStore(self._transaction, self.chats)
        self.leases = SqlLeaseStore(self._transaction)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Roll back what was not committed. A connection that fails at that has nothing left to lose."""
        try:
            with storage_errors():
                await self.connection.__aexit__(kind, error, trace)
        except StorageUnavailable:
            log.debug("rollback_failed", exc_info=True)

    async def commit(self) -> None:
        await self._transaction.commit()
        for call in self._after_commit:
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        self._after_commit.append(call)

    async def _begin(self) -> None:
        await self._strays.start(self.connection)
        try:
            await self.connection.begin()
        except BaseException:
            await self.connection.__aexit__(None, None, None)
            raise


class Strays:
    """Connections whose caller was cancelled while they were being opened: they are opened, and closed at once.

    A driver in the middle of connecting cannot be called back; left alone, its thread would answer a loop that is gone.
    """

    def __init__(self) -> None:
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self, connection: AsyncConnection) -> None:
        """Open the connection for the caller."""
        starting = asyncio.ensure_future(connection.start())
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            closing = asyncio.create_task(_give_back(connection, starting), name="stray-connection")
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            raise

    async def close(self) -> None:
        """Wait until the last one is closed."""
        while self._closing:
            await asyncio.wait(self._closing)


async def _give_back(connection: AsyncConnection, starting: asyncio.Future[AsyncConnection]) -> None:
    try:
        with storage_errors():
            await starting
            await connection.__aexit__(None, None, None)
    except StorageUnavailable:
        log.debug("stray_connection_failed", exc_info=True)
