"""The turns and their messages in the database."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update

from bot.engine.chats import Author, ChatKey, Message, Role
from bot.engine.errors import StorageUnavailable, TakenOver
from bot.engine.turns import Started, Turn, TurnStatus, order_of
from storage.chats import HOLD, JOIN, TO_THE_TOP, TOUCH
from storage.search_docs import SearchDocs
from storage.statement import Query
from storage.tables import chats, feedback, messages, posts, storable, turns
from storage.transaction import BIGGEST_ID, Transaction
from storage.turn_rows import ALL, ENDED, FIRST, GET, LAST, OPEN, question, turns_of, whole


class SqlTurnStore(ABC):
    """Port `TurnStore` in SQL. What every turn needs is written for each database by itself, in few words.

    Those methods find the turn's row, keep it with its chat from being changed or deleted by others, and change
    something only where it has the caller's number of tries; they give the row as it was before, None if it was
    deleted. The chat is locked first, as a delete does it: the other way round, the two could wait for each other.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._sql = transaction

    async def ask(self, chat_id: int, text: str, author: Author, source: str | None, now: datetime) -> Turn:
        """As the port says. Turns of one chat are numbered in the order in which they are committed.

        Raises StorageUnavailable where the chat was deleted meanwhile: the repeated event will find that out.
        """
        row = _existing(chat_id, await self._ask(chat_id, text, author, source, now))
        person = Author(storable(author.id), storable(author.name), storable(author.language))
        asked = Message(row.question_id, chat_id, Role.USER, storable(text), now.astimezone(UTC), person, source)
        turn = _queued(row, asked, now)
        if not turn.waited or source is None:
            return turn
        await self._sort_untouched(chat_id)
        return await self._reread(turn.id)

    async def ask_again(self, turn: Turn, now: datetime) -> Turn:
        """As the port says; raises StorageUnavailable where the chat was deleted meanwhile."""
        again = _existing(turn.chat_id, await self._ask_again(turn, now))
        await self._let_stand(turn.question.id, again.id)
        if turn.status.ended:
            await self._move_replies(turn.id, again.id)
        return await self._reread(again.id)

    async def stand(self, turn: Turn) -> bool:
        """As the port says; the chat is locked first, as who asks in it does."""
        await self._sql.rows(HOLD, chat=turn.chat_id)
        last = await self.last(turn.chat_id)
        if last is None or last.question.id != turn.question.id or not last.shown:
            return False
        await self._let_stand(turn.question.id, turn.id)
        if last.id != turn.id:
            await self._sql.execute(delete(posts).where(posts.c.turn_id == turn.id))
            await self._move_replies(last.id, turn.id)
        await self._sql.execute(update(turns).where(turns.c.id == turn.id).values(shown=False))
        return True

    async def get(self, turn_id: int) -> Turn | None:
        if not 0 < turn_id <= BIGGEST_ID:
            return None
        return await self._one(GET, turn=turn_id)

    async def last(self, chat_id: int) -> Turn | None:
        return await self._one(LAST, chat=chat_id)

    async def first(self, chat_id: int) -> Turn | None:
        return await self._one(FIRST, chat=chat_id)

    async def all_of(self, chat_id: int) -> list[Turn]:
        return turns_of(await self._sql.rows(ALL, chat=chat_id))

    async def put_back(self, turn: Turn) -> Turn:
        """As the port says; the chat is locked first, as whoever asks in it does."""
        _existing(turn.chat_id, await self._sql.row(TOUCH, chat=turn.chat_id, now=turn.created_at))
        await self._sql.rows(TO_THE_TOP, chat=turn.chat_id, now=turn.created_at)
        if turn.question.author is not None:
            await self._sql.rows(JOIN, chat=turn.chat_id, person=turn.question.author.id, now=turn.created_at)
        asked = turn.question.id or await self._added(turn.question)
        answered = None if turn.answer is None else await self._added(turn.answer)
        columns = ("chat_id", "status", "replaces", "failure", "tries", "waited", "standing", "created_at")
        was = {name: getattr(turn, name) for name in columns}
        ended_at = turn.answer.created_at if turn.answer else turn.created_at
        row = insert(turns).values(**was, question_id=asked, answer_id=answered, shown=True, ended_at=ended_at)
        return await self._reread(await self._sql.added(row))

    async def _added(self, message: Message) -> int:
        who = message.author or Author("", "")
        author = {"author_id": who.id, "author_name": who.name, "author_language": who.language or None}
        written = {name: getattr(message, name) for name in ("chat_id", "role", "content", "source", "created_at")}
        number = await self._sql.added(insert(messages).values(**written, **(author if message.author else {})))
        await SearchDocs(self._sql).index_message(message.chat_id, number, message.content)
        return number

    async def asked_in(self, key: ChatKey, source: str) -> Turn | None:
        place = [chats.c[part] == getattr(key, part) for part in ("platform", "workspace", "channel", "thread")]
        asked = turns.join(question, question.c.id == turns.c.question_id).join(chats, chats.c.id == turns.c.chat_id)
        which = [*place, question.c.source == source, turns.c.standing]
        found = await self._sql.value(select(func.max(turns.c.id)).select_from(asked).where(*which))
        return None if found is None else await self.get(found)

    async def told_in(self, key: ChatKey, message_id: str) -> Turn | None:
        place = [chats.c[part] == getattr(key, part) for part in ("platform", "workspace", "channel", "thread")]
        told = posts.join(chats, chats.c.id == posts.c.chat_id).join(turns, turns.c.id == posts.c.turn_id)
        which = [*place, posts.c.message_id == message_id, turns.c.standing]
        found = await self._sql.value(select(func.max(turns.c.id)).select_from(told).where(*which))
        return await self.asked_in(key, message_id) if found is None else await self.get(found)

    async def note_edit(self, turn: Turn, text: str) -> None:
        await self._sql.rows(HOLD, chat=turn.chat_id)
        await self._sql.execute(update(messages).where(messages.c.id == turn.question.id).values(edited=text))

    async def noted_edit(self, turn: Turn) -> str | None:
        noted: str | None = await self._sql.value(select(messages.c.edited).where(messages.c.id == turn.question.id))
        return noted

    async def copy(self, turn: Turn, chat_id: int, *, before: bool = False) -> int:
        last = turn.id - before
        which = [turns.c.chat_id == turn.chat_id, turns.c.id <= last, turns.c.standing, turns.c.status.in_(ENDED)]
        said = turns_of(await self._sql.rows(whole(turns, *which)))
        answered = [one for one in said if one.answer is not None]
        for one in answered:
            await self._copy(one, chat_id)
        return len(answered)

    async def _copy(self, turn: Turn, chat_id: int) -> None:
        assert turn.answer is not None
        messages_of = {"question_id": turn.question, "answer_id": turn.answer}
        ids = {side: await self._copy_message(message, chat_id) for side, message in messages_of.items()}
        times = {"created_at": turn.created_at, "ended_at": turn.answer.created_at}
        over = {"status": turn.status, "failure": turn.failure, "shown": True}
        await self._sql.execute(insert(turns).values(chat_id=chat_id, **ids, **over, **times))

    async def _copy_message(self, message: Message, chat_id: int) -> int:
        author = message.author
        by = {} if author is None else {"author_id": author.id, "author_name": author.name}
        language = {"author_language": author.language or None} if author else {}
        said = {"role": message.role, "content": message.content, "created_at": message.created_at}
        copied = insert(messages).values(chat_id=chat_id, **said, **by, **language).returning(messages.c.id)
        number: int = await self._sql.value(copied)
        await SearchDocs(self._sql).index_message(chat_id, number, message.content)
        return number

    async def rate(self, turn: Turn, person: str, good: bool, now: datetime) -> None:
        """As the port says; nothing where the turn was deleted meanwhile."""
        await self._sql.rows(HOLD, chat=turn.chat_id)
        if await self.get(turn.id) is None:
            return
        given = self._sql.upsert(feedback).values(turn_id=turn.id, person=person, good=good, given_at=now)
        key = [feedback.c.turn_id, feedback.c.person]
        await self._sql.execute(given.on_conflict_do_update(index_elements=key, set_={"good": good, "given_at": now}))

    async def ratings(self, turn: Turn) -> dict[str, bool]:
        query = select(feedback.c.person, feedback.c.good).where(feedback.c.turn_id == turn.id)
        return {row.person: row.good for row in await self._sql.rows(query)}

    async def remove(self, turn: Turn) -> None:
        """As the port says; the turns go with their question."""
        await self._sql.rows(HOLD, chat=turn.chat_id)
        answers = select(turns.c.answer_id).where(turns.c.question_id == turn.question.id)
        said = or_(messages.c.id == turn.question.id, messages.c.id.in_(answers))
        await self._sql.execute(delete(messages).where(messages.c.chat_id == turn.chat_id, said))

    async def reword(self, turn: Turn, text: str) -> None:
        await self._sql.rows(HOLD, chat=turn.chat_id)
        await self._sql.execute(update(messages).where(messages.c.id == turn.question.id).values(content=text))
        await SearchDocs(self._sql).index_message(turn.chat_id, turn.question.id, text)

    async def waiting(self) -> list[tuple[int, int]]:
        query = select(turns.c.chat_id, turns.c.id).where(~turns.c.shown).order_by(turns.c.id)
        return [(row.chat_id, row.id) for row in await self._sql.rows(query)]

    @abstractmethod
    async def start(self, turn_id: int, most: int = 0) -> Started | None: ...

    async def save_replies(self, turn: Turn, replies: Sequence[str]) -> bool:
        """As the port says; a page that has a row keeps it, so the posts of a chat stay in their order."""
        return _held(turn, await self._save_replies(turn, replies)) is not None

    async def save_partial(self, turn: Turn, text: str) -> None:
        _held(turn, await self._save_partial(turn, text))

    async def end(self, turn: Turn, status: TurnStatus, text: str, failure: str | None, now: datetime) -> bool:
        """As the port says; a turn that has ended stays as it is, for the caller cannot know if a commit stood."""
        return _held(turn, await self._end(turn, status, text, failure, now)) is not None

    async def mark_shown(self, turn: Turn) -> None:
        _held(turn, await self._mark_shown(turn))

    async def ask_to_stop(self, chat_id: int) -> bool:
        """As the port says. The chat is locked first, as who asks in it or deletes it does: else two could wait for
        each other, the one with the chat's turns, the other with its chat or its place in the queue.
        """
        await self._sql.rows(HOLD, chat=chat_id)
        taken_up = [turns.c.chat_id == chat_id, turns.c.status.in_(OPEN), turns.c.tries > 0]
        return await self._sql.changed(update(turns).where(*taken_up).values(stopping=True)) > 0

    async def cancel_queued(self, chat_id: int) -> list[Turn]:
        """As the port says; the chat is locked first, as in `ask_to_stop`."""
        await self._sql.rows(HOLD, chat=chat_id)
        untouched = [turns.c.chat_id == chat_id, turns.c.status == TurnStatus.QUEUED, turns.c.tries == 0]
        cancelled = update(turns).where(*untouched).values(status=TurnStatus.CANCELLED, shown=True)
        rows = await self._sql.rows(cancelled.returning(turns.c.id))
        return [await self._reread(turn_id) for turn_id in sorted(row.id for row in rows)]

    @abstractmethod
    async def _ask(self, chat_id: int, text: str, author: Author, source: str | None, now: datetime) -> Any:
        """Store question and turn; the new turn's row, None if the chat was deleted. Nobody else asks meanwhile."""

    @abstractmethod
    async def _ask_again(self, turn: Turn, now: datetime) -> Any:
        """As `_ask`, for the question of this turn."""

    @abstractmethod
    async def _save_replies(self, turn: Turn, replies: Sequence[str]) -> Any: ...

    @abstractmethod
    async def _save_partial(self, turn: Turn, text: str) -> Any: ...

    @abstractmethod
    async def _end(self, turn: Turn, status: TurnStatus, text: str, failure: str | None, now: datetime) -> Any: ...

    @abstractmethod
    async def _mark_shown(self, turn: Turn) -> Any: ...

    async def _let_stand(self, question_id: int, turn_id: int) -> None:
        stands = turns.c.id == turn_id
        await self._sql.execute(update(turns).where(turns.c.question_id == question_id).values(standing=stands))

    async def _move_replies(self, turn_id: int, to: int) -> None:
        await self._sql.execute(update(posts).where(posts.c.turn_id == turn_id).values(turn_id=to))

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

    async def _reread(self, turn_id: int) -> Turn:
        turn = await self.get(turn_id)
        assert turn is not None
        return turn

    async def _one(self, query: Query, **values: int) -> Turn | None:
        found = turns_of(await self._sql.rows(query, **values))
        return found[0] if found else None


def _existing(chat_id: int, row: Any) -> Any:
    if row is None:
        raise StorageUnavailable(f"chat {chat_id} was deleted meanwhile")
    return row


def _held(turn: Turn, row: Any) -> Any:
    """The row; raises TakenOver where somebody has taken the turn up since."""
    if row is not None and row.tries != turn.tries:
        raise TakenOver(f"turn {turn.id}")
    return row


def _queued(row: Any, asked: Message, now: datetime) -> Turn:
    """A turn that was stored this moment."""
    return Turn(
        id=row.id,
        chat_id=asked.chat_id,
        question=asked,
        answer=None,
        status=TurnStatus.QUEUED,
        replies=(),
        replaces=None,
        failure=None,
        shown=False,
        created_at=now.astimezone(UTC),
        waited=row.waited,
    )
