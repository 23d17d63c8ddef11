"""Replicas that share the turns of one PostgreSQL database, and what can happen to them."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from bot.engine.chats import Chat, ChatKey
from bot.engine.turns import Turn
from storage import ProcrastinateTurnQueue, open_database
from storage.procrastinate_heartbeat import Timing
from tests.contracts.handlers import PATIENCE, ShowingHandler
from tests.contracts.samples import ANN, NOW, add_chat

NEVER = 3600.0
"""Seconds that no test waits."""

QUICK = Timing(heartbeat=0.2, stall=2.0, sweep=0.2, retry=0.2)
UNDISTURBED = Timing(heartbeat=0.1, stall=NEVER, sweep=NEVER, retry=NEVER)
"""Nobody is taken for dead, and nothing is found but by a notification."""


class SystemClock:
    """The time as it is, but for a moment that a test has passed over."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    @contextmanager
    def ahead(self, seconds: float) -> Iterator[None]:
        """So many seconds have passed for who looks meanwhile."""
        self._ahead = seconds
        try:
            yield
        finally:
            self._ahead = 0.0


class Replica:
    """A queue with connections of its own, as another process would have them, and its handler."""

    def __init__(
        self, url: str, timing: Timing = QUICK, max_running: int = 64, handler: ShowingHandler | None = None
    ) -> None:
        self.database = open_database(url)
        self.clock = SystemClock()
        self.queue = ProcrastinateTurnQueue(self.database, self.clock, timing, max_running)
        self.handler = handler or ShowingHandler(self.database.storage)

    async def put(self, chat: Chat, count: int = 1) -> list[Turn]:
        turns = []
        for _ in range(count):
            async with self.database.storage() as work:
                turns.append(await work.turns.ask(chat.id, "Why?", ANN, None, NOW))
                await self.queue.put(work, turns[-1])
                await work.commit()
        return turns

    async def chat(self, place: str = "") -> Chat:
        return await add_chat(self.database.storage, ChatKey("slack", "T1", "C1", place))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.queue.run(self.handler))
        try:
            yield task
        finally:
            await self.queue.stop(0)
            async with asyncio.timeout(PATIENCE):
                await asyncio.wait({task})
            await self.database.close()
        task.result()


async def waiting_turns(url: str, count: int = 1) -> list[Turn]:
    """Turns of one chat that wait for a worker."""
    replica = Replica(url)
    turns = await replica.put(await replica.chat(), count)
    await replica.database.close()
    return turns


class ReplicaProcess:
    """A replica in a process of its own, which waits for ever in every turn and tells what it does."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def until(self, line: str) -> None:
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while (said := (await self._process.stdout.readline()).decode().strip()) != line:
                assert said, f"it ended without saying {line!r}"

    def kill(self) -> None:
        self._process.kill()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def replica_process(url: str) -> AsyncIterator[ReplicaProcess]:
    command = (sys.executable, "-u", "-m", "tests.storage.replica_process")
    environment = {**os.environ, "REPLICA_DATABASE": url}
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, env=environment)
    try:
        yield ReplicaProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


class Observer:
    """Looks into the database past everything that is ours."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, query: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()

    def execute(self, statement: LiteralString, *values: object) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement, values or None)

    async def until(self, query: LiteralString, *values: object) -> None:
        """Return once the query gives true."""
        async with asyncio.timeout(PATIENCE), await psycopg.AsyncConnection.connect(self._url, autocommit=True) as ours:
            while True:
                found = await (await ours.execute(query, values or None)).fetchone()
                if found and found[0]:
                    return

    async def until_listening(self, replicas: int = 1) -> None:
        """Return once so many replicas hear notifications."""
        await self.until(
            "SELECT count(*) = %s FROM pg_stat_activity "
            "WHERE datname = current_database() AND state = 'idle' AND query LIKE 'LISTEN%%'",
            replicas,
        )

    @contextmanager
    def held_up(self, table: str) -> Iterator[None]:
        """Whoever speaks to this table gets no answer meanwhile."""
        with psycopg.connect(self._url) as connection:
            connection.execute(sql.SQL("LOCK TABLE {}").format(sql.Identifier(table)))
            yield

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Nobody can speak to this database, and who did is cut off."""
        name = str(make_url(self._url).database)
        elsewhere = make_url(self._url).set(database="postgres").render_as_string(hide_password=False)
        with psycopg.connect(elsewhere, autocommit=True) as connection:
            allow = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
            connection.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
            try:
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
                yield
            finally:
                connection.execute(allow.format(sql.Identifier(name), sql.SQL("true")))
