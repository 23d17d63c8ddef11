"""The pace that all processes on one PostgreSQL database keep together."""

import asyncio
import time
from asyncio import Future
from dataclasses import dataclass
from math import inf
from typing import Any

import structlog
from sqlalchemy import ARRAY, Column, DateTime, Double, Text, bindparam

from bot.engine.delivery import end_task
from bot.engine.errors import RateLimited, StorageUnavailable
from bot.engine.paces import LocalPaces
from bot.engine.ports import Clock
from storage.database import Database
from storage.statement import QUICK, Statement, driver_of, sql
from storage.tables import paces
from storage.transaction import storage_errors

log = structlog.get_logger()

CONNECTIONS = 2
"""One for what is reserved, one for what is closed and looked at."""

PATIENCE = 2.0
"""Seconds within which the database has to answer, …"""

OUTAGE = 5.0
"""… and how long it is left alone after it did not."""

FOREVER = 1e9
"""Seconds, for who waits as long as it takes; an interval cannot be infinite before PostgreSQL 17."""

HOUR = 3600.0

LANE = bindparam("lane", type_=paces.c.lane.type)
MOMENT = DateTime(timezone=True)

RESERVE = sql(
    f"""
    WITH {QUICK},
    asked AS MATERIALIZED (
        SELECT lane, gap * interval '1 second' AS gap, patience * interval '1 second' AS patience
        FROM quick, unnest(:lanes, :gaps, :patiences) AS a (lane, gap, patience)
    ),
    reserved AS (
        INSERT INTO paces AS p (lane, next_at) SELECT lane, clock_timestamp() + gap FROM asked ORDER BY lane
        ON CONFLICT (lane) DO UPDATE
        SET next_at = greatest(p.next_at, p.closed_until, clock_timestamp())
            + (SELECT gap FROM asked WHERE asked.lane = p.lane)
        WHERE greatest(p.next_at, p.closed_until)
            <= clock_timestamp() + (SELECT patience FROM asked WHERE asked.lane = p.lane)
        RETURNING lane, next_at
    )
    SELECT lane, reserved.next_at - gap AS moment, extract(epoch FROM coalesce(
        reserved.next_at - gap, greatest(paces.next_at, paces.closed_until)
    ) - clock_timestamp())::float8 AS wait
    FROM asked LEFT JOIN reserved USING (lane) LEFT JOIN paces USING (lane)
    """,  # noqa: S608 - our own text
    (
        bindparam("lanes", type_=ARRAY(Text())),
        bindparam("gaps", type_=ARRAY(Double())),
        bindparam("patiences", type_=ARRAY(Double())),
    ),
    (Column("lane", Text()), Column("moment", MOMENT), Column("wait")),
)
"""Rows are locked in the order of their lanes, so that no two processes wait for each other. Where nothing was reserved
`moment` is empty, and `wait` says when the lane was free at the beginning of the statement.

Nobody waits for the disk: what a crash of the server takes from it is over before the server is there again.
"""

CLOSED_SINCE = sql(
    "SELECT lane FROM paces WHERE lane = :lane AND closed_until > :moment",
    (LANE, bindparam("moment", type_=MOMENT)),
    (paces.c.lane,),
)

CLOSE = sql(
    """
    INSERT INTO paces AS p (lane, next_at, closed_until)
    VALUES (:lane, clock_timestamp(), clock_timestamp() + :seconds * interval '1 second')
    ON CONFLICT (lane) DO UPDATE SET closed_until = greatest(p.closed_until, excluded.closed_until)
    """,
    (LANE, bindparam("seconds", type_=Double())),
)

FORGET = sql(
    """
    DELETE FROM paces WHERE lane IN (
        SELECT lane FROM paces WHERE greatest(next_at, closed_until) < clock_timestamp() - interval '1 minute'
        FOR UPDATE SKIP LOCKED
    )
    """,
    (),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody who wants to use a lane, and waits to hear when."""

    lane: str
    gap: float
    patience: float
    answer: "Future[Any]"


class SharedPaces:
    """Port `Paces` by the clock of the server.

    Who comes reserves a moment and waits for it; so the order of coming is kept, and nobody asks again and again.
    Where the database does not answer, this process keeps the pace alone for a while.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._engine = database.engine_of_its_own(CONNECTIONS)
        self._clock = clock
        self._local = LocalPaces(clock)
        self._wishes: list[Wish] = []
        self._reserving: asyncio.Task[None] | None = None
        self._alone_until = 0.0
        self._alone = False
        self._tidy_at = time.monotonic() + HOUR

    async def turn(self, lane: str, gap: float, patience: float = inf) -> None:
        try:
            while (reserved := await self._reserve(lane, gap, patience)).wait > 0:
                await self._clock.sleep(reserved.wait)
                if not await self._rows(CLOSED_SINCE, lane=lane, moment=reserved.moment):
                    break
                patience -= reserved.wait
        except StorageUnavailable:
            await self._local.turn(lane, gap, patience)

    async def close(self, lane: str, seconds: float) -> None:
        await self._local.close(lane, seconds)
        if seconds <= 0:
            return
        try:
            await self._rows(CLOSE, lane=lane, seconds=seconds)
        except StorageUnavailable:
            log.debug("lane_closed_here_only", lane=lane)

    async def aclose(self) -> None:
        if self._reserving is not None:
            await end_task(self._reserving)
        await self._engine.dispose()

    async def _reserve(self, lane: str, gap: float, patience: float) -> Any:
        """The moment at which the lane is the caller's, and the seconds until then."""
        wish = Wish(lane, gap, min(patience, FOREVER), asyncio.get_running_loop().create_future())
        self._wishes.append(wish)
        if self._reserving is None or self._reserving.done():
            self._reserving = asyncio.create_task(self._reserve_all(), name="paces")
        row = await wish.answer
        if row.moment is None:
            raise RateLimited(max(row.wait or 0.0, 0.0))
        return row

    async def _reserve_all(self) -> None:
        """Ask for all who wait in one statement, one of each lane at a time: so a busy process asks hardly more often.

        Whatever goes wrong is told to those who wait for it.
        """
        while self._wishes:
            wishes = {wish.lane: wish for wish in reversed(self._wishes)}
            self._wishes = [wish for wish in self._wishes if wishes[wish.lane] is not wish]
            try:
                await self._answer(wishes)
            except Exception as error:
                for wish in wishes.values():
                    if not wish.answer.done():
                        wish.answer.set_exception(error)

    async def _answer(self, wishes: dict[str, Wish]) -> None:
        asked = wishes.values()
        gaps, patiences = [wish.gap for wish in asked], [wish.patience for wish in asked]
        for row in await self._rows(RESERVE, lanes=list(wishes), gaps=gaps, patiences=patiences):
            if not (answer := wishes[row.lane].answer).done():
                answer.set_result(row)
        await self._tidy()

    async def _rows(self, statement: Statement, **values: object) -> list[Any]:
        """What the database says. Raises StorageUnavailable, also soon after it was away."""
        if time.monotonic() < self._alone_until:
            raise StorageUnavailable("the database was away a moment ago")
        try:
            rows = await self._ask(statement, values)
        except StorageUnavailable as error:
            if not self._alone:  # once, not with every call
                log.warning("pace_kept_alone", reason=str(error))
            self._alone, self._alone_until = True, time.monotonic() + OUTAGE
            raise
        self._alone = False
        return rows

    async def _ask(self, statement: Statement, values: dict[str, object]) -> list[Any]:
        try:
            async with asyncio.timeout(PATIENCE):
                with storage_errors():
                    async with self._engine.connect() as connection:
                        return await statement.run_on_postgres(driver_of(connection), connection.dialect, values)
        except TimeoutError as error:
            raise StorageUnavailable(f"the database did not answer within {PATIENCE:g} s") from error

    async def _tidy(self) -> None:
        """Forget, now and then, the lanes that nobody uses."""
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + HOUR
            await self._rows(FORGET)
