"""SQLite files seen from outside: past everything that is ours, as another program sees them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import make_url


def path_of(url: str) -> Path:
    """The file that a URL names."""
    return Path(str(make_url(url).database))


def rows(path: Path, query: str, *values: object) -> list[Any]:
    """What a query gives, on a connection of its own."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query, values).fetchall()


def write(path: Path, statement: str, *values: object) -> None:
    """Change the file, on a connection of its own."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


def is_sound(path: Path) -> bool:
    """Whether SQLite finds nothing wrong in the file, and no row that points to nothing."""
    return rows(path, "PRAGMA integrity_check") == [("ok",)] and rows(path, "PRAGMA foreign_key_check") == []


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else is writing into the file. May be entered in one thread and left in another."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()
