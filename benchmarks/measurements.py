"""What is measured, in which size, on which queue, and what it has to reach."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from benchmarks.databases import Databases
from benchmarks.figures import Figure, percentile
from benchmarks.processes import BotProcess, bot_process
from storage.procrastinate_heartbeat import Timing

MILLISECONDS, SECONDS, TURNS = "ms", "s", "turns/s"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured in one round: seconds, or numbers of turns.

    Each turn goes into the next of the `chats`, so that none waits for another of its chat unless that is measured.
    """

    yardstick: float
    at_one_a_second: int
    at_a_hundred_a_second: int
    pairs: int
    rush: float
    stops: int
    timing: Timing = field(default_factory=Timing)
    chats: int = 400


FULL = Size(yardstick=1.0, at_one_a_second=15, at_a_hundred_a_second=1000, pairs=50, rush=8.0, stops=40)
QUICK = Size(yardstick=0.3, at_one_a_second=3, at_a_hundred_a_second=200, pairs=15, rush=2.0, stops=15)
TINY = Size(0.02, 1, 4, 2, 0.2, 2, Timing(heartbeat=0.1, stall=1.0, sweep=0.1), chats=40)


@dataclass(frozen=True, slots=True)
class Round:
    """One round on one queue, each part on a fresh database."""

    queue: str
    databases: Databases
    size: Size

    def run(self) -> list[Figure]:
        parts = [self._alone, self._takeover] if self.queue == "SQLite" else [self._alone, self._two, self._takeover]
        figures: list[Figure] = []
        for part in parts:
            with self.databases() as url:
                figures += asyncio.run(part(url))
        return figures

    async def _alone(self, url: str) -> list[Figure]:
        """Everything that one process does by itself."""
        async with self._processes(url, "a") as [bot]:
            await bot.order("serve")
            figures = await self._starts(bot, 1, self.size.at_one_a_second)
            figures += await self._starts(bot, 100, self.size.at_a_hundred_a_second)
            laid = await self._yardstick(bot)
            gaps = await bot.order("follow", pairs=self.size.pairs)
            figures.append(self._late("a chat's next turn, p95", gaps, 95, 50, laid["p95"]))
            if self.queue == "SQLite":
                figures.append(await self._stops(bot, bot))
            return [*figures, await self._rush([bot], 150 if self.queue == "SQLite" else 300)]

    async def _two(self, url: str) -> list[Figure]:
        async with self._processes(url, "a", "b") as [one, other]:
            await one.order("serve")
            stops = await self._stops(one, other)
            await other.order("serve")
            return [stops, await self._rush([one, other], None)]

    async def _takeover(self, url: str) -> list[Figure]:
        """From the death of a worker in the middle of a turn until it begins elsewhere.

        On PostgreSQL in a process that serves already, on SQLite in one that is started after the death.
        """
        async with self._processes(url, "a") as [dying], AsyncExitStack() as successors:
            await dying.order("serve")
            turn = await dying.order("hold", number=0)
            laid = await self._yardstick(dying)
            on_sqlite = self.queue == "SQLite"
            if not on_sqlite:
                [successor] = await successors.enter_async_context(self._processes(url, "b"))
                await successor.order("serve")
            died = time.monotonic()
            dying.kill()
            if on_sqlite:
                [successor] = await successors.enter_async_context(self._processes(url, "b", chats=0))
                await successor.order("join")
            began = await successor.order("begun", turn=turn)
        took = began - died
        name = "takeover after kill -9, the worst"
        return [Figure(self.queue, name, took, SECONDS, -1, 12, laid["p50"] / 1000, 1, chance=True)]

    async def _starts(self, bot: BotProcess, rate: int, turns: int) -> list[Figure]:
        laid = await self._yardstick(bot)
        waits = await bot.order("talk", rate=rate, turns=turns)
        name = f"intake to start at {rate}/s"
        targets = (5, 15) if rate == 100 else (None, None)
        return [
            self._late(f"{name}, p50", waits, 50, targets[0], laid["p50"]),
            self._late(f"{name}, p95", waits, 95, targets[1], laid["p95"]),
        ]

    async def _stops(self, working: BotProcess, asking: BotProcess) -> Figure:
        laid = await self._yardstick(working)
        waits = []
        for number in range(self.size.stops):
            turn = await working.order("hold", number=number)
            pressed = await asking.order("stop", name=working.name, number=number)
            waits.append((await working.order("told", turn=turn) - pressed) * 1000)
        where = "the same process" if working is asking else "another process"
        return self._late(f"stop from {where}, p95", waits, 95, 100, laid["p95"])

    async def _rush(self, bots: Sequence[BotProcess], target: float | None) -> Figure:
        laid = await self._yardstick(bots[0])
        began = time.monotonic()
        turns = sum(await asyncio.gather(*(bot.order("rush", seconds=self.size.rush) for bot in bots)))
        rate = turns / (time.monotonic() - began)
        name = f"whole turns through {'one process' if len(bots) == 1 else f'{len(bots)} processes'}"
        return Figure(self.queue, name, rate, TURNS, 1, target, laid["commits"], turns)

    def _late(self, name: str, waits: Sequence[float], percent: int, target: float | None, commit: float) -> Figure:
        return Figure(self.queue, name, percentile(waits, percent), MILLISECONDS, -1, target, commit, len(waits))

    async def _yardstick(self, bot: BotProcess) -> dict[str, float]:
        laid: dict[str, float] = await bot.order("yardstick", seconds=self.size.yardstick)
        return laid

    @asynccontextmanager
    async def _processes(self, url: str, *names: str, chats: int | None = None) -> AsyncIterator[list[BotProcess]]:
        async with AsyncExitStack() as stack:
            bots = [await stack.enter_async_context(bot_process(url, name, self.size.timing)) for name in names]
            for bot in bots:
                await bot.order("open_chats", number=self.size.chats if chats is None else chats)
            yield bots
