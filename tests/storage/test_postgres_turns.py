"""Changes of a turn that are one statement each, where others change the same turn in that moment.

A statement that waits for a lock goes on with what it saw before, except of the row that it waited for.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from bot.engine.errors import StorageUnavailable, TakenOver
from bot.engine.ports import UnitOfWork
from bot.engine.turns import Turn, TurnStatus
from storage import Database, open_database
from storage.procrastinate_jobs import ask_to_stop, put_turn
from storage.unit_of_work import SqlUnitOfWork
from tests.contracts.samples import ANN, LATER, NOW, add_chat, ask, reread
from tests.contracts.test_turn_store import start
from tests.storage.test_unavailable import until_a_query_waits

T = TypeVar("T")


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    opened = open_database(postgres_url)
    yield opened
    await opened.close()


@pytest.fixture
async def turn(database: Database) -> Turn:
    return await ask(database.storage, await add_chat(database.storage))


async def waiting(change: Coroutine[Any, Any, T], url: str) -> asyncio.Task[T]:
    """The change, begun and waiting for a lock that another transaction has."""
    begun = asyncio.create_task(change)
    await until_a_query_waits(url)
    return begun


async def end(database: Database, turn: Turn) -> bool:
    async with database.storage() as work:
        return await work.only(work.turns.end(turn, TurnStatus.DONE, "Because.", None, LATER))


async def test_a_stop_that_was_asked_for_while_a_turn_ends_is_kept(
    database: Database, postgres_url: str, turn: Turn
) -> None:
    started = await start(database.storage, turn)
    assert started is not None
    async with database.storage() as work:
        assert await work.turns.ask_to_stop(turn.chat_id)
        ending = await waiting(end(database, started), postgres_url)
        await work.commit()
    assert await ending
    ended = await reread(database.storage, turn)
    assert (ended.status, ended.stopping) == (TurnStatus.DONE, True)
    assert ended.answer is not None
    assert ended.answer.content == "Because."


async def test_who_waits_to_end_a_turn_that_is_taken_over_meanwhile_writes_nothing(
    database: Database, postgres_url: str, turn: Turn
) -> None:
    started = await start(database.storage, turn)
    assert started is not None
    async with database.storage() as work:
        await work.turns.start(turn.id)
        ending = await waiting(end(database, started), postgres_url)
        await work.commit()
    with pytest.raises(TakenOver):
        await ending
    assert (await reread(database.storage, turn)).answer is None


async def test_a_turn_that_is_deleted_while_somebody_waits_to_end_it_is_gone(
    database: Database, postgres_url: str, turn: Turn
) -> None:
    async with database.storage() as work:
        await work.chats.delete(turn.chat_id)
        ending = await waiting(end(database, turn), postgres_url)
        await work.commit()
    assert await ending is False


async def test_a_turn_is_started_with_the_question_that_it_was_given_in_that_moment(
    database: Database, postgres_url: str, turn: Turn
) -> None:
    """Race: an earlier message of the chat comes in late, when the later one's turn is about to be taken up."""
    async with database.storage() as work:
        await work.turns.ask(turn.chat_id, "What?", ANN, "16.9", NOW)
        starting = await waiting(start(database.storage, turn), postgres_url)
        await work.commit()
    started = await starting
    assert started is not None
    assert (started.question.content, started.tries) == ("What?", 1)
    assert started == await reread(database.storage, turn)


async def test_who_takes_a_turn_up_again_finds_the_replies_that_were_stored_in_that_moment(
    database: Database, postgres_url: str, turn: Turn
) -> None:
    started = await start(database.storage, turn)
    assert started is not None
    async with database.storage() as work:
        await work.turns.save_replies(started, ["18.1", "18.2"])
        starting = await waiting(start(database.storage, turn), postgres_url)
        await work.commit()
    again = await starting
    assert again is not None
    assert (again.replies, again.tries) == (("18.1", "18.2"), 2)


async def test_of_two_questions_asked_at_once_the_second_has_waited(
    database: Database, postgres_url: str, turn: Turn
) -> None:
    chat = await add_chat(database.storage)

    async def ask_too() -> Turn:
        async with database.storage() as work:
            asked = await work.turns.ask(chat.id, "Why?", ANN, None, NOW)
            await work.commit()
        return asked

    async with database.storage() as work:
        first = await work.turns.ask(chat.id, "Why?", ANN, None, NOW)
        asking = await waiting(ask_too(), postgres_url)
        await work.commit()
    assert (first.waited, (await asking).waited) == (False, True)


async def test_a_second_change_in_a_single_one_is_refused(database: Database, sqlite_url: str) -> None:
    """The first would stand by itself already."""
    on_sqlite = open_database(sqlite_url)
    for each in (database, on_sqlite):
        async with each.storage() as work:
            with pytest.raises(RuntimeError, match="second change"):
                await work.only(_claim_two(work))
    await on_sqlite.close()


async def _claim_two(work: UnitOfWork) -> None:
    await work.events.claim("e1", NOW)
    await work.events.claim("e2", NOW)


async def test_a_chat_can_be_deleted_while_somebody_asks_in_it(
    database: Database, postgres_url: str, turn: Turn
) -> None:
    """Both want the chat and what waits in it, and would wait for each other."""
    async with database.storage() as work:
        await work.turns.cancel_queued(turn.chat_id)
        asking = await waiting(ask_late(database, turn), postgres_url)
        await work.chats.delete(turn.chat_id)
        await work.commit()
    with pytest.raises(StorageUnavailable, match="deleted meanwhile"):
        await asking


async def ask_late(database: Database, turn: Turn) -> None:
    """Ask with a source: then the questions that wait are put in order."""
    async with database.storage() as work:
        await work.turns.ask(turn.chat_id, "And?", ANN, "m2", LATER)
        await work.commit()


async def test_a_turn_can_be_stopped_while_its_chat_is_deleted(
    database: Database, postgres_url: str, turn: Turn
) -> None:
    """Both want the turn and its place in the queue; who deletes begins with the place and ends with the turn."""
    async with database.storage() as work:
        assert isinstance(work, SqlUnitOfWork)
        await put_turn(work.sql, turn)
        await work.sql.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
        await work.commit()
    await start(database.storage, turn)
    async with database.storage() as work:
        assert isinstance(work, SqlUnitOfWork)
        await work.turns.cancel_queued(turn.chat_id)
        await ask_to_stop(work.sql, turn.chat_id)
        stopping = await waiting(stop(database, turn), postgres_url)
        await work.chats.delete(turn.chat_id)
        await work.commit()
    assert not await stopping


async def stop(database: Database, turn: Turn) -> bool:
    async with database.storage() as work:
        assert isinstance(work, SqlUnitOfWork)
        running = await work.turns.ask_to_stop(turn.chat_id)
        await ask_to_stop(work.sql, turn.chat_id)
        await work.commit()
    return running
