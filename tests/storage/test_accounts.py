"""How accounts are written down, and what two of them know together."""

import json
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.engine.budgets import Account, Live, close
from storage.accounts import EMPTY, joined, read, speaks_until, written

NOW = 1_795_000_000.0

moments = st.integers(0, 10_000_000).map(lambda milliseconds: round(NOW + milliseconds / 1000, 3))
lives = st.builds(Live, st.integers(0, 300), st.integers(0, 300), moments)
accounts = st.builds(
    Account,
    calls=st.lists(moments).map(sorted),
    full_at=moments,
    closed_until=moments,
    share=st.floats(0.25, 1.0),
    cut_at=moments,
    live=st.dictionaries(st.text(), lives, max_size=3),
)


@given(accounts)
def test_what_is_written_is_read_again_as_it_was(account: Account) -> None:
    assert read(written(account, account.live)) == account


def test_a_new_account_says_nothing() -> None:
    assert written(Account(), {}) == EMPTY
    assert speaks_until(Account(), {}, 60.0) == 0.0


def test_what_a_later_version_adds_is_passed_over() -> None:
    assert read(json.dumps({"share": 0.5, "novelty": [1, 2]})) == Account(share=0.5)


def test_three_hundred_calls_take_little_room() -> None:
    assert len(written(Account([NOW + call / 5 for call in range(300)]), {})) < 1300


@given(accounts, accounts)
def test_two_accounts_know_together_what_each_of_them_knows(one: Account, other: Account) -> None:
    both = joined(one, other, NOW + 20_000)
    assert both.calls == sorted((Counter(one.calls) | Counter(other.calls)).elements())
    assert both.full_at == max(one.full_at, other.full_at)
    assert both.closed_until == max(one.closed_until, other.closed_until)
    assert both.left(NOW) <= max(one.left(NOW), other.left(NOW))
    assert both.live == one.live


def test_calls_of_the_same_moment_are_so_many_calls_for_two_who_know_them_as_well() -> None:
    """Those who are let out together have one moment: in a group of five all five count."""
    one, other = Account([NOW] * 5), Account([NOW] * 5 + [NOW + 1] * 2)
    assert joined(one, other, NOW).calls == [NOW] * 5 + [NOW + 1] * 2


def test_who_was_refused_is_believed() -> None:
    trusting, refused = Account(), Account()
    close(refused, NOW, 1.0, refused=True)
    assert joined(trusting, refused, NOW).left(NOW) == joined(refused, trusting, NOW).left(NOW) == 0.7


@given(accounts, st.floats(1.0, 100.0))
def test_an_account_says_nothing_from_the_moment_on_that_is_told(account: Account, memory: float) -> None:
    assert account.is_idle(speaks_until(account, account.live, memory) + 0.01, memory)
