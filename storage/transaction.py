"""One transaction on a connection, with the drivers' errors turned into ours."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from sqlalchemy import CursorResult, Dialect, Executable, Insert, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.chats import ChatKey
from bot.engine.errors import StorageUnavailable
from storage.statement import Query, Statement, driver_of

T = TypeVar("T")

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


class SqliteTrip:
    """Statements of one trip to the thread of an SQLite connection."""

    def __init__(self, driver: sqlite3.Connection, dialect: Dialect) -> None:
        self._driver = driver
        self._dialect = dialect

    def rows(self, statement: Statement, **values: Any) -> list[Any]:
        return statement.run_on_sqlite(self._driver, self._dialect, values)

    def row(self, statement: Statement, **values: Any) -> Any:
        """The first row, or None."""
        rows = self.rows(statement, **values)
        return rows[0] if rows else None


class Transaction:
    """What the stores speak SQL through; it begins with the first statement that needs it, then it is `open`.

    Raises StorageUnavailable, and RuntimeError once it was committed. After the first StorageUnavailable there is
    nothing but that: on a full disk SQLite rolls back by itself, and each further statement would be a transaction of
    its own.

    Beginning and ending go to the driver, not through SQLAlchemy, where they cost as much as all statements between.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self.on_postgres = self.dialect == "postgresql"
        self._driver = driver_of(connection)
        self.open = False
        self._over = False
        self._single = False
        self._changed = False
        self._failure: StorageUnavailable | None = None

    def be_single(self) -> None:
        """One change comes, and stands as soon as it is made: that takes no beginning and no end besides."""
        self._single = True

    async def execute(self, statement: Executable) -> CursorResult[Any]:
        with self._usable():
            await self._begin()
            return await self.connection.execute(statement)

    async def rows(self, statement: Executable | Statement, **values: Any) -> list[Any]:
        """What it gives; a `Statement` is run with these values."""
        if not isinstance(statement, Statement):
            return list((await self.execute(statement)).all())
        if not self.on_postgres:
            return await self._in_one_trip(lambda trip: trip.rows(statement, **values), isinstance(statement, Query))
        with self._usable():
            if not isinstance(statement, Query):
                await self._begin()
            return await statement.run_on_postgres(self._driver, self.connection.dialect, values)

    async def in_one_trip(self, work: Callable[[SqliteTrip], T]) -> T:
        """Have this done in the thread of the SQLite connection, with the transaction's beginning and end around it."""
        return await self._in_one_trip(work, only_reads=False)

    async def _in_one_trip(self, work: Callable[[SqliteTrip], T], only_reads: bool) -> T:
        """The beginning takes the write lock: a transaction that reads first and writes later would fail, not wait."""

        def do(driver: sqlite3.Connection) -> T:
            if not driver.in_transaction:
                driver.execute("BEGIN IMMEDIATE")
            done = work(SqliteTrip(driver, self.connection.dialect))
            if self._single:
                driver.commit()
            return done

        with self._usable():
            if not only_reads:
                self._note_change()
            self.open = True
            done: T = await self._driver.run(do)
            self.open = not self._single
            return done

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
            if self.open:
                await self._driver.commit()
            self.open = False

    async def roll_back(self) -> None:
        """Undo what was not committed. Raises StorageUnavailable where the connection can say nothing any more."""
        with storage_errors():
            try:
                await self._driver.rollback()
            except ValueError as error:  # aiosqlite's word for a connection that is closed: a cancelled statement's is
                raise StorageUnavailable(str(error)) from error

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

    async def _begin(self) -> None:
        """Before anything that changes or locks."""
        self._note_change()
        if not self._single and not self.open:
            self.open = True
            await self._driver.execute("BEGIN" if self.on_postgres else "BEGIN IMMEDIATE")

    def _note_change(self) -> None:
        if self._single and self._changed:
            raise RuntimeError("a second change in a unit of work that is a single one: they would not stand together")
        self._changed = True

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
