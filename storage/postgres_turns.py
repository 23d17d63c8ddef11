"""The turns in PostgreSQL, each change in one statement: what goes back and forth costs more than what is done.

A statement sees what was committed when it began, also where it waited for a lock since. So what others may change
meanwhile is taken from the row that it locked (`held`), which is the newest.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BindParameter, bindparam, cast, insert, select
from sqlalchemy.dialects.postgresql import TSVECTOR

from bot.engine.chats import Author, Role
from bot.engine.turns import Started, Turn, TurnStatus
from storage.chats import CHAT, NOW, PERSON
from storage.search_docs import TOKENS, written_tokens
from storage.statement import Statement, sql
from storage.tables import PlainText, chats, messages, search_docs, turns
from storage.turn_rows import (
    GET,
    HISTORY,
    OTHERS,
    TURN,
    asked_by,
    late_replies,
    may_have_others,
    new,
    new_message,
    new_turn,
    started_of,
    taken_up,
    with_chat,
)
from storage.turns import SqlTurnStore

HOLD_AND = """
WITH held AS (
    SELECT turns.id, turns.chat_id, turns.tries, turns.status
    FROM chats JOIN turns ON turns.chat_id = chats.id WHERE turns.id = :turn
    FOR NO KEY UPDATE OF chats, turns
), mine AS (
    SELECT id, chat_id, status, status IN ('done', 'failed', 'cancelled') AS ended FROM held WHERE tries = :tries
), {change}
SELECT tries, status FROM held
"""
"""The chat is locked first, as a delete does it: the other way round, the two could wait for each other."""


def _held(change: str, *given: BindParameter[Any]) -> Statement:
    """A statement that gives the turn's row as it was before, and makes these changes to `mine`."""
    tries = bindparam("tries", type_=turns.c.tries.type)
    return sql(HOLD_AND.format(change=change), (TURN, tries, *given), (turns.c.tries, turns.c.status))


SAVE_REPLIES = _held(
    """
    dropped AS (
        DELETE FROM posts USING mine WHERE posts.turn_id = mine.id AND posts.page >= cardinality(:replies)
    ), kept AS (
        INSERT INTO posts (chat_id, turn_id, page, message_id)
        SELECT mine.chat_id, mine.id, reply.number - 1, reply.message_id
        FROM mine, unnest(:replies) WITH ORDINALITY AS reply (message_id, number) ORDER BY reply.number
        ON CONFLICT (turn_id, page) DO UPDATE SET message_id = excluded.message_id
        WHERE posts.message_id <> excluded.message_id
    )""",
    bindparam("replies", type_=ARRAY(PlainText())),
)

SAVE_PARTIAL = _held(
    """
    kept AS (
        UPDATE turns SET status = 'queued', partial = :text FROM mine
        WHERE turns.id = mine.id AND mine.status = 'running'
    )""",
    bindparam("text", type_=PlainText()),
)

END = _held(
    """
    said AS (
        INSERT INTO messages (chat_id, role, content, created_at)
        SELECT chat_id, 'assistant', :new_content, :new_created_at FROM mine
        WHERE NOT ended AND :new_content IS NOT NULL RETURNING id
    ), findable AS (
        INSERT INTO search_docs (chat_id, message_id, tokens)
        SELECT mine.chat_id, said.id, CAST(:tokens AS tsvector) FROM mine, said WHERE :tokens <> ''
    ), kept AS (
        UPDATE turns SET status = :new_status, answer_id = (SELECT id FROM said), failure = :new_failure,
        ended_at = :new_created_at, partial = NULL
        FROM mine WHERE turns.id = mine.id AND NOT mine.ended
    )""",
    *new(turns, "status", "failure").values(),
    *new(messages, "content", "created_at").values(),
    TOKENS,
)

MARK_SHOWN = _held("kept AS (UPDATE turns SET shown = true FROM mine WHERE turns.id = mine.id AND mine.ended)")

said = new_message(Role.USER).returning(messages.c.id).cte("said")
words = select(CHAT, said.c.id, cast(TOKENS, TSVECTOR)).where(TOKENS != "")
findable = insert(search_docs).from_select(["chat_id", "message_id", "tokens"], words).cte("findable")
ASK = Statement(new_turn(select(said.c.id).scalar_subquery()).add_cte(findable))
ASK_AGAIN = Statement(new_turn(bindparam("question", type_=turns.c.question_id.type)))

TO_THE_TOP = """
WITH touched AS (
    UPDATE chats SET updated_at = :now WHERE id = :chat RETURNING id, platform, workspace, channel
), others AS (
    UPDATE participants SET active_at = :now FROM touched
    WHERE participants.chat_id = touched.id AND participants.person <> :person
), joined AS (
    INSERT INTO participants (chat_id, person, platform, workspace, channel, active_at)
    SELECT id, :person, platform, workspace, channel, :now FROM touched WHERE :person <> ''
    ON CONFLICT (chat_id, person) DO UPDATE SET active_at = excluded.active_at, archived = false
)
SELECT id FROM touched
"""
TOUCH = sql(TO_THE_TOP, (CHAT, NOW, PERSON), (chats.c.id,))
"""Moves the chat to the top of everybody's list, also that of the person who asks in it now ("": nobody does). Keeps
it from being deleted or asked in until the transaction ends.
"""

STARTED = taken_up().returning(turns).cte("started")
LATE_REPLIES = late_replies(STARTED.c.id, STARTED.c.replaces).cte("late_replies")
START = Statement(with_chat(STARTED).add_cte(LATE_REPLIES))


class PostgresTurnStore(SqlTurnStore):
    """Port `TurnStore` on PostgreSQL."""

    async def start(self, turn_id: int, most: int = 0) -> Started | None:
        """As the port says.

        A turn that was taken up before is read once more: its replies may be from a moment ago. So is one whose
        question is not found, because it was given another one in that moment.
        """
        rows = await self._sql.rows(START, turn=turn_id)
        if not rows or rows[0].tries > 1:
            rows = await self._sql.rows(GET, turn=turn_id)
        if not rows:
            return None
        others: list[Any] = []
        if may_have_others(rows[0]):
            others = await self._sql.rows(OTHERS, turn=turn_id)
            rows = await self._sql.rows(GET, turn=turn_id)
        said = await self._sql.rows(HISTORY, turn=turn_id, chat=rows[0].chat_id, most=most)
        return started_of(rows, said, others)

    async def _ask(self, chat_id: int, text: str, author: Author, source: str | None, now: datetime) -> Any:
        """In a second statement, which sees the turns of who held the chat before."""
        if await self._sql.row(TOUCH, chat=chat_id, person=author.id, now=now) is None:
            return None
        said = {"new_content": text, "new_source": source, "new_created_at": now}
        tokens = written_tokens(text, on_postgres=True)
        return await self._sql.row(ASK, chat=chat_id, new_replaces=None, tokens=tokens, **said, **asked_by(author))

    async def _ask_again(self, turn: Turn, now: datetime) -> Any:
        if await self._sql.row(TOUCH, chat=turn.chat_id, person="", now=now) is None:
            return None
        asked = {"question": turn.question.id, "new_replaces": turn.id, "new_created_at": now}
        return await self._sql.row(ASK_AGAIN, chat=turn.chat_id, **asked)

    async def _save_replies(self, turn: Turn, replies: Sequence[str]) -> Any:
        return await self._sql.row(SAVE_REPLIES, turn=turn.id, tries=turn.tries, replies=list(replies))

    async def _save_partial(self, turn: Turn, text: str) -> Any:
        return await self._sql.row(SAVE_PARTIAL, turn=turn.id, tries=turn.tries, text=text)

    async def _end(self, turn: Turn, status: TurnStatus, text: str, failure: str | None, now: datetime) -> Any:
        final = {"new_status": status, "new_failure": failure, "new_content": text or None, "new_created_at": now}
        tokens = written_tokens(text, on_postgres=True)
        return await self._sql.row(END, turn=turn.id, tries=turn.tries, tokens=tokens, **final)

    async def _mark_shown(self, turn: Turn) -> Any:
        return await self._sql.row(MARK_SHOWN, turn=turn.id, tries=turn.tries)
