"""How far the screen is behind the model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.model_tap import ModelTap, Writing
from playground.page.lag import GIVEN_UP_AFTER, SETTLED_AFTER, LagMeter, letters, on_screen, shown_of

TEXT = "The capital of France is Paris, and it is famous for its museums, its food and its light."


@given(st.text(), st.integers(0, 200))
def test_a_beginning_that_is_shown_counts_whole(text: str, cut: int) -> None:
    written = letters(text)
    assert on_screen(written, written[:cut]) == len(written[:cut])


@given(st.text(), st.text())
def test_never_more_is_shown_than_was_written(written: str, shown: str) -> None:
    assert 0 <= on_screen(letters(written), letters(shown)) <= len(letters(written))


def test_formatting_does_not_count() -> None:
    assert on_screen(letters("**Paris** is `big`"), letters("Paris is big")) == len("Parisisbig")


def test_an_address_behind_a_link_does_not_stop_the_count() -> None:
    written = letters("See [the documentation](https://example.com/a/long/path) for everything else.")
    shown = letters("See the documentation for everything else.")
    assert on_screen(written, shown) == len(written)


def test_the_language_of_a_code_block_does_not_stop_the_count() -> None:
    written = letters("Like this:\n```python\nprint('hello world')\n```\nand so on")
    assert on_screen(written, letters("Like this:\nprint('hello world')\nand so on")) == len(written)


def test_what_only_the_screen_has_does_not_stop_the_count() -> None:
    written = letters(TEXT)
    shown = letters(TEXT[:40] + " (continued) " + TEXT[40:])
    assert on_screen(written, shown) == len(written)


def test_another_text_shows_nothing() -> None:
    assert on_screen(letters("Rename the chat"), letters(TEXT)) == 0


def test_an_answer_may_go_on_in_the_next_post() -> None:
    assert shown_of(letters(TEXT), ["Something else before.", TEXT[:30], TEXT[30:60]]) == len(letters(TEXT[:60]))


class Bench:
    """A meter whose model, screens and clock are set by hand."""

    def __init__(self) -> None:
        self.tap = ModelTap("http://127.0.0.1:9/v1")
        self.places: dict[str, list[str]] = {}
        self.time = 0.0
        self.meter = LagMeter(self.tap, lambda: self.places.items(), lambda: self.time)

    def writes(self, writing: Writing, delta: str, at: float) -> None:
        self.time = at
        writing.add(delta, at)

    def begins(self, number: int = 1) -> Writing:
        writing = Writing(number, self.time)
        self.tap.writings.append(writing)
        return writing


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_the_lag_is_the_age_of_the_oldest_letter_that_does_not_show(bench: Bench) -> None:
    writing = bench.begins()
    bench.writes(writing, "The capital of ", 1.0)
    bench.places["thread"] = ["The capital of"]
    bench.meter.sample()
    assert bench.meter.behind == 0.0
    bench.writes(writing, "France ", 2.0)
    bench.writes(writing, "is Paris", 2.5)
    bench.meter.sample()
    assert bench.meter.behind == 0.5
    bench.time = 3.0
    bench.places["thread"] = ["The capital of France"]
    bench.meter.sample()
    assert bench.meter.behind == 0.5
    assert bench.meter.mean == pytest.approx(1 / 3)
    assert (bench.meter.worst, bench.meter.live) == (0.5, 1)


def test_an_answer_is_followed_until_it_stands_whole(bench: Bench) -> None:
    writing = bench.begins()
    bench.writes(writing, TEXT, 1.0)
    writing.ended = 1.0
    bench.places["thread"] = [TEXT[:50]]
    bench.meter.sample()
    assert bench.meter.late is None
    bench.time, bench.places["thread"] = 1.8, [TEXT]
    bench.meter.sample()
    assert bench.meter.late == pytest.approx(0.8)
    assert (bench.meter.live, bench.meter.behind) == (0, 0.0)


def test_a_title_that_shows_nowhere_counts_for_nothing(bench: Bench) -> None:
    writing = bench.begins()
    bench.writes(writing, "Capital of France", 1.0)
    bench.places["thread"] = ["Something quite different stands here."]
    bench.meter.sample()
    bench.time = 60.0
    bench.meter.sample()
    assert (bench.meter.behind, bench.meter.live, bench.meter.mean) == (0.0, 0, None)


def test_two_answers_alike_are_looked_for_in_two_places(bench: Bench) -> None:
    first, second = bench.begins(1), bench.begins(2)
    for writing in (first, second):
        bench.writes(writing, TEXT, 1.0)
    bench.places = {"a": [TEXT], "b": [TEXT[:40]]}
    bench.time = 2.0
    bench.meter.sample()
    assert bench.meter.live == 2
    assert bench.meter.behind == 1.0


def test_an_answer_that_was_deleted_is_not_waited_for(bench: Bench) -> None:
    writing = bench.begins()
    bench.writes(writing, TEXT, 1.0)
    bench.places["thread"] = [TEXT[:40]]
    bench.meter.sample()
    writing.ended, bench.places = 1.0, {}
    bench.time = 2.0
    bench.meter.sample()
    bench.time = SETTLED_AFTER + 3
    bench.meter.sample()
    assert (bench.meter.live, bench.meter.behind) == (0, 0.0)


def test_an_answer_that_waits_for_its_limit_is_waited_for_as_long_as_it_grows(bench: Bench) -> None:
    writing = bench.begins()
    bench.writes(writing, TEXT, 1.0)
    writing.ended = 1.0
    for shown, moment in ((20, 2.0), (40, 30.0), (60, 58.0)):
        bench.places["thread"], bench.time = [TEXT[:shown]], moment
        bench.meter.sample()
    assert (bench.meter.live, bench.meter.behind) == (1, 57.0)


def test_an_answer_that_was_stopped_is_not_waited_for(bench: Bench) -> None:
    """The model had written more than the bot has taken when somebody pressed Stop."""
    writing = bench.begins()
    bench.writes(writing, TEXT, 1.0)
    bench.places["thread"] = [TEXT[:40] + " Stopped."]
    bench.meter.sample()
    writing.ended, writing.broken_off = 1.5, True
    bench.meter.sample()
    assert (bench.meter.live, bench.meter.behind, bench.meter.late) == (0, 0.0, None)


def test_what_never_shows_is_not_waited_for(bench: Bench) -> None:
    writing = bench.begins()
    bench.writes(writing, "Look at it:\n```python\nprint(1)\n```\nand at [the manual](https://example.com/manual)", 1.0)
    writing.ended = 1.0
    bench.places["thread"] = ["Look at it:\nprint(1)\nand at the manual"]
    bench.meter.sample()
    assert (bench.meter.live, bench.meter.behind, bench.meter.late) == (0, 0.0, 0.0)


def test_a_title_that_shows_nowhere_is_forgotten(bench: Bench) -> None:
    writing = bench.begins()
    bench.writes(writing, "Capital of France", 1.0)
    writing.ended = 1.0
    bench.time = GIVEN_UP_AFTER + 2
    bench.meter.sample()
    assert not bench.meter._follows
