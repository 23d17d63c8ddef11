"""How turns leave the queue."""

import asyncio
from enum import Enum

from storage.procrastinate_jobs import Lease, TurnJobs


class Finished(Enum):
    """What became of a turn that is over; `NOT`: it is not shown yet, or the lease is void."""

    LAST_OF_CHAT = 1
    ANOTHER_WAITS = 2
    NOT = 3


class Finishing:
    """Finishes turns; those that are over in the same moment, or while others are being finished, in one statement."""

    def __init__(self, jobs: TurnJobs) -> None:
        self._jobs = jobs
        self._over: dict[Lease, asyncio.Future[Finished]] = {}
        self._task: asyncio.Task[None] | None = None

    async def finish(self, lease: Lease) -> Finished:
        """Raises StorageUnavailable."""
        answer: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()
        self._over[lease] = answer
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._finish_all(), name="turns-finish")
        return await answer

    async def _finish_all(self) -> None:
        """Whatever goes wrong is told to those who wait for it."""
        while self._over:
            over, self._over = self._over, {}
            try:
                more = await self._jobs.finish(list(over))
            except Exception as error:
                for answer in over.values():
                    if not answer.done():
                        answer.set_exception(error)
            else:
                for lease, answer in over.items():
                    if not answer.done():
                        answer.set_result(_finished(more.get(lease.turn_id)))


def _finished(more: bool | None) -> Finished:
    if more is None:
        return Finished.NOT
    return Finished.ANOTHER_WAITS if more else Finished.LAST_OF_CHAT
