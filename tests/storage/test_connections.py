"""The connections that units of work take turns on."""

from collections.abc import AsyncIterator

import pytest

from bot.engine.errors import StorageUnavailable
from storage import Database, open_database
from storage.unit_of_work import SqlUnitOfWork
from tests.connection_threads import connection_threads_ended
from tests.contracts.samples import NOW
from tests.storage.test_unavailable import end_connections


@pytest.fixture(autouse=True)
async def no_thread_is_left() -> AsyncIterator[None]:
    yield
    await connection_threads_ended()


async def driver(database: Database) -> object:
    """What a unit of work that asks for nothing special is given."""
    async with database.storage() as work:
        assert isinstance(work, SqlUnitOfWork)
        await work.events.offset("x")
        return work.sql.connection.sync_connection


async def test_the_connection_that_was_used_last_is_taken_first(postgres_url: str) -> None:
    database = open_database(postgres_url)
    async with database.storage() as first:
        await first.events.offset("x")
        last = await driver(database)
        assert await driver(database) is last
    assert await driver(database) is not last
    await database.close()


async def test_who_finds_no_connection_free_in_time_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.connections.PATIENCE", 0.01)
    monkeypatch.setattr("storage.database.CONNECTIONS", 1)
    narrow = open_database(database.url.render_as_string(hide_password=False))
    async with narrow.storage() as work:
        await work.events.claim("e1", NOW)
        with pytest.raises(StorageUnavailable, match="free within"):
            await driver(narrow)
        await work.commit()
    async with narrow.storage() as work:
        assert not await work.events.claim("e1", NOW)
    await narrow.close()


async def test_a_connection_that_comes_back_to_a_closed_database_is_closed(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    async with database.storage() as work:
        await work.events.claim("e1", NOW)
        await database.close()


async def test_all_connections_that_broke_while_idle_are_replaced_at_once(postgres_url: str) -> None:
    """Each that lay there would else be found broken by a unit of work of its own."""
    database = open_database(postgres_url)
    async with database.storage() as one, database.storage() as other:
        await one.events.offset("x")
        await other.events.offset("x")
    end_connections(postgres_url)
    for _ in range(3):
        await driver(database)
    await database.close()
