"""The platforms' events in the database."""

from datetime import datetime

from sqlalchemy import delete, select

from storage.tables import events, positions
from storage.transaction import Transaction


class SqlEventLog:
    """Port `EventLog` in SQL."""

    def __init__(self, transaction: Transaction) -> None:
        self._sql = transaction

    async def claim(self, event_id: str, now: datetime) -> bool:
        """As the port says; waits for another transaction that is claiming the same event."""
        new = self._sql.upsert(events).values(id=event_id, received_at=now).on_conflict_do_nothing()
        return await self._sql.value(new.returning(events.c.id)) is not None

    async def put_aside(self, event_id: str, problem: str, now: datetime) -> None:
        new = self._sql.upsert(events).values(id=event_id, problem=problem, received_at=now)
        await self._sql.execute(new.on_conflict_do_update(index_elements=[events.c.id], set_={"problem": problem}))

    async def forget(self, before: datetime) -> int:
        return await self._sql.changed(delete(events).where(events.c.received_at < before))

    async def offset(self, name: str) -> int:
        return int(await self._sql.value(select(positions.c.value).where(positions.c.name == name)) or 0)

    async def move_offset(self, name: str, value: int) -> None:
        new = self._sql.upsert(positions).values(name=name, value=value)
        await self._sql.execute(new.on_conflict_do_update(index_elements=[positions.c.name], set_={"value": value}))
