"""The service's processes, as many as there shall be at a time."""

import asyncio
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from tests.chaos.service_process import ServiceProcess

STOPPED, UNHEARD = 0, -15
"""How a process ends that was told to stop: as promised, or at once where it had not begun to listen."""

NO_DATABASE = (1, "The database cannot be used")
"""How a process ends that finds no database when it starts."""


class Replicas:
    """Each slot has one process; what ends is replaced by a new one. On SQLite there is one slot, and one process."""

    def __init__(self, number: int, settings: Mapping[str, str], folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._numbers = count(1)
        self._slots: list[ServiceProcess] = []
        self._busy = [asyncio.Lock() for _ in range(number)]
        self.all: list[ServiceProcess] = []

    async def start(self) -> None:
        """Start all; returns when they serve."""
        self._slots = [await self._new() for _ in self._busy]
        for process in self._slots:
            await process.serves()

    async def end(self) -> None:
        for process in self.all:
            await process.end()

    @property
    def standing(self) -> list[ServiceProcess]:
        return list(self._slots)

    async def revive(self) -> None:
        """Start again what ended because the database was away while it started, as whoever runs it would do.

        Raises AssertionError where a process ended by itself for any other reason.
        """
        for slot, process in enumerate(self._slots):
            if not process.runs and not self._busy[slot].locked():
                excused = process.exit_code == NO_DATABASE[0] and NO_DATABASE[1] in process.log
                assert excused, f"{process.name} ended by itself with {process.exit_code}\n{process.tail()}"
                self._slots[slot] = await self._new()

    async def kill(self, slot: int, pause: float) -> None:
        """Kill it at once, and start another after so many seconds."""
        async with self._busy[slot]:
            self._slots[slot].kill()
            await self._slots[slot].ended()
            await asyncio.sleep(pause)
            self._slots[slot] = await self._new()

    async def deploy(self, slot: int) -> None:
        """Have it stop and another take its place: before, where there may be several."""
        async with self._busy[slot]:
            old = self._slots[slot]
            if len(self._slots) > 1:
                self._slots[slot] = await self._new()
            await _stopped(old)
            if len(self._slots) == 1:
                self._slots[slot] = await self._new()

    async def stop(self) -> None:
        """Stop all, one after the other."""
        for process in self._slots:
            await _stopped(process)

    async def freeze(self, slot: int, seconds: float) -> None:
        async with self._busy[slot]:
            self._slots[slot].freeze()
            await asyncio.sleep(seconds)
            self._slots[slot].thaw()

    async def _new(self) -> ServiceProcess:
        process = ServiceProcess(f"process-{next(self._numbers)}", self._settings, self._folder)
        await process.start()
        self.all.append(process)
        return process


async def _stopped(process: ServiceProcess) -> None:
    """Tell it to stop; raises AssertionError where it does not end as promised."""
    process.terminate()
    code = await process.ended()
    as_promised = code == STOPPED or (code == UNHEARD and not process.log)
    assert as_promised, f"{process.name} was told to stop and ended with {code}\n{process.tail()}"
