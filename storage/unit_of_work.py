"""One transaction with the stores in it."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

import structlog

from bot.engine.errors import StorageUnavailable
from storage.chats import SqlChatStore
from storage.connections import Connections
from storage.events import SqlEventLog
from storage.leases import SqlLeaseStore
from storage.orders import SqlOrderStore
from storage.postgres_turns import PostgresTurnStore
from storage.sqlite_turns import SqliteTurnStore
from storage.transaction import Transaction
from storage.turns import SqlTurnStore

log = structlog.get_logger()
T = TypeVar("T")


class SqlUnitOfWork:
    """Port `UnitOfWork` on one of the database's connections; `sql` is there for what must join in."""

    sql: Transaction
    chats: SqlChatStore
    turns: SqlTurnStore
    events: SqlEventLog
    orders: SqlOrderStore
    leases: SqlLeaseStore

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._after_commit: list[Callable[[], None]] = []

    async def __aenter__(self) -> Self:
        self.sql = Transaction(await self._connections.take())
        self.chats = SqlChatStore(self.sql)
        self.turns = (PostgresTurnStore if self.sql.on_postgres else SqliteTurnStore)(self.sql)
        self.events = SqlEventLog(self.sql)
        self.orders = SqlOrderStore(self.sql, self.chats)
        self.leases = SqlLeaseStore(self.sql)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Roll back what was not committed, also where the caller is cancelled meanwhile."""
        if self.sql.ended:
            await self._connections.give_back(self.sql.connection)
        else:
            await asyncio.shield(asyncio.create_task(self._roll_back()))

    async def commit(self) -> None:
        await self.sql.commit()
        self._tell()

    async def only(self, change: Awaitable[T]) -> T:
        self.sql.be_single()
        changed = await change
        await self.sql.commit()
        self._tell()
        return changed

    def after_commit(self, call: Callable[[], None]) -> None:
        self._after_commit.append(call)

    def _tell(self) -> None:
        for call in self._after_commit:
            call()

    async def _roll_back(self) -> None:
        """A connection that fails at it has nothing left to lose, and is not used again."""
        try:
            await self.sql.roll_back()
        except StorageUnavailable:
            log.debug("rollback_failed", exc_info=True)
            await self._connections.drop(self.sql.connection)
        else:
            await self._connections.give_back(self.sql.connection)
