"""The rows of all budgets' accounts, which the processes on one PostgreSQL database change one after the other."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Column, Double, Text, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.errors import StorageUnavailable
from storage.accounts import EMPTY
from storage.database import Database
from storage.statement import QUICK, Statement, driver_of, sql
from storage.tables import budgets
from storage.transaction import storage_errors

PATIENCE = 2.0
"""Seconds within which the database has to answer."""

IDLE = 1.5
"""Seconds after which the server takes the rows from a process that locked them and stands still: less than others wait
for them."""

CONNECTIONS = 2
"""One is used; the other is there while a statement that was given up still ends."""

FRESH = 1.0
"""Seconds after its last use within which a connection is taken for whole without a look."""

NAMES = bindparam("names", type_=ARRAY(Text()))
NOW = "extract(epoch FROM clock_timestamp())::float8"

LOCK = sql(
    f"""
    WITH {QUICK},
    given_up AS MATERIALIZED (
        SELECT set_config('idle_in_transaction_session_timeout', '{IDLE * 1000:.0f}', true) FROM quick
    ),
    locked AS MATERIALIZED (
        SELECT name, account FROM given_up, budgets WHERE name = ANY(:names) ORDER BY name FOR UPDATE OF budgets
    )
    SELECT name, account, {NOW} AS moment FROM locked
    """,  # noqa: S608 - our own text
    (NAMES,),
    (budgets.c.name, budgets.c.account, Column("moment")),
)
"""Rows are locked in the order of their names, so that no two processes wait for each other. The last moment is after
all of them were locked.

Nobody waits for the disk: of what a crash of the server takes, nearly all is over before the server is there again.
"""

ADD = sql(
    f"""
    INSERT INTO budgets (name, account, until) SELECT name, '{EMPTY}', {NOW} FROM unnest(:names) AS n (name)
    ORDER BY name ON CONFLICT (name) DO NOTHING
    """,  # noqa: S608 - our own text
    (NAMES,),
)

WRITE = sql(
    """
    UPDATE budgets SET account = w.account, until = w.until
    FROM unnest(:names, :accounts, :untils) AS w (name, account, until) WHERE budgets.name = w.name
    """,
    (NAMES, bindparam("accounts", type_=ARRAY(Text())), bindparam("untils", type_=ARRAY(Double()))),
)

FORGET = sql(
    f"""
    DELETE FROM budgets WHERE name IN (
        SELECT name FROM budgets WHERE until < {NOW} - 60 FOR UPDATE SKIP LOCKED
    )
    """,  # noqa: S608 - our own text
    (),
)


@dataclass(frozen=True, slots=True)
class Words:
    """What a row is to say, and until when that says anything."""

    account: str
    until: float


Change = Callable[[Mapping[str, str], float], Mapping[str, Words]]
"""Given what rows say and the moment on the server's clock, what those are to say that change. It does not wait."""


class BudgetRows:
    """The rows, on connections of their own. Every method raises StorageUnavailable, after `PATIENCE` at the latest."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine_of_its_own(CONNECTIONS)
        self._connection: AsyncConnection | None = None
        self._used_at = 0.0
        self._given_up: set[asyncio.Task[None]] = set()

    async def change(self, names: Sequence[str], change: Change) -> None:
        """Lock the rows, add those that are missing, and write what `change` makes of them, in one transaction.

        Where the error comes after the change was made, it may be written or not.
        """
        await self._in_time(self._change(sorted(names), change))

    async def forget(self) -> None:
        """Drop the rows that say nothing any more."""
        await self._in_time(self._forget())

    async def aclose(self) -> None:
        for task in self._given_up:
            task.cancel()
        if self._given_up:
            await asyncio.wait(self._given_up, timeout=PATIENCE)
        if self._connection is not None:
            await self._connection.close()
        await self._engine.dispose()

    async def _in_time(self, work: Any) -> None:
        """Wait for it no longer than `PATIENCE`: a driver that is told to stop may itself wait for the server."""
        task = asyncio.create_task(work, name="budgets")
        try:
            await asyncio.wait({task}, timeout=PATIENCE)
        finally:
            if not task.done():
                self._give_up(task)
        if not task.done():
            raise StorageUnavailable(f"the database did not answer within {PATIENCE:g} s")
        task.result()

    def _give_up(self, task: "asyncio.Task[None]") -> None:
        task.cancel()
        self._given_up.add(task)
        task.add_done_callback(self._gone)

    def _gone(self, task: "asyncio.Task[None]") -> None:
        self._given_up.discard(task)
        if not task.cancelled():
            task.exception()

    async def _change(self, names: Sequence[str], change: Change) -> None:
        async with self._connected() as connection:
            rows = await _lock(connection, names)
            said = {row.name: row.account for row in rows}
            words = change(said, max(row.moment for row in rows)) if rows else {}
            if words:
                accounts, untils = [it.account for it in words.values()], [it.until for it in words.values()]
                await _run(connection, WRITE, names=list(words), accounts=accounts, untils=untils)
            await driver_of(connection).commit()

    async def _forget(self) -> None:
        async with self._connected() as connection:
            await _run(connection, FORGET)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        """The connection that was used last: to give it back each time costs as much as a statement.

        One on which something failed is not used again.
        """
        with storage_errors():
            connection, self._connection = self._connection, None
            if connection is not None and time.monotonic() > self._used_at + FRESH:
                await connection.close()
                connection = None
            connection = connection or await self._engine.connect()
            try:
                yield connection
            except BaseException:
                await connection.invalidate()
                await connection.close()
                raise
            self._connection, self._used_at = connection, time.monotonic()


async def _lock(connection: AsyncConnection, names: Sequence[str]) -> Sequence[Any]:
    """Begin the transaction with all these rows locked.

    Missing ones are added before it, not in it: others would have to wait for those out of the order of the names.
    """
    driver = driver_of(connection)
    while True:
        await driver.execute("BEGIN")
        rows = await _run(connection, LOCK, names=names)
        if len(rows) == len(names):
            return rows
        await driver.rollback()
        await _run(connection, ADD, names=names)


async def _run(connection: AsyncConnection, statement: Statement, **values: object) -> list[Any]:
    return await statement.run_on_postgres(driver_of(connection), connection.dialect, values)
