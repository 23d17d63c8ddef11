"""Calls that belong to no reply keep the budgets."""

import asyncio

import pytest

from adapters.slack.side_calls import MOST_TRIES, SideCalls
from bot.engine.errors import RateLimited
from bot.engine.ledger import LocalLedger
from bot.engine.pacing import Pacer
from bot.engine.testing import FakeClock


class Side:
    """Side calls that take note of when they are made; the next ones can be refused."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.calls = SideCalls(Pacer(LocalLedger(self.clock), self.clock))
        self.calls.know("T1")
        self.start = self.clock.now()
        self.made: list[float] = []
        self.refusals: list[float] = []

    async def call(self) -> None:
        self.made.append(self.clock.now() - self.start)
        if self.refusals:
            raise RateLimited(self.refusals.pop(0))


@pytest.fixture
def side() -> Side:
    return Side()


async def test_names_of_a_whole_office_are_looked_up_within_slacks_hundred_a_minute(side: Side) -> None:
    looking = [asyncio.create_task(side.calls.make("users.info", side.call)) for _ in range(150)]
    await side.clock.settle()
    assert len(side.made) == 100
    await side.clock.advance_until(lambda: len(side.made) == 150)
    assert side.made[100] > 60
    await asyncio.gather(*looking)


async def test_methods_do_not_wait_for_each_other(side: Side) -> None:
    for method in ("views.publish", "chat.postEphemeral", "response_url"):
        await side.calls.make(method, side.call)
    assert side.made == [0, 0, 0]


async def test_who_is_refused_waits_as_long_as_slack_asks_and_so_does_everybody_else(side: Side) -> None:
    side.refusals = [7]
    first = asyncio.create_task(side.calls.make("views.publish", side.call))
    await side.clock.settle()
    second = asyncio.create_task(side.calls.make("views.publish", side.call))
    await side.clock.advance_until(lambda: len(side.made) == 3)
    await asyncio.gather(first, second)
    assert side.made == [0, 7, 7]


async def test_the_last_refusal_is_raised(side: Side) -> None:
    side.refusals = [1.0] * MOST_TRIES
    calling = asyncio.create_task(side.calls.make("views.publish", side.call))
    await side.clock.advance_until(calling.done)
    with pytest.raises(RateLimited):
        await calling
    assert len(side.made) == MOST_TRIES


async def test_who_has_no_patience_is_told_and_nothing_is_called(side: Side) -> None:
    side.refusals = [30.0]
    calling = asyncio.create_task(side.calls.make("views.publish", side.call))
    await side.clock.settle()
    with pytest.raises(RateLimited):
        await side.calls.make("views.publish", side.call, patience=2.0)
    assert len(side.made) == 1
    calling.cancel()
