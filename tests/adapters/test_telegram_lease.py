"""One replica polls, the others stand by: who it is, how that changes, and what a late holder cannot do any more.

The clock of the adapters stands still unless it is moved; leases in memory go by real time, in which hardly any passes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from adapters.telegram.app import TelegramAdapter
from adapters.telegram.lease import Tenure
from bot.engine.testing import MemoryStorage
from tests.adapters.scripted_bot_api import ScriptedBotApi
from tests.adapters.telegram_set_up import POSITION, SetUp
from tests.adapters.test_telegram_polling import said

OTHER = "another process"
LONG = 3600.0
OVER = 0.0
LEASE = Tenure("", 10.0)
LOOK = 2.0


class Replicas(SetUp):
    """Adapters of several processes over one storage, and another process that only has the lease now and then."""

    def __init__(self, api: ScriptedBotApi, stack: AsyncExitStack) -> None:
        self._stack = stack
        self.memory = MemoryStorage()
        super().__init__(api, self.memory)

    async def replica(self, name: str = "this process") -> TelegramAdapter:
        """One more, started."""
        adapter = self.build(replace(LEASE, holder=name))
        self._stack.push_async_callback(adapter.close)
        await adapter.start(self.engine)
        return adapter

    async def other_holds(self, seconds: float) -> None:
        """The other process gets the lease for so long, whoever had it."""
        self.memory.rows.leases.pop(POSITION, None)
        async with self.storage() as work:
            assert await work.leases.hold(POSITION, OTHER, seconds)
            await work.commit()

    async def other_moves(self, offset: int) -> None:
        async with self.storage() as work:
            await work.events.move_offset(POSITION, offset)
            await work.commit()

    @property
    def offsets(self) -> list[int]:
        return [call["offset"] for call in self.api.of("getUpdates")]

    async def asked(self, times: int = 1) -> None:
        await self.api.wait_for(lambda: len(self.offsets) >= times)


@pytest.fixture
async def replicas() -> AsyncIterator[Replicas]:
    api = ScriptedBotApi()
    await api.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(api.stop)
        parts = Replicas(api, stack)
        yield parts
        parts.memory.broken = False
        parts.engine.gate.set()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


async def test_of_two_replicas_one_polls_and_the_other_stands_by_ready(replicas: Replicas) -> None:
    first = await replicas.replica("first")
    await replicas.asked()
    second = await replicas.replica("second")
    await until(second.remark)
    assert (first.ready(), first.remark(), second.ready()) == (None, None, None)
    assert second.remark() == "Telegram: another replica polls, this one stands by"
    assert replicas.offsets == [0]


async def test_a_replica_that_stops_leaves_its_place_to_the_next_at_once(replicas: Replicas) -> None:
    await replicas.api.add(said("one", 11))
    first = await replicas.replica("first")
    await replicas.asked(2)
    second = await replicas.replica("second")
    await until(second.remark)
    await first.stop_intake()
    await replicas.clock.advance(LOOK)
    await replicas.asked(3)
    assert replicas.offsets == [0, 12, 12]
    assert second.remark() is None


async def test_a_replica_that_died_is_replaced_when_its_lease_is_over(replicas: Replicas) -> None:
    await replicas.other_holds(LONG)
    adapter = await replicas.replica()
    await until(adapter.remark)
    await replicas.other_moves(50)
    await replicas.other_holds(OVER)
    await replicas.clock.advance(LOOK)
    await replicas.asked()
    assert replicas.offsets == [50]


async def test_a_lease_is_renewed_as_long_as_it_is_used(replicas: Replicas) -> None:
    adapter = await replicas.replica()
    await replicas.asked()
    ends = [replicas.memory.rows.leases[POSITION][1]]
    for _ in range(3):
        await replicas.clock.advance(LEASE.seconds * 0.5)
        ends.append(replicas.memory.rows.leases[POSITION][1])
    assert ends == sorted(set(ends))
    assert (replicas.offsets, adapter.ready()) == ([0], None)


async def test_who_cannot_renew_stops_polling_before_the_lease_is_over(replicas: Replicas) -> None:
    adapter = await replicas.replica()
    await replicas.asked()
    replicas.memory.broken = True
    await replicas.clock.advance(LEASE.seconds * 0.95)
    await until(lambda: adapter.ready() is not None)
    await replicas.api.add(said("one", 11))
    replicas.memory.broken = False
    await replicas.other_holds(LONG)
    await replicas.clock.advance(30)
    await until(adapter.remark)
    assert (replicas.engine.texts, replicas.offsets, adapter.ready()) == ([], [0], None)


async def test_who_was_replaced_notices_with_the_next_renewal(replicas: Replicas) -> None:
    adapter = await replicas.replica()
    await replicas.asked()
    await replicas.other_holds(LONG)
    await replicas.clock.advance(LEASE.seconds * 0.4)
    await until(adapter.remark)


async def test_a_failing_database_that_is_back_in_time_costs_nobody_the_lease(replicas: Replicas) -> None:
    adapter = await replicas.replica()
    await replicas.asked()
    replicas.memory.broken = True
    await replicas.clock.advance(LEASE.seconds * 0.7)
    replicas.memory.broken = False
    await replicas.clock.advance(LEASE.seconds)
    assert (replicas.offsets, adapter.ready(), adapter.remark()) == ([0], None, None)


async def test_who_was_replaced_in_the_middle_of_a_batch_does_not_move_the_place(replicas: Replicas) -> None:
    """Backwards or forwards: its successor knows better. What it takes in besides is dropped as a repeat."""
    replicas.engine.gate.clear()
    await replicas.api.add(said("one", 11), said("two", 12))
    adapter = await replicas.replica()
    await replicas.engine.wait_for(lambda: replicas.engine.entered == 1)
    await replicas.other_holds(LONG)
    await replicas.other_moves(50)
    replicas.engine.gate.set()
    await until(adapter.remark)
    assert (await replicas.stored_offset(), replicas.offsets) == (50, [0])


async def test_who_was_frozen_in_the_middle_of_a_batch_leaves_the_rest_to_its_successor(replicas: Replicas) -> None:
    replicas.engine.gate.clear()
    await replicas.api.add(said("one", 11), said("two", 12))
    adapter = await replicas.replica()
    await replicas.engine.wait_for(lambda: replicas.engine.entered == 1)
    await replicas.other_holds(LONG)
    await replicas.clock.advance(60)
    replicas.engine.gate.set()
    await until(adapter.remark)
    assert (replicas.engine.texts, await replicas.stored_offset()) == (["one"], 0)


async def test_who_gets_the_lost_lease_back_in_the_middle_of_a_batch_goes_on_polling(replicas: Replicas) -> None:
    """It was frozen, or the database hung, for longer than its lease; nobody was there to take its place."""
    replicas.engine.gate.clear()
    await replicas.api.add(said("one", 11))
    await replicas.replica()
    await replicas.engine.wait_for(lambda: replicas.engine.entered == 1)
    replicas.memory.broken = True
    await replicas.clock.advance(LEASE.seconds)
    replicas.memory.broken = False
    await replicas.clock.advance(LEASE.seconds * 0.3)
    replicas.engine.gate.set()
    await replicas.asked(2)
    assert replicas.offsets == [0, 12]


async def test_a_conflict_with_the_last_request_of_the_one_before_is_lived_through(replicas: Replicas) -> None:
    replicas.api.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    adapter = await replicas.replica()
    await replicas.asked()
    await until(lambda: adapter.ready() is not None)
    await replicas.clock.advance(1)
    await replicas.asked(2)
    await until(lambda: adapter.ready() is None)


async def test_a_database_that_is_away_does_not_hold_up_the_end(replicas: Replicas) -> None:
    adapter = await replicas.replica()
    await replicas.asked()
    replicas.memory.broken = True
    await asyncio.wait_for(adapter.stop_intake(), 5)


async def test_a_process_alone_needs_no_lease(replicas: Replicas) -> None:
    """On SQLite: one that was killed and is started again polls at once."""
    await replicas.other_holds(LONG)
    adapter = replicas.build()
    await adapter.start(replicas.engine)
    await replicas.asked()
    await adapter.close()
