"""The database that a URL names."""

import asyncio
import sqlite3
from contextlib import aclosing
from functools import partial
from select import POLLIN, poll
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Dialect, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from bot.engine.errors import StorageUnavailable
from bot.engine.ports import UnitOfWork
from storage import migrations
from storage.sqlite_connection import sqlite_connection
from storage.transaction import storage_errors
from storage.unit_of_work import SqlUnitOfWork, Strays

ALLOWED = "write sqlite:///threadline.db (a file) or postgresql://user:password@host/name"
CHECK_TIMEOUT = 5.0
"""Seconds that a health check waits for the database."""

CONNECTIONS = 20
"""To PostgreSQL, kept once they are open: to open one takes as long as a turn."""

POOL_TIMEOUT = 30.0
"""Seconds that a unit of work waits for a free connection."""

PRAGMAS = ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL")
"""FULL, because with NORMAL a power cut may lose what platforms were told is received; it costs 0.3 ms per commit."""

LOCKED_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between tries to migrate: making a new SQLite file a WAL one fails at once while somebody else has it open,
for the busy timeout does not apply to that."""

PRIMARY_CODE = 0xFF
"""The part of SQLite's extended result codes that is the plain code: https://sqlite.org/rescode.html"""

PATIENCE = {"connect_timeout": "10", "tcp_user_timeout": "30000", "keepalives_idle": "30"}
"""For libpq: a database host that fell silent is noticed within half a minute (seconds, milliseconds, seconds)."""


def open_database(url: str) -> "Database":
    """Name a database by its URL; nothing is connected yet.

    Takes `sqlite:///…` with a file and `postgresql://…` (also `postgres://…`); the async driver is chosen here. Any
    other URL raises ValueError with one sentence that does not show the URL, for it may carry a password.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(f"this is not the URL of a database; {ALLOWED}") from None
    if parsed.drivername in ("sqlite", "sqlite+aiosqlite"):
        return Database(_sqlite_url(parsed))
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return Database(_postgres_url(parsed))
    raise ValueError(f"a database of the kind {parsed.drivername!r} is not supported; {ALLOWED}")


def _sqlite_url(url: URL) -> URL:
    if url.host:
        raise ValueError(f"the URL of an SQLite file has three slashes, or four before an absolute path; {ALLOWED}")
    if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
        raise ValueError(f"an SQLite database needs a plain file, to survive a restart; {ALLOWED}")
    return url.set(drivername="sqlite+aiosqlite")


def _postgres_url(url: URL) -> URL:
    missing = {name: value for name, value in PATIENCE.items() if name not in url.query}
    return url.set(drivername="postgresql+psycopg").update_query_dict(missing)


class Database:
    """Chats, turns and events in SQLite or PostgreSQL."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._engine = _engine(url, _pool(url), foreign_keys=True)
        self._strays = Strays()

    @property
    def on_postgres(self) -> bool:
        return self.url.get_backend_name() == "postgresql"

    def storage(self) -> UnitOfWork:
        """A new unit of work; the method itself is the port `Storage`."""
        return SqlUnitOfWork(self._engine, self._strays)

    def engine_of_its_own(self, connections: int) -> AsyncEngine:
        """Further connections, each statement a transaction, for what must not wait behind units of work.

        The caller disposes it.
        """
        pool = {"poolclass": AsyncAdaptedQueuePool, "pool_size": connections, "max_overflow": 0}
        return _engine(self.url, {**pool, "isolation_level": "AUTOCOMMIT"}, foreign_keys=True)

    async def migrate(self) -> None:
        """Bring the schema to the newest revision, in one transaction; others who try the same wait.

        Foreign keys are off meanwhile on SQLite: changing a table there means to drop and rebuild it, and dropping
        would cascade.
        """
        for pause in LOCKED_PAUSES:
            try:
                return await self._migrate()
            except StorageUnavailable as error:
                if not _is_locked(error):
                    raise
                await asyncio.sleep(pause)
        return await self._migrate()

    async def _migrate(self) -> None:
        engine = _engine(self.url, {"poolclass": NullPool}, foreign_keys=False)
        if not self.on_postgres:
            event.listen(engine.sync_engine, "begin", _begin_immediate)
        try:
            with storage_errors():
                async with engine.begin() as connection:
                    await connection.run_sync(migrations.upgrade)
        finally:
            await engine.dispose()

    async def check(self) -> None:
        """Raise StorageUnavailable if the database does not answer within `CHECK_TIMEOUT`."""
        await self._read(lambda connection: connection.execute(text("SELECT 1")).scalar())

    async def schema_is_current(self) -> bool:
        """Whether the schema is the one of this code; raises StorageUnavailable."""
        return bool(await self._read(migrations.is_current))

    async def close(self) -> None:
        await self._strays.close()
        await self._engine.dispose()

    async def _read(self, question: Any) -> Any:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT):
                with storage_errors():
                    connection = self._engine.connect()
                    await self._strays.start(connection)
                    async with aclosing(connection):
                        return await connection.run_sync(question)
        except TimeoutError as error:
            raise StorageUnavailable(f"the database did not answer within {CHECK_TIMEOUT:g} s") from error


def _pool(url: URL) -> dict[str, Any]:
    """One connection for SQLite, where only one can write: so units of work wait in line instead of polling a lock.

    Of several the one that was used last is taken: it knows the statements already. Units of work begin and end their
    transactions by themselves, so nothing is reset.
    """
    pool = {"poolclass": AsyncAdaptedQueuePool, "pool_timeout": POOL_TIMEOUT, "pool_reset_on_return": None}
    if url.get_backend_name() == "sqlite":
        return {**pool, "pool_size": 1, "max_overflow": 0}
    return {**pool, "pool_size": CONNECTIONS, "max_overflow": 0, "pool_use_lifo": True, "isolation_level": "AUTOCOMMIT"}


def _engine(url: URL, pool: dict[str, Any], foreign_keys: bool) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        switch = "foreign_keys=ON" if foreign_keys else "foreign_keys=OFF"
        path, options = url.get_dialect()().create_connect_args(url)
        connect = partial(sqlite_connection, *path, **options)
        engine = create_async_engine(url, hide_parameters=True, async_creator=connect, **pool)
        event.listen(engine.sync_engine, "connect", lambda raw, _: _prepare_sqlite(raw, (*PRAGMAS, switch)))
    else:
        engine = create_async_engine(url, hide_parameters=True, **pool)
        event.listen(engine.sync_engine, "checkout", lambda raw, *_: _refuse_broken(engine.dialect, raw))
    return engine


def _prepare_sqlite(raw: DBAPIConnection, pragmas: tuple[str, ...]) -> None:
    """Have the driver open no transaction by itself (None), and set the pragmas.

    A file that is no database fails only here; the pool would drop the connection without ending its thread.
    """
    raw.isolation_level = None
    try:
        _execute_pragmas(raw, pragmas)
    except sqlite3.Error:
        raw.close()
        raise


def _is_locked(error: StorageUnavailable) -> bool:
    """Whether somebody else holds the SQLite file, by SQLite's number for it."""
    cause = error.__cause__
    raw = cause.orig if isinstance(cause, DBAPIError) else cause
    number = getattr(raw, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return bool(number & PRIMARY_CODE == sqlite3.SQLITE_BUSY)


def _execute_pragmas(raw: DBAPIConnection, pragmas: tuple[str, ...]) -> None:
    cursor = raw.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: a transaction that reads first and writes later would fail, not wait."""
    raw: Any = connection.connection.dbapi_connection
    raw.run_async(lambda driver: driver.execute_fetchall("BEGIN IMMEDIATE"))


def _refuse_broken(dialect: Dialect, raw: Any) -> None:
    """Have the pool open a new connection where this one was cut off while it lay there.

    An idle connection has nothing to say but that it ends, so only one that says something is asked; SQLAlchemy's
    `pool_pre_ping` asks each one each time.
    """
    silence = poll()
    try:
        silence.register(raw.driver_connection.fileno(), POLLIN)
        if silence.poll(0):
            dialect.do_ping(raw)
    except psycopg.Error as error:
        raise InvalidatePoolError from error
