"""A worker on Procrastinate's tables."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from procrastinate.jobs import Notification

from bot.engine.errors import StorageUnavailable
from bot.engine.ports import Claim, Clock
from storage.procrastinate_finishing import Finished, Finishing
from storage.procrastinate_heartbeat import Heartbeat, Timing
from storage.procrastinate_jobs import QUEUE, Lease, TurnJobs

log = structlog.get_logger()
T = TypeVar("T")

Handler = Callable[[Claim], Awaitable[None]]


PAUSE = 1.0
"""Seconds until a turn that could not begin because the database was away has its next try."""

AT_ONCE = 8
"""Turns taken in one go; more would be kept from other workers that have nothing to do."""


@dataclass(slots=True, eq=False)
class RunningTurn:
    """A turn in this worker's hands. `over`: the handler is through, the database may not know yet.

    `trusted` says whether the worker may take its leases for good. `doubted`: the handler was told once that it may
    not, and is told so from then on; it leaves the turn as it is, also where the lease was still ours in truth.
    """

    lease: Lease
    trusted: Callable[[], bool]
    claim: Claim = field(init=False)
    task: asyncio.Task[None] = field(init=False)
    over: bool = False
    broken_off: bool = False
    doubted: bool = False

    def __post_init__(self) -> None:
        self.claim = Claim(self.lease.turn_id, holds=self._holds)

    def _holds(self) -> bool:
        self.doubted = self.doubted or not self.trusted()
        return not self.over and not self.broken_off and not self.doubted

    def break_off(self) -> None:
        """Cancel the handler, once: a second time would cancel the giving back."""
        if not self.over and not self.broken_off:
            self.broken_off = True
            self.task.cancel()


class RunningTurns:
    """Port `Turns` of the heartbeat."""

    def __init__(self) -> None:
        self._by_turn: dict[int, RunningTurn] = {}

    def __len__(self) -> int:
        return len(self._by_turn)

    def add(self, turn: RunningTurn) -> None:
        self._by_turn[turn.lease.turn_id] = turn

    def remove(self, turn: RunningTurn) -> None:
        """Forget it; a turn that was given back may have been taken again already, and then that one is here."""
        if self.of_turn(turn.lease.turn_id) is turn:
            del self._by_turn[turn.lease.turn_id]

    def of_turn(self, turn_id: int) -> RunningTurn | None:
        return self._by_turn.get(turn_id)

    def of_chat(self, chat_id: int) -> RunningTurn | None:
        """The turn of this chat whose handler runs."""
        return next((t for t in self._by_turn.values() if t.lease.chat_id == chat_id and not t.over), None)

    @property
    def breaking_off(self) -> bool:
        """Whether a cancelled handler is not through yet. Meanwhile nothing new is taken: it might be the same turn."""
        return any(turn.broken_off for turn in self._by_turn.values())

    def leases(self) -> set[Lease]:
        return {turn.lease for turn in self._by_turn.values() if not turn.over and not turn.broken_off}

    def has(self, lease: Lease) -> bool:
        turn = self.of_turn(lease.turn_id)
        return turn is not None and turn.lease == lease

    def stop(self, lease: Lease) -> None:
        turn = self.of_turn(lease.turn_id)
        if turn is not None and turn.lease == lease:
            turn.claim.stop.set()

    def break_off(self, leases: set[Lease]) -> None:
        for lease in leases:
            turn = self.of_turn(lease.turn_id)
            if turn is not None and turn.lease == lease:
                turn.break_off()

    async def all_over(self) -> None:
        while self._by_turn:
            await asyncio.wait({turn.task for turn in self._by_turn.values()})


class TurnWorker:
    """Serves the turns of one database beside any number of others, in this process or elsewhere.

    Procrastinate's own `Worker` stops its heartbeat as soon as it is told to stop, cancels a job where a person wants
    it to end, and waits for every running job before it listens again after an outage; so this one uses its tables,
    queries and notifications, and serves them itself.
    """

    def __init__(self, jobs: TurnJobs, clock: Clock, timing: Timing, max_running: int, worker_id: int) -> None:
        self._jobs = jobs
        self._clock = clock
        self._timing = timing
        self._max_running = max_running
        self.turns = RunningTurns()
        self._heartbeat = Heartbeat(jobs, clock, timing, self.turns, worker_id)
        self._finishing = Finishing(jobs)
        self._news = asyncio.Event()
        self._wakes = 0
        self._expected: set[int] = set()
        self._stopping = False

    async def run(self, handler: Handler) -> None:
        """Serve until `stop_taking`, then until the last turn is over. Cancelled, it breaks the turns off."""
        serving = asyncio.create_task(self._serve(handler), name="turns-serve")
        duties = {
            asyncio.create_task(self._heartbeat.beat(), name="turns-heartbeat"),
            asyncio.create_task(self._heartbeat.watch(), name="turns-watch"),
            asyncio.create_task(self._sweep(), name="turns-sweep"),
            asyncio.create_task(self._listen(), name="turns-listen"),
        }
        try:
            ended, _ = await asyncio.wait({serving, *duties}, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
            await self.turns.all_over()
        finally:
            await _end({serving})
            self.break_off()
            await self.turns.all_over()
            await _end(duties)
            await self._leave()

    def wake(self) -> None:
        """There may be a turn to take."""
        self._wakes += 1
        self._news.set()

    def expect(self, turn_id: int) -> None:
        """This process puts the turn in, and wakes the worker by itself: a notification of it is no news."""
        self._expected.add(turn_id)

    def stop_taking(self) -> None:
        self._stopping = True
        self.wake()

    def break_off(self) -> None:
        """Cancel the handlers that run; their turns are given back."""
        self.turns.break_off(self.turns.leases())

    async def _serve(self, handler: Handler) -> None:
        while not self._stopping:
            self._news.clear()
            leases = await self._take()
            for lease in leases:
                if self._stopping:
                    await self._settle(self._jobs.give_back, lease)
                else:
                    self._begin(lease, handler)
            if len(leases) < AT_ONCE:
                await self._news.wait()

    async def _take(self) -> list[Lease]:
        free = min(self._max_running - len(self.turns), AT_ONCE)
        if free <= 0 or self.turns.breaking_off or not self._heartbeat.good:
            return []
        try:
            return await self._jobs.take(self._heartbeat.worker_id, free)
        except StorageUnavailable as error:
            log.debug("turn_not_taken", reason=str(error))  # the heartbeat tells it once, this would each second
            return []

    def _begin(self, lease: Lease, handler: Handler) -> None:
        turn = RunningTurn(lease, lambda: self._heartbeat.good)
        turn.task = asyncio.create_task(self._work_off(turn, handler), name=f"turn-{lease.turn_id}")
        self.turns.add(turn)

    async def _work_off(self, turn: RunningTurn, handler: Handler) -> None:
        nothing_to_take = False
        try:
            settle = await self._handle(turn, handler)
            turn.over = True
            wakes = self._wakes
            nothing_to_take = await settle(turn) and wakes == self._wakes
        finally:
            full = len(self.turns) >= self._max_running
            self.turns.remove(turn)
            if full or not nothing_to_take:
                self.wake()

    async def _handle(self, turn: RunningTurn, handler: Handler) -> Callable[[RunningTurn], Awaitable[bool]]:
        """Let the handler do the turn; how to settle it. Whatever the handler raises ends this turn's handling only."""
        lease = turn.lease
        try:
            await handler(turn.claim)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                return self._give_back
            log.exception("turn_broke_off", turn=lease.turn_id, chat=lease.chat_id)
        except StorageUnavailable as error:
            log.warning("turn_waits_for_database", turn=lease.turn_id, chat=lease.chat_id, reason=str(error))
            return self._give_back_later
        except Exception:
            log.exception("turn_not_handled", turn=lease.turn_id, chat=lease.chat_id)
        else:
            return self._finish
        return self._put_off

    async def _finish(self, turn: RunningTurn) -> bool:
        """Whether no other turn of the chat waits, as far as the database knew.

        A turn that the handler left unshown is taken up again: at once where it doubted the lease, else later. One
        that was taken away is left alone.
        """
        finished = await self._settle(self._finishing.finish, turn.lease)
        if finished is Finished.NOT:
            await (self._give_back(turn) if turn.doubted else self._put_off(turn))
        return finished is Finished.LAST_OF_CHAT

    async def _give_back(self, turn: RunningTurn) -> bool:
        await self._settle(self._jobs.give_back, turn.lease)
        return False

    async def _give_back_later(self, turn: RunningTurn) -> bool:
        """Keep the turn from others until then, and with it the chat's next ones."""
        await self._clock.sleep(PAUSE)
        return await self._give_back(turn)

    async def _put_off(self, turn: RunningTurn) -> bool:
        async def put_off(lease: Lease) -> bool:
            return await self._jobs.put_off(lease, self._timing.retry)

        await self._settle(put_off, turn.lease)
        return False

    async def _settle(self, change: Callable[[Lease], Awaitable[T]], lease: Lease) -> T | None:
        """Tell the database; None where it is away. Tried twice, for the first may meet a connection that had broken.

        What was not told in the end the heartbeat finds.
        """
        for _ in range(2):
            try:
                return await change(lease)
            except StorageUnavailable as error:
                log.warning("turn_not_settled", turn=lease.turn_id, chat=lease.chat_id, reason=str(error))
        return None

    async def _sweep(self) -> None:
        """Now and then look after dead workers' turns, and for turns of which no notification came."""
        while True:
            await self._clock.sleep(self._timing.sweep)
            self._expected.clear()
            self.wake()
            try:
                taken = await self._jobs.sweep(self._timing.stall)
            except StorageUnavailable:
                continue
            for chat_id, turn_id in taken:
                log.warning("turn_of_dead_worker", turn=turn_id, chat=chat_id)

    async def _listen(self) -> None:
        await self._jobs.listen_for_jobs(on_notification=self._hear, queues=[QUEUE])

    async def _hear(self, *, channel: str, notification: Notification) -> None:
        if notification["type"] == "job_inserted":
            if notification["job_id"] in self._expected:
                self._expected.remove(notification["job_id"])
            else:
                self.wake()
            return
        turn = self.turns.of_turn(notification["job_id"])
        if turn is not None:
            turn.claim.stop.set()

    async def _leave(self) -> None:
        try:
            await self._jobs.unregister_worker(self._heartbeat.worker_id)
        except StorageUnavailable as error:
            log.warning("worker_not_unregistered", reason=str(error))


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
