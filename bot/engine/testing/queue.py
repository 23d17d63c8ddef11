"""A turn queue that runs turns when it is told to."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.engine.errors import StorageUnavailable
from bot.engine.ports import Claim, Storage, UnitOfWork
from bot.engine.turns import Turn

Handler = Callable[[Claim], Awaitable[None]]


class MemoryTurnQueue:
    """Port `TurnQueue`. A test either lets `run` serve in a task, or calls `run_all` to have it done here and now.

    `waiting` are the (chat id, turn id) that were committed and not begun, `problems` what handlers raised.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.waiting: list[tuple[int, int]] = []
        self.problems: list[Exception] = []
        self._running: dict[int, Claim] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._stopped = False

    async def put(self, work: UnitOfWork, turn: Turn) -> None:
        work.after_commit(lambda: self._add(turn.chat_id, turn.id))

    async def run_all(self, handler: Handler) -> None:
        """Handle what waits, one turn after the other, until nothing does; errors of the handler are raised."""
        while self.waiting:
            chat_id, turn_id = self.waiting.pop(0)
            self._running[chat_id] = claim = Claim(turn_id)
            try:
                await handler(claim)
            finally:
                del self._running[chat_id]

    async def run(self, handler: Handler) -> None:
        async with self._storage() as work:
            for chat_id, turn_id in await work.turns.waiting():
                self._add(chat_id, turn_id)
        self.waiting.sort(key=lambda entry: entry[1])
        try:
            while not self._stopped or self._tasks:
                self._changed.clear()
                self._begin_turns(handler)
                await self._changed.wait()
        finally:
            self._stopped = True
            await self._end_tasks()

    async def cancel(self, work: UnitOfWork, chat_id: int) -> None:
        work.after_commit(lambda: self._tell_to_stop(chat_id))

    async def stop(self, grace: float) -> None:
        self._stopped = True
        self._changed.set()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=grace)
        await self._end_tasks()

    def _tell_to_stop(self, chat_id: int) -> None:
        if (claim := self._running.get(chat_id)) is not None:
            claim.stop.set()

    def _add(self, chat_id: int, turn_id: int) -> None:
        running = self._running.get(chat_id)
        if (chat_id, turn_id) not in self.waiting and (running is None or running.turn_id != turn_id):
            self.waiting.append((chat_id, turn_id))
            self._changed.set()

    def _begin_turns(self, handler: Handler) -> None:
        for chat_id, turn_id in list(self.waiting):
            if chat_id not in self._running and not self._stopped:
                self.waiting.remove((chat_id, turn_id))
                self._running[chat_id] = claim = Claim(turn_id)
                task = asyncio.create_task(self._handle(handler, chat_id, claim), name=f"turn-{turn_id}")
                self._tasks.add(task)
                task.add_done_callback(self._over)

    async def _handle(self, handler: Handler, chat_id: int, claim: Claim) -> None:
        try:
            await handler(claim)
        except StorageUnavailable:
            self.waiting.insert(0, (chat_id, claim.turn_id))
        except Exception as problem:
            self.problems.append(problem)
        finally:
            del self._running[chat_id]

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._changed.set()

    async def _end_tasks(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        while self._tasks:
            await asyncio.wait(set(self._tasks))
