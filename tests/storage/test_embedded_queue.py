"""What the embedded turn queue does besides its contract."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from structlog.testing import capture_logs

from bot.engine.chats import Chat, ChatKey
from bot.engine.testing import FakeClock, MemoryStorage
from bot.engine.turns import Turn
from storage import EmbeddedTurnQueue
from storage.turn_queue import LONGEST_PAUSE, SWEEP
from tests.contracts.handlers import ShowingHandler, one_by_one
from tests.contracts.samples import add_chat, ask


class Bench:
    def __init__(self, max_running: int = 64) -> None:
        self.storage = MemoryStorage()
        self.clock = FakeClock()
        self.queue = EmbeddedTurnQueue(self.storage, self.clock, max_running)
        self.handler = ShowingHandler(self.storage)

    async def left(self, place: str = "", count: int = 1) -> list[Turn]:
        """Turns that wait in the database and were not put into this queue."""
        chat = await self.chat(place)
        return [await ask(self.storage, chat) for _ in range(count)]

    async def chat(self, place: str = "") -> Chat:
        return await add_chat(self.storage, ChatKey("slack", "T1", "C1", place))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.queue.run(self.handler))
        await self.clock.settle()
        yield task
        await self.queue.stop(0)
        await task


async def test_no_more_turns_are_handled_at_once_than_allowed() -> None:
    bench = Bench(max_running=2)
    turns = [(await bench.left(place))[0] for place in "abc"]
    gates = [bench.handler.hold(turn) for turn in turns]
    async with bench.serving():
        assert bench.handler.ids("begin") == [turns[0].id, turns[1].id]
        gates[1].set()
        await bench.handler.until("begin", turns[2])
        assert bench.handler.ids("end") == [turns[1].id]


async def test_a_flooded_chat_leaves_room_for_the_others() -> None:
    bench = Bench(max_running=1)
    flood, [other] = await bench.left("a", 3), await bench.left("b")
    gate = bench.handler.hold(flood[0])
    async with bench.serving():
        gate.set()
        await bench.handler.until("end", flood[-1])
    assert bench.handler.log == one_by_one([flood[0], other, *flood[1:]])


async def test_turns_put_in_another_order_than_numbered_are_handled_by_number() -> None:
    """Two commits at the same moment may tell of themselves in either order."""
    bench = Bench()
    turns = await bench.left(count=3)
    async with bench.storage() as work:
        for turn in reversed(turns):
            await bench.queue.put(work, turn)
        await work.commit()
    async with bench.serving():
        await bench.handler.until("end", turns[-1])
    assert bench.handler.log == one_by_one(turns)


async def test_a_turn_that_was_stored_but_never_put_is_found() -> None:
    """The answer to the commit was lost: the platform's repeat is dropped as known, and nobody else would come."""
    bench = Bench()
    async with bench.serving():
        [turn] = await bench.left()
        await bench.clock.advance(SWEEP - 1)
        assert bench.handler.log == []
        await bench.clock.advance(1)
        assert bench.handler.log == one_by_one([turn])


async def test_a_turn_that_failed_is_tried_again_after_ever_longer_pauses() -> None:
    bench = Bench()
    [turn] = await bench.left()
    bench.handler.fail(turn, LookupError("a mistake"))
    with capture_logs() as logs:
        async with bench.serving():
            assert bench.handler.ids("begin") == [turn.id]
            for tries, pause in enumerate((1, 2, 4, 8, LONGEST_PAUSE / SWEEP, LONGEST_PAUSE / SWEEP), 1):
                assert bench.handler.ids("begin") == [turn.id] * tries
                await bench.clock.advance(pause * SWEEP)
    assert {(log["event"], log["turn"], log["chat"]) for log in logs} == {("turn_not_handled", turn.id, turn.chat_id)}


async def test_a_turn_that_failed_is_not_tried_again_once_it_is_shown() -> None:
    bench = Bench()
    [turn] = await bench.left()
    bench.handler.fail(turn, LookupError("a mistake"))
    async with bench.serving():
        bench.handler.fail(turn, None)
        for _ in range(3):
            await bench.clock.advance(SWEEP)
        assert bench.handler.ids("begin") == [turn.id] * 2


async def test_a_running_turn_is_not_taken_for_a_forgotten_one() -> None:
    bench = Bench()
    running, behind = await bench.left(count=2)
    gate = bench.handler.hold(running)
    async with bench.serving():
        await bench.clock.advance(SWEEP * 3)
        gate.set()
        await bench.handler.until("end", behind)
        assert bench.handler.log == one_by_one([running, behind])


async def test_a_database_that_is_away_at_the_start_is_asked_again() -> None:
    bench = Bench()
    [turn] = await bench.left()
    bench.storage.broken = True
    async with bench.serving():
        await bench.clock.advance(10)
        assert bench.handler.log == []
        bench.storage.broken = False
        await bench.clock.advance(SWEEP)
        assert bench.handler.log == one_by_one([turn])


async def test_a_database_that_is_away_later_stops_nothing() -> None:
    bench = Bench()
    with capture_logs() as logs:
        async with bench.serving() as serving:
            bench.storage.broken = True
            await bench.clock.advance(SWEEP * 2)
            assert not serving.done()
            bench.storage.broken = False
            [turn] = await bench.left()
            await bench.clock.advance(SWEEP)
            assert bench.handler.log == one_by_one([turn])
    assert {log["event"] for log in logs} == {"turns_not_read"}


async def test_a_queue_that_waits_for_the_database_can_be_stopped() -> None:
    bench = Bench()
    bench.storage.broken = True
    async with bench.serving():
        await bench.clock.advance(5)


async def test_a_cancellation_inside_the_handler_ends_its_turn_only() -> None:
    """A handler that awaits a task of its own which was cancelled gets the same error as one that is cancelled."""
    bench = Bench()
    broken, behind = await bench.left(count=2)
    bench.handler.fail(broken, asyncio.CancelledError())
    async with bench.serving():
        await bench.handler.until("end", behind)
    assert bench.handler.ids("broken off") == [broken.id]


async def test_the_grace_is_measured_on_the_clock() -> None:
    bench = Bench()
    [turn] = await bench.left()
    bench.handler.hold(turn)
    async with bench.serving():
        stopping = asyncio.create_task(bench.queue.stop(20))
        await bench.clock.advance(19)
        assert bench.handler.log == [("begin", turn.id)]
        await bench.clock.advance(1)
        assert bench.handler.log[1:] == [("broken off", turn.id)]
        await stopping
