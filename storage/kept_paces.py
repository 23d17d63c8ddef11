"""The pace of one process, which what platforms asked for outlives."""

import asyncio
from datetime import UTC, datetime
from math import inf
from typing import Any

import structlog
from sqlalchemy import Row, delete, select

from bot.engine.errors import StorageUnavailable
from bot.engine.paces import LocalPaces
from bot.engine.ports import Clock, UnitOfWork
from storage.database import Database
from storage.tables import paces
from storage.transaction import Transaction
from storage.unit_of_work import SqlUnitOfWork

log = structlog.get_logger()

WORTH_KEEPING = 1.0
"""Seconds; a lane closed for less is open again before anybody has started anew."""


class KeptPaces:
    """Port `Paces` of the one process on an SQLite database: a closed lane stays closed over a restart."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._storage = database.storage
        self._clock = clock
        self._local = LocalPaces(clock)
        self._reading: asyncio.Task[bool] | None = None

    async def turn(self, lane: str, gap: float, patience: float = inf) -> None:
        if self._reading is None or (self._reading.done() and not self._reading.result()):
            self._reading = asyncio.create_task(self._read(), name="paces-read")
        if not self._reading.done():
            await asyncio.shield(self._reading)  # who is cancelled meanwhile leaves it to the others
        await self._local.turn(lane, gap, patience)

    async def close(self, lane: str, seconds: float) -> None:
        await self._local.close(lane, seconds)
        if seconds >= WORTH_KEEPING:
            await self._keep(lane, seconds)

    async def aclose(self) -> None:
        if self._reading is not None:
            await asyncio.wait({self._reading})

    async def _read(self) -> bool:
        """Learn what an earlier process left; False where that cannot be read: the next one tries again."""
        try:
            closed = await self._closed()
        except StorageUnavailable as error:
            log.warning("paces_not_read", reason=str(error))
            return False
        for row in closed:
            await self._local.close(row.lane, row.closed_until.timestamp() - self._clock.now())
        return True

    async def _closed(self) -> list[Row[Any]]:
        async with self._storage() as work:
            return await _sql(work).rows(select(paces).where(paces.c.closed_until > self._at(0.0)))

    async def _keep(self, lane: str, seconds: float) -> None:
        """Write it down; and drop what is over, so that the table stays small."""
        until = {"next_at": self._at(seconds), "closed_until": self._at(seconds)}
        try:
            async with self._storage() as work:
                sql = _sql(work)
                await sql.execute(delete(paces).where(paces.c.closed_until <= self._at(0.0)))
                kept = sql.upsert(paces).values(lane=lane, **until)
                later = paces.c.closed_until < until["closed_until"]
                await sql.execute(kept.on_conflict_do_update(index_elements=[paces.c.lane], set_=until, where=later))
                await work.commit()
        except StorageUnavailable as error:
            log.warning("pace_not_kept", lane=lane, reason=str(error))

    def _at(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(self._clock.now() + seconds, UTC)


def _sql(work: UnitOfWork) -> Transaction:
    assert isinstance(work, SqlUnitOfWork)
    return work.sql
