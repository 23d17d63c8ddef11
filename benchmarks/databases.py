"""Databases to measure on: as durable as in earnest, and away afterwards."""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from storage import open_database
from tests.postgres import PostgresServer, postgres_server

Databases = Callable[[], AbstractContextManager[str]]
"""Gives the URL of a new database with the newest schema."""


@contextmanager
def sqlite() -> Iterator[str]:
    with TemporaryDirectory(prefix="threadline-benchmark-") as folder:
        yield _migrated(f"sqlite:///{Path(folder) / 'threadline.db'}")


@contextmanager
def postgres() -> Iterator[Databases]:
    """On the server that TEST_DATABASE_URL names, or on one of its own that waits for the disk."""
    with postgres_server() as server:
        if not os.environ.get("TEST_DATABASE_URL"):
            _wait_for_the_disk(server)
        yield lambda: _on(server)


def _wait_for_the_disk(server: PostgresServer) -> None:
    """Take back what the tests do to a server of their own."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM RESET fsync")
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def _on(server: PostgresServer) -> Iterator[str]:
    with server.database() as url:
        yield _migrated(url)


def _migrated(url: str) -> str:
    asyncio.run(open_database(url).migrate())
    return url
