"""A unit of work that is cancelled while its connection is being opened leaves nothing behind."""

import asyncio
import threading
from pathlib import Path

import pytest

from bot.engine.ports import UnitOfWork
from storage import open_database
from tests.connection_threads import connection_threads_ended
from tests.contracts.handlers import PATIENCE
from tests.contracts.samples import NOW


@pytest.mark.parametrize("steps", range(1, 12))
async def test_a_cancelled_connect_leaves_no_thread_behind(tmp_path: Path, steps: int) -> None:
    """The driver answers from a thread of its own: to a loop that is gone it would raise there, in some later test."""
    before = drivers_threads()
    database = open_database(f"sqlite:///{tmp_path / 'threadline.db'}")

    async def work() -> None:
        async with database.storage():
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    for _ in range(steps):
        await asyncio.sleep(0)
    working.cancel()
    await asyncio.wait({working}, timeout=PATIENCE)
    assert working.cancelled()
    await database.close()
    for thread in drivers_threads() - before:
        thread.join(PATIENCE)  # it is about to end, or never will
        assert not thread.is_alive()


def drivers_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name}


async def test_a_unit_of_work_that_is_cancelled_in_a_statement_ends_as_cancelled(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLAlchemy gives the connection up in the middle of it, and there is nothing left to roll back."""
    database, reached = open_database(sqlite_url), asyncio.Event()

    class HangingCursor:
        async def __aenter__(self) -> None:
            reached.set()
            await asyncio.Event().wait()

    async def forget() -> None:
        async with database.storage() as work:
            await work.events.offset("x")
            monkeypatch.setattr("aiosqlite.core.Connection.cursor", lambda _: HangingCursor())
            await work.events.forget(NOW)

    forgetting = asyncio.create_task(forget())
    await reached.wait()
    forgetting.cancel()
    await asyncio.wait({forgetting}, timeout=PATIENCE)
    monkeypatch.undo()
    assert forgetting.cancelled()
    async with database.storage() as work:
        assert await work.events.claim("e1", NOW)
    await database.close()
    await connection_threads_ended()


async def test_the_next_unit_of_work_has_the_connection_that_a_cancelled_one_waited_for(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    try:
        async with database.storage() as holding:
            await holding.events.offset("x")
            waiting = asyncio.create_task(_enter(database.storage()))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait({waiting}, timeout=PATIENCE)
        async with asyncio.timeout(PATIENCE), database.storage() as work:
            assert await work.events.offset("x") == 0
    finally:
        await database.close()


async def _enter(work: UnitOfWork) -> None:
    async with work:
        pass
