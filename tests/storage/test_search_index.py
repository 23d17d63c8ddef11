"""What the databases keep for the search."""

from typing import Any

from sqlalchemy import Connection, text

from bot.engine.chats import ChatFilter, ChatKey
from bot.engine.search import read_query
from storage import Database, migrations, open_database
from tests.contracts.samples import ANN, add_chat, ask, end
from tests.storage.test_migrations import empty as empty
from tests.storage.test_migrations import insert_first_rows, run


async def texts_found(database: Database, words: str) -> list[str]:
    query = read_query(words)
    assert query is not None
    async with database.storage() as work:
        which = ChatFilter(ChatKey("slack", "T1", "C1", "17.1"), ANN.id, everywhere=True)
        return [hit.text for hit in await work.search.find(which, query, 10)]


async def test_what_was_stored_before_there_was_a_search_is_found(empty: Database) -> None:
    await run(empty, migrations.upgrade, "0008")
    await run(empty, insert_first_rows)
    await run(empty, insert_participant)
    await empty.migrate()
    assert [await texts_found(empty, words) for words in ("taxes", "why", "because")] == [
        ["Taxes"],
        ["Why?"],
        ["Because."],
    ]


def insert_participant(connection: Connection) -> None:
    """As the revision that made the table had done it."""
    connection.execute(
        text(
            "INSERT INTO participants (chat_id, person, platform, workspace, channel, active_at) "
            "VALUES (1, 'U1', 'slack', 'T1', 'C1', '2026-01-01 12:00:00+00:00')"
        )
    )


def words_kept(connection: Connection) -> Any:
    return connection.execute(text("SELECT count(*) FROM search_index WHERE search_index MATCH 'apples'")).scalar()


def checked(connection: Connection) -> None:
    connection.execute(text("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)"))


async def test_on_sqlite_the_index_has_what_the_documents_have_after_every_change(sqlite_url: str) -> None:
    """A cascade reaches the index too: first the chat goes, with it the documents, and a trigger takes them out."""
    database = open_database(sqlite_url)
    chat = await add_chat(database.storage)
    turn = await ask(database.storage, chat, "red apples")
    await end(database.storage, turn, "green apples")
    assert await run(database, words_kept) == 2
    await run(database, checked)
    async with database.storage() as work:
        await work.search.index_message(chat.id, turn.question.id, "pears")
        await work.commit()
    assert await run(database, words_kept) == 1
    async with database.storage() as work:
        await work.chats.delete(chat.id)
        await work.commit()
    assert await run(database, words_kept) == 0
    await run(database, checked)
    await database.close()


async def test_nothing_is_left_of_what_goes_by_a_cascade(database: Database) -> None:
    chat = await add_chat(database.storage)
    await ask(database.storage, chat, "red apples")
    async with database.storage() as work:
        await work.chats.delete(chat.id)
        await work.commit()
    left = text("SELECT (SELECT count(*) FROM search_docs) + (SELECT count(*) FROM messages)")
    assert await run(database, lambda connection: connection.execute(left).scalar()) == 0


async def test_what_an_older_version_stored_beside_this_one_is_put_in_later(database: Database) -> None:
    chat = await add_chat(database.storage)
    turn = await ask(database.storage, chat, "red apples")
    await end(database.storage, turn, "green pears")
    await run(database, lambda connection: connection.execute(text("DELETE FROM search_docs")))
    assert await texts_found(database, "apples") == []
    async with database.storage() as work:
        assert await work.search.catch_up(5_000) == 2
        await work.commit()
    assert await texts_found(database, "apples") == ["red apples"]
    assert await texts_found(database, "pears") == ["green pears"]


async def test_only_the_newest_messages_are_checked(database: Database) -> None:
    chat = await add_chat(database.storage)
    for words in ("red apples", "green pears"):
        await ask(database.storage, chat, words)
    await run(database, lambda connection: connection.execute(text("DELETE FROM search_docs")))
    found = []
    for newest in (1, 1, 10, 10):
        async with database.storage() as work:
            found.append(await work.search.catch_up(newest))
            await work.commit()
    assert found == [1, 0, 1, 0]
    assert await texts_found(database, "apples") == ["red apples"]
