"""The service in a process of the tests' own, which can be made to die at a named moment."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Mapping
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from adapters.telegram import Tenure
from bot.service import wiring
from bot.service.clock import SystemClock
from bot.service.logs import set_up_logs
from bot.service.settings import Settings, load_settings
from bot.service.wiring import open_models, open_service
from playground.clock import Clock
from storage import EmbeddedTurnQueue, ProcrastinateTurnQueue
from storage.procrastinate_heartbeat import Timing
from tests.chaos.traps import SPRUNG, Trap, TrappedAdapter, TrappedDatabase, TrappedModel
from tests.playground.rig import open_quick_ledger

QUICK = Timing(heartbeat=0.2, stall=1.5, sweep=0.2, retry=0.2)
"""A dead process is noticed within two seconds instead of twelve."""

WARM = "tests.chaos.warm"

PATIENCE = 20.0
"""Real seconds that a process has to die by itself, or to stop when it is told to."""


def serve(settings: Mapping[str, str], speed: float, log: Path, moment: str | None, count: int) -> None:
    """What the process does: the whole service, joined by the wiring, until SIGTERM or the trap."""
    log_file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log_file, 1)
    os.dup2(log_file, 2)
    os.environ.update(settings)
    set_up_logs("info")
    asyncio.run(_serve(load_settings(env_file=None), Clock(speed), Trap(moment, count)))


async def _serve(settings: Settings, clock: Clock, trap: Trap) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    database = TrappedDatabase(settings.database_url, trap)
    models = await open_models(settings)
    models.answers = TrappedModel(models.answers, trap)  # type: ignore[assignment]  # it does all that the model does
    with pytest.MonkeyPatch.context() as patch:
        _set_traps(patch, trap)
        service = open_service(settings, database, models, clock)
    await service.run(stop)


def _set_traps(patch: pytest.MonkeyPatch, trap: Trap) -> None:
    """Have the wiring use adapters with traps in them, and have dead processes found soon."""
    open_adapters = wiring.open_adapters

    def trapped_adapters(*given: Any, **named: Any) -> dict[str, Any]:
        return {name: TrappedAdapter(adapter, trap) for name, adapter in open_adapters(*given, **named).items()}

    def quick_queue(database: TrappedDatabase, clock: Clock) -> Any:
        if database.on_postgres:
            return ProcrastinateTurnQueue(database, SystemClock(), QUICK)
        return EmbeddedTurnQueue(database.storage, clock)

    patch.setattr(wiring, "open_adapters", trapped_adapters)
    patch.setattr(wiring, "open_queue", quick_queue)
    patch.setattr(wiring, "Tenure", partial(Tenure, seconds=QUICK.stall))
    patch.setattr(wiring, "open_ledger", open_quick_ledger)


class CrashingProcess:
    """Such a process, forked from one that has everything imported already: that saves two seconds for each."""

    def __init__(
        self, settings: Mapping[str, str], speed: float, log: Path, moment: str | None = None, count: int = 1
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([WARM])
        self._log = log
        self._process: BaseProcess = context.Process(
            target=serve, args=(dict(settings), speed, log, moment, count), daemon=True
        )

    def start(self) -> None:
        self._process.start()

    async def died(self) -> None:
        """Wait until the trap has killed it; raises AssertionError where it was not sprung.

        The exit code does not tell: now and then the server that forks loses it, and 255 stands for "not known".
        """
        await asyncio.to_thread(self._process.join, PATIENCE)
        code = self._process.exitcode
        assert self._log.read_bytes().endswith(SPRUNG), f"not sprung (exit code {code})\n{self.tail()}"

    async def stop(self) -> None:
        """Tell it to stop, and have it gone."""
        if self._process.is_alive():
            self._process.terminate()
            await asyncio.to_thread(self._process.join, PATIENCE)
            if self._process.is_alive():
                self._process.kill()
                await asyncio.to_thread(self._process.join, PATIENCE)
        self._process.close()

    def tail(self, lines: int = 30) -> str:
        said = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join([f"-- {self._log.name}", *said[-lines:]])
