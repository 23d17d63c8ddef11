"""What is settled of a growing text: nothing that comes later changes how it looks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.markdown.characters import clean
from adapters.markdown.parse import parse, parse_bounded
from adapters.markdown.settled import settled
from adapters.markdown.tree import visible
from tests.unit.answers import ANSWERS, answers
from tests.unit.markdown_strategy import anything


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a **b", "a"),
        ("a **b**", "a"),
        ("a **b** ", "a **b**"),
        ("a **b**c", "a **b**c"),
        ("a `b", "a"),
        ("a _b ~~c", "a"),
        ("a * ", "a"),
        ("a * b", "a * b"),
        ("a [b](http://x", "a"),
        ("a [b](http://x)", "a [b](http://x)"),
        ("a ![b", "a"),
        ("a [1] b", "a [1] b"),
        ("a $x", "a"),
        ("a $5 or", "a"),
        ("a \\", "a"),
        ("a <http://x", "a"),
        ("a <b c", "a <b c"),
        ("a &am", "a"),
        ("a @her", "a"),
        ("a &#64;her", "a"),
        ("a &commat;her", "a"),
        ("a http://x.org/b", "a"),
        ("a http://x.org/b c", "a http://x.org/b c"),
        ("a\n#", "a"),
        ("a\n12.", "a"),
        ("a\n- ", "a"),
        ("a\n- b", "a\n- b"),
        ("a\n\n> ", "a"),
        ("a\n---", "a"),
        ("a\n---\n", "a\n---"),
        ("a\n\n```py", "a"),
        ("a\n\n```py\nb", "a\n\n```py\nb"),
        ("a\n\n```py\nb\n``", "a\n\n```py\nb"),
        ("a\n\n```py\nb\n```", "a\n\n```py\nb"),
        ("a\n\n```py\nb\n```\n", "a\n\n```py\nb\n```"),
        ("- a\n  ```\n  b\n  `", "- a\n  ```\n  b"),
        ("a\n\n| b |", "a"),
        ("a\n\n| b |\n|--", "a"),
        ("a\n\n| b |\n|---|\n", "a\n\n| b |\n|---|"),
        ("| b |\n|---|\n| c |", "| b |\n|---|"),
        ("| b |\nc", "| b |\nc"),
        ("# a #", "# a"),
        ("a\n\n$$\nb\n", "a"),
        ("a\n\n$$\nb\n$$\n", "a\n\n$$\nb\n$$"),
        ("a\x00\r\nb **", "a\x00\r\nb"),
    ],
)
def test_what_may_still_become_something_else_is_held_back(written: str, shown: str) -> None:
    assert written[: settled(written)] == shown


def test_a_mark_that_stays_open_is_text_after_200_characters_and_at_the_end_of_its_paragraph() -> None:
    word = "word " * 38
    assert settled(f"**{word}") == 0
    assert settled(f"**{word}more words.") == len(f"**{word}more words.")
    assert settled("**a\n\nb") == len("**a\n\nb")
    assert visible(parse_bounded(f"**{word} more words**").blocks).startswith("**")


@settings(max_examples=100, deadline=None)
@given(anything, st.integers(1, 5))
def test_what_is_settled_only_grows(text: str, step: int) -> None:
    before = 0
    for end in range(0, len(text) + 1, step):
        now = settled(text[:end])
        assert before <= now <= end
        before = now


@settings(max_examples=300, deadline=None)
@given(anything)
def test_a_text_is_settled_with_an_empty_line(text: str) -> None:
    whole = text + "\n\n"
    assert clean(whole[: settled(whole)]) == clean(text).rstrip()


@settings(max_examples=100, deadline=None)
@given(answers)
def test_no_mark_is_settled_before_its_end(answer: str) -> None:
    """The words of what is settled are the first ones of the whole, so no mark is a word before it is a mark."""
    whole = _words(answer)
    for end in range(0, len(answer), 7):
        assert whole.startswith(_words(answer[: settled(answer[:end])]))


@pytest.mark.parametrize("answer", ANSWERS)
def test_most_is_settled_soon(answer: str) -> None:
    behind = [end - settled(answer[:end]) for end in range(len(answer))]
    assert sum(behind) / len(behind) < 20


def _words(markdown: str) -> str:
    return "".join(visible(parse(markdown).blocks).split())
