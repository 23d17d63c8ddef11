"""What a process is told to do, and what it answers."""

import asyncio
import time
from dataclasses import asdict
from itertools import cycle

from benchmarks.bot import FOR_EVER, Bot, place
from benchmarks.doorbell import ring
from benchmarks.yardstick import lay
from bot.engine.chats import ChatKey

BACKLOG = 32
"""Turns under way in each process when it is to do as many as it can."""

LEAD = 0.05
"""Seconds between an order and its first message."""


class Orders:
    """The measurements as one process sees them. Times are milliseconds, moments those of the monotonic clock."""

    def __init__(self, bot: Bot, url: str, name: str) -> None:
        self._bot = bot
        self._url = url
        self._name = name
        self._chats: list[ChatKey] = []

    async def open_chats(self, number: int) -> None:
        self._chats = await self._bot.open_chats(self._name, number)

    async def serve(self) -> None:
        """Take turns from now on; returns once the first one was done, so that nothing is cold."""
        self._bot.serve()
        for key in self._chats[:20]:
            await self._bot.say(key)
        await self._bot.diary.until(lambda: bool(self._bot.diary.ended))
        await self._idle()

    async def join(self) -> None:
        """Take turns from now on."""
        self._bot.serve()

    async def yardstick(self, seconds: float) -> dict[str, float]:
        return asdict(await lay(self._url, seconds))

    async def talk(self, rate: float, turns: int) -> list[float]:
        """From each message's arrival to its turn's start; they arrive evenly, each in another chat."""
        diary, begun = self._bot.diary, len(self._bot.diary.began)
        first = time.monotonic() + LEAD
        moments = [first + number / rate for number in range(turns)]
        asked: dict[str, float] = {}
        asking: list[asyncio.Task[None]] = []

        async def ask(number: int) -> None:
            asked[await self._bot.say(self._chats[number % len(self._chats)])] = moments[number]

        thread = ring(moments, lambda number: asking.append(asyncio.create_task(ask(number))))
        await diary.until(lambda: len(diary.began) >= begun + turns)
        await asyncio.gather(*asking)
        thread.join()
        await self._idle()
        return [(diary.began[await self._bot.turn_of(name)] - moment) * 1000 for name, moment in asked.items()]

    async def follow(self, pairs: int) -> list[float]:
        """From the end of a chat's first turn to the start of its second, which was asked meanwhile."""
        diary, gaps = self._bot.diary, []
        for key in self._chats[:pairs]:
            first, second = [await self._bot.turn_of(name) for name in [await self._bot.say(key) for _ in range(2)]]
            await diary.until(lambda second=second: second in diary.began)  # type: ignore[misc]
            gaps.append((diary.began[second] - diary.ended[first]) * 1000)
        await self._idle()
        return gaps

    async def rush(self, seconds: float) -> int:
        """How many turns this process did; for each that it ends it asks for another one, in the next chat."""
        diary = self._bot.diary
        before, until = len(diary.ended), time.monotonic() + seconds
        questions = cycle(self._chats)
        async with asyncio.TaskGroup() as asking:
            asked = before - BACKLOG
            while time.monotonic() < until:
                for _ in range(len(diary.ended) - asked):
                    asking.create_task(self._bot.say(next(questions)))
                asked = len(diary.ended)
                await diary.until(lambda asked=asked: len(diary.ended) > asked)  # type: ignore[misc]
        return len(diary.ended) - before

    async def hold(self, number: int) -> int:
        """Be in the middle of a turn that does not end; its number."""
        held = self._bot.diary.held
        message = await self._bot.say(self._chats[number], FOR_EVER)
        await self._bot.diary.until(lambda: len(held) > number)
        return await self._bot.turn_of(message)

    async def begun(self, turn: int) -> float:
        """When the turn began here."""
        began = self._bot.diary.began
        await self._bot.diary.until(lambda: turn in began)
        return began[turn]

    async def stop(self, name: str, number: int) -> float:
        """Have a person stop the turn in a chat of the process of this name; when that was."""
        moment = time.monotonic()
        await self._bot.engine.stop(place(name, number))
        return moment

    async def told(self, turn: int) -> float:
        """When the handler of the turn was told to stop."""
        told = self._bot.diary.told
        await self._bot.diary.until(lambda: turn in told)
        return told[turn]

    async def _idle(self) -> None:
        diary = self._bot.diary
        await diary.until(lambda: len(diary.ended) == len(diary.began))
