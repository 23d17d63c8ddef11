"""Order and promptness of turns that several replicas share."""

import asyncio

import pytest

from bot.engine.errors import StorageUnavailable
from storage.procrastinate_heartbeat import Timing
from tests.contracts.handlers import PATIENCE, cancel, one_by_one
from tests.contracts.samples import ANN, NOW
from tests.storage.replicas import UNDISTURBED, Observer, Replica, replica_process

SECOND = 1.0


@pytest.fixture
def observer(postgres_url: str) -> Observer:
    return Observer(postgres_url)


async def test_the_next_turn_of_a_chat_wakes_a_worker_when_the_one_before_it_ends(
    postgres_url: str, observer: Observer
) -> None:
    """The first worker stops, so only a notification can tell the second; as shipped, nobody sends one."""
    first, second = Replica(postgres_url, UNDISTURBED), Replica(postgres_url, UNDISTURBED)
    turn, behind = await first.put(await first.chat(), 2)
    gate = first.handler.hold(turn)
    async with first.serving():
        await first.handler.until("begin", turn)
        async with second.serving():
            await observer.until_listening(2)
            stopping = asyncio.create_task(first.queue.stop(PATIENCE))
            await asyncio.sleep(0)
            gate.set()
            await second.handler.until("end", behind)
            await stopping
    assert first.handler.log == one_by_one([turn])


async def test_no_turn_is_left_lying_that_is_asked_while_the_one_before_it_ends(
    postgres_url: str, observer: Observer
) -> None:
    """Race: its worker is told of it by its own process only, and finds the chat not free yet."""
    replica = Replica(postgres_url, UNDISTURBED)
    chat = await replica.chat()
    async with replica.serving():
        await observer.until_listening()
        for _ in range(30):
            [first] = await replica.put(chat)
            await replica.handler.until("begin", first)
            seconds = await asyncio.gather(*(replica.put(chat) for _ in range(3)))
            await replica.handler.until("end", max((turn for [turn] in seconds), key=lambda turn: turn.id))


async def test_what_a_stopping_worker_cannot_finish_begins_elsewhere_at_once(
    postgres_url: str, observer: Observer
) -> None:
    first, second = Replica(postgres_url, UNDISTURBED), Replica(postgres_url, UNDISTURBED)
    [turn] = await first.put(await first.chat())
    first.handler.hold(turn)
    async with first.serving():
        await first.handler.until("begin", turn)
        async with second.serving():
            await observer.until_listening(2)
            await first.queue.stop(0)
            await second.handler.until("end", turn)
    assert first.handler.log == [("begin", turn.id), ("broken off", turn.id)]


async def test_of_two_who_ask_in_one_chat_at_once_the_later_waits_for_the_earlier_commit(
    postgres_url: str, observer: Observer
) -> None:
    """Numbered by a sequence alone, rows may be committed in the other order, and the later turn would run first."""
    replica = Replica(postgres_url)
    chat = await replica.chat()
    async with replica.database.storage() as work:
        first = await work.turns.ask(chat.id, "Why?", ANN, None, NOW)
        await replica.queue.put(work, first)
        later = asyncio.create_task(replica.put(chat))
        await observer.until("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        await work.commit()
    [second] = await later
    async with replica.serving():
        await replica.handler.until("end", second)
    assert replica.handler.log == one_by_one([first, second])


async def test_many_replicas_do_each_turn_once_and_in_order(postgres_url: str) -> None:
    first = Replica(postgres_url, max_running=3)
    second, third = (Replica(postgres_url, max_running=3, handler=first.handler) for _ in range(2))
    chats = [await first.put(await first.chat(str(number)), 6) for number in range(5)]
    async with first.serving(), second.serving(), third.serving():
        for turns in chats:
            await first.handler.until("end", turns[-1])
    for turns in chats:
        ids = {turn.id for turn in turns}
        assert [entry for entry in first.handler.log if entry[1] in ids] == one_by_one(turns)


async def test_stop_reaches_a_turn_in_another_process_within_a_second(postgres_url: str) -> None:
    replica = Replica(postgres_url)
    chat = await replica.chat()
    [turn] = await replica.put(chat)
    async with replica_process(postgres_url) as other:
        await other.until(f"begin {turn.id}")
        async with asyncio.timeout(SECOND):
            await cancel(replica.database.storage, replica.queue, chat.id)
            await other.until(f"stopped {turn.id}")
    await replica.database.close()


async def test_a_stop_whose_notification_was_lost_comes_with_the_next_heartbeat(
    postgres_url: str, observer: Observer
) -> None:
    first, second = Replica(postgres_url, UNDISTURBED), Replica(postgres_url)
    chat = await first.chat()
    [turn] = await first.put(chat)
    gate = first.handler.hold(turn)
    observer.execute("ALTER TABLE procrastinate_jobs DISABLE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1")
    async with first.serving():
        await first.handler.until("begin", turn)
        await cancel(second.database.storage, second.queue, chat.id)
        async with asyncio.timeout(PATIENCE):
            await first.handler.claims[turn.id].stop.wait()
        gate.set()
        await first.handler.until("end", turn)
    await second.database.close()


async def test_the_queue_holds_numbers_and_no_texts(postgres_url: str, observer: Observer) -> None:
    replica = Replica(postgres_url)
    chat = await replica.chat()
    [turn] = await replica.put(chat)
    rows = observer.rows("SELECT id, lock, args FROM procrastinate_jobs")
    assert rows == [(turn.id, str(chat.id), {"turn_id": turn.id})]
    await replica.database.close()


async def test_no_more_turns_are_handled_at_once_than_allowed(postgres_url: str) -> None:
    replica = Replica(postgres_url, max_running=2)
    turns = [(await replica.put(await replica.chat(place)))[0] for place in "abc"]
    gates = [replica.handler.hold(turn) for turn in turns]
    async with replica.serving():
        await replica.handler.until("begin", turns[0])
        await replica.handler.until("begin", turns[1])
        gates[1].set()
        await replica.handler.until("begin", turns[2])
        assert replica.handler.ids("end") == [turns[1].id]


async def test_a_database_that_is_away_at_the_start_is_told(postgres_url: str, observer: Observer) -> None:
    replica = Replica(postgres_url)
    with observer.outage(), pytest.raises(StorageUnavailable):
        await replica.queue.run(replica.handler)
    [turn] = await replica.put(await replica.chat())
    async with replica.serving():
        await replica.handler.until("end", turn)


def test_another_worker_goes_on_within_12_seconds() -> None:
    assert Timing().stall + Timing().sweep < 12
    assert Timing().trust < Timing().stall - Timing().heartbeat
