"""The chats in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    and_,
    bindparam,
    delete,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)

from bot.engine.chats import Chat, ChatFilter, ChatKey, Cursor, ListedChat, MessageRef, Preferences, TitleSource
from storage.search_docs import SearchDocs
from storage.statement import Query, Statement, sql
from storage.tables import Id, UtcTime, chats, participants, people, posts, title_prompts
from storage.transaction import BIGGEST_ID, Transaction


def chat_of(row: Any, prefix: str = "") -> Chat:
    """The value that a row of `chats` stands for, or one that has its columns with this prefix."""

    def column(name: str) -> Any:
        return getattr(row, f"{prefix}{name}")

    return Chat(
        id=column("id"),
        key=ChatKey(column("platform"), column("workspace"), column("channel"), column("thread")),
        owner=column("user_id"),
        title=column("title"),
        title_source=None if column("title_source") is None else TitleSource(column("title_source")),
        current=column("current"),
        created_at=column("created_at"),
        updated_at=column("updated_at"),
        gone=column("gone"),
        preferences=Preferences(column("model"), column("instructions")),
    )


def _at(key: ChatKey) -> ColumnElement[bool]:
    in_workspace = and_(chats.c.platform == key.platform, chats.c.workspace == key.workspace)
    return and_(in_workspace, chats.c.channel == key.channel, chats.c.thread == key.thread)


def _listed(which: ChatFilter) -> list[ColumnElement[bool]]:
    row, place = participants.c, which.place
    here = [] if which.everywhere else [row.channel == place.channel]
    whose = [row.platform == place.platform, row.workspace == place.workspace, row.person == which.person]
    return [*whose, *here, row.archived == bindparam("archived", which.archived, type_=row.archived.type)]


def _of(chat_id: int, person: str) -> ColumnElement[bool]:
    return and_(participants.c.chat_id == chat_id, participants.c.person == person)


def _asked(place: ChatKey, person: str) -> ColumnElement[bool]:
    row = title_prompts.c
    here = and_(row.platform == place.platform, row.workspace == place.workspace, row.channel == place.channel)
    return and_(here, row.person == person)


def _literals(cursor: Cursor, order: Sequence[Column[Any]]) -> list[BindParameter[Any]]:
    values = (cursor.pinned, cursor.active_at, cursor.chat_id)
    return [literal(value, column.type) for value, column in zip(values, order, strict=True)]


def _listed_chat(row: Any) -> ListedChat:
    return ListedChat(chat_of(row), row.pinned, row.archived, row.active_at)


def _columns(preferences: Preferences) -> dict[str, str]:
    return {"model": preferences.model, "instructions": preferences.instructions}


def _given(*names: str) -> ColumnElement[bool]:
    """These columns are what is given at the run."""
    return and_(*(chats.c[name] == bindparam(name, type_=chats.c[name].type) for name in names))


CHAT = bindparam("chat", type_=Id)
GET = Query(select(chats).where(chats.c.id == CHAT))
PREFERRED = Query(
    select(people.c.model, people.c.instructions).where(
        *(people.c[name] == bindparam(name, type_=people.c[name].type) for name in ("platform", "workspace", "person"))
    )
)
CURRENT = Query(select(chats).where(_given("platform", "workspace", "channel", "thread"), chats.c.current))
NOW = bindparam("now", type_=UtcTime)
PERSON = bindparam("person", type_=participants.c.person.type)
TOUCH = Statement(update(chats).where(chats.c.id == CHAT).values(updated_at=NOW).returning(chats.c.id))
"""Keeps the chat from being deleted or asked in until the transaction ends."""
TO_THE_TOP = Statement(update(participants).where(participants.c.chat_id == CHAT).values(active_at=NOW))
JOIN = sql(
    """
    INSERT INTO participants (chat_id, person, platform, workspace, channel, active_at)
    SELECT id, :person, platform, workspace, channel, :now FROM chats WHERE id = :chat
    ON CONFLICT (chat_id, person) DO UPDATE SET archived = false WHERE participants.archived
    """,
    (CHAT, PERSON, NOW),
)

OWN = (participants.c.pinned, participants.c.archived, participants.c.active_at)
"""What a person has of a chat for themselves."""

HOLD = Statement(select(chats.c.id).where(chats.c.id == CHAT).with_for_update(key_share=True))


class SqlChatStore:
    """Port `ChatStore` in SQL."""

    def __init__(self, transaction: Transaction) -> None:
        self._sql = transaction

    async def get(self, chat_id: int) -> Chat | None:
        if not 0 < chat_id <= BIGGEST_ID:
            return None
        return await self._one(GET, chat=chat_id)

    async def current(self, key: ChatKey) -> Chat | None:
        """As the port says; where there is none, the place is held until the transaction ends.

        So of two first messages at one place, the second waits and finds the chat that the first one began.
        """
        place = {"platform": key.platform, "workspace": key.workspace, "channel": key.channel, "thread": key.thread}
        found = await self._one(CURRENT, **place)
        if found is None:
            await self._sql.lock_place(key)
            found = await self._one(CURRENT, **place)
        return found

    async def add(self, key: ChatKey, owner: str, now: datetime) -> Chat:
        await self._sql.lock_place(key)
        await self._clear_current(key)
        place = {"platform": key.platform, "workspace": key.workspace, "channel": key.channel, "thread": key.thread}
        wanted = _columns(await self.preferred(key, owner))
        new = insert(chats).values(**place, user_id=owner, current=True, created_at=now, updated_at=now, **wanted)
        chat_id = await self._sql.added(new)
        await self._sql.rows(JOIN, chat=chat_id, person=owner, now=now)
        added = await self.get(chat_id)
        assert added is not None
        return added

    async def prefer(self, chat_id: int, preferences: Preferences) -> None:
        await self._sql.execute(update(chats).where(chats.c.id == chat_id).values(**_columns(preferences)))

    async def preferred(self, place: ChatKey, person: str) -> Preferences:
        whose = {"platform": place.platform, "workspace": place.workspace, "person": person}
        row = await self._sql.row(PREFERRED, **whose)
        return Preferences() if row is None else Preferences(row.model, row.instructions)

    async def prefer_for_new(self, place: ChatKey, person: str, preferences: Preferences) -> None:
        whose = {"platform": place.platform, "workspace": place.workspace, "person": person}
        noted = self._sql.upsert(people).values(**whose, **_columns(preferences))
        key = [people.c.platform, people.c.workspace, people.c.person]
        await self._sql.execute(noted.on_conflict_do_update(index_elements=key, set_=_columns(preferences)))

    async def make_current(self, chat_id: int) -> None:
        chat = await self.get(chat_id)
        if chat is not None:
            await self._sql.lock_place(chat.key)
            await self._clear_current(chat.key)
            await self._sql.execute(update(chats).where(chats.c.id == chat_id).values(current=True))

    async def rename(self, chat_id: int, title: str, source: TitleSource) -> bool:
        free = or_(chats.c.title_source.is_(None), chats.c.title_source == TitleSource.AUTO)
        allowed = free if source is TitleSource.AUTO else true()
        change = update(chats).where(chats.c.id == chat_id, allowed).values(title=title, title_source=source)
        if await self._sql.changed(change) == 0:
            return False
        await SearchDocs(self._sql).index_title(chat_id, title)
        return True

    async def mark_gone(self, chat_id: int, gone: bool) -> None:
        await self._sql.execute(update(chats).where(chats.c.id == chat_id).values(gone=gone))

    async def delete(self, chat_id: int) -> None:
        await self._sql.execute(delete(chats).where(chats.c.id == chat_id))

    async def list_of(
        self, which: ChatFilter, limit: int, cursor: Cursor | None = None, backwards: bool = False
    ) -> list[ListedChat]:
        order = (participants.c.pinned, participants.c.active_at, participants.c.chat_id)
        query = select(chats, *OWN).join(participants, participants.c.chat_id == chats.c.id).where(*_listed(which))
        if cursor is not None:
            spot = tuple_(*_literals(cursor, order))
            query = query.where(tuple_(*order) > spot if backwards else tuple_(*order) < spot)
        sorted_by = [column.asc() if backwards else column.desc() for column in order]
        rows = await self._sql.rows(query.order_by(*sorted_by).limit(limit))
        return [_listed_chat(row) for row in (reversed(rows) if backwards else rows)]

    async def listed(self, chat_id: int, person: str) -> ListedChat | None:
        query = select(chats, *OWN).join(participants, participants.c.chat_id == chats.c.id)
        rows = await self._sql.rows(query.where(_of(chat_id, person)))
        return _listed_chat(rows[0]) if rows else None

    async def pin(self, chat_id: int, person: str, pinned: bool) -> None:
        change = update(participants).where(_of(chat_id, person))
        await self._sql.execute(change.values(pinned=pinned, **({"archived": False} if pinned else {})))

    async def archive(self, chat_id: int, person: str, archived: bool) -> None:
        change = update(participants).where(_of(chat_id, person))
        await self._sql.execute(change.values(archived=archived, **({"pinned": False} if archived else {})))

    async def await_title(self, place: ChatKey, person: str, chat_id: int) -> None:
        """As the port says; nothing where the chat was deleted meanwhile."""
        if not await self.hold(chat_id):
            return
        where = {"platform": place.platform, "workspace": place.workspace, "channel": place.channel}
        new = self._sql.upsert(title_prompts).values(**where, person=person, chat_id=chat_id)
        instead = {"chat_id": chat_id, "message_id": None}
        key = [title_prompts.c[name] for name in (*where, "person")]
        await self._sql.execute(new.on_conflict_do_update(index_elements=key, set_=instead))

    async def asked_for_title(self, ref: MessageRef, person: str) -> None:
        asked = update(title_prompts).where(_asked(ref.key, person), title_prompts.c.message_id.is_(None))
        await self._sql.execute(asked.values(message_id=ref.id))

    async def awaited_title(self, ref: MessageRef, person: str) -> Chat | None:
        by_this = or_(title_prompts.c.message_id == ref.id, title_prompts.c.message_id.is_(None))
        answered = delete(title_prompts).where(_asked(ref.key, person), by_this).returning(title_prompts.c.chat_id)
        rows = await self._sql.rows(answered)
        return await self.get(rows[0].chat_id) if rows else None

    async def untitled(self, since: datetime) -> list[Chat]:
        query = select(chats).where(chats.c.title.is_(None), chats.c.created_at > since).order_by(chats.c.id)
        return [chat_of(row) for row in await self._sql.rows(query)]

    async def add_post(self, chat_id: int, message_id: str) -> None:
        """As the port says; where the chat was deleted meanwhile, nothing is stored."""
        if await self.hold(chat_id):
            await self._sql.execute(insert(posts).values(chat_id=chat_id, page=0, message_id=message_id))

    async def posts(self, chat_id: int) -> list[str]:
        query = select(posts.c.message_id).where(posts.c.chat_id == chat_id).order_by(posts.c.id)
        return [row.message_id for row in await self._sql.rows(query)]

    async def hold(self, chat_id: int) -> bool:
        """Keep the chat from being deleted or asked in until the transaction ends; False if there is none."""
        return await self._sql.value(HOLD, chat=chat_id) is not None

    async def _one(self, query: Statement, **values: int | str) -> Chat | None:
        row = await self._sql.row(query, **values)
        return None if row is None else chat_of(row)

    async def _clear_current(self, key: ChatKey) -> None:
        await self._sql.execute(update(chats).where(_at(key), chats.c.current).values(current=False))
