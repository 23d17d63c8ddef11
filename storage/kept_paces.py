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
        self._reading = asyncio.Lock()
        self._has_read = False

    async def turn(self, lane: str, gap: float, patience: float = inf) -> None:
        if not self._has_read:
            await self._read()
        await self._local.turn(lane, gap, patience)

    async def close(self, lane: str, seconds: float) -> None:
        await self._local.close(lane, seconds)
        if seconds >= WORTH_KEEPING:
            await self._keep(lane, seconds)

    async def aclose(self) -> None:
        """Nothing to give back."""

    async def _read(self) -> None:
        """Learn what an earlier process left; where that cannot be read, try again the next time."""
        async with self._reading:
            if self._has_read:
                return
            try:
                closed = await self._closed()
            except StorageUnavailable as error:
                log.warning("paces_not_read", reason=str(error))
                return
            for row in closed:
                await self._local.close(row.lane, row.closed_until.timestamp() - self._clock.now())
            self._has_read = True

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
