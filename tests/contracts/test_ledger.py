"""What everything that keeps a ledger promises. On PostgreSQL time is the server's, so here it is real and short."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import count

import pytest

from bot.engine.budgets import Ask, Bucket, Budget, Urgency, Window
from bot.engine.ledger import LocalLedger
from bot.engine.ports import Ledger
from bot.service.clock import SystemClock
from storage import KeptLedger, SharedLedger, open_database
from tests.contracts.spending import BURST, EDITS, FIVE, GATE, LONG, Spender, ask, begin, spent

ROUNDED = 0.002
"""Seconds by which moments are rounded."""

CLOCKS = 0.03
"""Seconds by which two clocks may be off."""

NUMBERS = count(1)


async def open_stored(url: str, opened: AsyncExitStack) -> KeptLedger | SharedLedger:
    """The ledger on a database, as a process has it."""
    database = open_database(url)
    opened.push_async_callback(database.close)
    ledger = (
        SharedLedger(database, SystemClock(), f"process {next(NUMBERS)}")
        if database.on_postgres
        else KeptLedger(database, SystemClock())
    )
    opened.push_async_callback(ledger.aclose)
    return ledger


@pytest.fixture(params=["local", "sqlite", "postgres"])
async def ledger(request: pytest.FixtureRequest) -> AsyncIterator[Ledger]:
    if request.param == "local":
        yield LocalLedger(SystemClock())
        return
    async with AsyncExitStack() as opened:
        ledger = await open_stored(request.getfixturevalue(f"{request.param}_url"), opened)
        await ledger.ask([])  # the way there
        yield ledger


async def test_no_window_ever_holds_more_calls_than_it_may(ledger: Ledger) -> None:
    few, spender = Budget("few", (Window(4, 0.3),)), Spender()
    async with asyncio.TaskGroup() as people:
        for _ in range(3):
            people.create_task(spender.spend(ledger, few, 5))
    assert spender.seconds_of(5) >= 0.3
    assert spender.took < 2 * 3 * 0.3


async def test_a_bucket_takes_a_burst_and_then_a_call_after_each_gap(ledger: Ledger) -> None:
    bucket, spender = Budget("bucket", bucket=Bucket(3, 0.1)), Spender()
    await spender.spend(ledger, bucket, 6)
    assert spender.seconds_of(4) >= 0.1 - ROUNDED
    assert 0.3 - ROUNDED <= spender.took < 2 * 0.3


async def test_who_is_named_first_is_let_out_first(ledger: Ledger) -> None:
    other = Budget("other")
    asks = [Ask((BURST,), Urgency.PREVIEW), Ask((other,), Urgency.FIRST), *[Ask((BURST,), Urgency.FINAL)] * 2]
    waits = await ledger.ask(asks)
    assert waits[:3] == [0.0, 0.0, 0.0]
    assert LONG - 1 < waits[3] <= LONG


async def test_a_call_spends_all_its_budgets_or_none(ledger: Ledger) -> None:
    assert await spent(ledger, Urgency.FIRST, BURST, FIVE) == 2
    assert await spent(ledger, Urgency.FIRST, FIVE) == 3


async def test_asks_of_the_same_moment_are_all_answered(ledger: Ledger) -> None:
    waits = await asyncio.gather(*(ask(ledger, Urgency.FINAL, FIVE) for _ in range(7)))
    assert [wait for (wait,) in waits].count(0.0) == 5


async def test_a_preview_leaves_room_for_the_ends_of_all_live_replies_and_a_final_text_takes_it(
    ledger: Ledger,
) -> None:
    ledger.live(EDITS, 3)
    assert await spent(ledger, Urgency.PREVIEW, FIVE) == 2
    assert await spent(ledger, Urgency.FINAL, FIVE) == 3


async def test_a_reply_begins_only_where_there_is_room_for_its_end(ledger: Ledger) -> None:
    assert await begin(ledger, 7) == 5
    assert await spent(ledger, Urgency.PREVIEW, FIVE) == 0
    assert await spent(ledger, Urgency.FINAL, FIVE) == 5


async def test_when_a_reply_has_ended_its_room_is_free_again(ledger: Ledger) -> None:
    await begin(ledger, 5)
    ledger.live(EDITS, -4)
    assert await spent(ledger, Urgency.PREVIEW, FIVE) == 4


async def test_what_lives_here_is_seen_at_once(ledger: Ledger) -> None:
    await begin(ledger, 2)
    ledger.live(EDITS, 1)
    account, now = ledger.seen(FIVE)
    assert (account.ends(now), account.shares(now)) == (3, 3)
    ledger.live(EDITS, -3)
    account, now = ledger.seen(FIVE)
    assert (account.ends(now), account.shares(now)) == (0, 0)


async def test_what_was_spent_is_seen_and_of_what_nobody_knows_all_is_there(ledger: Ledger) -> None:
    assert ledger.seen(FIVE)[0].calls == []
    await spent(ledger, Urgency.FINAL, FIVE)
    account, now = ledger.seen(FIVE)
    assert len(account.calls) == 5
    assert all(-CLOCKS <= now - call < 1.0 for call in account.calls)


async def test_a_closed_budget_lets_nobody_out_before_its_time(ledger: Ledger) -> None:
    spender = Spender()
    await ledger.close((GATE,), 0.3, refused=False)
    await ledger.close((GATE,), 0.1, refused=False)
    await spender.spend(ledger, GATE, 2)
    assert 0.3 - ROUNDED <= spender.took < 2 * 0.3


async def test_others_are_not_held_up_by_a_closed_budget(ledger: Ledger) -> None:
    await ledger.close((GATE,), LONG, refused=True)
    assert await ask(ledger, Urgency.FINAL, FIVE) == [0.0]


async def test_after_a_refusal_a_budget_is_trusted_less(ledger: Ledger) -> None:
    ten = Budget("ten", (Window(10, LONG),))
    await ledger.close((ten,), 0.05, refused=True)
    [wait] = await ask(ledger, Urgency.FINAL, ten)
    await asyncio.sleep(wait)
    assert await spent(ledger, Urgency.FINAL, ten) == 7


async def test_a_closed_budget_stays_closed_and_trusted_less_over_a_restart(database_url: str) -> None:
    """The first process has no time to end in order."""
    async with AsyncExitStack() as opened:
        before = await open_stored(database_url, opened)
        await before.close((FIVE,), LONG, refused=True)
        after = await open_stored(database_url, opened)
        [wait] = await ask(after, Urgency.FINAL, FIVE)
        account, now = after.seen(FIVE)
        assert LONG - 5 < wait <= LONG
        assert account.left(now) == pytest.approx(0.7, abs=0.01)


async def test_windows_are_as_full_after_a_restart_as_before_but_no_reply_lives(database_url: str) -> None:
    async with AsyncExitStack() as opened:
        before = await open_stored(database_url, opened)
        assert await begin(before, 2) == 2
        assert await ask(before, Urgency.FINAL, FIVE) == [0.0]
    async with AsyncExitStack() as opened:
        after = await open_stored(database_url, opened)
        assert await spent(after, Urgency.PREVIEW, FIVE) == 4
