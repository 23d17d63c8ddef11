"""The ledger of one process, which outlives it."""

import asyncio
from collections.abc import Iterable, Sequence

import structlog
from sqlalchemy import Double, Text, bindparam, delete, select

from bot.engine.budgets import Account, Ask, Budgets
from bot.engine.errors import StorageUnavailable
from bot.engine.ledger import LONGEST_MEMORY, LocalLedger
from bot.engine.ports import Clock, UnitOfWork
from storage.accounts import joined, read, speaks_until, written
from storage.database import Database
from storage.statement import sql
from storage.tables import budgets as rows
from storage.transaction import SqliteTrip, Transaction
from storage.unit_of_work import SqlUnitOfWork

log = structlog.get_logger()

WORTH_KEEPING = 1.0
"""Seconds; what is closed for less is open again before anybody has started anew."""

OUTAGE = 5.0
"""Seconds for which the database is left alone after it could not be read."""

KEEP = sql(
    """
    INSERT INTO budgets (name, account, until) VALUES (:name, :account, :until)
    ON CONFLICT (name) DO UPDATE SET account = excluded.account, until = excluded.until
    """,
    (bindparam("name", type_=Text()), bindparam("account", type_=Text()), bindparam("until", type_=Double())),
)


class KeptLedger(LocalLedger):
    """Port `Ledger` of the one process on an SQLite database.

    What platforms asked for is stored at once, everything else when the process ends: so after a restart the windows
    are as full as the platforms have them. A database that is away holds up no call.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(clock)
        self._storage = database.storage
        self._reading: asyncio.Task[bool] | None = None
        self._keeping: set[asyncio.Task[None]] = set()
        self._read_again_at = 0.0
        self._away = False

    async def ask(self, asks: Sequence[Ask]) -> list[float]:
        await self._is_read()
        return await super().ask(asks)

    async def close(self, budgets: Budgets, seconds: float, *, refused: bool) -> None:
        await super().close(budgets, seconds, refused=refused)
        if seconds >= WORTH_KEEPING:
            keeping = asyncio.create_task(self._keep_closed(budgets), name="ledger-keep")
            self._keeping.add(keeping)
            keeping.add_done_callback(self._keeping.discard)
            await asyncio.wait({keeping}, timeout=seconds)  # until then nobody is let out anyway

    async def aclose(self) -> None:
        if self._keeping:
            await asyncio.wait(self._keeping)
        if self._accounts and await self._is_read():
            await self._keep(self._accounts)

    async def _keep_closed(self, budgets: Budgets) -> None:
        if await self._is_read():
            await self._keep(budget.name for budget in budgets)

    async def _is_read(self) -> bool:
        """Have learned what an earlier process left; False where that cannot be read, and was tried a moment ago."""
        if self._reading is None or (self._reading.done() and not self._reading.result() and self._may_try()):
            self._read_again_at = self._clock.now() + OUTAGE
            self._reading = asyncio.create_task(self._read(), name="ledger-read")
        if not self._reading.done():
            await asyncio.shield(self._reading)  # who is cancelled meanwhile leaves it to the others
        return self._reading.result()

    def _may_try(self) -> bool:
        return self._clock.now() >= self._read_again_at

    async def _read(self) -> bool:
        try:
            async with self._storage() as work:
                found = await _sql(work).rows(select(rows).where(rows.c.until > self._clock.now()))
        except StorageUnavailable as error:
            self._say("budgets_not_read", error)
            return False
        for row in found:
            mine = self._accounts.get(row.name) or Account()
            self._accounts[row.name] = joined(mine, read(row.account), self._clock.now())
        self._away = False
        return True

    async def _keep(self, names: Iterable[str]) -> None:
        """Write down what they say, and drop what says nothing any more. Replies do not live on in another process."""
        now = self._clock.now()
        accounts = {name: self._accounts[name] for name in names if name in self._accounts}
        untils = {name: speaks_until(account, {}, LONGEST_MEMORY) for name, account in accounts.items()}
        kept = [
            {"name": name, "account": written(account, {}), "until": untils[name]}
            for name, account in accounts.items()
            if untils[name] > now
        ]

        def keep(trip: SqliteTrip) -> None:
            for values in kept:
                trip.rows(KEEP, **values)

        try:
            async with self._storage() as work:
                await _sql(work).execute(delete(rows).where(rows.c.until <= now))
                await _sql(work).in_one_trip(keep)
                await work.commit()
            self._away = False
        except StorageUnavailable as error:
            self._say("budgets_not_kept", error)

    def _say(self, event: str, error: StorageUnavailable) -> None:
        if not self._away:  # once, not with every call
            log.warning(event, reason=str(error))
        self._away = True


def _sql(work: UnitOfWork) -> Transaction:
    assert isinstance(work, SqlUnitOfWork)
    return work.sql
