"""How messages and titles are written down for the search; whose they are is put in by the database itself.

On SQLite the tokens are one text with spaces, whose they are before them; on PostgreSQL they are a `tsvector`.
"""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import BindParameter, Text, bindparam

from bot.engine.search import tokens_of
from storage.statement import Statement, sql
from storage.tables import Id
from storage.transaction import Transaction

SCOPE = "'@' || lower(hex(platform || char(10) || workspace || char(10) || person))"
"""What on SQLite stands among the tokens of each document for a person who takes part in its chat. No word has an @."""

SCOPE_ASKED = "'@' || lower(hex(:platform || char(10) || :workspace || char(10) || :person))"
WRITTEN = {
    "postgresql": "CAST(:tokens AS tsvector)",
    "sqlite": "coalesce((SELECT group_concat({scope}, ' ') || ' ' FROM participants WHERE chat_id = :chat), '') "
    "|| :tokens",
}
MESSAGE, TITLE = "(message_id)", "(chat_id) WHERE message_id IS NULL"
PUT = """
INSERT INTO search_docs (chat_id, message_id, tokens) SELECT :chat, CAST(:message AS {id}), {tokens}
WHERE :tokens <> '' ON CONFLICT {same} DO UPDATE SET tokens = excluded.tokens
"""
TOKENS: BindParameter[str] = bindparam("tokens", type_=Text())
GIVEN = (bindparam("chat", type_=Id), bindparam("message", type_=Id), TOKENS)


def put_words(dialect: str, same: str) -> str:
    """SQL that writes a document down, or anew."""
    tokens = WRITTEN[dialect].format(scope=SCOPE)
    return PUT.format(id="bigint" if dialect == "postgresql" else "integer", tokens=tokens, same=same)


PUT_MESSAGE = {dialect: sql(put_words(dialect, MESSAGE), GIVEN) for dialect in WRITTEN}
PUT_TITLE = {dialect: sql(put_words(dialect, TITLE), GIVEN) for dialect in WRITTEN}
DROP_MESSAGE: Statement = sql("DELETE FROM search_docs WHERE message_id = :message", GIVEN[1:2])
DROP_TITLE: Statement = sql("DELETE FROM search_docs WHERE chat_id = :chat AND message_id IS NULL", GIVEN[:1])


def written_tokens(text: str, on_postgres: bool) -> str:
    """The tokens of a text as its database takes them; empty where there is none."""
    tokens = tokens_of(text)
    return _vector(tokens) if on_postgres else " ".join(tokens)


def _vector(tokens: Sequence[str]) -> str:
    """As PostgreSQL reads a `tsvector`. Tokens have neither quotes nor backslashes, so nothing need be escaped."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, token in enumerate(tokens, start=1):
        places[token].append(str(place))
    return " ".join(f"'{token}':{','.join(at)}" for token, at in places.items())


class SearchDocs:
    """The documents of the search, in one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._sql = transaction

    async def index_message(self, chat_id: int, message_id: int, content: str) -> None:
        """As the port says. The caller has the chat locked: else who joins it meanwhile might not find the message."""
        tokens = written_tokens(content, self._sql.on_postgres)
        if tokens:
            await self._sql.rows(PUT_MESSAGE[self._sql.dialect], chat=chat_id, message=message_id, tokens=tokens)
        else:
            await self._sql.rows(DROP_MESSAGE, message=message_id)

    async def index_title(self, chat_id: int, title: str) -> None:
        tokens = written_tokens(title, self._sql.on_postgres)
        if tokens:
            await self._sql.rows(PUT_TITLE[self._sql.dialect], chat=chat_id, message=None, tokens=tokens)
        else:
            await self._sql.rows(DROP_TITLE, chat=chat_id)
