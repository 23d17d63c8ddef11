"""How Procrastinate speaks to the database: over connections of ours."""

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import Any, LiteralString

import psycopg
from procrastinate.connector import BaseAsyncConnector, Notify, Pool
from psycopg import sql
from psycopg.rows import dict_row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.engine.errors import StorageUnavailable
from bot.engine.ports import Clock
from storage.statement import driver_of
from storage.transaction import storage_errors

LISTEN_PAUSE = 1.0
"""Seconds between two tries to listen."""

LISTEN_CHECK = 15.0
"""Seconds of silence after which a listening connection is asked whether it is still there."""

WAKE = '{"type": "job_inserted", "job_id": 0}'
"""What Procrastinate's trigger says of a new job, with a job that there is not."""


class EngineConnector(BaseAsyncConnector):
    """Runs Procrastinate's queries on SQLAlchemy's connections. Raises StorageUnavailable, never the driver's errors.

    Its own connector has a second kind of pool with errors of its own, and stops listening when the database is away.
    """

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    async def open_async(self, pool: Pool | None = None) -> None:
        """Nothing to do: connections are opened as they are needed."""

    async def close_async(self) -> None:
        await self._engine.dispose()

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        with storage_errors():
            async with self._engine.connect() as connection:
                await _run(connection, query, arguments)

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        return (await self.execute_query_all_async(query, **arguments))[0]

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        with storage_errors():
            async with self._engine.connect() as connection:
                return await self.execute_query_all_async_with_connection(connection, query, **arguments)

    async def execute_query_all_async_with_connection(
        self, connection: AsyncConnection, query: LiteralString, **arguments: Any
    ) -> list[dict[str, Any]]:
        """In the transaction of this connection, which is one of SQLAlchemy's."""
        with storage_errors():
            return await _run(connection, query, arguments)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A connection for several statements that stand or fall together."""
        with storage_errors():
            async with self._engine.execution_options(isolation_level="READ COMMITTED").begin() as connection:
                yield connection

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Pass on every notification until cancelled, also after a time without a database.

        What was said while nobody listened is lost; so each time it listens anew it tells to look for new jobs.
        """
        while True:
            try:
                with storage_errors():
                    await self._listen(on_notification, list(channels))
            except StorageUnavailable:
                await self._clock.sleep(LISTEN_PAUSE)

    async def _listen(self, on_notification: Notify, channels: list[str]) -> None:
        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        connection = await psycopg.AsyncConnection.connect(*arguments, **options, autocommit=True)
        async with connection:
            for channel in channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                await on_notification(channel=channel, payload=WAKE)
            while True:
                async with aclosing(connection.notifies(timeout=LISTEN_CHECK)) as notifications:
                    async for heard in notifications:
                        await on_notification(channel=heard.channel, payload=heard.payload)
                await connection.execute("SELECT 1")


async def _run(connection: AsyncConnection, query: LiteralString, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    driver = driver_of(connection)
    cursor = await driver.cursor(row_factory=dict_row).execute(query, arguments)
    return await cursor.fetchall() if cursor.description else []
