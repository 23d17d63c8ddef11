"""What everything that keeps a pace promises. On PostgreSQL the time is the server's, so here it is real and short."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.engine.errors import RateLimited
from bot.engine.paces import LocalPaces
from bot.engine.ports import Paces
from bot.service.clock import SystemClock
from storage import KeptPaces, SharedPaces, open_database

GAP = 0.1
SLACK = 0.03
"""Seconds by which two clocks, or a sleep, may be off."""

LONG = 30.0


@dataclass(frozen=True, slots=True)
class Use:
    """Who had the lane, and how many seconds after the start."""

    who: int
    at: float


class Road:
    """Paces, and what is seen of who uses them when."""

    def __init__(self, paces: Paces) -> None:
        self.paces = paces
        self.clock = SystemClock()
        self.start = self.clock.now()
        self.uses: list[Use] = []

    async def use(self, who: int, lane: str = "a", gap: float = GAP) -> None:
        await self.paces.turn(lane, gap)
        self.uses.append(Use(who, self.clock.now() - self.start))

    async def use_all(self, count: int) -> None:
        async with asyncio.timeout(LONG), asyncio.TaskGroup() as people:
            for who in range(count):
                people.create_task(self.use(who))


@pytest.fixture(params=["local", "sqlite", "postgres"])
async def road(request: pytest.FixtureRequest) -> AsyncIterator[Road]:
    if request.param == "local":
        yield Road(LocalPaces(SystemClock()))
        return
    database = open_database(request.getfixturevalue(f"{request.param}_url"))
    kind = SharedPaces if request.param == "postgres" else KeptPaces
    paces = kind(database, SystemClock())
    await paces.turn("the way there", 0.0)
    yield Road(paces)
    await paces.aclose()
    await database.close()


async def test_a_lane_is_used_in_the_order_of_coming_with_the_gap_between(road: Road) -> None:
    await road.use_all(4)
    assert [use.who for use in road.uses] == [0, 1, 2, 3]
    assert all(use.at >= use.who * GAP - SLACK for use in road.uses)
    assert road.uses[-1].at < 4 * GAP


async def test_lanes_do_not_wait_for_each_other(road: Road) -> None:
    await road.use(1, "a", gap=LONG)
    await road.use(2, "b", gap=LONG)
    assert road.uses[-1].at < LONG / 2


async def test_without_a_gap_the_next_one_need_not_wait(road: Road) -> None:
    for who in range(5):
        await road.use(who, gap=0.0)
    await road.paces.turn("a", LONG, patience=SLACK)


async def test_a_lane_that_is_closed_is_used_by_nobody_before_its_time(road: Road) -> None:
    await road.paces.close("a", 3 * GAP)
    await road.paces.close("a", GAP)
    await road.use_all(2)
    assert [use.who for use in road.uses] == [0, 1]
    assert road.uses[0].at >= 3 * GAP - SLACK
    assert road.uses[1].at >= 4 * GAP - SLACK


async def test_who_waits_already_heeds_a_lane_that_is_closed_meanwhile(road: Road) -> None:
    """Two wait for their moments when the platform refuses the call of the one before them."""
    await road.use(0)
    waiting = [asyncio.create_task(road.use(who)) for who in (1, 2)]
    await asyncio.sleep(GAP / 2)
    closed_until = road.clock.now() - road.start + 4 * GAP
    await road.paces.close("a", 4 * GAP)
    await asyncio.gather(*waiting)
    assert [use.who for use in road.uses] == [0, 1, 2]
    assert road.uses[1].at >= closed_until - SLACK
    assert road.uses[2].at >= closed_until + GAP - SLACK


async def test_who_has_less_patience_is_told_how_long_it_would_be_and_takes_nothing(road: Road) -> None:
    await road.paces.turn("a", LONG)
    for _ in range(2):
        with pytest.raises(RateLimited) as refused:
            await road.paces.turn("a", LONG, patience=1.0)
        assert LONG - 5 < refused.value.retry_after <= LONG


async def test_patience_counts_for_a_closed_lane_too(road: Road) -> None:
    await road.paces.close("a", LONG)
    with pytest.raises(RateLimited) as refused:
        await road.paces.turn("a", GAP, patience=0.0)
    assert LONG - 5 < refused.value.retry_after <= LONG


async def test_who_waits_is_told_when_a_closed_lane_is_too_far_away_by_then(road: Road) -> None:
    await road.use(0)
    waiting = asyncio.create_task(road.paces.turn("a", GAP, patience=5 * GAP))
    await asyncio.sleep(0)
    await road.paces.close("a", LONG)
    with pytest.raises(RateLimited) as refused:
        await waiting
    assert refused.value.retry_after > LONG / 2
