"""The chats in the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, insert, or_, select, true, update

from bot.engine.chats import Chat, ChatKey, TitleSource
from storage.statement import Query, Statement
from storage.tables import Id, UtcTime, chats, messages, posts
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
    )


def _at(key: ChatKey) -> ColumnElement[bool]:
    return and_(_in_channel(key), chats.c.thread == key.thread)


def _in_channel(key: ChatKey) -> ColumnElement[bool]:
    return and_(_in_workspace(key), chats.c.channel == key.channel)


def _in_workspace(key: ChatKey) -> ColumnElement[bool]:
    return and_(chats.c.platform == key.platform, chats.c.workspace == key.workspace)


def _given(*names: str) -> ColumnElement[bool]:
    """These columns are what is given at the run."""
    return and_(*(chats.c[name] == bindparam(name, type_=chats.c[name].type) for name in names))


CHAT = bindparam("chat", type_=Id)
GET = Query(select(chats).where(chats.c.id == CHAT))
CURRENT = Query(select(chats).where(_given("platform", "workspace", "channel", "thread"), chats.c.current))
TOUCH = Statement(
    update(chats).where(chats.c.id == CHAT).values(updated_at=bindparam("now", type_=UtcTime)).returning(chats.c.id)
)
"""Moves the chat to the top of the lists, and keeps it from being deleted or asked in until the transaction ends."""

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
        new = insert(chats).values(**place, user_id=owner, current=True, created_at=now, updated_at=now)
        added = await self.get(await self._sql.added(new))
        assert added is not None
        return added

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
        return await self._sql.changed(change) > 0

    async def mark_gone(self, chat_id: int, gone: bool) -> None:
        await self._sql.execute(update(chats).where(chats.c.id == chat_id).values(gone=gone))

    async def delete(self, chat_id: int) -> None:
        await self._sql.execute(delete(chats).where(chats.c.id == chat_id))

    async def of_owner(self, place: ChatKey, owner: str, limit: int, offset: int = 0) -> list[Chat]:
        return await self._newest(and_(_in_workspace(place), chats.c.user_id == owner), limit, offset)

    async def of_channel(self, place: ChatKey, limit: int, offset: int = 0, owner: str | None = None) -> list[Chat]:
        whose = true() if owner is None else chats.c.user_id == owner
        return await self._newest(and_(_in_channel(place), whose), limit, offset)

    async def has_author(self, chat_id: int, author_id: str) -> bool:
        wrote = exists().where(messages.c.chat_id == chat_id, messages.c.author_id == author_id)
        return bool(await self._sql.value(select(wrote)))

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

    async def _newest(self, which: ColumnElement[bool], limit: int, offset: int) -> list[Chat]:
        newest_first = select(chats).where(which).order_by(chats.c.updated_at.desc(), chats.c.id.desc())
        return [chat_of(row) for row in await self._sql.rows(newest_first.limit(limit).offset(offset))]

    async def _clear_current(self, key: ChatKey) -> None:
        await self._sql.execute(update(chats).where(_at(key), chats.c.current).values(current=False))
