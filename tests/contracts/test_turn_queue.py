"""What every turn queue promises."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest

from bot.engine.chats import Chat
from bot.engine.errors import StorageUnavailable
from bot.engine.ports import Storage, TurnQueue
from bot.engine.testing import MemoryStorage, MemoryTurnQueue
from bot.engine.turns import Turn
from storage import EmbeddedTurnQueue, ProcrastinateTurnQueue, open_database
from tests.contracts.handlers import PATIENCE, ShowingHandler, cancel, one_by_one
from tests.contracts.samples import ANN, NOW, OTHER_CHANNEL, OTHER_THREAD, add_chat, ask

AT_ONCE = 0.02
"""Seconds of grace for turns that would never end."""


class SystemClock:
    """The time as it is: these tests wait for events, never for it."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Bench:
    """A storage, a handler, and queues on them; a second queue is what comes after a restart."""

    def __init__(self, storage: Storage, make_queue: Callable[[Storage], TurnQueue]) -> None:
        self.storage = storage
        self.make_queue = make_queue
        self.queue = make_queue(storage)
        self.handler = ShowingHandler(storage)

    async def put(self, chat: Chat, count: int = 1) -> list[Turn]:
        """Accept so many questions as the engine does, one transaction each."""
        turns = []
        for _ in range(count):
            async with self.storage() as work:
                turns.append(await work.turns.ask(chat.id, "Why?", ANN, None, NOW))
                await self.queue.put(work, turns[-1])
                await work.commit()
        return turns

    async def put_again(self, turn: Turn) -> None:
        async with self.storage() as work:
            await self.queue.put(work, turn)
            await work.commit()

    @asynccontextmanager
    async def serving(self, grace: float = PATIENCE) -> AsyncIterator[asyncio.Task[None]]:
        """Let the queue serve in the block; then it is stopped."""
        task = asyncio.create_task(self.queue.run(self.handler))
        try:
            yield task
        finally:
            await self.queue.stop(grace)
            async with asyncio.timeout(PATIENCE):
                await asyncio.wait({task})

    def restart(self) -> None:
        self.queue = self.make_queue(self.storage)
        self.handler = ShowingHandler(self.storage)

    async def waiting(self) -> list[int]:
        async with self.storage() as work:
            return [turn_id for _, turn_id in await work.turns.waiting()]


def embedded(storage: Storage) -> TurnQueue:
    return EmbeddedTurnQueue(storage, SystemClock())


@pytest.fixture(params=["memory", "embedded-memory", "embedded-sqlite", "embedded-postgres", "procrastinate-postgres"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    kind, _, where = request.param.rpartition("-")
    if where == "memory":
        yield Bench(MemoryStorage(), embedded if kind else MemoryTurnQueue)
        return
    database = open_database(request.getfixturevalue(f"{where}_url"))
    shared = partial(ProcrastinateTurnQueue, database, SystemClock())
    yield Bench(database.storage, embedded if kind == "embedded" else lambda _: shared())
    await database.close()


async def test_turns_of_one_chat_are_handled_one_at_a_time_in_order_of_arrival(bench: Bench) -> None:
    chat = await add_chat(bench.storage)
    before = await bench.put(chat, 3)
    async with bench.serving():
        after = await bench.put(chat, 3)
        await bench.handler.until("end", after[-1])
    assert bench.handler.log == one_by_one(before + after)


async def test_chats_are_served_side_by_side(bench: Bench) -> None:
    """Three chats whose first turns all wait: each is begun while none has ended, and one that ends goes on alone."""
    chats = [await add_chat(bench.storage, key) for key in (OTHER_CHANNEL, OTHER_THREAD)]
    held = [(await bench.put(chat))[0] for chat in chats]
    gates = [bench.handler.hold(turn) for turn in held]
    async with bench.serving():
        for turn in held:
            await bench.handler.until("begin", turn)
        assert bench.handler.ids("end") == []
        free = await bench.put(await add_chat(bench.storage), 2)
        await bench.handler.until("end", free[-1])
        behind = await bench.put(chats[0])
        gates[0].set()
        await bench.handler.until("end", behind[0])
        assert held[1].id not in bench.handler.ids("end")
        gates[1].set()


async def test_a_turn_that_was_not_committed_is_never_handled(bench: Bench) -> None:
    chat = await add_chat(bench.storage)
    async with bench.serving():
        async with bench.storage() as work:
            await bench.queue.put(work, await work.turns.ask(chat.id, "Why?", ANN, None, NOW))
        [committed] = await bench.put(chat)
        await bench.handler.until("end", committed)
    assert len(bench.handler.log) == 2


async def test_what_an_earlier_process_left_is_handled_first(bench: Bench) -> None:
    """Turns that were accepted but never put into this queue: some waiting, one half-done, one ended but not shown."""
    chat, other = await add_chat(bench.storage), await add_chat(bench.storage, OTHER_THREAD)
    left = [await ask(bench.storage, chat) for _ in range(3)]
    elsewhere = await ask(bench.storage, other)
    async with bench.storage() as work:
        await work.turns.start(left[0].id)
        await work.commit()
    async with bench.serving():
        new = await bench.put(chat)
        await bench.handler.until("end", new[0])
        await bench.handler.until("end", elsewhere)
    of_chat = [entry for entry in bench.handler.log if entry[1] != elsewhere.id]
    assert of_chat == one_by_one(left + new)
    assert await bench.waiting() == []


async def test_a_turn_cut_off_by_a_crash_is_handled_again_before_the_later_ones(bench: Bench) -> None:
    turns = await bench.put(await add_chat(bench.storage), 3)
    bench.handler.hold(turns[1])
    async with bench.serving() as serving:
        await bench.handler.until("begin", turns[1])
        serving.cancel()
        await asyncio.wait({serving})
        assert bench.handler.ids("broken off") == [turns[1].id]
    bench.restart()
    async with bench.serving():
        await bench.handler.until("end", turns[2])
    assert bench.handler.log == one_by_one(turns[1:])


async def test_what_was_shown_is_not_handled_after_a_restart(bench: Bench) -> None:
    chat = await add_chat(bench.storage)
    async with bench.serving():
        [done] = await bench.put(chat)
        await bench.handler.until("end", done)
    bench.restart()
    async with bench.serving():
        [new] = await bench.put(chat)
        await bench.handler.until("end", new)
    assert bench.handler.log == one_by_one([new])


async def test_cancel_tells_the_running_turn_of_that_chat_and_no_other(bench: Bench) -> None:
    chat, other = await add_chat(bench.storage), await add_chat(bench.storage, OTHER_THREAD)
    [running, waiting], [beside] = await bench.put(chat, 2), await bench.put(other)
    gates = [bench.handler.hold(turn) for turn in (running, waiting, beside)]
    async with bench.serving():
        await bench.handler.until("begin", running)
        await bench.handler.until("begin", beside)
        async with bench.storage() as work:
            await bench.queue.cancel(work, chat.id)
            assert not bench.handler.claims[running.id].stop.is_set()
            await work.commit()
        assert bench.handler.claims[running.id].stop.is_set()
        assert not bench.handler.claims[beside.id].stop.is_set()
        gates[0].set()
        await bench.handler.until("begin", waiting)
        assert not bench.handler.claims[waiting.id].stop.is_set()
        for gate in gates:
            gate.set()


async def test_cancel_where_nothing_runs_stops_no_later_turn(bench: Bench) -> None:
    chat = await add_chat(bench.storage)
    async with bench.serving():
        for _ in range(2):
            await cancel(bench.storage, bench.queue, chat.id)
            [turn] = await bench.put(chat)
            await bench.handler.until("end", turn)
            assert not bench.handler.claims[turn.id].stop.is_set()


async def test_a_handlers_error_ends_its_turn_only(bench: Bench) -> None:
    turns = await bench.put(await add_chat(bench.storage), 3)
    bench.handler.fail(turns[0], LookupError("a mistake"))
    async with bench.serving():
        await bench.handler.until("end", turns[2])
    assert bench.handler.ids("begin") == [turn.id for turn in turns]
    assert await bench.waiting() == [turns[0].id]


async def test_a_turn_that_could_not_begin_for_the_database_begins_soon_and_before_the_next_ones(bench: Bench) -> None:
    """Its connection had broken, say. Nothing is wrong with the turn, and answers stand in the order of questions."""
    turns = await bench.put(await add_chat(bench.storage), 3)
    bench.handler.fail_once(turns[0], StorageUnavailable("it was away"))
    async with bench.serving():
        await bench.handler.until("end", turns[2])
    assert bench.handler.log == [("begin", turns[0].id), *one_by_one(turns)]


async def test_stop_lets_running_turns_finish_and_leaves_the_others_for_the_next_start(bench: Bench) -> None:
    chat = await add_chat(bench.storage)
    running, waiting = await bench.put(chat, 2)
    gate = bench.handler.hold(running)
    async with bench.serving() as serving:
        await bench.handler.until("begin", running)
        stopping = asyncio.create_task(bench.queue.stop(PATIENCE))
        [late] = await bench.put(chat)
        assert not stopping.done()
        gate.set()
        await stopping
        async with asyncio.timeout(PATIENCE):
            await serving
    assert bench.handler.log == one_by_one([running])
    assert await bench.waiting() == [waiting.id, late.id]


async def test_stop_cancels_what_outlasts_its_grace(bench: Bench) -> None:
    [turn] = await bench.put(await add_chat(bench.storage))
    bench.handler.hold(turn)
    async with bench.serving() as serving:
        await bench.handler.until("begin", turn)
        await bench.queue.stop(AT_ONCE)
        assert bench.handler.log == [("begin", turn.id), ("broken off", turn.id)]
        async with asyncio.timeout(PATIENCE):
            await serving
    assert await bench.waiting() == [turn.id]


async def test_a_queue_that_serves_nothing_stops_at_once(bench: Bench) -> None:
    async with asyncio.timeout(PATIENCE):
        await bench.queue.stop(PATIENCE * 2)


async def test_a_turn_put_twice_runs_once_at_a_time(bench: Bench) -> None:
    """A restart finds the turn in the database, and the event that brought it is put again in the same moment."""
    running, waiting, last = await bench.put(await add_chat(bench.storage), 3)
    gate = bench.handler.hold(running)
    async with bench.serving():
        await bench.handler.until("begin", running)
        await bench.put_again(running)
        await bench.put_again(waiting)
        gate.set()
        await bench.handler.until("end", last)
    assert bench.handler.log == one_by_one([running, waiting, last])
