"""One transaction on a connection, with the drivers' errors turned into ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import CursorResult, Executable, Insert, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.chats import ChatKey
from bot.engine.errors import StorageUnavailable
from storage.statement import Statement

BIGGEST_ID = 2**63 - 1

OF_THE_VALUES = (psycopg.IntegrityError, psycopg.DataError, sqlite3.IntegrityError, sqlite3.DataError)


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn whatever says that the database cannot be reached, read or written into StorageUnavailable.

    An IntegrityError or DataError goes through: it speaks of the values, and another try would not help. The drivers'
    own errors are caught besides SQLAlchemy's, because those of its connect listeners come unwrapped.
    """
    try:
        yield
    except (IntegrityError, DataError, *OF_THE_VALUES):
        raise
    except DBAPIError as error:
        raise StorageUnavailable(_first_line(error.orig or error)) from error
    except (PoolTimeoutError, PendingRollbackError, sqlite3.Error, psycopg.Error, OSError) as error:
        raise StorageUnavailable(_first_line(error)) from error


def _first_line(error: BaseException) -> str:
    """Name the error without its details, which may quote what people wrote."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


class Transaction:
    """What the stores speak SQL through. Raises StorageUnavailable, and RuntimeError once it was committed.

    After the first StorageUnavailable there is nothing but that: on a full disk SQLite rolls back by itself, and each
    further statement would be a transaction of its own.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self._over = False
        self._failure: StorageUnavailable | None = None

    @property
    def on_postgres(self) -> bool:
        return self.connection.dialect.name == "postgresql"

    async def execute(self, statement: Executable) -> CursorResult[Any]:
        with self._usable():
            return await self.connection.execute(statement)

    async def rows(self, statement: Executable | Statement, **values: Any) -> list[Any]:
        """What it gives; a `Statement` is run with these values."""
        if isinstance(statement, Statement):
            with self._usable():
                return await statement.run(self.connection, values)
        return list((await self.execute(statement)).all())

    async def row(self, statement: Executable | Statement, **values: Any) -> Any:
        """The first row, or None."""
        rows = await self.rows(statement, **values)
        return rows[0] if rows else None

    async def value(self, statement: Executable | Statement, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.row(statement, **values)
        return None if row is None else row[0]

    async def changed(self, statement: Executable) -> int:
        """How many rows the statement changed."""
        return (await self.execute(statement)).rowcount

    async def added(self, statement: Insert) -> int:
        """The id that the database gave to the inserted row."""
        key = (await self.execute(statement)).inserted_primary_key
        assert key is not None
        return int(key[0])

    async def commit(self) -> None:
        with self._usable():
            self._over = True
            await self.connection.commit()

    async def lock_place(self, key: ChatKey) -> None:
        """Be the only one who adds or switches chats at this place, until the end of the transaction.

        There may be no row yet that could be locked. On SQLite a transaction is alone anyway.
        """
        if self.on_postgres:
            place = "\n".join((key.platform, key.workspace, key.channel, key.thread))
            await self.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(place, 0))))

    def upsert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that knows ON CONFLICT in this database's dialect."""
        return postgresql.insert(table) if self.on_postgres else sqlite.insert(table)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        if self._over:
            raise RuntimeError("this unit of work was committed already")
        if self._failure is not None:
            raise StorageUnavailable(str(self._failure)) from self._failure
        try:
            with storage_errors():
                yield
        except StorageUnavailable as error:
            self._failure = error
            raise
