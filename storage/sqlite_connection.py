"""A connection to an SQLite file that does several statements in one trip to its thread."""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

import aiosqlite

T = TypeVar("T")

ROWS_AT_ONCE = 64


class SqliteConnection(aiosqlite.Connection):
    """aiosqlite's own methods take one statement to the thread and back, which costs more than most statements do."""

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Have this done with the file, in the connection's thread."""
        done: T = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]  # everything goes through it
        return done


def sqlite_connection(path: str, **options: Any) -> SqliteConnection:
    """What SQLAlchemy awaits to be connected. The thread holds up no exit, as with the connections that it makes."""
    connection = SqliteConnection(lambda: sqlite3.connect(path, **options), ROWS_AT_ONCE)
    connection._thread.daemon = True
    return connection
