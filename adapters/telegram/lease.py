"""Who of several processes polls: Telegram gives a bot's updates to one at a time, and ends the older of two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from bot.engine.delivery import end_task
from bot.engine.errors import StorageUnavailable
from bot.engine.ports import Clock, Storage

_log = structlog.get_logger(__name__)

_RENEWED_AFTER = 0.25  # of its time, so that it can fail twice
_TRUSTED_FOR = 0.9  # of its time, counted from before it was asked for


@dataclass(frozen=True, slots=True)
class Tenure:
    """The name of this process, and the seconds after which the others may take its place when it is silent."""

    holder: str
    seconds: float = 10.0


class Alone:
    """The right to poll of a process that has the database for itself: nobody else can want it."""

    good = True

    def __init__(self, storage: Storage, name: str) -> None:
        self._storage = storage
        self._name = name

    async def take(self) -> int:
        """How far we came."""
        async with self._storage() as work:
            return await work.events.offset(self._name)

    @asynccontextmanager
    async def renewed(self) -> AsyncIterator[asyncio.Event]:
        yield asyncio.Event()

    async def move(self, offset: int) -> bool:
        async with self._storage() as work:
            await work.events.move_offset(self._name, offset)
            await work.commit()
        return True

    async def release(self) -> None:
        """Nothing to leave to anybody."""


class Lease:
    """The right to poll of one among several. Every method raises StorageUnavailable."""

    def __init__(self, storage: Storage, clock: Clock, name: str, tenure: Tenure) -> None:
        self._storage = storage
        self._clock = clock
        self._name = name
        self._tenure = tenure
        self._until = 0.0

    @property
    def good(self) -> bool:
        """Whether it surely is still ours: also right for a process that was frozen until now."""
        return self._clock.now() < self._until

    async def take(self) -> int | None:
        """Where the last holder came to, if the lease can be had; None where somebody else has it."""
        asked = self._clock.now()
        async with self._storage() as work:
            if not await work.leases.hold(self._name, self._tenure.holder, self._tenure.seconds):
                return None
            offset = await work.events.offset(self._name)
            await work.commit()
        self._trust(asked)
        return offset

    @asynccontextmanager
    async def renewed(self) -> AsyncIterator[asyncio.Event]:
        """Renew it meanwhile; the event is set as soon as that has failed for too long, before others can have it."""
        lost = asyncio.Event()
        tasks = [asyncio.create_task(job(lost), name="telegram lease") for job in (self._renew, self._watch)]
        try:
            yield lost
        finally:
            for task in tasks:
                await end_task(task)

    async def move(self, offset: int) -> bool:
        """Store how far we came, unless somebody else took our place meanwhile; then he knows better."""
        async with self._storage() as work:
            if not await work.leases.guard(self._name, self._tenure.holder):
                self._until = 0.0
                return False
            await work.events.move_offset(self._name, offset)
            await work.commit()
        return True

    async def release(self) -> None:
        """Let the next one begin at once."""
        self._until = 0.0
        async with self._storage() as work:
            await work.leases.release(self._name, self._tenure.holder)
            await work.commit()

    async def _renew(self, lost: asyncio.Event) -> None:
        held = True
        while held:
            await self._clock.sleep(self._tenure.seconds * _RENEWED_AFTER)
            try:
                held = await self._hold()
            except StorageUnavailable as error:
                _log.info("telegram_lease_not_renewed", reason=str(error))
        self._until = 0.0
        lost.set()

    async def _hold(self) -> bool:
        asked = self._clock.now()
        async with self._storage() as work:
            held = await work.leases.hold(self._name, self._tenure.holder, self._tenure.seconds)
            await work.commit()
        if held:
            self._trust(asked)
        return held

    async def _watch(self, lost: asyncio.Event) -> None:
        """Also where a renewal hangs, with the database it waits for."""
        while (left := self._until - self._clock.now()) > 0:
            await self._clock.sleep(left)
        lost.set()

    def _trust(self, asked: float) -> None:
        self._until = asked + self._tenure.seconds * _TRUSTED_FOR
