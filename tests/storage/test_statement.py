"""Statements that are compiled once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import bindparam, insert, select, update

from bot.engine.chats import Chat
from bot.engine.errors import StorageUnavailable
from storage import Database
from storage.statement import Statement
from storage.tables import Id, UtcTime, chats, events
from storage.transaction import Transaction
from storage.unit_of_work import SqlUnitOfWork
from tests.contracts.samples import ANN, NOW, THREAD, add_chat

CHAT = bindparam("chat", type_=Id)
ALL_OF_A_CHAT = Statement(select(chats).where(chats.c.id == CHAT))
TOUCH = Statement(update(chats).where(chats.c.id == CHAT).values(updated_at=bindparam("now", type_=UtcTime)))
CLAIM = Statement(
    insert(events).values(
        id=bindparam("event", type_=events.c.id.type), problem=None, received_at=bindparam("now", type_=UtcTime)
    )
)


@pytest.fixture
async def chat(database: Database) -> Chat:
    return await add_chat(database.storage)


@asynccontextmanager
async def transaction(database: Database) -> AsyncIterator[Transaction]:
    """One that is rolled back in the end."""
    async with database.storage() as work:
        assert isinstance(work, SqlUnitOfWork)
        yield work.sql


async def test_a_row_is_what_sqlalchemy_makes_of_it(database: Database, chat: Chat) -> None:
    async with transaction(database) as sql:
        [row] = await sql.rows(ALL_OF_A_CHAT, chat=chat.id)
        [same] = await sql.rows(select(chats).where(chats.c.id == chat.id))
    assert row._asdict() == same._asdict()
    assert (row.thread, row.user_id, row.current, row.created_at) == (THREAD.thread, ANN.id, True, NOW)


async def test_values_are_written_as_their_columns_want_them(database: Database, chat: Chat) -> None:
    elsewhere = datetime(2026, 11, 22, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    async with transaction(database) as sql:
        assert await sql.rows(TOUCH, chat=chat.id, now=elsewhere) == []
        await sql.rows(CLAIM, event="e\x001", now=elsewhere)
        [row] = await sql.rows(ALL_OF_A_CHAT, chat=chat.id)
        assert await sql.value(select(events.c.id)) == "e1"
    assert row.updated_at == datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


async def test_where_nothing_is_found_there_is_no_row_and_no_value(database: Database) -> None:
    async with transaction(database) as sql:
        assert await sql.row(ALL_OF_A_CHAT, chat=1) is None
        assert await sql.value(ALL_OF_A_CHAT, chat=1) is None


async def test_a_forgotten_value_is_told(database: Database) -> None:
    async with transaction(database) as sql:
        with pytest.raises((KeyError, StorageUnavailable)):
            await sql.rows(ALL_OF_A_CHAT)


async def test_it_is_rolled_back_with_its_transaction(database: Database, chat: Chat) -> None:
    async with transaction(database) as sql:
        await sql.rows(TOUCH, chat=chat.id, now=NOW + timedelta(days=1))
    async with transaction(database) as sql:
        [row] = await sql.rows(ALL_OF_A_CHAT, chat=chat.id)
    assert row.updated_at == NOW
