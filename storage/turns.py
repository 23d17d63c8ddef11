"""The turns and their messages in the database."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Table,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.engine.chats import Author, Message, Role
from bot.engine.errors import StorageUnavailable, TakenOver
from bot.engine.turns import Turn, TurnStatus, order_of
from storage.chats import SqlChatStore
from storage.statement import Statement
from storage.tables import Id, chats, messages, posts, turns
from storage.transaction import BIGGEST_ID, Transaction

OPEN = [TurnStatus.QUEUED, TurnStatus.RUNNING]
ENDED = [status.value for status in TurnStatus if status.ended]

TURN = bindparam("turn", type_=Id)
CHAT = bindparam("chat", type_=Id)

question = messages.alias("question")
answer = messages.alias("answer")


def _message_of(row: Any, prefix: str) -> Message:
    column = row._asdict()
    author_id = column[f"{prefix}_author_id"]
    return Message(
        id=column[f"{prefix}_id"],
        chat_id=row.chat_id,
        role=Role(column[f"{prefix}_role"]),
        content=column[f"{prefix}_content"],
        created_at=column[f"{prefix}_created_at"],
        author=None if author_id is None else Author(author_id, column[f"{prefix}_author_name"]),
        source=column[f"{prefix}_source"],
    )


def _turn_of(row: Any, replies: Sequence[str]) -> Turn:
    return Turn(
        id=row.id,
        chat_id=row.chat_id,
        question=_message_of(row, "question"),
        answer=None if row.answer_id is None else _message_of(row, "answer"),
        status=TurnStatus(row.status),
        replies=tuple(replies),
        replaces=row.replaces,
        failure=row.failure,
        shown=row.shown,
        created_at=row.created_at,
        tries=row.tries,
        partial=row.partial or "",
        stopping=row.stopping,
        waited=row.waited,
    )


def _whole(which: ColumnElement[bool], newest_first: bool = False) -> Statement:
    """The turns with their messages; one with several replies has as many rows, in page order."""
    own = [c for c in turns.c if c.name not in ("question_id", "answer_id", "ended_at")]
    of_messages = [c.label(f"{side.name}_{c.name}") for side in (question, answer) for c in side.c]
    both = turns.join(question, question.c.id == turns.c.question_id)
    all_of_it = both.outerjoin(answer, answer.c.id == turns.c.answer_id).outerjoin(posts, posts.c.turn_id == turns.c.id)
    query = select(*own, *of_messages, posts.c.message_id.label("reply")).select_from(all_of_it).where(which)
    return Statement(query.order_by(turns.c.id.desc() if newest_first else turns.c.id, posts.c.page))


def _new(table: Table, *columns: str) -> dict[str, BindParameter[Any]]:
    """Values for these columns, given at the run as `new_…`."""
    return {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}


def _is_one_of(statuses: Sequence[str]) -> ColumnElement[bool]:
    """Not as an IN: a list in it would be written anew at each run."""
    return or_(*(turns.c.status == status for status in statuses))


def _history() -> Statement:
    later = turns.alias("later")
    replaced = exists().where(later.c.replaces == turns.c.id)
    before: list[ColumnElement[bool]] = [turns.c.chat_id == CHAT, turns.c.id < TURN, ~replaced]
    answered = [_is_one_of(ENDED), turns.c.answer_id.is_not(None)]
    latest = (
        select(turns.c.id).where(*before, *answered).order_by(turns.c.id.desc()).limit(bindparam("most", type_=Integer))
    )
    return _whole(turns.c.id.in_(latest), newest_first=True)


def _start() -> Statement:
    runs = case((turns.c.status == TurnStatus.QUEUED, TurnStatus.RUNNING.value), else_=turns.c.status)
    taken_up = update(turns).where(turns.c.id == TURN, ~turns.c.shown)
    return Statement(taken_up.values(tries=turns.c.tries + 1, status=runs))


def _hold() -> Statement:
    both = chats.join(turns, turns.c.chat_id == chats.c.id)
    query = select(turns.c.tries, turns.c.status).select_from(both).where(turns.c.id == TURN)
    return Statement(query.with_for_update(key_share=True, of=(chats, turns)))


def _queue() -> Statement:
    before_it = select(turns.c.id).where(turns.c.chat_id == CHAT, _is_one_of(OPEN)).exists()
    waited = select(before_it).scalar_subquery()
    given = _new(turns, "question_id", "replaces", "created_at")
    new = insert(turns).values(**given, chat_id=CHAT, status=TurnStatus.QUEUED, waited=waited)
    return Statement(new.returning(turns.c.id, turns.c.waited))


GET = _whole(turns.c.id == TURN)
LAST = _whole(turns.c.id == select(func.max(turns.c.id)).where(turns.c.chat_id == CHAT).scalar_subquery())
FIRST = _whole(turns.c.id == select(func.min(turns.c.id)).where(turns.c.chat_id == CHAT).scalar_subquery())
HISTORY = _history()
START = _start()
HOLD = _hold()
QUEUE = _queue()
SAY = Statement(
    insert(messages)
    .values(**_new(messages, "chat_id", "role", "content", "author_id", "author_name", "source", "created_at"))
    .returning(*messages.c)
)
REPLIES = Statement(select(posts.c.page, posts.c.message_id).where(posts.c.turn_id == TURN))
SHOW_REPLY = Statement(insert(posts).values(**_new(posts, "chat_id", "turn_id", "page", "message_id")))
END = Statement(
    update(turns)
    .where(turns.c.id == TURN)
    .values(**_new(turns, "status", "answer_id", "failure", "ended_at"), partial=None)
)
SHOWN = Statement(update(turns).where(turns.c.id == TURN).values(shown=True))


class SqlTurnStore:
    """Port `TurnStore` in SQL."""

    def __init__(self, transaction: Transaction, chat_store: SqlChatStore) -> None:
        self._sql = transaction
        self._chats = chat_store

    async def ask(self, chat_id: int, text: str, author: Author, source: str | None, now: datetime) -> Turn:
        """As the port says. Turns of one chat are numbered in the order in which they are committed.

        Raises StorageUnavailable where the chat was deleted meanwhile: the repeated event will find that out.
        """
        await self._hold_chat(chat_id)
        said = {"new_role": Role.USER, "new_content": text, "new_source": source, "new_created_at": now}
        asking = {"new_author_id": author.id, "new_author_name": author.name}
        row = await self._sql.row(SAY, new_chat_id=chat_id, **said, **asking)
        person = Author(row.author_id, row.author_name)
        asked = Message(row.id, chat_id, Role.USER, row.content, row.created_at, person, row.source)
        turn = await self._queued(asked, now)
        if not turn.waited or source is None:
            return turn
        await self._sort_untouched(chat_id)
        return await self._existing(turn.id)

    async def ask_again(self, turn: Turn, now: datetime) -> Turn:
        """As the port says; raises StorageUnavailable where the chat was deleted meanwhile."""
        await self._hold_chat(turn.chat_id)
        again = await self._queued(turn.question, now, replaces=turn.id)
        await self._sql.execute(update(posts).where(posts.c.turn_id == turn.id).values(turn_id=again.id))
        return await self._existing(again.id)

    async def get(self, turn_id: int) -> Turn | None:
        if not 0 < turn_id <= BIGGEST_ID:
            return None
        return await self._one(GET, turn=turn_id)

    async def last(self, chat_id: int) -> Turn | None:
        return await self._one(LAST, chat=chat_id)

    async def first(self, chat_id: int) -> Turn | None:
        return await self._one(FIRST, chat=chat_id)

    async def history(self, turn: Turn, limit: int) -> list[Turn]:
        return await self._all(HISTORY, chat=turn.chat_id, turn=turn.id, most=limit)

    async def waiting(self) -> list[tuple[int, int]]:
        query = select(turns.c.chat_id, turns.c.id).where(~turns.c.shown).order_by(turns.c.id)
        return [(row.chat_id, row.id) for row in await self._sql.rows(query)]

    async def start(self, turn_id: int) -> Turn | None:
        await self._sql.rows(START, turn=turn_id)
        return await self.get(turn_id)

    async def save_replies(self, turn: Turn, replies: Sequence[str]) -> bool:
        """As the port says; a page that has a row keeps it, so the posts of a chat stay in their order."""
        if await self._hold(turn) is None:
            return False
        of_turn = posts.c.turn_id == turn.id
        stored: dict[int, str] = {row.page: row.message_id for row in await self._sql.rows(REPLIES, turn=turn.id)}
        if any(page >= len(replies) for page in stored):
            await self._sql.execute(delete(posts).where(of_turn, posts.c.page >= len(replies)))
        for page, message_id in enumerate(replies):
            if page not in stored:
                new = {"new_chat_id": turn.chat_id, "new_turn_id": turn.id, "new_page": page}
                await self._sql.rows(SHOW_REPLY, **new, new_message_id=message_id)
            elif stored[page] != message_id:
                changed = update(posts).where(of_turn, posts.c.page == page)
                await self._sql.execute(changed.values(message_id=message_id))
        return True

    async def save_partial(self, turn: Turn, text: str) -> None:
        if await self._hold(turn) is TurnStatus.RUNNING:
            running = update(turns).where(turns.c.id == turn.id)
            await self._sql.execute(running.values(status=TurnStatus.QUEUED, partial=text))

    async def end(self, turn: Turn, status: TurnStatus, text: str, failure: str | None, now: datetime) -> bool:
        """As the port says; a turn that has ended stays as it is, for the caller cannot know if a commit stood."""
        held = await self._hold(turn)
        if held is None or held.ended:
            return held is not None
        answer_id = None
        if text:
            said = {"new_chat_id": turn.chat_id, "new_role": Role.ASSISTANT, "new_content": text, "new_created_at": now}
            nobody = {"new_author_id": None, "new_author_name": None, "new_source": None}
            answer_id = await self._sql.value(SAY, **said, **nobody)
        final = {"new_status": status, "new_answer_id": answer_id, "new_failure": failure, "new_ended_at": now}
        await self._sql.rows(END, turn=turn.id, **final)
        return True

    async def mark_shown(self, turn: Turn) -> None:
        held = await self._hold(turn)
        if held is not None and held.ended:
            await self._sql.rows(SHOWN, turn=turn.id)

    async def ask_to_stop(self, chat_id: int) -> bool:
        taken_up = [turns.c.chat_id == chat_id, turns.c.status.in_(OPEN), turns.c.tries > 0]
        return await self._sql.changed(update(turns).where(*taken_up).values(stopping=True)) > 0

    async def cancel_queued(self, chat_id: int) -> list[Turn]:
        untouched = [turns.c.chat_id == chat_id, turns.c.status == TurnStatus.QUEUED, turns.c.tries == 0]
        cancelled = update(turns).where(*untouched).values(status=TurnStatus.CANCELLED, shown=True)
        rows = await self._sql.rows(cancelled.returning(turns.c.id))
        return [await self._existing(turn_id) for turn_id in sorted(row.id for row in rows)]

    async def _queued(self, question: Message, now: datetime, replaces: int | None = None) -> Turn:
        new = {"new_question_id": question.id, "new_replaces": replaces, "new_created_at": now}
        row = await self._sql.row(QUEUE, chat=question.chat_id, **new)
        return Turn(
            id=row.id,
            chat_id=question.chat_id,
            question=question,
            answer=None,
            status=TurnStatus.QUEUED,
            replies=(),
            replaces=replaces,
            failure=None,
            shown=False,
            created_at=now.astimezone(UTC),
            waited=row.waited,
        )

    async def _sort_untouched(self, chat_id: int) -> None:
        """Deal the questions that nobody has begun with out to their turns again, in the order of writing."""
        untouched = [turns.c.status == TurnStatus.QUEUED, turns.c.tries == 0, turns.c.replaces.is_(None)]
        both = turns.join(question, question.c.id == turns.c.question_id)
        query = select(turns.c.id, turns.c.question_id, question.c.source).select_from(both)
        of_chat = query.where(turns.c.chat_id == chat_id, *untouched, question.c.source.is_not(None))
        rows = await self._sql.rows(of_chat.order_by(turns.c.id).with_for_update(of=turns))
        for row, written in zip(rows, sorted(rows, key=lambda row: order_of(row.source)), strict=True):
            if row.question_id != written.question_id:
                dealt = update(turns).where(turns.c.id == row.id).values(question_id=written.question_id)
                await self._sql.execute(dealt)

    async def _hold_chat(self, chat_id: int) -> None:
        if not await self._chats.hold(chat_id):
            raise StorageUnavailable(f"chat {chat_id} was deleted meanwhile")

    async def _hold(self, turn: Turn) -> TurnStatus | None:
        """The turn's status, kept with its chat from being changed or deleted by others; None if it was deleted.

        The chat is locked first, as a delete does it: the other way round, the two could wait for each other. Raises
        TakenOver where somebody has taken the turn up since.
        """
        held = await self._sql.row(HOLD, turn=turn.id)
        if held is not None and held.tries != turn.tries:
            raise TakenOver(f"turn {turn.id}")
        return None if held is None else TurnStatus(held.status)

    async def _existing(self, turn_id: int) -> Turn:
        turn = await self.get(turn_id)
        assert turn is not None
        return turn

    async def _one(self, query: Statement, **values: int) -> Turn | None:
        found = await self._all(query, **values)
        return found[0] if found else None

    async def _all(self, query: Statement, **values: int) -> list[Turn]:
        by_turn = groupby(await self._sql.rows(query, **values), attrgetter("id"))
        turns_rows = [list(rows) for _, rows in by_turn]
        return [_turn_of(rows[0], [row.reply for row in rows if row.reply is not None]) for rows in turns_rows]
