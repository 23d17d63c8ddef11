"""What every storage promises of leases. One that lasts no time at all is over at once."""

import asyncio

from bot.engine.ports import Storage

NAME = "telegram:1"
LONG = 3600.0
OVER = 0.0


async def hold(storage: Storage, holder: str, seconds: float = LONG, name: str = NAME) -> bool:
    async with storage() as work:
        held = await work.leases.hold(name, holder, seconds)
        await work.commit()
    return held


async def guard(storage: Storage, holder: str) -> bool:
    async with storage() as work:
        return await work.leases.guard(NAME, holder)


async def release(storage: Storage, holder: str) -> None:
    async with storage() as work:
        await work.leases.release(NAME, holder)
        await work.commit()


async def test_one_holds_a_lease_and_renews_it_and_nobody_else_can(storage: Storage) -> None:
    assert await hold(storage, "a")
    assert not await hold(storage, "b")
    assert await hold(storage, "a")
    assert await hold(storage, "b", name="telegram:2")


async def test_of_many_who_want_it_at_once_one_gets_it(storage: Storage) -> None:
    wanted = [hold(storage, str(number)) for number in range(8)]
    assert sum(await asyncio.gather(*wanted)) == 1


async def test_a_lease_that_is_over_is_free_and_one_that_was_renewed_is_not(storage: Storage) -> None:
    assert await hold(storage, "a", OVER)
    assert await hold(storage, "b", OVER)
    assert await hold(storage, "b")
    assert not await hold(storage, "a")


async def test_a_lease_given_back_is_free_at_once(storage: Storage) -> None:
    await hold(storage, "a")
    await release(storage, "a")
    assert not await guard(storage, "a")
    assert await hold(storage, "b")


async def test_only_the_holder_gives_it_back(storage: Storage) -> None:
    await hold(storage, "a")
    await release(storage, "b")
    assert not await hold(storage, "b")


async def test_a_lease_is_unbroken_until_somebody_else_takes_it_also_when_it_is_over(storage: Storage) -> None:
    assert not await guard(storage, "a")
    await hold(storage, "a", OVER)
    assert await guard(storage, "a")
    await hold(storage, "b", OVER)
    assert not await guard(storage, "a")
    await release(storage, "b")
    assert not await guard(storage, "a")


async def test_nobody_takes_a_lease_that_is_guarded_before_the_unit_of_work_is_over(storage: Storage) -> None:
    """Race: a holder that was frozen does its last work while its successor takes the lease."""
    await hold(storage, "a", OVER)
    async with storage() as work:
        assert await work.leases.guard(NAME, "a")
        taking = asyncio.create_task(hold(storage, "b"))
        await asyncio.wait({taking}, timeout=0.1)
        assert not taking.done()
        await work.commit()
    assert await taking
