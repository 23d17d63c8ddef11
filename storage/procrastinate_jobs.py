"""Procrastinate's jobs: one for each turn that waits or runs, and the lease that a worker has on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from procrastinate.manager import JobManager
from psycopg import IntegrityError
from sqlalchemy import Text, bindparam
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.engine.turns import Turn
from storage.procrastinate_connector import EngineConnector
from storage.statement import QUICK, sql
from storage.transaction import Transaction
from storage.turn_rows import TURN

QUEUE = "turns"
TASK = "answer"
LONGEST_PAUSE = 600.0
"""Seconds between two tries of a turn whose handling fails; the pause doubles up to this, and never ends."""

SWEEP_LOCK = 7_460_201_127
"""Any number, as long as it stays: of all workers on a database one sweeps at a time."""

CHAT = bindparam("chat", type_=Text())

PUT = sql(
    f"""
    INSERT INTO procrastinate_jobs (id, queue_name, task_name, lock, args)
    VALUES (:turn, '{QUEUE}', '{TASK}', :chat, jsonb_build_object('turn_id', :turn))
    ON CONFLICT (id) DO NOTHING
    """,  # noqa: S608 - our own text
    (TURN, CHAT),
)

STOP = sql("UPDATE procrastinate_jobs SET abort_requested = true WHERE lock = :chat AND status = 'doing'", (CHAT,))

# TAKE and FINISH are quick: what a crash of the server undoes is done again, and what was stored since is fenced.
TAKE = f"""
WITH {QUICK}, free AS (
    SELECT id FROM quick, procrastinate_jobs AS jobs
    WHERE status = 'todo' AND queue_name = %(queue)s AND (scheduled_at IS NULL OR scheduled_at <= now())
    AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs AS others WHERE others.lock = jobs.lock
        AND (others.status = 'doing' OR others.status = 'todo' AND others.id < jobs.id)
    )
    ORDER BY id LIMIT %(most)s FOR UPDATE OF jobs SKIP LOCKED
)
UPDATE procrastinate_jobs AS jobs SET status = 'doing', worker_id = %(worker)s
FROM free WHERE jobs.id = free.id RETURNING jobs.id, jobs.lock, jobs.attempts
"""  # noqa: S608 - our own text

RECOVER = """
INSERT INTO procrastinate_jobs (id, queue_name, task_name, lock, args)
SELECT id, %(queue)s, %(task)s, chat_id::text, jsonb_build_object('turn_id', id)
FROM turns WHERE NOT shown ORDER BY id
ON CONFLICT (id) DO UPDATE SET status = 'todo', scheduled_at = NULL, worker_id = NULL
WHERE procrastinate_jobs.status NOT IN ('todo', 'doing')
"""

HELD = "id = %(turn)s AND status = 'doing' AND worker_id = %(worker)s AND attempts = %(attempts)s"

FINISH = f"""
WITH {QUICK}, over AS (
    SELECT id, worker_id, attempts FROM quick,
    unnest(%(turns)s::bigint[], %(workers)s::bigint[], %(attempts)s::int[]) AS over (id, worker_id, attempts)
)
DELETE FROM procrastinate_jobs AS jobs USING over
WHERE jobs.id = over.id AND jobs.worker_id = over.worker_id AND jobs.attempts = over.attempts AND status = 'doing'
AND NOT EXISTS (SELECT 1 FROM turns WHERE turns.id = jobs.id AND NOT turns.shown)
RETURNING jobs.id,
EXISTS (SELECT 1 FROM procrastinate_jobs AS next WHERE next.lock = jobs.lock AND next.status = 'todo') AS more
"""  # noqa: S608

GIVE_BACK = f"""
UPDATE procrastinate_jobs SET status = 'todo', attempts = attempts + 1, abort_requested = false, worker_id = NULL
WHERE {HELD} RETURNING id
"""  # noqa: S608

PUT_OFF_BEFORE = "coalesce((args ->> 'put_off')::int, 0)"
"""How often; `attempts` counts what was given back besides, which says nothing about the next try."""

PUT_OFF = f"""
UPDATE procrastinate_jobs SET status = 'failed', attempts = attempts + 1, abort_requested = false, worker_id = NULL,
args = args || jsonb_build_object('put_off', {PUT_OFF_BEFORE} + 1),
scheduled_at = now() + least(%(seconds)s * power(2, least({PUT_OFF_BEFORE}, 20)), %(longest)s) * interval '1 second'
WHERE {HELD} RETURNING id
"""  # noqa: S608

BEAT = """
WITH beating AS (UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %(worker)s RETURNING id)
SELECT jobs.id, jobs.lock, jobs.attempts, jobs.abort_requested
FROM beating LEFT JOIN procrastinate_jobs AS jobs ON jobs.worker_id = beating.id AND jobs.status = 'doing'
"""

TAKE_FROM_STALLED = """
UPDATE procrastinate_jobs AS jobs
SET status = 'todo', attempts = attempts + 1, abort_requested = false, worker_id = NULL
WHERE status = 'doing' AND queue_name = %(queue)s AND NOT EXISTS (
    SELECT 1 FROM procrastinate_workers AS workers
    WHERE workers.id = jobs.worker_id AND workers.last_heartbeat > now() - %(stall)s * interval '1 second'
) RETURNING id, lock
"""

TAKE_UP_AGAIN = """
UPDATE procrastinate_jobs SET status = 'todo', scheduled_at = NULL
WHERE status = 'failed' AND queue_name = %(queue)s AND scheduled_at <= now()
"""

CLEAR = """
DELETE FROM procrastinate_jobs AS jobs WHERE status NOT IN ('todo', 'doing') AND queue_name = %(queue)s
AND NOT EXISTS (SELECT 1 FROM turns WHERE turns.id = jobs.id AND NOT turns.shown)
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to one turn. Once the turn was taken away, `attempts` has moved on and the lease is void."""

    turn_id: int
    chat_id: int
    worker_id: int
    attempts: int

    def as_arguments(self) -> dict[str, Any]:
        return {"turn": self.turn_id, "worker": self.worker_id, "attempts": self.attempts}


class TurnJobs(JobManager):
    """The jobs of the queue `turns`. A job has the number of its turn, so a chat's turns go in the order of arrival.

    Procrastinate numbers jobs by a sequence; two who put turns into one chat could commit in the other order, and a
    turn put twice would be there twice. Every change by a worker is fenced: it does nothing, and says so, where the
    lease is void. Raises StorageUnavailable.
    """

    def __init__(self, connector: EngineConnector) -> None:
        super().__init__(connector)
        self._connector = connector

    async def take(self, worker_id: int, most: int = 1) -> list[Lease]:
        """The oldest waiting turns, each of a free chat.

        Procrastinate's own function takes one at a time, and asks for a round trip to learn that there are no more.
        """
        try:
            rows = await self._connector.execute_query_all_async(TAKE, queue=QUEUE, worker=worker_id, most=most)
        except IntegrityError:  # another worker took a turn of such a chat in the same moment, or we are forgotten
            return []
        return sorted((_lease(row, worker_id) for row in rows), key=attrgetter("turn_id"))

    async def finish(self, leases: Sequence[Lease]) -> dict[int, bool]:
        """These turns are over and shown; for each whether another one of its chat waits.

        Left out are those that are not shown yet, and those of a void lease.
        """
        workers, attempts = [lease.worker_id for lease in leases], [lease.attempts for lease in leases]
        held: dict[str, Any] = {"turns": [lease.turn_id for lease in leases], "workers": workers, "attempts": attempts}
        rows = await self._connector.execute_query_all_async(FINISH, **held)
        return {row["id"]: row["more"] for row in rows}

    async def give_back(self, lease: Lease) -> bool:
        """Let another worker begin the turn at once."""
        return await self._changed(GIVE_BACK, lease)

    async def put_off(self, lease: Lease, seconds: float) -> bool:
        """Let the turn be taken up again after so many seconds, twice as many each time.

        The chat's next turns do not wait for it.
        """
        return await self._changed(PUT_OFF, lease, seconds=seconds, longest=LONGEST_PAUSE)

    async def beat(self, worker_id: int) -> dict[Lease, bool] | None:
        """Say that the worker lives. Its leases, and for each whether somebody wants the turn to end.

        None: the worker was taken for dead and forgotten.
        """
        rows = await self._connector.execute_query_all_async(BEAT, worker=worker_id)
        held = [row for row in rows if row["id"] is not None]
        leases = {_lease(row, worker_id): bool(row["abort_requested"]) for row in held}
        return leases if rows else None

    async def recover(self) -> None:
        """Put in what waits without being here, accepted under another queue; what was put off is due now."""
        await self._connector.execute_query_async(RECOVER, queue=QUEUE, task=TASK)

    async def sweep(self, stall: float) -> list[tuple[int, int]]:
        """Put back what stalled workers hold, and forget them; (chat id, turn id) of what they held.

        Procrastinate can find such jobs and put one back, but in two calls: of two sweepers the second could put back
        what a living worker has taken up meanwhile.
        """
        async with self._connector.transaction() as connection:
            if not await self._alone(connection):
                return []
            run = self._connector.execute_query_all_async_with_connection
            taken = await run(connection, TAKE_FROM_STALLED, queue=QUEUE, stall=stall)
            await run(connection, TAKE_UP_AGAIN, queue=QUEUE)
            await run(connection, CLEAR, queue=QUEUE)
        await self.prune_stalled_workers(stall)
        return [(int(row["lock"]), row["id"]) for row in taken]

    async def _alone(self, connection: AsyncConnection) -> bool:
        query = "SELECT pg_try_advisory_xact_lock(%(lock)s) AS alone"
        [row] = await self._connector.execute_query_all_async_with_connection(connection, query, lock=SWEEP_LOCK)
        return bool(row["alone"])

    async def _changed(self, statement: Any, lease: Lease, **further: Any) -> bool:
        arguments = {**lease.as_arguments(), **further}
        return bool(await self._connector.execute_query_all_async(statement, **arguments))


def _lease(row: dict[str, Any], worker_id: int) -> Lease:
    return Lease(row["id"], int(row["lock"]), worker_id, row["attempts"])


async def put_turn(transaction: Transaction, turn: Turn) -> None:
    """Queue the turn in this transaction; one that is queued already is left as it is."""
    await transaction.rows(PUT, turn=turn.id, chat=str(turn.chat_id))


async def ask_to_stop(transaction: Transaction, chat_id: int) -> None:
    """Have the worker that runs a turn of this chat, if any, told; it is told at the commit."""
    await transaction.rows(STOP, chat=str(chat_id))
