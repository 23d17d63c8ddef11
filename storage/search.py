"""Finding chats by what was said in them.

Among the words of each document there is one for everybody who takes part in its chat, so the index is asked for the
person and the words at once: what others wrote costs nothing. Only whole words are asked of the index; beginnings,
phrases and exclusions are looked for in what it gives, for of a beginning it would go through all words of everybody.
"""

import json
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Column, Integer, bindparam, text

from bot.engine.chats import ChatFilter, ListedChat
from bot.engine.search import SearchHit, SearchQuery, Term
from storage.chats import chat_of
from storage.search_docs import SCOPE_ASKED, SearchDocs
from storage.statement import Query, sql
from storage.tables import PlainText, UtcTime, chats, messages, participants, search_docs
from storage.transaction import BIGGEST_ID

ON_POSTGRES = """
SELECT id, chat_id FROM search_docs
WHERE tokens @@ CAST('''' || search_scope(:platform, :workspace, :person) || '''' || :words AS tsquery)
AND (:further = '' OR (tokens @@ CAST(:further AS tsquery)) IS TRUE)
"""
ON_SQLITE = """
SELECT docs.id, docs.chat_id FROM search_index CROSS JOIN search_docs AS docs ON docs.id = search_index.rowid
WHERE search_index MATCH ('"' || {scope} || '"' || :words)
AND NOT EXISTS (
    SELECT 1 FROM json_each(json_extract(:further, '$[0]')) AS term WHERE instr(docs.tokens || ' ', term.value) = 0
) AND NOT EXISTS (
    SELECT 1 FROM json_each(json_extract(:further, '$[1]')) AS term WHERE instr(docs.tokens || ' ', term.value) > 0
)
"""
"""Before the first word there is a person's, so a space is before each."""

FIND = """
WITH found AS MATERIALIZED ({found}), newest AS (
    SELECT found.chat_id, max(found.id) AS id FROM found
    JOIN participants ON participants.chat_id = found.chat_id AND participants.person = :person
    WHERE participants.platform = :platform AND participants.workspace = :workspace
    AND (:everywhere = 1 OR participants.channel = :channel)
    GROUP BY found.chat_id HAVING max(found.id) < :before ORDER BY 2 DESC LIMIT :most
)
SELECT newest.id, docs.message_id, coalesce(messages.content, chats.title) AS content,
coalesce(messages.created_at, chats.created_at) AS created_at,
participants.pinned, participants.archived, participants.active_at, {of_chat}
FROM newest JOIN search_docs AS docs ON docs.id = newest.id JOIN chats ON chats.id = newest.chat_id
JOIN participants ON participants.chat_id = newest.chat_id AND participants.person = :person
LEFT JOIN messages ON messages.id = docs.message_id
ORDER BY newest.id DESC
"""
OF_CHAT = "of_chat_"
COLUMNS: list[Column[Any]] = [
    Column("id", search_docs.c.id.type),
    Column("message_id", search_docs.c.message_id.type),
    Column("content", messages.c.content.type),
    Column("created_at", UtcTime()),
    *(Column(column.name, column.type) for column in (participants.c.pinned, participants.c.archived)),
    Column("active_at", UtcTime()),
    *(Column(OF_CHAT + column.name, column.type) for column in chats.c),
]
TEXTS = ("platform", "workspace", "channel", "person", "words", "further")
NUMBERS = {"everywhere": Integer(), "before": BigInteger(), "most": BigInteger()}
GIVEN: list[BindParameter[Any]] = [
    *(bindparam(name, type_=PlainText()) for name in TEXTS),
    *(bindparam(name, type_=kind) for name, kind in NUMBERS.items()),
]
AMONG = {"postgresql": ON_POSTGRES, "sqlite": ON_SQLITE.format(scope=SCOPE_ASKED)}


def _find(dialect: str) -> Query:
    of_chat = ", ".join(f"chats.{column.name} AS {OF_CHAT}{column.name}" for column in chats.c)
    words = FIND.format(found=AMONG[dialect], of_chat=of_chat)
    return Query(text(words).bindparams(*GIVEN).columns(*COLUMNS))


MISSED = """
SELECT messages.id, messages.chat_id, messages.content
FROM messages JOIN chats ON chats.id = messages.chat_id LEFT JOIN search_docs ON search_docs.message_id = messages.id
WHERE messages.id > (SELECT max(id) FROM messages) - :newest AND search_docs.id IS NULL AND messages.role <> 'system'
ORDER BY messages.id {lock}
"""
LOCKED = {"postgresql": "FOR NO KEY UPDATE OF chats SKIP LOCKED", "sqlite": ""}
NEWEST: BindParameter[int] = bindparam("newest", type_=BigInteger())
MISSING = {
    dialect: sql(MISSED.format(lock=lock), [NEWEST], [messages.c.id, messages.c.chat_id, messages.c.content])
    for dialect, lock in LOCKED.items()
}
FINDING = {dialect: _find(dialect) for dialect in AMONG}


class SqlSearchStore(SearchDocs):
    """Port `SearchStore` in SQL."""

    async def find(
        self, which: ChatFilter, query: SearchQuery, limit: int, before: int | None = None
    ) -> list[SearchHit]:
        place = {"platform": which.place.platform, "workspace": which.place.workspace, "channel": which.place.channel}
        whose = {**place, "person": which.person, "everywhere": int(which.everywhere)}
        page = {"before": BIGGEST_ID if before is None else before, "most": limit}
        words = _on_postgres(query) if self._sql.on_postgres else _on_sqlite(query)
        return [_hit(row) for row in await self._sql.rows(FINDING[self._sql.dialect], **whose, **page, **words)]

    async def catch_up(self, newest: int) -> int:
        """As the port says. The chats are locked as by who asks in them, so that nobody joins one meanwhile; those in
        which somebody does something come the next time.
        """
        rows = await self._sql.rows(MISSING[self._sql.dialect], newest=newest)
        for row in rows:
            await self.index_message(row.chat_id, row.id, row.content)
        return len(rows)


def _hit(row: Any) -> SearchHit:
    listed = ListedChat(chat_of(row, OF_CHAT), row.pinned, row.archived, row.active_at)
    return SearchHit(row.id, listed, row.message_id, row.content, row.created_at)


def _is_plain(term: Term) -> bool:
    """Whether the index alone can tell."""
    return len(term.tokens) == 1 and not term.prefix


def _whole_words(query: SearchQuery) -> list[str]:
    return list(dict.fromkeys(token for term in query.wanted for token in term.whole))


def _on_sqlite(query: SearchQuery) -> dict[str, str]:
    further = [
        [term.pattern for term in query.wanted if not _is_plain(term)],
        [term.pattern for term in query.excluded],
    ]
    return {"words": "".join(f' AND "{token}"' for token in _whole_words(query)), "further": json.dumps(further)}


def _on_postgres(query: SearchQuery) -> dict[str, str]:
    wanted = [f"({_ts(term)})" for term in query.wanted if not _is_plain(term)]
    further = " & ".join([*wanted, *(f"!({_ts(term)})" for term in query.excluded)])
    return {"words": "".join(f" & '{token}'" for token in _whole_words(query)), "further": further}


def _ts(term: Term) -> str:
    """As PostgreSQL reads a `tsquery`; as in `written_tokens` there is nothing to escape."""
    return " <-> ".join(f"'{token}'" for token in term.tokens) + ":*" * term.prefix
