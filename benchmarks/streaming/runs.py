"""One run: so many people ask at once, and what is seen of it."""

import asyncio
import sys
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.streaming.best import BEST
from benchmarks.streaming.endpoint import Endpoint
from benchmarks.streaming.screens import Behind, behind
from benchmarks.streaming.service import ROOT, ServiceProcess
from benchmarks.streaming.trouble import Trouble
from benchmarks.streaming.work import SECONDS, WORDS, answer, deltas
from benchmarks.streaming.worlds import SlackWorld, TelegramWorld, World
from playground.clock import Clock

LONGEST = 60.0
"""Seconds after the models' last words within which all answers have to stand, where nothing is in the way."""

LOOK = 0.25
REST = 1.0
"""Seconds after the last answer in which whatever is shown twice comes."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is run: the platform, the way in which answers grow, and for how many people at once."""

    platform: str
    transport: str
    people: int
    trouble: str = ""

    @property
    def name(self) -> str:
        return f"{self.platform} {self.transport} ×{self.people}" + (f", {self.trouble}" if self.trouble else "")


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds, microseconds of processor time for each word, MiB for each reply; words that are missing or twice."""

    case: Case
    age: float
    worst_age: float
    late: float | None
    worst_late: float | None
    first: float | None
    worst_first: float | None
    best: float
    refusals: int
    lost: int
    doubled: int
    cpu: float
    bare_cpu: float
    memory: float
    calls: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def run(case: Case) -> Result:
    """Start everything anew, let all ask at once, and wait until every answer stands or it takes too long."""
    clock = Clock(1.0)
    world, text = open_world(case, clock), answer()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="threadline-bench-")))
        await stack.enter_async_context(world.stand_in)
        endpoint = await stack.enter_async_context(Endpoint(clock, deltas(text)))
        service = await stack.enter_async_context(
            ServiceProcess(folder, {**world.settings, "OPENAI_BASE_URL": endpoint.base_url})
        )
        trouble = Trouble(case.trouble, world)
        cpu, memory = service.cpu(), service.memory()
        peak = asyncio.create_task(_peak(service))
        await asyncio.gather(*(world.ask(number, f"question-{number} please") for number in range(case.people)))
        await _until_all_stand(case, world, endpoint, trouble)
        spent = service.cpu() - cpu
        await asyncio.sleep(REST)
        peak.cancel()
        grown = max(service.memory(), *await _given(peak)) - memory
        bare = await _bare(endpoint.base_url, case.people)
    return _judge(case, world, endpoint, spent, grown, bare)


def open_world(case: Case, clock: Clock) -> World:
    """The platform's stand-in with its people; answers grow by edits in channels, and otherwise in the Messages tab."""
    if case.platform == "slack":
        return SlackWorld(clock, case.people, case.transport, channels=case.transport == "edit")
    return TelegramWorld(clock, case.people, case.transport)


async def _until_all_stand(case: Case, world: World, endpoint: Endpoint, trouble: Trouble) -> None:
    waiting, clock = set(range(case.people)), endpoint.clock
    until = clock.now() + SECONDS + LONGEST + trouble.longest
    while waiting and clock.now() < until:
        await asyncio.sleep(LOOK)
        if endpoint.ended >= case.people:
            waiting = {number for number in waiting if len(world.words(number)) < WORDS}


async def _peak(service: ServiceProcess) -> list[float]:
    """What is resident, looked at again and again, until it is cancelled."""
    seen = [service.memory()]
    try:
        while True:
            await asyncio.sleep(LOOK)
            seen.append(service.memory())
    except asyncio.CancelledError:
        return seen


async def _given(task: "asyncio.Task[list[float]]") -> list[float]:
    return await task


async def _bare(url: str, people: int) -> float:
    """Microseconds for each delta with the bare client."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.streaming.bare_client",
        url,
        str(people),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    said, _ = await process.communicate()
    return float(said)


def _judge(case: Case, world: World, endpoint: Endpoint, spent: float, grown: float, bare: float) -> Result:
    people = range(case.people)
    screens = [_screen(world, endpoint, number) for number in people]
    texts = [world.words(number) for number in people]
    lates, firsts = [screen.late for screen in screens], [screen.first for screen in screens]
    return Result(
        case=case,
        age=fmean(screen.age for screen in screens),
        worst_age=max(screen.age for screen in screens),
        late=_median(lates),
        worst_late=_worst(lates),
        first=_median(firsts),
        worst_first=_worst(firsts),
        best=BEST[case.platform, case.transport](case.people, SECONDS),
        refusals=world.refusals(),
        lost=sum(WORDS - len(set(text)) for text in texts),
        doubled=sum(sum(count - 1 for count in Counter(text).values()) for text in texts),
        cpu=spent / (case.people * WORDS) * 1e6,
        bare_cpu=bare,
        memory=grown / case.people,
        calls=world.calls(),
    )


def _screen(world: World, endpoint: Endpoint, number: int) -> Behind:
    return behind(endpoint.written[f"question-{number}"], world.showings(number))


def _median(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _worst(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if len(known) == len(values) else None
