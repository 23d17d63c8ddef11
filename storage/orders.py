"""The orders for the platforms in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, delete, insert, select, update

from bot.engine.chats import ChatKey, MessageRef
from bot.engine.orders import Order
from storage.chats import SqlChatStore
from storage.tables import chats, orders
from storage.transaction import Transaction

AT_ONCE = 20
"""Orders taken in one go: as many calls are made side by side."""


class SqlOrderStore:
    """Port `OrderStore` in SQL."""

    def __init__(self, transaction: Transaction, chat_store: SqlChatStore) -> None:
        self._sql = transaction
        self._chats = chat_store

    async def add_deletion(self, ref: MessageRef, now: datetime) -> None:
        order = {**_place(ref.key), "message_id": ref.id, "tries": 0, "version": 0, "due_at": now}
        await self._sql.execute(insert(orders).values(**order))

    async def add_title(self, chat_id: int, now: datetime) -> None:
        chat = await self._chats.get(chat_id) if await self._chats.hold(chat_id) else None
        if chat is None:
            return
        order = {**_place(chat.key), "chat_id": chat_id, "tries": 0, "version": 0, "due_at": now}
        new = self._sql.upsert(orders).values(**order)
        again = {"version": orders.c.version + 1, "tries": 0}
        await self._sql.execute(new.on_conflict_do_update(index_elements=[orders.c.chat_id], set_=again))

    async def take(self, platforms: Sequence[str], now: datetime, until: datetime) -> list[Order]:
        """As the port says; what another process is taking this moment is left to it."""
        due = [orders.c.due_at <= now, orders.c.platform.in_(platforms)]
        oldest = select(orders.c.id).where(*due).order_by(orders.c.due_at, orders.c.id).limit(AT_ONCE)
        rows = await self._sql.rows(oldest.with_for_update(skip_locked=True))
        if not rows:
            return []
        taken = orders.c.id.in_([row.id for row in rows])
        await self._sql.execute(update(orders).where(taken).values(due_at=until))
        titled = orders.outerjoin(chats, chats.c.id == orders.c.chat_id)
        query = select(orders, chats.c.title).select_from(titled).where(taken).order_by(orders.c.id)
        return [_order_of(row) for row in await self._sql.rows(query)]

    async def put_off(self, order: Order, until: datetime) -> None:
        tries = case((orders.c.version == order.version, orders.c.tries + 1), else_=orders.c.tries)
        await self._sql.execute(update(orders).where(orders.c.id == order.id).values(due_at=until, tries=tries))

    async def done(self, order: Order, now: datetime) -> None:
        await self._sql.execute(delete(orders).where(orders.c.id == order.id, orders.c.version == order.version))
        if order.message_id is None:
            await self._sql.execute(update(orders).where(orders.c.id == order.id).values(due_at=now))


def _place(key: ChatKey) -> dict[str, str]:
    return {"platform": key.platform, "workspace": key.workspace, "channel": key.channel, "thread": key.thread}


def _order_of(row: Row[Any]) -> Order:
    key = ChatKey(row.platform, row.workspace, row.channel, row.thread)
    return Order(row.id, key, row.message_id, row.title, row.tries, row.version)
