"""The leases in the database."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Interval, delete, func, literal, or_, select

from storage.tables import UtcTime, leases
from storage.transaction import Transaction


class SqlLeaseStore:
    """Port `LeaseStore` in SQL; on PostgreSQL by the server's clock, whatever those of the processes say."""

    def __init__(self, transaction: Transaction) -> None:
        self._sql = transaction

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        new = self._sql.upsert(leases).values(name=name, holder=holder, until=self._now(seconds))
        taken = new.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"holder": new.excluded.holder, "until": new.excluded.until},
            where=or_(leases.c.holder == holder, leases.c.until <= self._now()),
        )
        return await self._sql.value(taken.returning(leases.c.name)) is not None

    async def guard(self, name: str, holder: str) -> bool:
        query = select(leases.c.holder).where(leases.c.name == name).with_for_update()
        return bool(await self._sql.value(query) == holder)

    async def release(self, name: str, holder: str) -> None:
        await self._sql.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))

    def _now(self, seconds: float = 0.0) -> ColumnElement[datetime]:
        """So many seconds from now. Not the transaction's beginning: it may have waited since."""
        more = timedelta(seconds=seconds)
        if self._sql.on_postgres:
            return func.clock_timestamp(type_=UtcTime()) + literal(more, Interval())
        return literal(datetime.now(UTC) + more, UtcTime())
