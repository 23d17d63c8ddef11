"""Writing down for the search what was stored before there was one, or by a process that knows none."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from storage.search_docs import MESSAGE, TITLE, put_words, written_tokens

BATCH = 500
"""Texts that are held in memory at once."""

TITLES = """
SELECT id, id AS chat_id, title AS words FROM chats
WHERE title IS NOT NULL AND id > :after ORDER BY id LIMIT :most
"""
MESSAGES = """
SELECT id, chat_id, content AS words FROM messages
WHERE role <> 'system' AND id > :after ORDER BY id LIMIT :most
"""


def index_everything(connection: Connection) -> None:
    """Titles first, so that of a chat the newest message is what is newest."""
    titles, messages = (text(put_words(connection.dialect.name, same)) for same in (TITLE, MESSAGE))
    for rows in _batches(connection, TITLES):
        connection.execute(titles, [_doc(connection, row, None) for row in rows])
    for rows in _batches(connection, MESSAGES):
        connection.execute(messages, [_doc(connection, row, row.id) for row in rows])


def _batches(connection: Connection, query: str) -> Iterator[Any]:
    after = 0
    while rows := connection.execute(text(query), {"after": after, "most": BATCH}).all():
        yield rows
        after = rows[-1].id


def _doc(connection: Connection, row: Any, message_id: int | None) -> dict[str, Any]:
    tokens = written_tokens(row.words, connection.dialect.name == "postgresql")
    return {"chat": row.chat_id, "message": message_id, "tokens": tokens}
