"""Whatever keeps the database from answering comes out as StorageUnavailable, and is over when its cause is."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from bot.engine.chats import TitleSource
from bot.engine.errors import StorageUnavailable
from bot.engine.ports import Storage
from storage import Database, open_database
from tests.connection_threads import connection_threads_ended
from tests.contracts.samples import NOW, THREAD, add_chat, ask

IMPATIENT = ("busy_timeout=10", "journal_mode=WAL", "synchronous=FULL")


async def claim(storage: Storage, event_id: str) -> bool:
    async with storage() as work:
        fresh = await work.events.claim(event_id, NOW)
        await work.commit()
    return fresh


def path_of(url: str) -> str:
    return str(make_url(url).database)


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Somebody else is writing into the file."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@pytest.fixture(autouse=True)
async def no_thread_is_left() -> AsyncIterator[None]:
    yield
    await connection_threads_ended()


@pytest.fixture
async def postgres_database(postgres_url: str) -> AsyncIterator[Database]:
    database = open_database(postgres_url)
    yield database
    await database.close()


async def test_a_file_that_another_process_holds_is_unavailable_until_it_lets_go(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.PRAGMAS", IMPATIENT)
    database = open_database(sqlite_url)
    with locked(path_of(sqlite_url)), pytest.raises(StorageUnavailable, match="locked"):
        await claim(database.storage, "e1")
    assert await claim(database.storage, "e1")
    await database.close()


async def test_a_full_disk_is_unavailable_and_loses_only_what_did_not_fit(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.PRAGMAS", (*IMPATIENT, "max_page_count=100"))
    database = open_database(sqlite_url)
    chat = await add_chat(database.storage)
    with pytest.raises(StorageUnavailable, match="full"):
        await ask(database.storage, chat, "a long story " * 50_000)
    assert await claim(database.storage, "e1")
    await database.close()


@pytest.mark.parametrize("content", [b"this is no database, however you look at it" * 50, None])
async def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other" / "threadline.db"
    if content is not None:
        path.parent.mkdir()
        path.write_bytes(content)
    database = open_database(f"sqlite:///{path}")
    for attempt in (database.check, database.migrate, database.schema_is_current):
        with pytest.raises(StorageUnavailable):
            await attempt()
    with pytest.raises(StorageUnavailable):
        await claim(database.storage, "e1")
    await database.close()


async def test_a_database_without_tables_is_unavailable(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'empty.db'}", empty_postgres_url):
        database = open_database(url)
        with pytest.raises(StorageUnavailable):
            await claim(database.storage, "e1")
        await database.close()


async def test_a_server_that_nobody_runs_is_unavailable(unused_tcp_port: int) -> None:
    database = open_database(f"postgresql://ann:hunter2@127.0.0.1:{unused_tcp_port}/threadline")
    for attempt in (database.check, database.migrate):
        with pytest.raises(StorageUnavailable) as refusal:
            await attempt()
        assert "hunter2" not in str(refusal.value)
        assert "\n" not in str(refusal.value)
    with pytest.raises(StorageUnavailable):
        await claim(database.storage, "e1")
    await database.close()


async def test_a_server_that_never_answers_fails_the_check_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server takes the connection and says nothing, as a frozen one does."""
    monkeypatch.setattr("storage.database.CHECK_TIMEOUT", 0.05)
    over = asyncio.Event()

    async def keep_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1")
    database = open_database(f"postgresql://ann@127.0.0.1:{server.sockets[0].getsockname()[1]}/threadline")
    with pytest.raises(StorageUnavailable, match=r"0\.05 s"):
        await database.check()
    over.set()
    await database.close()
    server.close()
    await server.wait_closed()


async def test_the_check_passes_where_the_database_answers(database: Database) -> None:
    await database.check()


def end_connections(url: str) -> None:
    """Have the server end every connection to this database but the one that asks, as a restart of it does."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def until_a_query_waits(url: str) -> None:
    """Return once the server says that a query of this database waits for another transaction."""
    async with asyncio.timeout(10), await psycopg.AsyncConnection.connect(url, autocommit=True) as other:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while await (await other.execute(waiting)).fetchone() is None:
            pass


@pytest.mark.parametrize("step", ["query", "commit"])
async def test_a_connection_that_breaks_in_a_unit_of_work_is_unavailable_and_the_next_one_works(
    postgres_database: Database, postgres_url: str, step: str
) -> None:
    called: list[str] = []
    async with postgres_database.storage() as work:
        work.after_commit(lambda: called.append("never"))
        await work.events.claim("e1", NOW)
        end_connections(postgres_url)
        with pytest.raises(StorageUnavailable):
            await (work.events.claim("e2", NOW) if step == "query" else work.commit())
    assert called == []
    assert await claim(postgres_database.storage, "e1")


async def test_a_single_change_on_a_broken_connection_is_unavailable_and_the_next_one_stands(
    postgres_database: Database, postgres_url: str
) -> None:
    async with postgres_database.storage() as work:
        assert await work.chats.get(1) is None
        end_connections(postgres_url)
        with pytest.raises(StorageUnavailable):
            await work.only(work.events.claim("e1", NOW))
    async with postgres_database.storage() as work:
        assert await work.only(work.events.claim("e1", NOW))


async def test_a_unit_of_work_that_goes_on_after_its_connection_broke_stays_unavailable(
    postgres_database: Database, postgres_url: str
) -> None:
    """It must not commit the later half of itself on a new connection."""
    async with postgres_database.storage() as work:
        await work.events.claim("e1", NOW)
        end_connections(postgres_url)
        for _ in range(2):
            with pytest.raises(StorageUnavailable):
                await work.events.claim("e2", NOW)
        with pytest.raises(StorageUnavailable):
            await work.commit()
    assert await claim(postgres_database.storage, "e2")


async def test_connections_that_broke_while_idle_are_replaced(postgres_database: Database, postgres_url: str) -> None:
    assert await claim(postgres_database.storage, "e1")
    end_connections(postgres_url)
    assert await claim(postgres_database.storage, "e2")


async def test_a_deadlock_is_unavailable_for_one_of_the_two(postgres_database: Database) -> None:
    first, second = await add_chat(postgres_database.storage), await add_chat(postgres_database.storage)
    both_hold = asyncio.Barrier(2)

    async def rename_both(one: int, other: int) -> None:
        async with postgres_database.storage() as work:
            await work.chats.rename(one, "Tea", TitleSource.PERSON)
            await both_hold.wait()
            await work.chats.rename(other, "Tea", TitleSource.PERSON)
            await work.commit()

    ways = (rename_both(first.id, second.id), rename_both(second.id, first.id))
    outcomes = await asyncio.gather(*ways, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "StorageUnavailable"]


async def test_a_task_cancelled_in_its_query_leaves_the_pool_usable(
    postgres_database: Database, postgres_url: str
) -> None:
    """More often than the pool has connections; each time the server is in the middle of the query."""

    async def wait_for_the_event() -> None:
        async with postgres_database.storage() as work:
            await work.events.claim("e1", NOW)

    with psycopg.connect(postgres_url) as other:
        other.execute("INSERT INTO events (id, received_at) VALUES ('e1', now())")
        for _ in range(25):
            waiting = asyncio.create_task(wait_for_the_event())
            await until_a_query_waits(postgres_url)
            waiting.cancel()
            await asyncio.wait({waiting})
        other.rollback()
    assert await claim(postgres_database.storage, "e1")


async def test_units_of_work_beyond_the_pool_wait_for_their_turn(database: Database) -> None:
    fresh = await asyncio.gather(*(claim(database.storage, f"e{n}") for n in range(60)))
    assert all(fresh)


async def test_a_unit_of_work_cancelled_while_it_waits_disturbs_nobody(database: Database) -> None:
    async with database.storage() as work:
        await work.chats.add(THREAD, "U1", NOW)
        waiting = [asyncio.create_task(claim(database.storage, f"e{n}")) for n in range(30)]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        await work.commit()
    assert await claim(database.storage, "last")
