"""Small jobs that nobody waits for, with an owner and an end."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from bot.engine.errors import DeliveryError, StorageUnavailable

log = structlog.get_logger()


class Background:
    """Runs jobs beside everything else; what goes wrong in one is logged and ends that job only."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, job: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(_guarded(job, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def busy(self) -> bool:
        return bool(self._tasks)

    def runs(self, name: str) -> bool:
        return any(task.get_name() == name for task in self._tasks)

    async def idle(self) -> None:
        """Wait until no job is left."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self, grace: float) -> None:
        """Let the jobs finish for `grace` seconds, then cancel them."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def _guarded(job: Coroutine[Any, Any, None], name: str) -> None:
    try:
        await job
    except (DeliveryError, StorageUnavailable) as error:
        log.warning("job_failed", job=name, error=type(error).__name__, reason=str(error))
    except Exception:
        log.exception("job_broken", job=name)
