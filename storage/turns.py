"""The turns and their messages in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, delete, exists, insert, select, update

from bot.engine.chats import Author, Message, Role
from bot.engine.errors import StorageUnavailable, TakenOver
from bot.engine.turns import Turn, TurnStatus, order_of
from storage.chats import SqlChatStore
from storage.tables import chats, messages, posts, turns
from storage.transaction import BIGGEST_ID, Transaction

OPEN = [TurnStatus.QUEUED, TurnStatus.RUNNING]
ENDED = [status.value for status in TurnStatus if status.ended]

question = messages.alias("question")
answer = messages.alias("answer")


def _message_of(row: Row[Any], prefix: str) -> Message:
    column = row._mapping
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


def _turn_of(row: Row[Any], replies: Sequence[str]) -> Turn:
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


def _whole_turns() -> Select[Any]:
    own = [c for c in turns.c if c.name not in ("question_id", "answer_id", "ended_at")]
    of_messages = [c.label(f"{side.name}_{c.name}") for side in (question, answer) for c in side.c]
    both = turns.join(question, question.c.id == turns.c.question_id)
    return select(*own, *of_messages).select_from(both.outerjoin(answer, answer.c.id == turns.c.answer_id))


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
        said = {"author_id": author.id, "author_name": author.name, "source": source}
        asked = insert(messages).values(chat_id=chat_id, role=Role.USER, content=text, created_at=now, **said)
        turn = await self._queued(chat_id, await self._sql.added(asked), now)
        if not turn.waited or source is None:
            return turn
        await self._sort_untouched(chat_id)
        return await self._existing(turn.id)

    async def ask_again(self, turn: Turn, now: datetime) -> Turn:
        """As the port says; raises StorageUnavailable where the chat was deleted meanwhile."""
        await self._hold_chat(turn.chat_id)
        again = await self._queued(turn.chat_id, turn.question.id, now, replaces=turn.id)
        await self._sql.execute(update(posts).where(posts.c.turn_id == turn.id).values(turn_id=again.id))
        return await self._existing(again.id)

    async def get(self, turn_id: int) -> Turn | None:
        if not 0 < turn_id <= BIGGEST_ID:
            return None
        return await self._one(_whole_turns().where(turns.c.id == turn_id))

    async def last(self, chat_id: int) -> Turn | None:
        return await self._one(_whole_turns().where(turns.c.chat_id == chat_id).order_by(turns.c.id.desc()).limit(1))

    async def first(self, chat_id: int) -> Turn | None:
        return await self._one(_whole_turns().where(turns.c.chat_id == chat_id).order_by(turns.c.id).limit(1))

    async def history(self, turn: Turn, limit: int) -> list[Turn]:
        later = turns.alias("later")
        replaced = exists().where(later.c.replaces == turns.c.id)
        before: list[ColumnElement[bool]] = [turns.c.chat_id == turn.chat_id, turns.c.id < turn.id, ~replaced]
        answered = [turns.c.status.in_(ENDED), turns.c.answer_id.is_not(None)]
        query = _whole_turns().where(*before, *answered).order_by(turns.c.id.desc()).limit(limit)
        return await self._all(query)

    async def waiting(self) -> list[tuple[int, int]]:
        query = select(turns.c.chat_id, turns.c.id).where(~turns.c.shown).order_by(turns.c.id)
        return [(row.chat_id, row.id) for row in await self._sql.rows(query)]

    async def start(self, turn_id: int) -> Turn | None:
        runs = case((turns.c.status == TurnStatus.QUEUED, TurnStatus.RUNNING.value), else_=turns.c.status)
        taken_up = update(turns).where(turns.c.id == turn_id, ~turns.c.shown)
        await self._sql.execute(taken_up.values(tries=turns.c.tries + 1, status=runs))
        return await self.get(turn_id)

    async def save_replies(self, turn: Turn, replies: Sequence[str]) -> bool:
        """As the port says; a page that has a row keeps it, so the posts of a chat stay in their order."""
        if await self._hold(turn) is None:
            return False
        of_turn = posts.c.turn_id == turn.id
        rows = await self._sql.rows(select(posts.c.page, posts.c.message_id).where(of_turn))
        stored: dict[int, str] = {row.page: row.message_id for row in rows}
        await self._sql.execute(delete(posts).where(of_turn, posts.c.page >= len(replies)))
        for page, message_id in enumerate(replies):
            if page not in stored:
                new = {"chat_id": turn.chat_id, "turn_id": turn.id, "page": page, "message_id": message_id}
                await self._sql.execute(insert(posts).values(**new))
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
            said = insert(messages).values(chat_id=turn.chat_id, role=Role.ASSISTANT, content=text, created_at=now)
            answer_id = await self._sql.added(said)
        final = {"status": status, "answer_id": answer_id, "failure": failure, "ended_at": now, "partial": None}
        await self._sql.execute(update(turns).where(turns.c.id == turn.id).values(**final))
        return True

    async def mark_shown(self, turn: Turn) -> None:
        held = await self._hold(turn)
        if held is not None and held.ended:
            await self._sql.execute(update(turns).where(turns.c.id == turn.id).values(shown=True))

    async def ask_to_stop(self, chat_id: int) -> bool:
        taken_up = [turns.c.chat_id == chat_id, turns.c.status.in_(OPEN), turns.c.tries > 0]
        return await self._sql.changed(update(turns).where(*taken_up).values(stopping=True)) > 0

    async def cancel_queued(self, chat_id: int) -> list[Turn]:
        untouched = [turns.c.chat_id == chat_id, turns.c.status == TurnStatus.QUEUED, turns.c.tries == 0]
        cancelled = update(turns).where(*untouched).values(status=TurnStatus.CANCELLED, shown=True)
        rows = await self._sql.rows(cancelled.returning(turns.c.id))
        ids = [row.id for row in rows]
        return await self._all(_whole_turns().where(turns.c.id.in_(ids)).order_by(turns.c.id)) if ids else []

    async def _queued(self, chat_id: int, question_id: int, now: datetime, replaces: int | None = None) -> Turn:
        place = {"chat_id": chat_id, "question_id": question_id, "replaces": replaces}
        before_it = select(turns.c.id).where(turns.c.chat_id == chat_id, turns.c.status.in_(OPEN)).exists()
        new = insert(turns).values(
            **place, status=TurnStatus.QUEUED, created_at=now, waited=select(before_it).scalar_subquery()
        )
        return await self._existing(await self._sql.added(new))

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
        both = chats.join(turns, turns.c.chat_id == chats.c.id)
        query = select(turns.c.tries, turns.c.status).select_from(both).where(turns.c.id == turn.id)
        held = await self._sql.row(query.with_for_update(key_share=True, of=(chats, turns)))
        if held is not None and held.tries != turn.tries:
            raise TakenOver(f"turn {turn.id}")
        return None if held is None else TurnStatus(held.status)

    async def _existing(self, turn_id: int) -> Turn:
        turn = await self.get(turn_id)
        assert turn is not None
        return turn

    async def _one(self, query: Select[Any]) -> Turn | None:
        found = await self._all(query)
        return found[0] if found else None

    async def _all(self, query: Select[Any]) -> list[Turn]:
        rows = await self._sql.rows(query)
        replies = await self._replies([row.id for row in rows])
        return [_turn_of(row, replies.get(row.id, ())) for row in rows]

    async def _replies(self, turn_ids: list[int]) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        query = select(posts.c.turn_id, posts.c.message_id).where(posts.c.turn_id.in_(turn_ids)).order_by(posts.c.page)
        for row in await self._sql.rows(query) if turn_ids else []:
            found.setdefault(row.turn_id, []).append(row.message_id)
        return found
