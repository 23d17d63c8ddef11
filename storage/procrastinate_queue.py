"""The turn queue that any number of processes share."""

import asyncio
from functools import partial

from bot.engine.ports import MOST_RUNNING, Clock, UnitOfWork
from bot.engine.turns import Turn
from storage.database import Database
from storage.procrastinate_connector import EngineConnector
from storage.procrastinate_heartbeat import Timing
from storage.procrastinate_jobs import TurnJobs, ask_to_stop, put_turn
from storage.procrastinate_worker import Handler, TurnWorker
from storage.unit_of_work import SqlUnitOfWork

CONNECTIONS = 5
"""For a worker's own statements: taking, settling, heartbeat, sweep; listening has one besides."""


class ProcrastinateTurnQueue:
    """Port `TurnQueue` on PostgreSQL, in the tables of Procrastinate.

    A turn that a worker left unfinished, by dying or by being told to stop, goes on in another one; `Timing` says how
    soon. Handlers must bear that: a turn is handled at least once, and may be handled by two for a moment where a
    worker was frozen and comes back.
    """

    def __init__(
        self, database: Database, clock: Clock, timing: Timing | None = None, max_running: int = MOST_RUNNING
    ) -> None:
        self._database = database
        self._clock = clock
        self._timing = timing or Timing()
        self._max_running = max_running
        self._worker: TurnWorker | None = None
        self._stopped = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def put(self, work: UnitOfWork, turn: Turn) -> None:
        assert isinstance(work, SqlUnitOfWork)
        await put_turn(work.sql, turn)
        if self._worker is not None:
            self._worker.expect(turn.id)
        work.after_commit(self._wake)

    async def run(self, handler: Handler) -> None:
        """As the port says; raises StorageUnavailable where the database is away at the start. Later that ends nothing.

        Cancelled, it breaks off the turns, which are given back.
        """
        self._idle.clear()
        connector = EngineConnector(self._database.engine_of_its_own(CONNECTIONS), self._clock)
        try:
            if not self._stopped:
                await self._serve(TurnJobs(connector), handler)
        finally:
            self._worker = None
            await connector.close_async()
            self._idle.set()

    async def cancel(self, work: UnitOfWork, chat_id: int) -> None:
        """As the port says, wherever the turn runs: this process at once, another one by a notification."""
        assert isinstance(work, SqlUnitOfWork)
        await ask_to_stop(work.sql, chat_id)
        work.after_commit(partial(self._tell_to_stop, chat_id))

    async def stop(self, grace: float) -> None:
        """As the port says; what is cancelled is given back first, and the heartbeat goes on until all is over."""
        self._stopped = True
        worker = self._worker
        if worker is not None:
            worker.stop_taking()
            await self._wait_idle(grace)
            worker.break_off()
        await self._idle.wait()

    async def _serve(self, jobs: TurnJobs, handler: Handler) -> None:
        await jobs.recover()
        worker_id = await jobs.register_worker()
        self._worker = TurnWorker(jobs, self._clock, self._timing, self._max_running, worker_id)
        if self._stopped:
            self._worker.stop_taking()
        await self._worker.run(handler)

    async def _wait_idle(self, seconds: float) -> None:
        idle = asyncio.create_task(self._idle.wait(), name="turns-over")
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({idle, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            idle.cancel()
            timer.cancel()

    def _tell_to_stop(self, chat_id: int) -> None:
        if self._worker is not None and (here := self._worker.turns.of_chat(chat_id)) is not None:
            here.claim.stop.set()

    def _wake(self) -> None:
        if self._worker is not None:
            self._worker.wake()
