"""What makes a commit in an SQLite file durable, and several users of the file bear with each other."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.engine.chats import TitleSource
from storage import Database, open_database
from storage.unit_of_work import SqlUnitOfWork
from tests.connection_threads import connection_threads_ended
from tests.contracts.samples import NOW, add_chat
from tests.storage.sqlite_files import path_of

SYNCHRONOUS_FULL = 2


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    opened = open_database(sqlite_url)
    yield opened
    await opened.close()
    await connection_threads_ended()


def unit_of_work(database: Database) -> SqlUnitOfWork:
    work = database.storage()
    assert isinstance(work, SqlUnitOfWork)
    return work


async def pragma(database: Database, name: str) -> object:
    async with unit_of_work(database) as work:
        return await work.sql.value(text(f"PRAGMA {name}"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("journal_mode", "wal"), ("synchronous", SYNCHRONOUS_FULL), ("busy_timeout", 5000), ("foreign_keys", 1)],
)
async def test_every_unit_of_work_has_the_pragmas(database: Database, name: str, value: object) -> None:
    assert await pragma(database, name) == value


async def test_a_connection_that_was_replaced_has_them_too(database: Database) -> None:
    async with unit_of_work(database) as work:
        await work.sql.connection.invalidate()
    assert await pragma(database, "synchronous") == SYNCHRONOUS_FULL
    assert await pragma(database, "foreign_keys") == 1


async def test_a_row_that_points_to_nothing_is_refused(database: Database) -> None:
    async with unit_of_work(database) as work:
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            await work.sql.execute(text("INSERT INTO posts (chat_id, page, message_id) VALUES (7, 0, '17.1')"))


async def test_a_unit_of_work_that_only_read_so_far_is_the_one_that_may_write(database: Database) -> None:
    """Were it to take the lock at its first write only, what it read could be outdated: it would fail, not wait."""
    chat = await add_chat(database.storage)
    other = sqlite3.connect(path_of(str(database.url)), timeout=0)
    async with database.storage() as work:
        assert await work.chats.get(chat.id) == chat
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("DELETE FROM chats")
        await work.chats.rename(chat.id, "Tea", TitleSource.PERSON)
        await work.commit()
    other.close()


async def test_units_of_work_of_one_program_wait_in_line_and_not_for_the_lock(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's lock is polled, favours nobody and gives up after the busy timeout; here there is none to wait."""
    monkeypatch.setattr("storage.database.PRAGMAS", ("busy_timeout=0", "journal_mode=WAL", "synchronous=FULL"))
    order: list[int] = []

    async def write(number: int) -> None:
        async with database.storage() as work:
            order.append(number)
            await work.events.claim(f"e{number}", NOW)
            await work.commit()

    async with database.storage():
        waiting = [asyncio.create_task(write(number)) for number in range(20)]
        done, _ = await asyncio.wait(waiting, timeout=0.05)
        assert done == set()
    await asyncio.gather(*waiting)
    assert order == list(range(20))


async def test_readers_of_the_file_do_not_hold_up_a_commit(database: Database) -> None:
    reader = sqlite3.connect(path_of(str(database.url)), isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM chats").fetchone() == (0,)
    await add_chat(database.storage)
    assert reader.execute("SELECT count(*) FROM chats").fetchone() == (0,)
    reader.execute("COMMIT")
    assert reader.execute("SELECT count(*) FROM chats").fetchone() == (1,)
    reader.close()
