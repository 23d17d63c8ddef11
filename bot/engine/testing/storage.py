"""A storage that keeps everything in memory, with real transactions."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar

from bot.engine.chats import (
    Author,
    Chat,
    ChatFilter,
    ChatKey,
    Cursor,
    ListedChat,
    Message,
    MessageRef,
    Preferences,
    Role,
    TitleSource,
)
from bot.engine.errors import StorageUnavailable, TakenOver
from bot.engine.orders import Order
from bot.engine.testing.leases import MemoryLeaseStore
from bot.engine.testing.rows import OrderRow, Part, Rows, View, storable
from bot.engine.testing.search import MemorySearchStore, put
from bot.engine.turns import Exchange, Started, Turn, TurnStatus, order_of

T = TypeVar("T")


class MemoryStorage:
    """Port `Storage`: calling it gives a unit of work; they run one after the other, as on SQLite.

    While `broken` is set, entering a unit of work and committing raise StorageUnavailable. `rows` is what was
    committed; a second MemoryStorage made with them is the same database after a restart.
    """

    def __init__(self, rows: Rows | None = None) -> None:
        self.rows = rows or Rows()
        self.broken = False
        self.lock = asyncio.Lock()
        self.holder: asyncio.Task[object] | None = None

    def __call__(self) -> "MemoryUnitOfWork":
        return MemoryUnitOfWork(self)

    def fail_if_broken(self) -> None:
        if self.broken:
            raise StorageUnavailable("the memory is set to fail")


class MemoryUnitOfWork:
    """Port `UnitOfWork` on a copy of the rows, which takes their place at the commit."""

    chats: "MemoryChatStore"
    turns: "MemoryTurnStore"
    search: MemorySearchStore
    events: "MemoryEventLog"
    orders: "MemoryOrderStore"
    leases: MemoryLeaseStore

    def __init__(self, storage: MemoryStorage) -> None:
        self._storage = storage
        self._view = View()
        self._after_commit: list[Callable[[], None]] = []

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        if task is not None and task is self._storage.holder:
            raise RuntimeError("a unit of work inside another one: on SQLite both would wait for each other")
        self._storage.fail_if_broken()
        await self._storage.lock.acquire()
        self._storage.holder = task
        self._view.open(self._storage.rows.copy())
        self.chats = MemoryChatStore(self._view)
        self.turns = MemoryTurnStore(self._view)
        self.search = MemorySearchStore(self._view)
        self.events = MemoryEventLog(self._view)
        self.orders = MemoryOrderStore(self._view)
        self.leases = MemoryLeaseStore(self._view)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._view.close()
        self._storage.holder = None
        self._storage.lock.release()

    async def commit(self) -> None:
        changed = self._view.rows
        self._view.close()
        self._storage.fail_if_broken()
        self._storage.rows = changed
        for call in self._after_commit:
            call()

    async def only(self, change: Awaitable[T]) -> T:
        changed = await change
        await self.commit()
        return changed

    def after_commit(self, call: Callable[[], None]) -> None:
        self._after_commit.append(call)


class MemoryChatStore:
    """Port `ChatStore`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def get(self, chat_id: int) -> Chat | None:
        return self._view.rows.chats.get(chat_id)

    async def current(self, key: ChatKey) -> Chat | None:
        return next((chat for chat in self._view.rows.chats.values() if chat.current and chat.key == key), None)

    async def add(self, key: ChatKey, owner: str, now: datetime) -> Chat:
        self._clear_current(key)
        begun = now.astimezone(UTC)
        wanted = await self.preferred(key, owner)
        chat = Chat(self._view.rows.next_id("chats"), key, storable(owner), None, None, True, begun, begun)
        chat = replace(chat, preferences=wanted)
        self._view.rows.chats[chat.id] = chat
        self._view.rows.parts[chat.id, chat.owner] = Part()
        return chat

    async def prefer(self, chat_id: int, preferences: Preferences) -> None:
        self._change(chat_id, preferences=_storable(preferences))

    async def preferred(self, place: ChatKey, person: str) -> Preferences:
        return self._view.rows.preferred.get((*_workspace(place), storable(person)), Preferences())

    async def prefer_for_new(self, place: ChatKey, person: str, preferences: Preferences) -> None:
        self._view.rows.preferred[*_workspace(place), storable(person)] = _storable(preferences)

    async def make_current(self, chat_id: int) -> None:
        chat = self._view.rows.chats.get(chat_id)
        if chat is not None:
            self._clear_current(chat.key)
            self._change(chat_id, current=True)

    async def rename(self, chat_id: int, title: str, source: TitleSource) -> bool:
        chat = self._view.rows.chats.get(chat_id)
        if chat is None or (source is TitleSource.AUTO and chat.title_source not in (None, TitleSource.AUTO)):
            return False
        self._change(chat_id, title=storable(title), title_source=source)
        put(self._view.rows, chat_id, None, title, chat.created_at)
        return True

    async def mark_gone(self, chat_id: int, gone: bool) -> None:
        self._change(chat_id, gone=gone)

    async def delete(self, chat_id: int) -> None:
        rows = self._view.rows
        rows.chats.pop(chat_id, None)
        rows.prompts = {asked: of for asked, of in rows.prompts.items() if of[1] != chat_id}
        rows.parts = {whose: part for whose, part in rows.parts.items() if whose[0] != chat_id}
        rows.turns = {turn.id: turn for turn in rows.turns.values() if turn.chat_id != chat_id}
        rows.docs = {number: doc for number, doc in rows.docs.items() if doc[0] != chat_id}
        rows.posts = tuple(post for post in rows.posts if post[0] != chat_id)
        rows.orders = {number: row for number, row in rows.orders.items() if row.chat_id != chat_id}

    async def list_of(
        self, which: ChatFilter, limit: int, cursor: Cursor | None = None, backwards: bool = False
    ) -> list[ListedChat]:
        rows = self._view.rows
        there: Callable[[ChatKey], tuple[str, ...]] = _workspace if which.everywhere else _channel
        ids = [chat_id for chat_id, person in rows.parts if person == storable(which.person)]
        found = [self._listed(chat_id, which.person) for chat_id in ids]
        wanted = (entry for entry in found if there(entry.chat.key) == there(which.place))
        shown = sorted((e for e in wanted if e.archived is which.archived), key=_spot, reverse=True)
        if cursor is None:
            return _last(shown, limit) if backwards else shown[:limit]
        spot = (cursor.pinned, cursor.active_at, cursor.chat_id)
        if backwards:
            return _last([entry for entry in shown if _spot(entry) > spot], limit)
        return [entry for entry in shown if _spot(entry) < spot][:limit]

    async def listed(self, chat_id: int, person: str) -> ListedChat | None:
        return self._listed(chat_id, person) if (chat_id, storable(person)) in self._view.rows.parts else None

    async def pin(self, chat_id: int, person: str, pinned: bool) -> None:
        self._set(chat_id, person, **{"pinned": pinned, **({"archived": False} if pinned else {})})

    async def archive(self, chat_id: int, person: str, archived: bool) -> None:
        self._set(chat_id, person, **{"archived": archived, **({"pinned": False} if archived else {})})

    def _listed(self, chat_id: int, person: str) -> ListedChat:
        chat, part = self._view.rows.chats[chat_id], self._view.rows.parts[chat_id, storable(person)]
        return ListedChat(chat, part.pinned, part.archived, chat.updated_at)

    def _set(self, chat_id: int, person: str, **changes: bool) -> None:
        parts, whose = self._view.rows.parts, (chat_id, storable(person))
        if whose in parts:
            parts[whose] = replace(parts[whose], **changes)

    async def await_title(self, place: ChatKey, person: str, chat_id: int) -> None:
        if chat_id in self._view.rows.chats:
            self._view.rows.prompts[*_channel(place), storable(person)] = (None, chat_id)

    async def asked_for_title(self, ref: MessageRef, person: str) -> None:
        prompts, asked = self._view.rows.prompts, (*_channel(ref.key), storable(person))
        if asked in prompts and prompts[asked][0] is None:
            prompts[asked] = (ref.id, prompts[asked][1])

    async def awaited_title(self, ref: MessageRef, person: str) -> Chat | None:
        rows, asked = self._view.rows, (*_channel(ref.key), storable(person))
        if asked not in rows.prompts or rows.prompts[asked][0] not in (None, ref.id):
            return None
        return rows.chats.get(rows.prompts.pop(asked)[1])

    async def untitled(self, since: datetime) -> list[Chat]:
        return [chat for chat in self._view.rows.chats.values() if chat.title is None and chat.created_at > since]

    async def add_post(self, chat_id: int, message_id: str) -> None:
        if chat_id in self._view.rows.chats:
            self._view.rows.posts += ((chat_id, None, message_id),)

    async def posts(self, chat_id: int) -> list[str]:
        return [message_id for of_chat, _, message_id in self._view.rows.posts if of_chat == chat_id]

    def _clear_current(self, key: ChatKey) -> None:
        for chat in list(self._view.rows.chats.values()):
            if chat.current and chat.key == key:
                self._change(chat.id, current=False)

    def _change(self, chat_id: int, **changes: object) -> None:
        chats = self._view.rows.chats
        if chat_id in chats:
            chats[chat_id] = replace(chats[chat_id], **changes)  # type: ignore[arg-type]  # replace() is typed per field


class MemoryTurnStore:
    """Port `TurnStore`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def ask(self, chat_id: int, text: str, author: Author, source: str | None, now: datetime) -> Turn:
        rows = self._view.rows
        if chat_id not in rows.chats:
            raise StorageUnavailable(f"chat {chat_id} was deleted meanwhile")
        self._touch(chat_id, now)
        who = Author(storable(author.id), storable(author.name), storable(author.language))
        self._join(chat_id, who)
        question = Message(rows.next_id("messages"), chat_id, Role.USER, storable(text), now, who, source)
        put(rows, chat_id, question.id, text, now.astimezone(UTC))
        turn = self._queue(question, now)
        if turn.waited and source is not None:
            self._sort_untouched(chat_id)
        return rows.turns[turn.id]

    async def ask_again(self, turn: Turn, now: datetime) -> Turn:
        rows = self._view.rows
        if turn.id not in rows.turns:
            raise StorageUnavailable(f"chat {turn.chat_id} was deleted meanwhile")
        self._touch(turn.chat_id, now)
        again = self._queue(rows.turns[turn.id].question, now, replaces=turn.id)
        self._let_stand(again)
        if turn.status.ended:
            self._move_replies(turn.id, again.id)
        return rows.turns[again.id]

    async def stand(self, turn: Turn) -> bool:
        last = await self.last(turn.chat_id)
        if last is None or last.question.id != turn.question.id or not last.shown:
            return False
        self._let_stand(turn)
        self._move_replies(last.id, turn.id)
        self._change(turn.id, shown=False)
        return True

    async def get(self, turn_id: int) -> Turn | None:
        return self._view.rows.turns.get(turn_id)

    async def last(self, chat_id: int) -> Turn | None:
        standing = (turn for turn in _turns_of(self._view.rows, chat_id) if turn.standing)
        return max(standing, key=lambda turn: turn.id, default=None)

    async def first(self, chat_id: int) -> Turn | None:
        return min(_turns_of(self._view.rows, chat_id), key=lambda turn: turn.id, default=None)

    async def all_of(self, chat_id: int) -> list[Turn]:
        return sorted(_turns_of(self._view.rows, chat_id), key=lambda turn: turn.id)

    async def put_back(self, turn: Turn) -> Turn:
        rows = self._view.rows
        if turn.chat_id not in rows.chats:
            raise StorageUnavailable(f"chat {turn.chat_id} was deleted meanwhile")
        self._touch(turn.chat_id, turn.created_at)
        asked = turn.question if turn.question.id else self._numbered(turn.question)
        answered = self._numbered(turn.answer) if turn.answer else None
        if asked.author is not None:
            self._join(turn.chat_id, asked.author)
        number, when = rows.next_id("turns"), turn.created_at.astimezone(UTC)
        fresh = {"replies": (), "shown": True, "partial": "", "stopping": False}
        rows.turns[number] = replace(turn, id=number, question=asked, answer=answered, created_at=when, **fresh)  # type: ignore[arg-type]  # replace() is typed per field
        return rows.turns[number]

    def _join(self, chat_id: int, who: Author) -> None:
        parts, whose = self._view.rows.parts, (chat_id, storable(who.id))
        parts[whose] = replace(parts.get(whose, Part()), archived=False)

    def _numbered(self, message: Message) -> Message:
        author = message.author
        if author is not None:
            author = Author(storable(author.id), storable(author.name), storable(author.language))
        number, when = self._view.rows.next_id("messages"), message.created_at.astimezone(UTC)
        put(self._view.rows, message.chat_id, number, message.content, when)
        return replace(message, id=number, content=storable(message.content), author=author, created_at=when)

    async def asked_in(self, key: ChatKey, source: str) -> Turn | None:
        rows = self._view.rows
        asked = (turn for turn in rows.turns.values() if turn.standing and turn.question.source == source)
        there = (turn for turn in asked if rows.chats[turn.chat_id].key == key)
        return max(there, key=lambda turn: turn.id, default=None)

    async def told_in(self, key: ChatKey, message_id: str) -> Turn | None:
        rows = self._view.rows
        told = {of for chat, of, post in rows.posts if post == message_id and rows.chats[chat].key == key}
        found = [turn for turn in rows.turns.values() if turn.id in told and turn.standing]
        return max(found, key=lambda turn: turn.id, default=None) or await self.asked_in(key, message_id)

    async def note_edit(self, turn: Turn, text: str) -> None:
        self._view.rows.edits[turn.question.id] = storable(text)

    async def noted_edit(self, turn: Turn) -> str | None:
        return self._view.rows.edits.get(turn.question.id)

    async def copy(self, turn: Turn, chat_id: int, *, before: bool = False) -> int:
        rows, last = self._view.rows, turn.id - before
        over = [t for t in _turns_of(rows, turn.chat_id) if t.id <= last and t.standing and t.status.ended]
        copied = [(t, t.answer) for t in sorted(over, key=lambda t: t.id) if t.answer is not None]
        for said, answer in copied:
            asked = replace(said.question, id=rows.next_id("messages"), chat_id=chat_id, source=None)
            told = replace(answer, id=rows.next_id("messages"), chat_id=chat_id)
            for message in (asked, told):
                put(rows, chat_id, message.id, message.content, message.created_at)
            number = rows.next_id("turns")
            rows.turns[number] = Turn(
                number, chat_id, asked, told, said.status, (), None, said.failure, True, said.created_at
            )
        return len(copied)

    async def rate(self, turn: Turn, person: str, good: bool, now: datetime) -> None:
        if turn.id in self._view.rows.turns:
            self._view.rows.ratings[turn.id, storable(person)] = good

    async def ratings(self, turn: Turn) -> dict[str, bool]:
        rows = self._view.rows
        return {who: good for (of, who), good in rows.ratings.items() if of == turn.id and of in rows.turns}

    async def remove(self, turn: Turn) -> None:
        rows = self._view.rows
        gone = {t.id: t for t in _turns_of(rows, turn.chat_id) if t.question.id == turn.question.id}
        said = {message.id for t in gone.values() for message in (t.question, t.answer) if message}
        rows.turns = {number: t for number, t in rows.turns.items() if number not in gone}
        rows.posts = tuple(post for post in rows.posts if post[1] not in gone)
        rows.docs = {number: doc for number, doc in rows.docs.items() if doc[1] not in said}
        rows.edits = {number: text for number, text in rows.edits.items() if number not in said}

    async def reword(self, turn: Turn, text: str) -> None:
        for variant in list(_turns_of(self._view.rows, turn.chat_id)):
            if variant.question.id == turn.question.id:
                self._change(variant.id, question=replace(variant.question, content=storable(text)))
                put(self._view.rows, turn.chat_id, turn.question.id, text, turn.question.created_at)

    async def waiting(self) -> list[tuple[int, int]]:
        return [(turn.chat_id, turn.id) for turn in self._view.rows.turns.values() if not turn.shown]

    async def start(self, turn_id: int, most: int = 0) -> Started | None:
        rows = self._view.rows
        turn = rows.turns.get(turn_id)
        if turn is None:
            return None
        if not turn.shown:
            runs = TurnStatus.RUNNING if turn.status is TurnStatus.QUEUED else turn.status
            self._change(turn_id, status=runs, tries=turn.tries + 1)
            if turn.replaces is not None and not turn.replies:
                self._move_replies(turn.replaces, turn_id)
        chat = rows.chats[turn.chat_id]
        return Started(rows.turns[turn_id], chat, self._history(turn)[:most], self._others(turn))

    async def save_replies(self, turn: Turn, replies: Sequence[str]) -> bool:
        if self._held(turn) is None:
            return False
        rows = self._view.rows
        self._change(turn.id, replies=tuple(replies))
        rows.posts = tuple(_with_pages(rows.posts, turn.chat_id, turn.id, iter(replies)))
        return True

    async def save_partial(self, turn: Turn, text: str) -> None:
        if self._held(turn) is TurnStatus.RUNNING:
            self._change(turn.id, status=TurnStatus.QUEUED, partial=storable(text))

    async def end(self, turn: Turn, status: TurnStatus, text: str, failure: str | None, now: datetime) -> bool:
        rows, held = self._view.rows, self._held(turn)
        if held is None or held.ended:
            return held is not None
        answer = Message(rows.next_id("messages"), turn.chat_id, Role.ASSISTANT, storable(text), now) if text else None
        if answer is not None:
            put(rows, turn.chat_id, answer.id, answer.content, now.astimezone(UTC))
        self._change(turn.id, status=status, answer=answer, failure=failure, partial="")
        return True

    async def mark_shown(self, turn: Turn) -> None:
        held = self._held(turn)
        if held is not None and held.ended:
            self._change(turn.id, shown=True)

    async def ask_to_stop(self, chat_id: int) -> bool:
        taken_up = [t.id for t in _turns_of(self._view.rows, chat_id) if not t.status.ended and t.tries > 0]
        for turn_id in taken_up:
            self._change(turn_id, stopping=True)
        return bool(taken_up)

    async def cancel_queued(self, chat_id: int) -> list[Turn]:
        turns = list(_turns_of(self._view.rows, chat_id))
        untouched = [turn.id for turn in turns if turn.status is TurnStatus.QUEUED and turn.tries == 0]
        for turn_id in untouched:
            self._change(turn_id, status=TurnStatus.CANCELLED, shown=True)
        return [self._view.rows.turns[turn_id] for turn_id in untouched]

    def _history(self, turn: Turn) -> list[Exchange]:
        turns = list(_turns_of(self._view.rows, turn.chat_id))
        before = [t for t in reversed(turns) if t.id < turn.id and t.standing]
        return [
            Exchange(t.question.content, t.question.author, t.answer.content)
            for t in before
            if t.status.ended and t.answer is not None
        ]

    def _others(self, turn: Turn) -> list[int]:
        variants = [t for t in _turns_of(self._view.rows, turn.chat_id) if t.question.id == turn.question.id]
        return sorted(t.id for t in variants if t.id != turn.id and t.status.ended and t.answer is not None)

    def _let_stand(self, turn: Turn) -> None:
        for variant in list(_turns_of(self._view.rows, turn.chat_id)):
            if variant.question.id == turn.question.id:
                self._change(variant.id, standing=variant.id == turn.id)

    def _move_replies(self, turn_id: int, to: int) -> None:
        rows = self._view.rows
        if turn_id not in rows.turns or turn_id == to:
            return
        rows.posts = tuple((chat, to if of == turn_id else of, post) for chat, of, post in rows.posts if of != to)
        self._change(to, replies=rows.turns[turn_id].replies)
        self._change(turn_id, replies=())

    def _held(self, turn: Turn) -> TurnStatus | None:
        stored = self._view.rows.turns.get(turn.id)
        if stored is not None and stored.tries != turn.tries:
            raise TakenOver(f"turn {turn.id}")
        return None if stored is None else stored.status

    def _sort_untouched(self, chat_id: int) -> None:
        turns = [t for t in _turns_of(self._view.rows, chat_id) if t.status is TurnStatus.QUEUED and t.tries == 0]
        dealt = [turn for turn in turns if turn.replaces is None and turn.question.source is not None]
        questions = sorted((turn.question for turn in dealt), key=lambda question: order_of(question.source or ""))
        for turn, question in zip(dealt, questions, strict=True):
            self._change(turn.id, question=question)

    def _touch(self, chat_id: int, now: datetime) -> None:
        chats = self._view.rows.chats
        chats[chat_id] = replace(chats[chat_id], updated_at=now.astimezone(UTC))

    def _queue(self, question: Message, now: datetime, replaces: int | None = None) -> Turn:
        rows = self._view.rows
        waits = any(not turn.status.ended for turn in _turns_of(rows, question.chat_id))
        number = rows.next_id("turns")
        new = Turn(number, question.chat_id, question, None, TurnStatus.QUEUED, (), replaces, None, False, now)
        rows.turns[number] = replace(new, waited=waits)
        return rows.turns[number]

    def _change(self, turn_id: int, **changes: object) -> None:
        turns = self._view.rows.turns
        turns[turn_id] = replace(turns[turn_id], **changes)  # type: ignore[arg-type]  # replace() is typed per field


class MemoryEventLog:
    """Port `EventLog`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def claim(self, event_id: str, now: datetime) -> bool:
        fresh = event_id not in self._view.rows.events
        self._view.rows.events.setdefault(event_id, (None, now))
        return fresh

    async def put_aside(self, event_id: str, problem: str, now: datetime) -> None:
        _, received_at = self._view.rows.events.get(event_id, (None, now))
        self._view.rows.events[event_id] = (problem, received_at)

    async def forget(self, before: datetime) -> int:
        old = [event_id for event_id, (_, at) in self._view.rows.events.items() if at < before]
        for event_id in old:
            del self._view.rows.events[event_id]
        return len(old)

    async def offset(self, name: str) -> int:
        return self._view.rows.positions.get(name, 0)

    async def move_offset(self, name: str, value: int) -> None:
        self._view.rows.positions[name] = value


class MemoryOrderStore:
    """Port `OrderStore`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def add_deletion(self, ref: MessageRef, now: datetime) -> None:
        self._add(ref.key, now, message_id=ref.id)

    async def add_title(self, chat_id: int, now: datetime) -> None:
        chat = self._view.rows.chats.get(chat_id)
        for number, row in self._view.rows.orders.items():
            if row.chat_id == chat_id:
                anew = replace(row.order, version=row.order.version + 1, tries=0)
                self._view.rows.orders[number] = replace(row, order=anew)
                return
        if chat is not None:
            self._add(chat.key, now, chat_id=chat_id)

    async def take(self, platforms: Sequence[str], now: datetime, until: datetime) -> list[Order]:
        stored = self._view.rows.orders
        due = [row for row in stored.values() if row.due_at <= now and row.order.key.platform in platforms]
        oldest = sorted(due, key=lambda row: (row.due_at, row.order.id))[:20]
        for row in oldest:
            stored[row.order.id] = replace(row, due_at=until)
        return [self._titled(row) for row in sorted(oldest, key=lambda row: row.order.id)]

    async def put_off(self, order: Order, until: datetime) -> None:
        row = self._view.rows.orders.get(order.id)
        if row is not None:
            tried = row.order.version == order.version
            later = replace(row.order, tries=row.order.tries + tried)
            self._view.rows.orders[order.id] = replace(row, order=later, due_at=until)

    async def done(self, order: Order, now: datetime) -> None:
        row = self._view.rows.orders.get(order.id)
        if row is not None and row.order.version == order.version:
            del self._view.rows.orders[order.id]
        elif row is not None:
            self._view.rows.orders[order.id] = replace(row, due_at=now)

    def _add(self, key: ChatKey, now: datetime, message_id: str | None = None, chat_id: int | None = None) -> None:
        number = self._view.rows.next_id("orders")
        self._view.rows.orders[number] = OrderRow(Order(number, key, message_id, None, 0, 0), chat_id, now)

    def _titled(self, row: OrderRow) -> Order:
        chat = self._view.rows.chats.get(row.chat_id) if row.chat_id else None
        return replace(row.order, title=chat.title if chat else None)


def _turns_of(rows: Rows, chat_id: int) -> Iterable[Turn]:
    return (turn for turn in rows.turns.values() if turn.chat_id == chat_id)


def _workspace(key: ChatKey) -> tuple[str, str]:
    return key.platform, key.workspace


def _channel(key: ChatKey) -> tuple[str, str, str]:
    return key.platform, key.workspace, key.channel


def _last(entries: list[ListedChat], most: int) -> list[ListedChat]:
    return entries[max(len(entries) - most, 0) :]


def _storable(preferences: Preferences) -> Preferences:
    return Preferences(storable(preferences.model), storable(preferences.instructions))


def _spot(entry: ListedChat) -> tuple[bool, datetime, int]:
    """What lists are sorted by, greatest first."""
    return entry.pinned, entry.active_at, entry.chat.id


def _with_pages(
    posts: Iterable[tuple[int, int | None, str]], chat_id: int, turn_id: int, pages: Iterator[str]
) -> Iterator[tuple[int, int | None, str]]:
    """The posts with the turn's own replaced in place by its new pages; surplus pages come last."""
    for post in posts:
        if post[1] != turn_id:
            yield post
        elif (page := next(pages, None)) is not None:
            yield (chat_id, turn_id, page)
    for page in pages:
        yield (chat_id, turn_id, page)
