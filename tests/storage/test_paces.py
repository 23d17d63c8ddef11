"""What a pace outlives: its process, its database, and the company of others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest
import structlog

from bot.engine.errors import RateLimited
from bot.engine.testing import FakeClock
from bot.service.clock import SystemClock
from storage import KeptPaces, SharedPaces, open_database, shared_paces
from tests.connection_threads import connection_threads_ended
from tests.storage.replicas import Observer
from tests.storage.sqlite_files import path_of, rows

GAP = 0.04
USES = 8
FLOOD_WAIT = 150.0

Join = Callable[[], SharedPaces]


@pytest.fixture
async def join(postgres_url: str) -> AsyncIterator[Join]:
    """The pace as one more process keeps it."""
    joined = []

    def one_more() -> SharedPaces:
        database = open_database(postgres_url)
        joined.append((database, paces := SharedPaces(database, SystemClock())))
        return paces

    yield one_more
    for database, paces in joined:
        await paces.aclose()
        await database.close()


async def seconds(work: Awaitable[object]) -> float:
    clock = SystemClock()
    start = clock.now()
    await work
    return clock.now() - start


async def test_many_processes_together_use_a_lane_no_faster_than_one(join: Join) -> None:
    clock, uses = SystemClock(), list[float]()

    async def use(paces: SharedPaces) -> None:
        for _ in range(USES):
            await paces.turn("a", GAP)
            uses.append(clock.now())

    async with asyncio.TaskGroup() as people:
        for paces in (join(), join(), join()):
            for _ in range(2):
                people.create_task(use(paces))
    took, fair = max(uses) - min(uses), GAP * (len(uses) - 1)
    assert fair - GAP <= took <= fair * 1.5
    window = 10 * GAP
    assert max(sum(start <= at < start + window for at in uses) for start in uses) <= 12


async def test_a_lane_that_one_process_closes_is_closed_for_all(join: Join) -> None:
    here, there = join(), join()
    await there.turn("a", GAP)
    waiting = asyncio.create_task(seconds(there.turn("a", GAP)))
    await here.close("a", 5 * GAP)
    assert await waiting >= 5 * GAP - 0.02


async def test_a_lane_stays_closed_for_who_comes_later(join: Join) -> None:
    await join().close("a", FLOOD_WAIT)
    with pytest.raises(RateLimited) as refused:
        await join().turn("a", GAP, patience=1.0)
    assert FLOOD_WAIT - 10 < refused.value.retry_after <= FLOOD_WAIT


async def test_processes_that_want_the_same_lanes_at_once_do_not_block_each_other(join: Join) -> None:
    """Each reserves several lanes in one statement: in another order they would wait for each other."""
    lanes = [f"lane {number}" for number in range(20)]
    both = (join(), lanes), (join(), lanes[::-1])
    for _ in range(20):
        await asyncio.gather(*(paces.turn(lane, 0.0) for paces, order in both for lane in order))


async def test_without_the_database_each_process_keeps_the_pace_alone(
    join: Join, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_paces, "OUTAGE", 0.0)
    paces, other = join(), join()
    await paces.turn("a", GAP)
    with structlog.testing.capture_logs() as logs, Observer(postgres_url).outage():
        await paces.close("a", 3 * GAP)
        assert await seconds(paces.turn("a", GAP)) >= 2 * GAP
        assert await seconds(paces.turn("a", GAP)) >= GAP - 0.02
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["pace_kept_alone"]
    await paces.turn("a", FLOOD_WAIT)
    with pytest.raises(RateLimited):
        await other.turn("a", GAP, patience=1.0)


async def test_a_database_that_hangs_holds_up_no_call(
    join: Join, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked once, and not again for a while."""
    monkeypatch.setattr(shared_paces, "PATIENCE", 0.2)
    paces = join()
    with Observer(postgres_url).held_up("paces"):
        assert await seconds(paces.turn("a", 0.0)) < 2.0
        assert await seconds(paces.turn("a", 0.0)) < 0.1
        assert await seconds(paces.close("a", 0.0)) < 0.1


async def test_lanes_that_nobody_uses_are_forgotten(
    join: Join, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_paces, "HOUR", 0.0)
    observer = Observer(postgres_url)
    observer.execute("INSERT INTO paces VALUES ('old', now() - interval '1 day', NULL)")
    observer.execute("INSERT INTO paces VALUES ('closed', now() - interval '1 day', now() + interval '1 hour')")
    await join().turn("a", GAP)
    assert observer.rows("SELECT lane FROM paces ORDER BY lane") == [("a",), ("closed",)]


async def test_on_sqlite_a_flood_wait_outlives_a_restart(sqlite_url: str) -> None:
    clock = FakeClock()
    for _ in range(2):
        database = open_database(sqlite_url)
        await KeptPaces(database, clock).close("a", FLOOD_WAIT)
        await KeptPaces(database, clock).close("a", 10.0)
        await database.close()
        await clock.advance(50)
    database, start = open_database(sqlite_url), clock.now()
    waiting = asyncio.create_task(KeptPaces(database, clock).turn("a", 1.0))
    await clock.advance_until(waiting.done)
    assert clock.now() - start == FLOOD_WAIT - 50
    await database.close()


async def test_on_sqlite_only_lanes_that_are_closed_are_kept(sqlite_url: str) -> None:
    clock, database = FakeClock(), open_database(sqlite_url)
    paces = KeptPaces(database, clock)
    await paces.turn("used", 100.0)
    await paces.close("brief", 0.5)
    await paces.close("over", 20.0)
    await clock.advance(20)
    await paces.close("closed", FLOOD_WAIT)
    until = datetime.fromtimestamp(clock.now() + FLOOD_WAIT, UTC).replace(tzinfo=None)
    kept = rows(path_of(sqlite_url), "SELECT lane, closed_until FROM paces")
    assert [(lane, datetime.fromisoformat(at)) for lane, at in kept] == [("closed", until)]
    await database.close()


async def test_on_sqlite_a_file_that_cannot_be_used_holds_up_no_call() -> None:
    clock, database = FakeClock(), open_database("sqlite:///nowhere/x.db")
    paces, start = KeptPaces(database, clock), clock.now()
    await paces.close("a", 10.0)
    waiting = asyncio.create_task(paces.turn("a", 1.0))
    await clock.advance_until(waiting.done)
    assert clock.now() - start == 10.0
    await database.close()
    await connection_threads_ended()
