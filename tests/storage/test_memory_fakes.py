"""What the fakes of storage and queue do besides their contracts, for the tests that use them."""

import asyncio

import pytest

from bot.engine.errors import StorageUnavailable
from bot.engine.testing import MemoryStorage, MemoryTurnQueue
from tests.contracts.handlers import ShowingHandler, one_by_one
from tests.contracts.samples import NOW, OTHER_THREAD, THREAD, add_chat, ask


async def test_a_unit_of_work_inside_another_one_is_a_mistake_that_is_told_at_once() -> None:
    """On SQLite the inner one would wait for the outer one."""
    storage = MemoryStorage()
    async with storage():
        with pytest.raises(RuntimeError, match="inside another"):
            await storage().__aenter__()
    async with storage():
        pass


async def test_units_of_work_of_different_tasks_wait_for_each_other() -> None:
    storage = MemoryStorage()
    async with storage() as work:
        adding = asyncio.create_task(add_chat(storage))
        await asyncio.sleep(0)
        await work.chats.add(THREAD, "U9", NOW)
        await work.commit()
        assert not adding.done()
    chat = await adding
    async with storage() as work:
        assert await work.chats.current(THREAD) == chat


async def test_a_broken_storage_cannot_be_entered_and_cannot_commit() -> None:
    storage = MemoryStorage()
    calls: list[str] = []
    async with storage() as work:
        await work.events.claim("e1", NOW)
        work.after_commit(lambda: calls.append("never"))
        storage.broken = True
        with pytest.raises(StorageUnavailable):
            await work.commit()
    with pytest.raises(StorageUnavailable):
        await storage().__aenter__()
    storage.broken = False
    async with storage() as work:
        assert await work.events.claim("e1", NOW)
    assert calls == []


async def test_a_storage_made_of_the_rows_of_another_is_the_same_database() -> None:
    storage = MemoryStorage()
    chat = await add_chat(storage)
    async with MemoryStorage(storage.rows)() as work:
        assert await work.chats.get(chat.id) == chat


async def test_the_queue_runs_what_waits_when_it_is_told_to() -> None:
    storage = MemoryStorage()
    queue, handler = MemoryTurnQueue(storage), ShowingHandler(storage)
    turns = [await ask(storage, await add_chat(storage, key)) for key in (THREAD, OTHER_THREAD)]
    async with storage() as work:
        for turn in turns:
            await queue.put(work, turn)
        await work.commit()
    assert queue.waiting == [(turn.chat_id, turn.id) for turn in turns]
    assert handler.log == []
    await queue.run_all(handler)
    assert handler.log == one_by_one(turns)
    assert queue.waiting == []


async def test_an_error_comes_out_where_the_queue_was_told_to_run() -> None:
    storage = MemoryStorage()
    queue, handler = MemoryTurnQueue(storage), ShowingHandler(storage)
    turn = await ask(storage, await add_chat(storage))
    handler.fail(turn, LookupError("a mistake"))
    async with storage() as work:
        await queue.put(work, turn)
        await work.commit()
    with pytest.raises(LookupError):
        await queue.run_all(handler)
