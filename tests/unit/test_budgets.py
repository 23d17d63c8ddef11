"""The rules of budgets. Moments are plain seconds here."""

from math import inf

import pytest

from bot.engine.budgets import (
    MARGIN,
    Account,
    Ask,
    Bucket,
    Budget,
    Live,
    Urgency,
    Way,
    Window,
    close,
    decide,
    interval,
    wait_for,
    within,
    without_future,
)

MINUTE = Budget("minute", (Window(10, 60.0),), quickest=0.25)
BUCKET = Budget("bucket", bucket=Bucket(5, 1.0))
GATE = Budget("gate")
LENGTH = 60.0 * (1 + MARGIN)


def account(live: int = 0) -> Account:
    return Account(live={"me": Live(live, live)} if live else {})


def spend(budget: Budget, it: Account, now: float, times: int = 1, urgency: Urgency = Urgency.FINAL) -> list[float]:
    return decide([Ask((budget,), urgency)] * times, {budget.name: it}, now, "me")


def test_a_window_takes_so_many_calls_and_then_one_for_each_that_is_over() -> None:
    it = account()
    assert spend(MINUTE, it, 0.0, 5) + spend(MINUTE, it, 30.0, 5) == [0.0] * 10
    assert spend(MINUTE, it, 40.0) == [pytest.approx(LENGTH - 40)]
    assert spend(MINUTE, it, LENGTH + 1, 5) == [0.0] * 5
    assert spend(MINUTE, it, LENGTH + 1) == [pytest.approx(29.0)]


def test_no_window_ever_holds_more_calls_than_it_may() -> None:
    it, made = account(), []
    now = 0.0
    for step in range(2000):
        now += 0.37 * (step % 7)
        if spend(MINUTE, it, now) == [0.0]:
            made.append(now)
    assert len(made) > 300
    assert all(sum(start <= call < start + 60 for call in made) <= 10 for start in made)


def test_a_bucket_takes_a_burst_and_then_one_call_after_each_gap() -> None:
    it = account()
    assert spend(BUCKET, it, 0.0, 6) == [0.0] * 5 + [1.0]
    assert spend(BUCKET, it, 1.0) == [0.0]
    assert spend(BUCKET, it, 10.0, 6) == [0.0] * 5 + [1.0]


def test_a_call_spends_all_its_budgets_or_none() -> None:
    accounts = {"minute": account(), "bucket": account()}
    spend(BUCKET, accounts["bucket"], 0.0, 5)
    assert decide([Ask((MINUTE, BUCKET), Urgency.FIRST)], accounts, 0.0, "me") == [1.0]
    assert accounts["minute"].calls == []


def test_a_preview_leaves_room_for_the_end_of_every_live_reply_and_a_final_text_takes_it() -> None:
    it = account(live=4)
    assert spend(MINUTE, it, 0.0, 6, Urgency.PREVIEW) == [0.0] * 6
    assert spend(MINUTE, it, 0.0, 1, Urgency.PREVIEW) == [pytest.approx(LENGTH)]
    assert spend(MINUTE, it, 0.0, 4) == [0.0] * 4


def test_a_first_text_waits_until_there_is_room_for_the_end_that_it_will_need() -> None:
    way = Way("edit", (GATE,), (MINUTE,), (MINUTE,))
    accounts = {"gate": account(), "minute": account()}
    waits = decide([Ask(way.first, Urgency.FIRST, way)] * 12, accounts, 0.0, "me")
    assert waits[:10] == [0.0] * 10
    assert min(waits[10:]) > 0
    assert accounts["minute"].ends(0.0) == accounts["minute"].shares(0.0) == 10
    assert decide([Ask((MINUTE,), Urgency.FINAL)] * 10, accounts, 0.0, "me") == [0.0] * 10


def test_where_more_replies_live_than_a_window_holds_no_preview_ever_goes_out() -> None:
    assert spend(MINUTE, account(live=20), 0.0, 1, Urgency.PREVIEW) == [inf]


def test_a_closed_budget_lets_nobody_out_before_its_time() -> None:
    it = account()
    close(it, 0.0, 30, refused=True)
    close(it, 1.0, 5, refused=False)
    assert wait_for(GATE, it, 10.0) == 20.0
    assert wait_for(GATE, it, 30.0) == 0.0
    assert within(GATE, it, 0.0, 30.0) == 0.0


def test_after_a_refusal_a_budget_is_trusted_less_and_slowly_more_again() -> None:
    it = account()
    close(it, 0.0, 1, refused=True)
    assert spend(MINUTE, it, 2.0, 10).count(0.0) == 7
    it.calls.clear()
    assert spend(MINUTE, it, 3600.0, 11).count(0.0) == 10


def test_calls_that_were_under_way_together_and_all_refused_are_one_refusal() -> None:
    it = account()
    for late in (0.0, 0.1, 0.2, 1.0):
        close(it, late, 30 - late, refused=True)
    assert it.left(30.0) == pytest.approx(0.7 + 30 / 900)
    close(it, 31.0, 30, refused=True)
    assert it.left(61.0) == pytest.approx(0.7 * (0.7 + 31 / 900) + 30 / 900)


def test_where_the_clock_is_put_back_nobody_waits_for_it_to_catch_up() -> None:
    """What was spent counts as spent now, as far as it can be true."""
    it, other = account(), account()
    spend(MINUTE, it, 3600.0, 10)
    spend(BUCKET, other, 3600.0, 5)
    assert spend(MINUTE, it, 0.0) == [pytest.approx(LENGTH)]
    assert spend(BUCKET, other, 0.0) == [pytest.approx(1.0)]
    assert spend(MINUTE, it, LENGTH + 0.1, 11).count(0.0) == 10
    assert spend(BUCKET, other, 1.0, 2) == [0.0, pytest.approx(1.0)]


def test_calls_from_the_future_were_made_now() -> None:
    it = Account([-1.0, 5.0, 3600.0])
    without_future(MINUTE, it, 0.0)
    assert it.calls == [-1.0, 0.0, 0.0]


def test_a_bucket_that_is_trusted_less_is_not_taken_for_one_of_the_future() -> None:
    it, slow = account(), Budget("slow", bucket=Bucket(1, 1.0))
    for _ in range(9):
        close(it, 0.0, 0.0, refused=True)
    assert it.left(0.0) == 0.25
    assert spend(slow, it, 0.0, 2) == [0.0, pytest.approx(4.0)]


def test_an_outage_is_no_reason_to_trust_a_budget_less() -> None:
    it = account()
    close(it, 0.0, 1, refused=False)
    assert spend(MINUTE, it, 2.0, 10) == [0.0] * 10


def test_what_can_be_spent_soon_counts_what_comes_back_by_then() -> None:
    it = account()
    spend(MINUTE, it, 0.0, 10)
    assert within(MINUTE, it, 1.0, 30.0) == 0
    assert within(MINUTE, it, 1.0, 61.0) == pytest.approx(10, abs=0.5)
    spend(BUCKET, other := account(), 0.0, 5)
    assert within(BUCKET, other, 0.0, 10.0) == pytest.approx(10)


@pytest.mark.parametrize(("live", "gap"), [(1, 1.0), (2, 2.0), (5, 5.0)])
def test_replies_that_grow_together_share_what_there_is_evenly(live: int, gap: float) -> None:
    """Ten calls for ten seconds, the ends kept free."""
    assert interval(MINUTE, account(live), 0.0, 0.0, typical=10.0) == pytest.approx(gap)


def test_however_much_is_free_previews_are_not_quicker_than_anybody_reads() -> None:
    assert interval(Budget("rich", (Window(1000, 60.0),), quickest=0.25), account(1), 0.0, 0.0, 10.0) == 0.25


def test_a_reply_that_takes_longer_than_is_typical_goes_on_with_what_is_left() -> None:
    it = account(1)
    spend(MINUTE, it, 0.0, 6)
    assert interval(MINUTE, it, 20.0, 20.0, typical=10.0) == pytest.approx((LENGTH - 20) / 4, abs=0.01)


def test_replies_of_a_process_that_is_silent_count_no_more() -> None:
    it = Account(live={"dead": Live(9, 9, until=30.0), "me": Live(1, 1)})
    assert (it.ends(29.0), it.ends(31.0), it.shares(31.0)) == (10, 1, 1)


def test_an_account_that_says_nothing_can_be_forgotten() -> None:
    it = account()
    assert it.is_idle(0.0, MINUTE.memory)
    spend(MINUTE, it, 0.0)
    assert not it.is_idle(30.0, MINUTE.memory)
    assert it.is_idle(70.0, MINUTE.memory)
    close(it, 70.0, 5, refused=True)
    assert not it.is_idle(80.0, MINUTE.memory)
