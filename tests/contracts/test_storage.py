"""What every storage promises of its units of work and its event log."""

import asyncio
from datetime import timedelta

import pytest

from bot.engine.ports import Storage, UnitOfWork
from tests.contracts.samples import ANN, LATER, NOW, THREAD, add_chat


async def test_leaving_without_a_commit_rolls_back(storage: Storage) -> None:
    async with storage() as work:
        chat = await work.chats.add(THREAD, ANN.id, NOW)
    async with storage() as work:
        assert await work.chats.get(chat.id) is None


async def test_an_error_in_the_block_rolls_back_and_comes_out(storage: Storage) -> None:
    async def fail() -> None:
        async with storage() as work:
            await work.events.claim("e1", NOW)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    async with storage() as work:
        assert await work.events.claim("e1", NOW)


async def test_a_unit_of_work_sees_its_own_changes(storage: Storage) -> None:
    async with storage() as work:
        chat = await work.chats.add(THREAD, ANN.id, NOW)
        assert await work.chats.get(chat.id) == chat


async def test_after_a_commit_the_unit_of_work_is_over(storage: Storage) -> None:
    """A change after it would be rolled back without anybody noticing."""
    async with storage() as work:
        await work.commit()
        with pytest.raises(RuntimeError):
            await work.events.claim("e1", NOW)
        with pytest.raises(RuntimeError):
            await work.commit()


async def test_what_waits_for_the_commit_is_called_in_order_once_it_stands(storage: Storage) -> None:
    calls: list[str] = []
    async with storage() as work:
        await work.events.claim("e1", NOW)
        work.after_commit(lambda: calls.append("first"))
        work.after_commit(lambda: calls.append("second"))
        assert calls == []
        await work.commit()
        assert calls == ["first", "second"]
    assert calls == ["first", "second"]


async def test_what_waits_for_the_commit_is_dropped_with_a_roll_back(storage: Storage) -> None:
    calls: list[str] = []
    async with storage() as work:
        work.after_commit(lambda: calls.append("never"))
    assert calls == []


async def test_a_single_change_stands_once_it_was_awaited(storage: Storage) -> None:
    calls: list[str] = []
    async with storage() as work:
        work.after_commit(lambda: calls.append("told"))
        assert await work.only(work.events.claim("e1", NOW))
        assert calls == ["told"]
        with pytest.raises(RuntimeError):
            await work.events.claim("e2", NOW)
    async with storage() as work:
        assert not await work.only(work.events.claim("e1", NOW))


async def test_a_single_change_that_fails_leaves_nothing(storage: Storage) -> None:
    calls: list[str] = []

    async def fail() -> None:
        raise LookupError

    async with storage() as work:
        work.after_commit(lambda: calls.append("never"))
        with pytest.raises(LookupError):
            await work.only(fail())
    assert calls == []


async def test_beside_a_single_change_others_may_read(storage: Storage) -> None:
    chat = await add_chat(storage)

    async def claim_and_look(work: UnitOfWork) -> bool:
        fresh = await work.events.claim("e1", NOW)
        return fresh and await work.chats.get(chat.id) == chat

    async with storage() as work:
        assert await work.only(claim_and_look(work))
    async with storage() as work:
        assert not await work.events.claim("e1", NOW)


async def test_a_cancelled_unit_of_work_rolls_back_and_disturbs_nobody(storage: Storage) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with storage() as work:
            await work.events.claim("e1", NOW)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    await asyncio.wait({task})
    async with storage() as work:
        assert await work.events.claim("e1", NOW)


async def test_an_event_is_claimed_once(storage: Storage) -> None:
    for fresh in (True, False):
        async with storage() as work:
            assert await work.events.claim("e1", NOW) is fresh
            assert await work.events.claim("e2", NOW) is fresh
            await work.commit()


async def test_of_many_deliveries_at_once_one_claims_the_event(storage: Storage) -> None:
    """A platform repeats while the first delivery is still being worked on."""

    async def deliver() -> bool:
        async with storage() as work:
            fresh = await work.events.claim("e1", NOW)
            await work.commit()
        return fresh

    assert sorted(await asyncio.gather(*(deliver() for _ in range(12)))) == [False] * 11 + [True]


async def test_a_repeat_finds_the_event_free_when_the_first_delivery_failed(storage: Storage) -> None:
    """Race: the repeat comes while the first delivery is in its transaction, which then rolls back."""
    claimed, fail = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with storage() as work:
            await work.events.claim("e1", NOW)
            claimed.set()
            await fail.wait()

    async def repeat() -> bool:
        async with storage() as work:
            return await work.events.claim("e1", NOW)

    failing = asyncio.create_task(first())
    await claimed.wait()
    repeating = asyncio.create_task(repeat())
    fail.set()
    await failing
    assert await repeating


async def test_a_broken_event_is_put_aside_and_counts_as_claimed(storage: Storage) -> None:
    async with storage() as work:
        await work.events.claim("e1", NOW)
        await work.events.put_aside("e1", "no text", NOW)
        await work.events.put_aside("e2", "no sender", NOW)
        await work.events.put_aside("e2", "no sender", NOW)
        await work.commit()
    async with storage() as work:
        assert not await work.events.claim("e1", NOW)
        assert not await work.events.claim("e2", NOW)


async def test_old_events_are_forgotten(storage: Storage) -> None:
    async with storage() as work:
        await work.events.claim("old", NOW)
        await work.events.put_aside("older", "broken", NOW - timedelta(days=1))
        await work.events.claim("new", LATER)
        assert await work.events.forget(LATER) == 2
        assert await work.events.claim("old", LATER)
        assert not await work.events.claim("new", LATER)


async def test_a_poller_finds_its_position_again(storage: Storage) -> None:
    async with storage() as work:
        assert await work.events.offset("telegram") == 0
        await work.events.move_offset("telegram", 2**40)
        await work.events.move_offset("telegram", 2**40 + 1)
        await work.commit()
    async with storage() as work:
        assert await work.events.offset("telegram") == 2**40 + 1
        assert await work.events.offset("another") == 0


@pytest.mark.parametrize("nonsense", [0, -1, 2**63 - 1, 2**63, 10**30])
async def test_an_id_from_a_forged_button_finds_nothing(storage: Storage, nonsense: int) -> None:
    await add_chat(storage)
    async with storage() as work:
        assert await work.chats.get(nonsense) is None
        assert await work.turns.get(nonsense) is None
