"""A full disk or a file that somebody else holds: clear errors, nothing half-written, and over when the cause is."""

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.engine.errors import StorageUnavailable
from storage import Database, open_database
from tests.connection_threads import connection_threads_ended
from tests.contracts.samples import ANN, NOW, add_chat, ask
from tests.storage.sqlite_files import is_sound, locked, path_of, rows, write

LONG = "a long story " * 2_000
FULL = ("busy_timeout=10", "journal_mode=WAL", "synchronous=FULL", "max_page_count=1")
"""The file may not grow beyond the pages that it has: what SQLite says then is what it says of a full disk."""


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    opened = open_database(sqlite_url)
    yield opened
    await opened.close()
    await connection_threads_ended()


@contextmanager
def no_file_grows(size: int) -> Iterator[None]:
    """The kernel refuses every write of this process beyond so many bytes of a file."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def wal_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


async def test_a_unit_of_work_that_did_not_fit_stays_unavailable_and_leaves_nothing(
    database: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has rolled back by itself: what followed would stand alone, each statement a transaction."""
    monkeypatch.setattr("storage.database.PRAGMAS", FULL)
    chat = await add_chat(database.storage)
    async with database.storage() as work:
        await work.chats.make_current(chat.id)
        await work.events.claim("before", NOW)
        with pytest.raises(StorageUnavailable, match="full"):
            await work.events.claim(LONG, NOW)
        for _ in range(2):
            with pytest.raises(StorageUnavailable, match="full"):
                await work.events.claim("after", NOW)
        with pytest.raises(StorageUnavailable, match="full"):
            await work.commit()
    assert rows(path_of(sqlite_url), "SELECT id FROM events") == []
    async with database.storage() as work:
        assert await work.events.claim("later", NOW)
        await work.commit()
    assert rows(path_of(sqlite_url), "SELECT id FROM events") == [("later",)]


async def test_a_commit_that_cannot_be_written_leaves_nothing_and_the_next_one_stands(
    database: Database, sqlite_url: str
) -> None:
    """The rows were taken; it is the commit itself that finds no room in the file of the log."""
    path = path_of(sqlite_url)
    chat = await add_chat(database.storage)
    with no_file_grows(wal_of(path).stat().st_size):
        async with database.storage() as work:
            await work.turns.ask(chat.id, LONG, ANN, "17.1", NOW)
            with pytest.raises(StorageUnavailable):
                await work.commit()
        assert rows(path, "SELECT content FROM messages") == []
    turn = await ask(database.storage, chat, LONG)
    assert rows(path, "SELECT id FROM turns") == [(turn.id,)]
    assert is_sound(path)


@pytest.mark.parametrize("mode", ["wal", "delete"])
async def test_migrating_waits_for_somebody_who_holds_the_file(
    database: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """A file that is no WAL one yet is refused earlier, when the pragmas of the connection are set."""
    write(path_of(sqlite_url), f"PRAGMA journal_mode={mode}")
    monkeypatch.setattr("storage.database.PRAGMAS", FULL[:-1])
    monkeypatch.setattr("storage.database.LOCKED_PAUSES", (0.0,) * 10_000)
    with locked(path_of(sqlite_url)):
        migrating = asyncio.create_task(database.migrate())
        done, _ = await asyncio.wait({migrating}, timeout=0.05)
        assert done == set()
    await migrating


async def test_migrating_does_not_wait_where_only_the_words_speak_of_a_lock(
    database: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's number tells what is wrong; its sentence, or what is quoted in it, may change."""
    monkeypatch.setattr("storage.database.LOCKED_PAUSES", (3600.0,))
    async with asyncio.timeout(10):
        write(path_of(sqlite_url), "UPDATE alembic_version SET version_num = 'locked'")
        with pytest.raises(StorageUnavailable, match="locked"):
            await database.migrate()
