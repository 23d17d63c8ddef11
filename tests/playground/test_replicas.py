"""Several processes on one PostgreSQL, as people run them: the others make up for who stops, hangs or only works."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from bot.engine import texts
from playground.openai_script import Answer, Request
from tests.chaos.places import Place
from tests.chaos.questions import answer, number_of, question, titles
from tests.chaos.service_process import ServiceProcess
from tests.chaos.world import World
from tests.playground.rig import free_port

SPEED = 5.0
"""How much faster than the processes the platforms live."""

PATIENCE = 40.0
"""Real seconds that a test waits for something to happen before it fails."""

pytestmark = pytest.mark.timeout(180)

WORDS = 120
FAILOVER = 15.0
"""Seconds within which another replica polls when the one that did was killed."""

HANDOVER = 5.0
"""The same when it stopped in order."""

TROUBLE = ("[warning", "[error", "[critical", "Traceback")


class Deployment:
    """Processes of the service on one database, and people on both platforms who ask.

    The model leaves the first answer to each question of `held` unfinished.
    """

    def __init__(self, url: str, folder: Path, stack: AsyncExitStack) -> None:
        self._url = url
        self._folder = folder
        self._stack = stack
        self._asked: set[int] = set()
        self.held: set[int] = set()
        self.world = World(SPEED, self._reply)
        self.processes: list[ServiceProcess] = []

    async def start(self, command: str = "run", **settings: str) -> ServiceProcess:
        """One process more; returns before it serves."""
        environment = {**self.world.settings, "DATABASE_URL": self._url, "DRAIN_SECONDS": "0.5", **settings}
        process = ServiceProcess(f"{command} {len(self.processes) + 1}", environment, self._folder, command)
        self.processes.append(process)
        self._stack.push_async_callback(process.end)
        await process.start()
        return process

    async def serving(self, command: str = "run", **settings: str) -> ServiceProcess:
        """One process more, which serves."""
        process = await self.start(command, **settings)
        await self.until(lambda: " started " in process.log)
        return process

    async def until(self, condition: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await asyncio.sleep(0.02)  # nothing tells of a line in a log
        except TimeoutError:
            raise AssertionError("\n".join(process.tail(40) for process in self.processes)) from None

    async def until_answered(self, place: Place, number: int) -> None:
        await self.until(lambda: is_answered(place, number))

    @property
    def trouble(self) -> list[str]:
        lines = [line for process in self.processes for line in process.log.splitlines()]
        return [line for line in lines if any(sign in line for sign in TROUBLE)]

    def _reply(self, request: Request) -> Answer | None:
        number = number_of(request.question)
        if number is None or titles(request) is not None:
            return None
        whole = answer(number, WORDS)
        if number in self.held and number not in self._asked:
            self._asked.add(number)
            return Answer(whole, size=20, rate=2_000, silent_after=len(whole) // 2)
        return Answer(whole, size=20, rate=20_000)


def is_answered(place: Place, number: int) -> bool:
    """Whether the place's last message is the whole answer, done with."""
    shown = place.shown()
    return (
        bool(shown)
        and shown[-1].text.split() == answer(number, WORDS).split()
        and texts.STOP.english not in shown[-1].buttons
    )


def is_begun(place: Place, number: int) -> bool:
    seen = [shown.text for shown in place.shown()[-1:]] + [place.growing()]
    return any(answer(number, 1) in text for text in seen)


@pytest.fixture
async def deployment(postgres_url: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    async with AsyncExitStack() as stack:
        deployment = Deployment(postgres_url, tmp_path, stack)
        await stack.enter_async_context(deployment.world)  # outlives the processes
        yield deployment


async def test_a_rolling_deploy_hands_answers_over_and_takes_everything_in(deployment: Deployment) -> None:
    """The old one stops in the middle of two answers: each goes on elsewhere, in the same message."""
    world = deployment.world
    thread, chat, later_thread, later_chat = world.thread(), world.private(), world.thread(1), world.private(1)
    deployment.held = {1, 2}
    old = await deployment.serving(TELEGRAM_STREAMING="edit")
    await thread.ask(question(1))
    await chat.ask(question(2))
    await deployment.until(lambda: is_begun(thread, 1) and is_begun(chat, 2))
    new = await deployment.serving(TELEGRAM_STREAMING="edit")
    await deployment.until(lambda: "telegram_stands_by" in new.log)
    messages = [place.shown()[0].id for place in (thread, chat)]

    old.terminate()
    stopped_at = time.monotonic()
    await later_thread.ask(question(3))
    await later_chat.ask(question(4), 1)
    await deployment.until(lambda: "telegram_polls" in new.log)
    assert time.monotonic() - stopped_at < HANDOVER
    assert await old.ended() == 0
    for number, place in enumerate((thread, chat, later_thread, later_chat), 1):
        await deployment.until_answered(place, number)
    assert [[shown.id for shown in place.shown()] for place in (thread, chat)] == [[each] for each in messages]
    await deployment.until(lambda: not world.undelivered)  # what met a closing socket comes again
    assert [len(place.shown()) for place in (thread, chat, later_thread, later_chat)] == [1, 1, 1, 1]
    assert deployment.trouble == []


async def test_a_replica_that_hangs_is_made_up_for_by_another_and_does_no_harm_afterwards(
    deployment: Deployment,
) -> None:
    """Harder than a kill: its connections stay open, its long poll too, and it comes back."""
    world = deployment.world
    chat, later = world.private(), world.private(1)
    deployment.held = {1}
    first = await deployment.serving()
    await chat.ask(question(1))
    await deployment.until(lambda: is_begun(chat, 1))
    second = await deployment.serving()
    first.freeze()
    frozen_at = time.monotonic()
    await later.ask(question(2), 1)
    await deployment.until(lambda: "telegram_polls" in second.log)
    assert time.monotonic() - frozen_at < FAILOVER
    await deployment.until_answered(chat, 1)
    await deployment.until_answered(later, 2)
    first.thaw()
    await deployment.until(lambda: "telegram_stands_by" in first.log)
    await later.ask(question(3), 1)
    await deployment.until_answered(later, 3)
    assert [len(place.shown()) for place in (chat, later)] == [1, 2]


async def test_a_worker_answers_what_others_took_in_and_takes_nothing_in_itself(deployment: Deployment) -> None:
    world, port = deployment.world, str(free_port())
    thread, chat = world.thread(), world.private()
    deployment.held = {1, 2}
    replica = await deployment.serving()
    await thread.ask(question(1))
    await chat.ask(question(2))
    await deployment.until(lambda: is_begun(thread, 1) and is_begun(chat, 2))
    await deployment.serving("worker", PORT=port)
    replica.terminate()
    assert await replica.ended() == 0
    await deployment.until_answered(thread, 1)
    await deployment.until_answered(chat, 2)
    assert [len(place.shown()) for place in (thread, chat)] == [1, 1]
    assert world.slack.sockets.open == []
    polls = len(world.telegram.calls_of("getUpdates"))
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        async with http.get("/readyz") as ready:
            assert (ready.status, await ready.json()) == (200, {"status": "ready"})
        async with http.post("/slack/events") as refused, http.post("/telegram/webhook") as refused_too:
            assert (refused.status, refused_too.status) == (404, 404)
        async with http.get("/metrics") as metrics:
            assert metrics.status == 200
    assert len(world.telegram.calls_of("getUpdates")) == polls
    assert deployment.trouble == []


async def test_replicas_and_a_worker_can_all_start_at_the_same_moment(deployment: Deployment) -> None:
    commands = ("run", "run", "worker")
    settings = {"SLACK_CONNECTIONS": "1"}
    processes = [await deployment.start(command, **settings) for command in commands]
    await deployment.until(lambda: all(" started " in process.log for process in processes))
    await deployment.until(lambda: sum("telegram_polls" in process.log for process in processes) == 1)
    chats = [deployment.world.private(person) for person in range(3)]
    for number, chat in enumerate(chats):
        await chat.ask(question(number), number)
    for number, chat in enumerate(chats):
        await deployment.until_answered(chat, number)
    for process in processes:
        process.terminate()
    assert [await process.ended() for process in processes] == [0, 0, 0]
    assert deployment.trouble == []
