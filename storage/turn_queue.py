"""The turn queue of a process that answers alone."""

import asyncio
from bisect import insort
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import structlog

from bot.engine.delivery import pause_after
from bot.engine.errors import StorageUnavailable
from bot.engine.ports import MOST_RUNNING, Claim, Clock, Storage, UnitOfWork
from bot.engine.turns import Turn

log = structlog.get_logger()

Handler = Callable[[Claim], Awaitable[None]]

SWEEP = 60.0
"""Seconds between two looks for turns that wait without being queued here: their handler failed, or the answer to
their commit was lost."""

LONGEST_PAUSE = 600.0
"""Seconds between two tries of a turn whose handling fails; the pause doubles up to this, and never ends."""


@dataclass(frozen=True, slots=True)
class Again:
    """When a turn that was taken up may be taken up once more, if it still waits then."""

    due: float = 0.0
    pause: float = SWEEP

    def next(self, now: float) -> "Again":
        return Again(now + self.pause, min(self.pause * 2, LONGEST_PAUSE))


class EmbeddedTurnQueue:
    """Port `TurnQueue` inside one process: the database remembers the turns, this object only their order.

    Each chat that has turns is a lane with a task of its own; `max_running` turns are handled at once. Two of these on
    one database would do every turn twice.
    """

    def __init__(self, storage: Storage, clock: Clock, max_running: int = MOST_RUNNING) -> None:
        self._storage = storage
        self._clock = clock
        self._free = asyncio.Semaphore(max_running)
        self._waiting: dict[int, list[int]] = {}
        self._lanes: dict[int, asyncio.Task[None]] = {}
        self._running: dict[int, Claim] = {}
        self._again: dict[int, Again] = {}
        self._handler: Handler | None = None
        self._stopping = asyncio.Event()

    async def put(self, work: UnitOfWork, turn: Turn) -> None:
        work.after_commit(partial(self._add, turn.chat_id, turn.id))

    async def run(self, handler: Handler) -> None:
        """As the port says; ends when `stop` has been called and the last turn is over. Cancelling it cancels turns."""
        try:
            await self._recover()
            self._serve(handler)
            while not self._stopping.is_set():
                await self._sleep_or_stop(SWEEP)
                await self._recover()
            await _all_over(self._lanes)
        finally:
            self._stopping.set()
            await _end(self._lanes)

    async def cancel(self, work: UnitOfWork, chat_id: int) -> None:
        work.after_commit(partial(self._tell_to_stop, chat_id))

    def _tell_to_stop(self, chat_id: int) -> None:
        if (claim := self._running.get(chat_id)) is not None:
            claim.stop.set()

    async def stop(self, grace: float) -> None:
        self._stopping.set()
        over = asyncio.create_task(_all_over(self._lanes), name="turns-over")
        timer = asyncio.ensure_future(self._clock.sleep(grace))
        await asyncio.wait({over, timer}, return_when=asyncio.FIRST_COMPLETED)
        timer.cancel()
        await _end(self._lanes)
        await over

    def _add(self, chat_id: int, turn_id: int) -> None:
        """Queue a turn in its lane, by number; one that is there already is not queued twice."""
        claim = self._running.get(chat_id)
        lane = self._waiting.setdefault(chat_id, [])
        if turn_id not in lane and (claim is None or claim.turn_id != turn_id):
            insort(lane, turn_id)
        self._open_lane(chat_id)

    def _serve(self, handler: Handler) -> None:
        self._handler = handler
        for chat_id in list(self._waiting):
            self._open_lane(chat_id)

    def _open_lane(self, chat_id: int) -> None:
        if self._handler is None or self._stopping.is_set() or chat_id in self._lanes:
            return
        lane = asyncio.create_task(self._work_off(chat_id, self._handler), name=f"chat-{chat_id}")
        self._lanes[chat_id] = lane
        lane.add_done_callback(lambda _: self._close_lane(chat_id))

    def _close_lane(self, chat_id: int) -> None:
        del self._lanes[chat_id]
        if self._waiting.get(chat_id):
            self._open_lane(chat_id)
        else:
            self._waiting.pop(chat_id, None)

    async def _work_off(self, chat_id: int, handler: Handler) -> None:
        lane, tries = self._waiting[chat_id], 0
        while lane:
            async with self._free:
                if self._stopping.is_set():
                    return
                claim = Claim(lane.pop(0))
                begun = await self._begun(handler, claim, chat_id)
            if begun:
                tries = 0
            else:
                insort(lane, claim.turn_id)
                await self._sleep_or_stop(pause_after(tries))
                tries += 1

    async def _begun(self, handler: Handler, claim: Claim, chat_id: int) -> bool:
        """Let the handler do a turn; False where the database kept it from doing so."""
        self._running[chat_id] = claim
        try:
            await _handle(handler, claim, chat_id)
        except StorageUnavailable as error:
            log.warning("turn_waits_for_database", turn=claim.turn_id, chat=chat_id, reason=str(error))
            return False
        finally:
            del self._running[chat_id]
        return True

    async def _recover(self) -> None:
        """Queue the turns that the database says are waiting; keeps trying while it cannot be asked."""
        tries = 0
        while not self._stopping.is_set():
            try:
                async with self._storage() as work:
                    waiting = await work.turns.waiting()
            except StorageUnavailable as error:
                log.warning("turns_not_read", error=str(error))
                await self._sleep_or_stop(pause_after(tries))
                tries += 1
            else:
                self._add_again(waiting)
                return

    def _add_again(self, waiting: list[tuple[int, int]]) -> None:
        known = {turn_id for lane in self._waiting.values() for turn_id in lane}
        known |= {claim.turn_id for claim in self._running.values()}
        self._again = {turn_id: self._again.get(turn_id, Again()) for _, turn_id in waiting}
        for chat_id, turn_id in waiting:
            if turn_id not in known and self._again[turn_id].due <= self._clock.now():
                self._again[turn_id] = self._again[turn_id].next(self._clock.now())
                self._add(chat_id, turn_id)

    async def _sleep_or_stop(self, seconds: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        stopping = asyncio.create_task(self._stopping.wait(), name="queue-stop")
        try:
            await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            stopping.cancel()


async def _handle(handler: Handler, claim: Claim, chat_id: int) -> None:
    """Let the handler do a turn; whatever it raises but StorageUnavailable ends this turn's handling only."""
    try:
        await handler(claim)
    except StorageUnavailable:
        raise
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        log.exception("turn_broke_off", turn=claim.turn_id, chat=chat_id)
    except Exception:
        log.exception("turn_not_handled", turn=claim.turn_id, chat=chat_id)


async def _all_over(lanes: dict[int, asyncio.Task[None]]) -> None:
    while lanes:
        await asyncio.wait(set(lanes.values()))


async def _end(lanes: dict[int, asyncio.Task[None]]) -> None:
    for lane in lanes.values():
        lane.cancel()
    await _all_over(lanes)
