"""The sign of life of a worker, and what it learns by giving it."""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.engine.errors import StorageUnavailable
from bot.engine.ports import Clock
from storage.procrastinate_jobs import Lease, TurnJobs

log = structlog.get_logger()

MISSES = 3
"""How many heartbeats in a row a lease must be without a running turn before it is given back: a turn that was taken
this moment runs by the next one."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds between heartbeats, until a silent worker is taken for dead, between sweeps, and before a second try.

    A dead worker's turn begins elsewhere after `stall` + `sweep` at most.
    """

    heartbeat: float = 2.0
    stall: float = 10.0
    sweep: float = 1.0
    retry: float = 60.0

    @property
    def trust(self) -> float:
        """How long after a heartbeat a worker may take its leases for good: it must let go before others take over."""
        return self.stall * 0.75


class Turns(Protocol):
    """The turns that run in this worker."""

    def leases(self) -> set[Lease]:
        """Of the turns whose handlers run."""

    def has(self, lease: Lease) -> bool:
        """Whether the turn is not yet settled with the database."""

    def stop(self, lease: Lease) -> None:
        """Somebody wants the turn to end."""

    def break_off(self, leases: set[Lease]) -> None:
        """Cancel the handlers: these turns are no longer ours."""


class Heartbeat:
    """Beats until cancelled, whatever the database does.

    The time is the wall clock's, for that goes on while a machine sleeps, and the monotonic one's, for nobody can put
    that back: the first by which a lease is over counts. `worker_id` changes where a worker that was away too long
    begins anew.
    """

    def __init__(self, jobs: TurnJobs, clock: Clock, timing: Timing, turns: Turns, worker_id: int) -> None:
        self._jobs = jobs
        self._clock = clock
        self._timing = timing
        self._turns = turns
        self._misses: Counter[Lease] = Counter()
        self._good_at = self._times()
        self._away = False
        self.worker_id = worker_id

    @property
    def good(self) -> bool:
        """Whether the last heartbeat that reached the database is fresh enough to trust in the leases."""
        return self._left() > 0

    async def beat(self) -> None:
        while True:
            await self._clock.sleep(self._timing.heartbeat)
            try:
                await self._beat_once()
            except StorageUnavailable as error:
                if not self._away:
                    log.warning("heartbeat_failed", worker=self.worker_id, reason=str(error))
                self._away = True
            else:
                self._away = False

    async def watch(self) -> None:
        """Let go of every turn in time, also where a heartbeat hangs: the database will give them to others."""
        while True:
            left = self._left()
            if left <= 0:
                self._let_go(self._turns.leases(), "worker_was_away")
                left = self._timing.heartbeat
            await self._clock.sleep(left)

    def _left(self) -> float:
        return self._timing.trust - max(now - then for now, then in zip(self._times(), self._good_at, strict=True))

    def _times(self) -> tuple[float, float]:
        return self._clock.now(), time.monotonic()

    async def _beat_once(self) -> None:
        if not self.good:  # frozen until now: the timers of the handlers are due as well
            self._let_go(self._turns.leases(), "worker_was_away")
        sent, known = self._times(), self._turns.leases()
        held = await self._jobs.beat(self.worker_id)
        self._let_go(known & self._turns.leases() - set(held or ()), "turns_were_taken_away")
        if held is None:
            self.worker_id = await self._jobs.register_worker()
            held = {}
        self._good_at = sent
        for lease, wanted_to_end in held.items():
            if wanted_to_end:
                self._turns.stop(lease)
        await self._give_back_strays(set(held))

    def _let_go(self, leases: set[Lease], why: str) -> None:
        if leases:
            log.warning(why, worker=self.worker_id, turns=sorted(lease.turn_id for lease in leases))
            self._turns.break_off(leases)

    async def _give_back_strays(self, held: set[Lease]) -> None:
        """The database was away when we said that a turn is over, or took one and never heard of it."""
        strays = {lease for lease in held if not self._turns.has(lease)}
        self._misses = Counter({lease: self._misses[lease] + 1 for lease in strays})
        for lease in [lease for lease in strays if self._misses[lease] >= MISSES]:
            log.warning("turn_given_back", turn=lease.turn_id, chat=lease.chat_id)
            await self._jobs.give_back(lease)
