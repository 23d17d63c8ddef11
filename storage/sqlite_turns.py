"""The turns in an SQLite file, each change in one trip to its thread.

A transaction is alone in the file, so nothing need be locked.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from bot.engine.chats import Author, Role
from bot.engine.turns import Started, Turn, TurnStatus
from storage.chats import JOIN, TO_THE_TOP, TOUCH
from storage.search_docs import PUT_MESSAGE, written_tokens
from storage.statement import Query, Statement
from storage.tables import messages, posts, turns
from storage.transaction import SqliteTrip
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
)
from storage.turns import SqlTurnStore

HELD = Query(select(turns.c.tries, turns.c.status).where(turns.c.id == TURN))
START = Statement(taken_up())
REPLACED = select(turns.c.replaces).where(turns.c.id == TURN, ~turns.c.shown).scalar_subquery()
LATE_REPLIES = Statement(late_replies(TURN, REPLACED))
QUESTION = Statement(new_message(Role.USER).returning(messages.c.id))
ANSWER = Statement(new_message(Role.ASSISTANT).returning(messages.c.id))
QUEUE = Statement(new_turn(bindparam("question", type_=turns.c.question_id.type)))
REPLIES = Query(select(posts.c.page, posts.c.message_id).where(posts.c.turn_id == TURN))
PAGE = [posts.c.turn_id == TURN, posts.c.page == bindparam("old_page", type_=posts.c.page.type)]
ADD_REPLY = Statement(insert(posts).values(**new(posts, "chat_id", "turn_id", "page", "message_id")))
CHANGE_REPLY = Statement(update(posts).where(*PAGE).values(**new(posts, "message_id")))
DROP_REPLY = Statement(delete(posts).where(*PAGE))
PUT_BACK = Statement(update(turns).where(turns.c.id == TURN).values(status=TurnStatus.QUEUED, **new(turns, "partial")))
END = Statement(
    update(turns)
    .where(turns.c.id == TURN)
    .values(partial=None, **new(turns, "status", "answer_id", "failure", "ended_at"))
)
INDEX = PUT_MESSAGE["sqlite"]
SHOWN = Statement(update(turns).where(turns.c.id == TURN).values(shown=True))


class SqliteTurnStore(SqlTurnStore):
    """Port `TurnStore` on SQLite."""

    async def start(self, turn_id: int, most: int = 0) -> Started | None:
        def start(trip: SqliteTrip) -> Started | None:
            trip.rows(START, turn=turn_id)
            rows = trip.rows(GET, turn=turn_id)
            return _started(trip, rows, turn_id, most) if rows else None

        return await self._sql.in_one_trip(start)

    async def _ask(self, chat_id: int, text: str, author: Author, source: str | None, now: datetime) -> Any:
        said = {"new_content": text, "new_source": source, "new_created_at": now}
        asking, tokens = asked_by(author), written_tokens(text, on_postgres=False)

        def ask(trip: SqliteTrip) -> Any:
            if trip.row(TOUCH, chat=chat_id, now=now) is None:
                return None
            trip.rows(TO_THE_TOP, chat=chat_id, now=now)
            trip.rows(JOIN, chat=chat_id, person=author.id, now=now)
            question = trip.row(QUESTION, chat=chat_id, **said, **asking)
            trip.rows(INDEX, chat=chat_id, message=question.id, tokens=tokens)
            return trip.row(QUEUE, chat=chat_id, question=question.id, new_replaces=None, new_created_at=now)

        return await self._sql.in_one_trip(ask)

    async def _ask_again(self, turn: Turn, now: datetime) -> Any:
        def ask(trip: SqliteTrip) -> Any:
            if trip.row(TOUCH, chat=turn.chat_id, now=now) is None:
                return None
            trip.rows(TO_THE_TOP, chat=turn.chat_id, now=now)
            asked = {"question": turn.question.id, "new_replaces": turn.id, "new_created_at": now}
            return trip.row(QUEUE, chat=turn.chat_id, **asked)

        return await self._sql.in_one_trip(ask)

    async def _save_replies(self, turn: Turn, replies: Sequence[str]) -> Any:
        def save(trip: SqliteTrip) -> Any:
            held = trip.row(HELD, turn=turn.id)
            if held is not None and held.tries == turn.tries:
                _write_pages(trip, turn, replies)
            return held

        return await self._sql.in_one_trip(save)

    async def _save_partial(self, turn: Turn, text: str) -> Any:
        def save(trip: SqliteTrip) -> Any:
            held = trip.row(HELD, turn=turn.id)
            if held is not None and held.tries == turn.tries and held.status == TurnStatus.RUNNING:
                trip.rows(PUT_BACK, turn=turn.id, new_partial=text)
            return held

        return await self._sql.in_one_trip(save)

    async def _end(self, turn: Turn, status: TurnStatus, text: str, failure: str | None, now: datetime) -> Any:
        said = {"new_content": text, "new_created_at": now}
        nobody = {**asked_by(None), "new_source": None}
        final = {"new_status": status, "new_failure": failure, "new_ended_at": now}
        tokens = written_tokens(text, on_postgres=False)

        def end(trip: SqliteTrip) -> Any:
            held = trip.row(HELD, turn=turn.id)
            if held is not None and held.tries == turn.tries and not TurnStatus(held.status).ended:
                answer_id = trip.row(ANSWER, chat=turn.chat_id, **said, **nobody).id if text else None
                trip.rows(INDEX, chat=turn.chat_id, message=answer_id, tokens=tokens)
                trip.rows(END, turn=turn.id, new_answer_id=answer_id, **final)
            return held

        return await self._sql.in_one_trip(end)

    async def _mark_shown(self, turn: Turn) -> Any:
        def mark(trip: SqliteTrip) -> Any:
            held = trip.row(HELD, turn=turn.id)
            if held is not None and held.tries == turn.tries and TurnStatus(held.status).ended:
                trip.rows(SHOWN, turn=turn.id)
            return held

        return await self._sql.in_one_trip(mark)


def _started(trip: SqliteTrip, rows: list[Any], turn_id: int, most: int) -> Started:
    others: list[Any] = []
    if may_have_others(rows[0]):
        others = trip.rows(OTHERS, turn=turn_id)
        trip.rows(LATE_REPLIES, turn=turn_id)
        rows = trip.rows(GET, turn=turn_id)
    return started_of(rows, trip.rows(HISTORY, turn=turn_id, chat=rows[0].chat_id, most=most), others)


def _write_pages(trip: SqliteTrip, turn: Turn, replies: Sequence[str]) -> None:
    stored: dict[int, str] = {row.page: row.message_id for row in trip.rows(REPLIES, turn=turn.id)}
    for page in stored:
        if page >= len(replies):
            trip.rows(DROP_REPLY, turn=turn.id, old_page=page)
    for page, message_id in enumerate(replies):
        if page not in stored:
            of_turn = {"new_chat_id": turn.chat_id, "new_turn_id": turn.id, "new_page": page}
            trip.rows(ADD_REPLY, **of_turn, new_message_id=message_id)
        elif stored[page] != message_id:
            trip.rows(CHANGE_REPLY, turn=turn.id, old_page=page, new_message_id=message_id)
