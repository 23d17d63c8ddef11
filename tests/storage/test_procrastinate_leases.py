"""What happens to turns whose worker dies, freezes, or loses the database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from bot.engine.turns import Turn
from storage.procrastinate_jobs import Lease
from storage.procrastinate_worker import RunningTurn, RunningTurns
from tests.contracts.handlers import PATIENCE, one_by_one
from tests.storage.replicas import NEVER, QUICK, UNDISTURBED, Observer, Replica, replica_process, waiting_turns

TROUBLED = replace(QUICK, stall=NEVER, sweep=0.1)
"""For outages: nobody is taken for dead meanwhile."""


@pytest.fixture
def observer(postgres_url: str) -> Observer:
    return Observer(postgres_url)


async def test_a_killed_workers_turn_goes_on_elsewhere_and_the_next_ones_follow_in_order(postgres_url: str) -> None:
    """As shipped nobody puts back what a dead worker held, and its chat stays blocked for ever."""
    replica = Replica(postgres_url)
    turns = await replica.put(await replica.chat(), 3)
    async with replica_process(postgres_url) as other:
        await other.until(f"begin {turns[0].id}")
        async with replica.serving():
            other.kill()
            async with asyncio.timeout(QUICK.stall + QUICK.sweep + 1.0):
                await replica.handler.until("begin", turns[0])
            await replica.handler.until("end", turns[2])
    assert replica.handler.log == one_by_one(turns)


async def test_a_frozen_worker_that_comes_back_lets_go_and_does_not_end_its_successors_turn(
    postgres_url: str, observer: Observer
) -> None:
    """As shipped the thawed worker marks its successor's job as done; then the chat's next turn runs beside it."""
    replica = Replica(postgres_url)
    first, second = await replica.put(await replica.chat(), 2)
    gate = replica.handler.hold(first)
    async with replica_process(postgres_url) as other:
        await other.until(f"begin {first.id}")
        other.freeze()
        async with replica.serving():
            await replica.handler.until("begin", first)
            other.thaw()
            await other.until(f"broken off {first.id}")
            await observer.until("SELECT count(*) = 2 FROM procrastinate_workers")  # it has begun anew
            assert observer.rows("SELECT id, status FROM procrastinate_jobs ORDER BY id") == [
                (first.id, "doing"),
                (second.id, "todo"),
            ]
            other.kill()
            gate.set()
            await replica.handler.until("end", second)
    assert replica.handler.log == one_by_one([first, second])


@asynccontextmanager
async def in_the_middle(url: str) -> AsyncIterator[tuple[Replica, Turn]]:
    """A worker in the middle of its only turn, which ends after the block, however often it is begun."""
    replica = Replica(url)
    [turn] = await replica.put(await replica.chat())
    gate = replica.handler.hold(turn)
    async with replica.serving():
        await replica.handler.until("begin", turn)
        yield replica, turn
        gate.set()
        await replica.handler.until("end", turn)


async def test_a_worker_that_cannot_beat_lets_go_in_time_and_takes_up_again_later(
    postgres_url: str, observer: Observer
) -> None:
    """Before the others take over, and without a word from the database."""
    async with in_the_middle(postgres_url) as (replica, turn):
        with observer.outage():
            await replica.handler.until("broken off", turn)
            assert replica.handler.ids("begin") == [turn.id]


async def test_a_worker_that_cannot_beat_lets_go_in_time_although_its_clock_was_put_back(
    postgres_url: str, observer: Observer
) -> None:
    async with in_the_middle(postgres_url) as (replica, turn):
        with observer.outage(), replica.clock.ahead(-NEVER):
            await replica.handler.until("broken off", turn)


async def test_a_worker_whose_heartbeat_hangs_lets_go_in_time(postgres_url: str, observer: Observer) -> None:
    async with in_the_middle(postgres_url) as (replica, turn):
        with observer.held_up("procrastinate_workers"):
            await replica.handler.until("broken off", turn)


async def test_a_worker_that_was_forgotten_lets_go_and_begins_anew(postgres_url: str, observer: Observer) -> None:
    async with in_the_middle(postgres_url) as (replica, turn):
        observer.execute("DELETE FROM procrastinate_workers")
        await replica.handler.until("broken off", turn)


async def test_the_heartbeat_goes_on_through_a_graceful_stop(postgres_url: str, observer: Observer) -> None:
    """As shipped it ends when the stop begins; then the other replica runs the turn a second time."""
    first, second = Replica(postgres_url), Replica(postgres_url)
    [turn] = await first.put(await first.chat())
    gate = first.handler.hold(turn)
    async with first.serving():
        await first.handler.until("begin", turn)
        async with second.serving():
            stopping = asyncio.create_task(first.queue.stop(PATIENCE))
            [(begun,)] = observer.rows("SELECT now()")
            outlasted = "SELECT min(last_heartbeat) > %s + %s * interval '1 second' FROM procrastinate_workers"
            await observer.until(outlasted, begun, QUICK.stall + QUICK.sweep)
            gate.set()
            await stopping
    assert first.handler.log == one_by_one([turn])
    assert second.handler.log == []


async def test_a_worker_listens_again_after_an_outage(postgres_url: str, observer: Observer) -> None:
    """As shipped the connection is gone for good, and from then on turns wait for the poll."""
    replica, other = Replica(postgres_url, UNDISTURBED), Replica(postgres_url)
    chat = await replica.chat()
    async with replica.serving():
        await observer.until_listening()
        with observer.outage():
            pass
        [missed] = await other.put(chat)
        await replica.handler.until("end", missed)
        await observer.until_listening()
        [heard] = await other.put(chat)
        await replica.handler.until("end", heard)
    await other.database.close()


async def test_a_turn_whose_end_could_not_be_told_does_not_block_its_chat(
    postgres_url: str, observer: Observer
) -> None:
    """As shipped its job stays taken for as long as its worker lives."""
    replica = Replica(postgres_url, TROUBLED)
    turn, behind = await replica.put(await replica.chat(), 2)
    door = replica.handler.linger(turn)
    async with replica.serving():
        await replica.handler.until("shown", turn)
        with capture_logs() as logs, observer.outage():
            door.set()
            async with asyncio.timeout(PATIENCE):
                while [entry["event"] for entry in logs].count("turn_not_settled") < 2:
                    await asyncio.sleep(0)
        await replica.handler.until("end", behind)


async def test_a_turn_that_was_taken_but_never_heard_of_is_given_back(postgres_url: str, observer: Observer) -> None:
    """The connection broke between the commit and its answer: the database says the turn is ours, we know nothing."""
    replica = Replica(postgres_url, TROUBLED, max_running=1)
    [blocking] = await replica.put(await replica.chat("a"))
    gate = replica.handler.hold(blocking)
    async with replica.serving():
        await replica.handler.until("begin", blocking)
        [lost] = await replica.put(await replica.chat("b"))
        observer.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM procrastinate_workers) "
            "WHERE id = %s",
            lost.id,
        )
        await observer.until("SELECT status = 'todo' FROM procrastinate_jobs WHERE id = %s", lost.id)
        gate.set()
        await replica.handler.until("end", lost)


async def test_a_turn_that_failed_is_tried_again_after_ever_longer_pauses(
    postgres_url: str, observer: Observer
) -> None:
    replica = Replica(postgres_url, replace(TROUBLED, sweep=0.02, retry=0.001))
    turn, behind = await replica.put(await replica.chat(), 2)
    replica.handler.fail(turn, LookupError("a mistake"))
    with capture_logs() as logs:
        async with replica.serving():
            await replica.handler.until("end", behind)
            await observer.until("SELECT status = 'failed' AND attempts >= 5 FROM procrastinate_jobs")
            observer.execute("UPDATE procrastinate_jobs SET args = args || '{\"put_off\": 19}', scheduled_at = now()")
            await observer.until(
                "SELECT extract(epoch FROM scheduled_at - now()) BETWEEN 500 AND 600 FROM procrastinate_jobs"
            )
    assert replica.handler.log[:3] == [("begin", turn.id), *one_by_one([behind])]
    assert {(log["event"], log["turn"], log["chat"]) for log in logs} == {("turn_not_handled", turn.id, turn.chat_id)}


async def test_what_was_put_off_gets_another_try_at_the_next_start(postgres_url: str, observer: Observer) -> None:
    [turn] = await waiting_turns(postgres_url)
    observer.execute("UPDATE procrastinate_jobs SET status = 'failed', scheduled_at = now() + interval '1 hour'")
    replica = Replica(postgres_url)
    async with replica.serving():
        await replica.handler.until("end", turn)


async def test_a_turn_that_a_handler_leaves_unshown_is_taken_up_again(postgres_url: str) -> None:
    """A platform that was away: the answer is stored, but nobody has seen it."""
    replica = Replica(postgres_url)
    [turn] = await replica.put(await replica.chat())
    replica.handler.leave_unshown(turn)
    async with replica.serving():
        await replica.handler.until("end", turn, 2)


async def test_a_turn_that_was_let_go_although_nobody_took_it_away_is_given_back_at_once(postgres_url: str) -> None:
    """A worker was frozen for a moment: its handler found that the lease might be over, and in truth it was not."""
    replica = Replica(postgres_url, UNDISTURBED)
    turn, behind = await replica.put(await replica.chat(), 2)
    replica.handler.leave_unshown(turn)
    gate = replica.handler.hold(turn)
    async with replica.serving():
        await replica.handler.until("begin", turn)
        with replica.clock.ahead(UNDISTURBED.stall):
            assert not replica.handler.claims[turn.id].holds()
        assert not replica.handler.claims[turn.id].holds()
        gate.set()
        await replica.handler.until("end", behind)
    assert replica.handler.ids("begin") == [turn.id, turn.id, behind.id]


def test_a_turn_taken_again_before_its_giving_back_was_heard_of_stays_with_its_worker() -> None:
    """The answer to the giving back comes after the one to the taking: they go over two connections."""
    turns = RunningTurns()
    given_back, taken = (RunningTurn(Lease(7, 1, 1, attempts), lambda: True) for attempts in (0, 1))
    turns.add(given_back)
    turns.add(taken)
    turns.remove(given_back)
    assert turns.leases() == {taken.lease}
    turns.remove(taken)
    assert len(turns) == 0


async def test_what_is_done_leaves_no_rows(postgres_url: str, observer: Observer) -> None:
    replica = Replica(postgres_url)
    turns = await replica.put(await replica.chat(), 3)
    async with replica.serving():
        await replica.handler.until("end", turns[-1])
        await observer.until("SELECT count(*) = 0 FROM procrastinate_jobs")
    assert observer.rows("SELECT count(*) FROM procrastinate_events") == [(0,)]
    assert observer.rows("SELECT count(*) FROM procrastinate_workers") == [(0,)]
