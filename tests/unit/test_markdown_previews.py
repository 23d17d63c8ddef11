"""A growing answer: what a preview shows is a beginning of what the whole shows, marked in the same way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.markdown.unfinished import close_unfinished
from adapters.telegram import markup as telegram
from tests.unit.answers import ANSWERS, answers

DRAWN = set("│─┼")
"""Drawn between the cells of a table; columns grow with what is in them."""


def seen_on_telegram(markdown: str) -> list[tuple[str, frozenset[str]]]:
    """Every character with its marks, but for space."""
    shown = telegram.render(markdown)
    units = [character for character in shown.text for _ in range(1 + (character > "\uffff"))]
    marks: list[set[str]] = [set() for _ in units]
    for entity in shown.entities:
        for unit in range(entity.offset, entity.offset + entity.length):
            marks[unit].add(f"{entity.type} {entity.url or entity.language or ''}")
    return [
        (unit, frozenset(found))
        for unit, found in zip(units, marks, strict=True)
        if not (unit.isspace() or unit in DRAWN)
    ]


def without_links(seen: list[tuple[str, frozenset[str]]]) -> list[tuple[str, frozenset[str]]]:
    """The text of a link is shown before it is a link."""
    return [(unit, frozenset(mark for mark in marks if "text_link" not in mark)) for unit, marks in seen]


def assert_begins(whole: str, part: str) -> None:
    seen, last = seen_on_telegram(close_unfinished(part)), seen_on_telegram(whole)
    assert without_links(seen) == without_links(last[: len(seen)])


@pytest.mark.parametrize("answer", ANSWERS)
def test_each_preview_of_an_answer_is_a_beginning_of_it(answer: str) -> None:
    for end in range(len(answer)):
        assert_begins(answer, answer[:end])


@settings(max_examples=60, deadline=None)
@given(answers, st.data())
def test_previews_never_show_what_the_whole_does_not(answer: str, data: st.DataObject) -> None:
    for end in data.draw(st.lists(st.integers(0, len(answer)), max_size=40)):
        assert_begins(answer, answer[:end])
