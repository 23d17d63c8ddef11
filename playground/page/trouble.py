"""Bad days at the flip of a switch: what networks, platforms and models do to a bot."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from playground.changes import Changes
from playground.model_tap import ModelTap
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn

SQUEEZED = 0.2
"""The share of every budget that is left while the limits are tight."""

OUTAGE_SECONDS = 10.0
CUT_EVERY = 3.0
"""Seconds between two losses of every connection."""

BAD_GATEWAY = 502


@dataclass
class Trouble:
    """The switches by name: `set` flips one. An outage ends by itself; `close` ends everything."""

    slack: SlackStandIn
    telegrams: tuple[TelegramStandIn, ...]
    tap: ModelTap
    changes: Changes
    on: set[str] = field(default_factory=set)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def set(self, name: str, on: bool) -> None:
        """Raises KeyError for a switch that does not exist."""
        switch = self.switches[name]
        (self.on.add if on else self.on.discard)(name)
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
        switch(on)
        self.changes.notify()

    @property
    def switches(self) -> dict[str, Callable[[bool], None]]:
        return {
            "rate_limits": self._squeeze,
            "outage": self._break,
            "duplicates": self._repeat,
            "lost_connection": self._cut,
            "slow_model": self._slow,
        }

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for name in list(self.on):
            self.set(name, False)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _squeeze(self, on: bool) -> None:
        share = SQUEEZED if on else 1.0
        self.slack.rates.squeeze = share
        for telegram in self.telegrams:
            telegram.flood.squeeze = share

    def _break(self, on: bool) -> None:
        self.slack.outage(on)
        for telegram in self.telegrams:
            telegram.outage = BAD_GATEWAY if on else 0
        if on:
            self._start("outage", self._end_outage())

    async def _end_outage(self) -> None:
        await self.slack.clock.sleep(OUTAGE_SECONDS)
        self._tasks.pop("outage", None)  # this task, which must not cancel itself
        self.set("outage", False)

    def _repeat(self, on: bool) -> None:
        self.slack.deliver_with(duplicate=int(on))
        for telegram in self.telegrams:
            telegram.account.queue.duplicates = int(on)

    def _cut(self, on: bool) -> None:
        if on:
            self._start("lost_connection", self._keep_cutting())

    async def _keep_cutting(self) -> None:
        while True:
            self.slack.cut_sockets()
            for telegram in self.telegrams:
                telegram.drop_connections()
            await self.slack.clock.sleep(CUT_EVERY)

    def _slow(self, on: bool) -> None:
        self.tap.slow = on

    def _start(self, name: str, job: Coroutine[Any, Any, None]) -> None:
        self._tasks[name] = asyncio.create_task(job, name=f"trouble-{name}")
