"""The platforms' events in the database."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.statement import Statement
from storage.tables import events, positions
from storage.transaction import Transaction


def _claim(dialect: Any) -> Statement:
    new = dialect.insert(events).values(
        id=bindparam("event", type_=events.c.id.type), received_at=bindparam("now", type_=events.c.received_at.type)
    )
    return Statement(new.on_conflict_do_nothing().returning(events.c.id))


CLAIM = {"postgresql": _claim(postgresql), "sqlite": _claim(sqlite)}


class SqlEventLog:
    """Port `EventLog` in SQL."""

    def __init__(self, transaction: Transaction) -> None:
        self._sql = transaction

    async def claim(self, event_id: str, now: datetime) -> bool:
        """As the port says; waits for another transaction that is claiming the same event."""
        claim = CLAIM["postgresql" if self._sql.on_postgres else "sqlite"]
        return await self._sql.value(claim, event=event_id, now=now) is not None

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
