"""The pure parts of the streaming benchmark: what is measured, the best there is, what others do."""

from itertools import combinations_with_replacement, pairwise, product

import pytest

from benchmarks.streaming.best import (
    APPENDS,
    UPDATES,
    mean_age,
    slack_edits,
    slack_streams,
    telegram_drafts,
    telegram_edits,
)
from benchmarks.streaming.policies import POLICIES
from benchmarks.streaming.replay import PLATFORMS, VirtualClock, Work, replay
from benchmarks.streaming.screens import Showing, behind
from benchmarks.streaming.work import WORDS, answer, deltas, numbers, shown_words
from playground.clock import Clock

WRITTEN = [number * 0.025 for number in range(400)]
END = WRITTEN[-1]


def test_the_answer_has_400_words_each_in_a_delta_of_its_own() -> None:
    assert numbers(answer()) == list(range(WORDS))
    assert "".join(deltas(answer())) == answer()
    assert len(deltas(answer())) == WORDS


def test_only_words_from_the_beginning_count_as_shown() -> None:
    assert shown_words("## w000 **w001** w003") == 2
    assert shown_words("") == 0


def test_a_screen_that_shows_all_at_once_is_never_behind() -> None:
    screen = behind(WRITTEN, [Showing(at, number + 1) for number, at in enumerate(WRITTEN)])
    assert screen.age == pytest.approx(0.0, abs=0.001)
    assert (screen.late, screen.first) == (0.0, 0.0)


def test_a_screen_that_is_empty_until_the_end_is_half_of_the_time_behind() -> None:
    screen = behind(WRITTEN, [Showing(END + 2, 400)])
    assert screen.age == pytest.approx(END / 2)
    assert screen.late == pytest.approx(2.0)
    assert screen.first == pytest.approx(END + 2)


def test_a_screen_that_never_shows_the_whole_has_no_lateness() -> None:
    assert behind(WRITTEN, [Showing(1.0, 40)]).late is None


def test_a_screen_that_goes_back_lacks_again_what_it_showed() -> None:
    forward = [Showing(5.0, 200), Showing(END, 400)]
    back = [Showing(5.0, 200), Showing(5.1, 20), Showing(END, 400)]
    assert behind(WRITTEN, back).age > behind(WRITTEN, forward).age + 1
    assert behind(WRITTEN, [Showing(END, 400), Showing(END + 1, 20)]).late is None
    assert behind(WRITTEN, [Showing(END, 400), Showing(END + 1, 20), Showing(END + 3, 400)]).late == pytest.approx(3.0)


def test_a_message_with_none_of_the_words_hides_nothing() -> None:
    assert behind(WRITTEN, [Showing(END + 1, 400), Showing(END + 2, 0)]).late == pytest.approx(1.0)
    assert behind(WRITTEN, [Showing(0.0, 0), Showing(1.0, 40)]).first == pytest.approx(1.0)


@pytest.mark.parametrize("interval", [0.25, 0.5, 1.0])
def test_showing_at_intervals_leaves_a_screen_half_an_interval_behind(interval: float) -> None:
    moments = [number * interval for number in range(int(10 / interval))]
    screen = behind(WRITTEN, [Showing(at, int(at / 0.025) + 1) for at in moments])
    assert screen.age == pytest.approx(interval / 2, abs=0.03)


def _age(places: tuple[int, ...], steps: int, seconds: float) -> float:
    """The mean age of a reply that is shown at these steps of its time."""
    shown = [0, *places, steps]
    return sum((after - before) ** 2 for before, after in pairwise(shown)) * seconds / steps**2 / 2


def test_no_way_to_spread_previews_over_replies_beats_the_best() -> None:
    steps, previews, replies = 12, 4, 2
    ways = (
        sum(_age(places, steps, 10.0) for places in split)
        for first in range(previews + 1)
        for split in product(
            combinations_with_replacement(range(steps + 1), first),
            combinations_with_replacement(range(steps + 1), previews - first),
        )
    )
    assert min(ways) == pytest.approx(mean_age(previews, replies, 10.0))


def test_the_best_for_one_person_is_what_the_budget_holds_spread_evenly() -> None:
    assert slack_edits(1, 10.0) == pytest.approx(10 / 100)
    assert slack_streams(1, 10.0) == pytest.approx(10 / 202)
    assert telegram_drafts(1, 10.0) == pytest.approx(10 / 80)
    assert telegram_edits(1, 10.0) == pytest.approx(10 / 28)


def test_more_people_than_updates_see_only_their_first_text_or_nothing_before_the_end() -> None:
    assert slack_edits(UPDATES, 10.0) == slack_edits(4 * UPDATES, 10.0) == pytest.approx(5.0)


def test_streams_and_edits_together_are_better_than_either() -> None:
    assert slack_streams(10, 10.0) < min(slack_edits(10, 10.0), mean_age(100, 10, 10.0) / 10)


@pytest.mark.parametrize(
    ("platform", "age", "methods"),
    [
        ("telegram", telegram_edits(1, 10.0), ("send", "update", "update")),
        ("telegram", telegram_drafts(1, 10.0), ("draft", "draft", "send")),
        ("slack", slack_edits(1, 10.0), ("send", "update", "update")),
        ("slack", mean_age(APPENDS, 1, 10.0), ("start", "append", "stop")),
    ],
)
def test_the_best_fits_into_the_stand_ins_budgets_and_nothing_better_does(
    platform: str, age: float, methods: tuple[str, str, str]
) -> None:
    intervals = round(10.0 / (2 * age))
    assert _refusals(platform, methods, intervals) == 0
    assert _refusals(platform, methods, intervals + 1) > 0


def _refusals(platform: str, methods: tuple[str, str, str], intervals: int) -> int:
    """Of a first text at once, the whole at the end, and previews at even intervals between them."""
    first, preview, last = methods
    clock = VirtualClock()
    budgets = PLATFORMS[platform](clock)
    for number in range(intervals + 1):
        clock.moment = 10.0 * number / intervals
        budgets.call(first if number == 0 else last if number == intervals else preview, 0)
    return budgets.refused


@pytest.mark.parametrize("name", POLICIES)
def test_every_bots_policy_shows_something_of_the_answer(name: str) -> None:
    platform, policy = POLICIES[name]
    alone = replay(policy, PLATFORMS[platform], 1)
    assert 0.05 < alone.age < 5.0


def test_the_policies_of_others_come_to_what_was_measured_of_them() -> None:
    """The magnitudes are those of the table that this benchmark was ordered with."""
    alone = {name: replay(policy, PLATFORMS[platform], 1) for name, (platform, policy) in POLICIES.items()}
    assert alone["n3d1117, edits by length"].age == pytest.approx(4.0, rel=0.2)
    assert alone["vercel/chat, edits"].age == pytest.approx(0.53, rel=0.1)
    assert alone["vercel/chat, edits"].late == pytest.approx(0.96, rel=0.1)
    assert alone["vercel/chat, native streams"].age == pytest.approx(0.56, rel=0.1)
    assert alone["seratch, edits by length"].age == pytest.approx(0.23, rel=0.1)
    crowd = replay(POLICIES["seratch, edits by length"][1], PLATFORMS["slack"], 10)
    assert crowd.age == pytest.approx(2.4, rel=0.3)
    assert crowd.refused == pytest.approx(433, rel=0.3)


class Unlimited:
    """Refuses nothing."""

    def __init__(self, clock: Clock) -> None:
        self.refused = 0

    def call(self, method: str, place: int) -> float:
        return 0.0


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("hermes, edits", 59),
        ("n3d1117, edits by length", 52),
        ("father-bot, edits by length", 35),
        ("seratch, edits by length", 44),
        ("vercel/chat, drafts", 48),
        ("vercel/chat, edits in Slack", 19),
        ("vercel/chat, native streams", 14),
        ("openclaw, edits", 13),
        ("deer-flow, edits", 13),
        ("vercel/chat, edits", 12),
    ],
)
def test_a_policy_makes_as_many_calls_as_its_bot_does_for_3500_characters(name: str, calls: int) -> None:
    """Counted in their sources: 300 characters a second in deltas of 4, 150 ms for a call, no 429."""
    work = Work(words=875, words_a_second=75.0, characters=4.0, round_trip=0.15)
    assert replay(POLICIES[name][1], Unlimited, 1, work).calls == pytest.approx(calls, abs=1)
