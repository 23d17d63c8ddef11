"""The order in which the service starts and stops, over parts that only say what is done to them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from aiohttp import web

from adapters.web import Server, serve
from bot.engine.engine import Engine
from bot.engine.errors import StorageUnavailable
from bot.engine.ports import Claim, Messenger, UnitOfWork
from bot.engine.testing import MemoryMessenger
from bot.engine.turns import Turn
from bot.service.service import Adapter, Parts, Service
from tests.unit.world import World


class Healthy:
    """Port Health."""

    async def problems(self) -> Sequence[str]:
        return []

    def remarks(self) -> Sequence[str]:
        return []

    def metrics(self) -> bytes:
        return b""


class Diary:
    """An adapter and a turn queue that write down what is done to them, and fail or hang where they are told to."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failing: dict[str, list[Exception]] = {}
        self.hanging: set[str] = set()
        self.reached = asyncio.Event()
        self._stopped = asyncio.Event()

    async def note(self, line: str) -> None:
        self.lines.append(line)
        if self.failing.get(line):
            raise self.failing[line].pop(0)
        if line in self.hanging:
            self.reached.set()
            await asyncio.Event().wait()

    @property
    def messenger(self) -> Messenger:
        return MemoryMessenger()

    async def start(self, engine: Engine) -> None:
        await self.note("adapter starts")

    async def start_sending(self) -> None:
        await self.note("adapter starts to send")

    def routes(self) -> Sequence[web.RouteDef]:
        return []

    def ready(self) -> str | None:
        return None

    def remark(self) -> str | None:
        return None

    async def stop_intake(self) -> None:
        await self.note("intake stops")

    async def close(self) -> None:
        await self.note("adapter closes")

    async def check(self) -> list[str]:
        return []

    async def put(self, work: UnitOfWork, turn: Turn) -> None:
        """Nothing is put here."""

    async def run(self, handler: Callable[[Claim], Awaitable[None]]) -> None:
        self.reached.set()
        await self.note("queue runs")
        await self._stopped.wait()

    async def cancel(self, work: UnitOfWork, chat_id: int) -> None:
        """Nothing runs here."""

    async def stop(self, grace: float) -> None:
        await self.note(f"queue stops in {grace:g} s")
        self._stopped.set()


class Stage:
    def __init__(self) -> None:
        self.world = World()
        self.diary = Diary()
        self.stop = asyncio.Event()
        world, adapters = self.world, dict[str, Adapter](memory=self.diary)

        async def serve_http(routes: Sequence[web.RouteDef]) -> Server:
            return await serve("127.0.0.1", 0, routes, Healthy())

        async def close() -> None:
            await self.diary.note("database closes")

        parts = Parts(
            world.engine,
            world.answering,
            world.titler,
            self.diary,
            world.background,
            world.outbox,
            adapters,
            world.clock,
            serve_http,
            close,
        )
        self.service = Service(parts)

    async def run(self) -> asyncio.Task[None]:
        running = asyncio.create_task(self.service.run(self.stop))
        async with asyncio.timeout(5):
            await self.diary.reached.wait()
        return running


END = ["intake stops", "queue stops in 20 s", "adapter closes", "database closes"]


async def ended(running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(5):
        await running


async def test_intake_starts_before_the_queue_and_stops_first() -> None:
    stage = Stage()
    running = await stage.run()
    assert stage.service.port > 0
    stage.stop.set()
    await ended(running)
    assert stage.diary.lines == ["adapter starts", "queue runs", *END]


async def test_a_stop_in_the_middle_of_the_start_ends_it_at_once() -> None:
    stage = Stage()
    stage.diary.hanging.add("adapter starts")
    running = await stage.run()
    stage.stop.set()
    await ended(running)
    assert stage.diary.lines == ["adapter starts", *END]


async def test_a_start_that_fails_is_raised_after_everything_is_closed() -> None:
    stage = Stage()
    stage.diary.failing["adapter starts"] = [ValueError("no token")]
    with pytest.raises(ValueError, match="no token"):
        await stage.service.run(stage.stop)
    assert stage.diary.lines == ["adapter starts", *END]


@pytest.mark.parametrize("step", END)
async def test_a_step_of_the_end_that_fails_keeps_no_other_from_being_done(step: str) -> None:
    stage = Stage()
    stage.diary.failing[step] = [OSError("broken pipe")]
    running = await stage.run()
    stage.stop.set()
    with pytest.raises(OSError, match="broken pipe"):
        await ended(running)
    assert stage.diary.lines == ["adapter starts", "queue runs", *END]


async def test_a_service_whose_queue_breaks_ends_instead_of_taking_in_what_nobody_answers() -> None:
    stage = Stage()
    stage.diary.failing["queue runs"] = [RuntimeError("a bug")]
    running = await stage.run()
    with pytest.raises(RuntimeError, match="a bug"):
        await ended(running)
    assert stage.diary.lines == ["adapter starts", "queue runs", *END]


async def test_a_time_without_a_database_is_waited_for_by_queue_and_housekeeping() -> None:
    stage = Stage()
    stage.world.storage.broken = True
    stage.diary.failing["queue runs"] = [StorageUnavailable("away")]
    running = asyncio.create_task(stage.service.run(stage.stop))
    clock = stage.world.clock
    await clock.advance_until(lambda: clock.sleeping == 3)
    assert "queue runs" not in stage.diary.lines
    stage.world.storage.broken = False
    await clock.advance_until(lambda: stage.diary.lines.count("queue runs") == 2)
    stage.stop.set()
    await ended(running)
