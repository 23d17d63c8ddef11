"""One transaction with the stores in it."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.engine.errors import StorageUnavailable
from storage.chats import SqlChatStore
from storage.events import SqlEventLog
from storage.leases import SqlLeaseStore
from storage.orders import SqlOrderStore
from storage.postgres_turns import PostgresTurnStore
from storage.search import SqlSearchStore
from storage.sqlite_turns import SqliteTurnStore
from storage.transaction import Transaction, storage_errors
from storage.turns import SqlTurnStore

log = structlog.get_logger()
T = TypeVar("T")


class SqlUnitOfWork:
    """Port `UnitOfWork` on a connection of the engine's pool; `sql` is there for what must join in."""

    sql: Transaction
    chats: SqlChatStore
    turns: SqlTurnStore
    search: SqlSearchStore
    events: SqlEventLog
    orders: SqlOrderStore
    leases: SqlLeaseStore

    def __init__(self, engine: AsyncEngine, strays: "Strays") -> None:
        self._connection = engine.connect()
        self._strays = strays
        self._after_commit: list[Callable[[], None]] = []

    async def __aenter__(self) -> Self:
        with storage_errors():
            await self._strays.start(self._connection)
        self.sql = Transaction(self._connection)
        self.chats = SqlChatStore(self.sql)
        self.turns = (PostgresTurnStore if self.sql.on_postgres else SqliteTurnStore)(self.sql)
        self.search = SqlSearchStore(self.sql)
        self.events = SqlEventLog(self.sql)
        self.orders = SqlOrderStore(self.sql, self.chats)
        self.leases = SqlLeaseStore(self.sql)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Roll back what was not committed, also where the caller is cancelled meanwhile."""
        if self.sql.open:
            await asyncio.shield(asyncio.create_task(self._roll_back()))
        else:
            await self._connection.close()

    async def commit(self) -> None:
        await self.sql.commit()
        for call in self._after_commit:
            call()

    async def only(self, change: Awaitable[T]) -> T:
        self.sql.be_single()
        changed = await change
        await self.commit()
        return changed

    def after_commit(self, call: Callable[[], None]) -> None:
        self._after_commit.append(call)

    async def _roll_back(self) -> None:
        """A connection that fails at the roll-back has nothing left to lose, and is not used again."""
        try:
            await self.sql.roll_back()
        except StorageUnavailable:
            log.debug("rollback_failed", exc_info=True)
            await self._connection.invalidate()
        await self._connection.close()


class Strays:
    """Connections whose caller was cancelled while they were being opened: they are opened, and closed at once.

    A driver in the middle of connecting cannot be called back; left alone, its thread would answer a loop that is gone.
    """

    def __init__(self) -> None:
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self, connection: AsyncConnection) -> None:
        """Open the connection for the caller.

        One that lies in the pool is had at once, so nobody can be cancelled meanwhile.
        """
        if connection.engine.pool.checkedin() > 0:  # type: ignore[attr-defined]
            await connection.start()
            return
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
