"""The clock that tests move by hand."""

import asyncio

import pytest

from bot.engine.testing import FakeClock


async def note(clock: FakeClock, seconds: float, woken: list[float]) -> None:
    await clock.sleep(seconds)
    woken.append(clock.now())


async def test_sleepers_wake_in_the_order_of_time_each_at_its_moment() -> None:
    clock, woken = FakeClock(start=100), list[float]()
    async with asyncio.TaskGroup() as tasks:
        for seconds in (3, 1, 2):
            tasks.create_task(note(clock, seconds, woken))
        await clock.advance(2)
        assert woken == [101, 102]
        await clock.advance(10)
    assert woken == [101, 102, 103]
    assert clock.now() == 112


async def test_whoever_sleeps_again_on_the_way_wakes_again_on_the_way() -> None:
    clock, woken = FakeClock(start=0), list[float]()

    async def tick() -> None:
        for _ in range(3):
            await note(clock, 1, woken)

    task = asyncio.create_task(tick())
    await clock.advance(2.5)
    assert woken == [1, 2]
    await clock.advance(1)
    await task


async def test_jumping_to_the_next_sleeper_waits_for_one_to_come() -> None:
    clock, woken = FakeClock(start=0), list[float]()
    jump = asyncio.create_task(clock.advance_to_next())
    await clock.settle()
    task = asyncio.create_task(note(clock, 7, woken))
    assert await jump == 7
    await task
    assert woken == [7]


async def test_a_cancelled_sleeper_is_passed_over() -> None:
    clock, woken = FakeClock(start=0), list[float]()
    gone, stays = asyncio.create_task(clock.sleep(1)), asyncio.create_task(note(clock, 2, woken))
    await clock.settle()
    assert clock.sleeping == 2
    gone.cancel()
    await clock.settle()
    assert await clock.advance_to_next() == 2
    await stays


async def test_jumping_until_something_holds_tells_how_long_it_took() -> None:
    clock, woken = FakeClock(start=0), list[float]()
    tasks = [asyncio.create_task(note(clock, seconds, woken)) for seconds in (1, 5, 30)]
    assert await clock.advance_until(lambda: len(woken) == 2) == 5
    tasks.pop().cancel()


async def test_no_time_passes_without_a_move() -> None:
    clock = FakeClock(start=0)
    await clock.sleep(0)
    task = asyncio.create_task(clock.sleep(0.001))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(task, 0.02)
    assert clock.now() == 0


async def test_jumping_waits_for_real_input_and_output_where_nobody_sleeps() -> None:
    clock, done = FakeClock(start=0), asyncio.Event()
    timer = asyncio.get_running_loop().call_later(0.01, done.set)
    assert await clock.advance_until(done.is_set) == 0
    timer.cancel()
