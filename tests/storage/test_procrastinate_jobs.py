"""The leases on turns, as the database keeps them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from storage import open_database
from storage.procrastinate_connector import EngineConnector
from storage.procrastinate_jobs import Lease, TurnJobs
from tests.contracts.handlers import cancel
from tests.storage.replicas import Observer, Replica, SystemClock, waiting_turns

STALL = 10.0
ALL_STALLED = "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'"


@pytest.fixture
def observer(postgres_url: str) -> Observer:
    return Observer(postgres_url)


@pytest.fixture
async def jobs(postgres_url: str) -> AsyncIterator[TurnJobs]:
    connector = EngineConnector(open_database(postgres_url).engine_of_its_own(4), SystemClock())
    yield TurnJobs(connector)
    await connector.close_async()


async def taken(jobs: TurnJobs) -> Lease:
    [lease] = await jobs.take(await jobs.register_worker())
    return lease


async def test_turns_taken_in_one_go_are_the_oldest_of_free_chats(postgres_url: str, jobs: TurnJobs) -> None:
    replica = Replica(postgres_url)
    chats = [await replica.chat(place) for place in "abc"]
    turns = [[(await replica.put(chat))[0] for chat in chats] for _ in range(2)]
    worker = await jobs.register_worker()
    taken = await jobs.take(worker, 2)
    assert [lease.turn_id for lease in taken] == [turns[0][0].id, turns[0][1].id]
    assert [lease.turn_id for lease in await jobs.take(worker, 5)] == [turns[0][2].id]
    assert await jobs.take(worker, 5) == []
    assert await jobs.give_back(taken[0])
    assert [(lease.turn_id, lease.chat_id) for lease in await jobs.take(worker, 5)] == [(turns[0][0].id, chats[0].id)]
    await replica.database.close()


async def test_a_turn_that_was_given_back_often_is_put_off_no_longer_than_another(
    postgres_url: str, jobs: TurnJobs, observer: Observer
) -> None:
    """Each deploy gives back what runs."""
    replica = Replica(postgres_url)
    await replica.put(await replica.chat("a"))
    for _ in range(5):
        assert await jobs.give_back(await taken(jobs))
    assert await jobs.put_off(await taken(jobs), 60)
    [(seconds,)] = observer.rows("SELECT extract(epoch FROM scheduled_at - now()) FROM procrastinate_jobs")
    assert 50 < seconds <= 60
    await replica.database.close()


async def test_turns_finished_in_one_go_tell_whether_another_of_their_chat_waits(
    postgres_url: str, jobs: TurnJobs, observer: Observer
) -> None:
    replica = Replica(postgres_url)
    for place, turns in (("a", 2), ("b", 1), ("c", 1)):
        await replica.put(await replica.chat(place), turns)
    with_another, alone, unshown = leases = await jobs.take(await jobs.register_worker(), 5)
    observer.execute("UPDATE turns SET status = 'done', shown = true WHERE id <> %s", unshown.turn_id)
    void = replace(alone, attempts=alone.attempts + 1)
    assert await jobs.finish([void]) == {}
    assert await jobs.finish(leases) == {with_another.turn_id: True, alone.turn_id: False}
    assert await jobs.beat(unshown.worker_id) == {unshown: False}
    await replica.database.close()


async def test_a_void_lease_changes_nothing(postgres_url: str, jobs: TurnJobs, observer: Observer) -> None:
    await waiting_turns(postgres_url)
    lost = await taken(jobs)
    observer.execute(ALL_STALLED)
    assert await jobs.sweep(STALL) == [(lost.chat_id, lost.turn_id)]
    held = await taken(jobs)
    for change in (jobs.finish([lost]), jobs.give_back(lost), jobs.put_off(lost, 0)):
        assert not await change
    assert await jobs.beat(held.worker_id) == {held: False}
    assert await jobs.give_back(held)


async def test_the_same_worker_taking_a_turn_again_has_another_lease(postgres_url: str, jobs: TurnJobs) -> None:
    await waiting_turns(postgres_url)
    before = await taken(jobs)
    await jobs.give_back(before)
    [after] = await jobs.take(before.worker_id)
    assert after == replace(before, attempts=before.attempts + 1)
    assert not await jobs.finish([before])


async def test_sweepers_at_the_same_time_put_a_turn_back_once(
    postgres_url: str, jobs: TurnJobs, observer: Observer
) -> None:
    """Else the second puts back what a living worker has taken up meanwhile, and the turn runs twice."""
    await waiting_turns(postgres_url)
    lost = await taken(jobs)
    observer.execute(ALL_STALLED)
    found = await asyncio.gather(*(jobs.sweep(STALL) for _ in range(4)))
    assert sorted(found) == [[], [], [], [(lost.chat_id, lost.turn_id)]]
    held = await taken(jobs)
    assert await jobs.sweep(STALL) == []
    assert await jobs.beat(held.worker_id) == {held: False}


async def test_a_turn_asked_to_stop_can_be_put_back(postgres_url: str, jobs: TurnJobs, observer: Observer) -> None:
    """Procrastinate's own retry ends such a job as failed, and the question would never be answered."""
    await waiting_turns(postgres_url)
    lost = await taken(jobs)
    replica = Replica(postgres_url)
    await cancel(replica.database.storage, replica.queue, lost.chat_id)
    assert await jobs.beat(lost.worker_id) == {lost: True}
    observer.execute(ALL_STALLED)
    await jobs.sweep(STALL)
    held = await taken(jobs)
    assert await jobs.beat(held.worker_id) == {held: False}
    await replica.database.close()


async def test_the_sweep_clears_what_nobody_waits_for(postgres_url: str, jobs: TurnJobs, observer: Observer) -> None:
    """Failed turns that were shown or deleted since, and workers that died."""
    await waiting_turns(postgres_url)
    await jobs.register_worker()
    observer.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    observer.execute("DELETE FROM chats")
    observer.execute(ALL_STALLED)
    await jobs.sweep(STALL)
    assert observer.rows("SELECT count(*) FROM procrastinate_jobs") == [(0,)]
    assert observer.rows("SELECT count(*) FROM procrastinate_workers") == [(0,)]
