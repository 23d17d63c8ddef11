"""Half-written Markdown: the preview shows no raw marks, and no word is missing."""

from time import process_time

import pytest
from hypothesis import given, settings

from adapters.markdown.parse import parse
from adapters.markdown.tree import visible
from adapters.markdown.unfinished import close_unfinished
from tests.unit.markdown_strategy import anything


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**bold te", "**bold te**"),
        ("**bold te ", "**bold te** "),
        ("a *it", "a *it*"),
        ("_it", "_it_"),
        ("~~st", "~~st~~"),
        ("`co", "`co`"),
        ("``co`", "``co``"),
        ("**a *b", "**a *b***"),
        ("**a `b", "**a `b`**"),
        ("# H **b", "# H **b**"),
        ("> **q", "> **q**"),
        ("- a\n- **b", "- a\n- **b**"),
    ],
)
def test_open_marks_are_closed(written: str, shown: str) -> None:
    assert close_unfinished(written) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("```py\nx\n```", "```py\nx\n```"),
        ("````\n```\nx", "````\n```\nx\n````"),
        ("- a\n  ```py\n  x", "- a\n  ```py\n  x\n  ```"),
        ("> ~~~\n> x", "> ~~~\n> x\n> ~~~"),
    ],
)
def test_open_fences_are_closed(written: str, shown: str) -> None:
    assert close_unfinished(written) == shown


@pytest.mark.parametrize("half", ["[text](", "[text](http", "[text](http://x.org/a_b", "![text](http://x"])
def test_a_half_link_is_shown_as_its_text(half: str) -> None:
    assert close_unfinished(f"see {half}") == "see text"


def test_a_link_in_code_is_code() -> None:
    assert close_unfinished("`[text](http://x") == "`[text](http://x`"


@pytest.mark.parametrize("half", ["| a | b |", "| a | b |\n", "| a | b |\n|--", "| a | b |\n|---|"])
def test_a_table_waits_for_its_delimiter_row(half: str) -> None:
    assert close_unfinished(f"before\n\n{half}").strip() == "before"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("|---|---|\n", "|---|---|\n"),
        ("|---|---|\n| x | **y", "|---|---|\n| x |"),
        ("|---|---|\n| x", "|---|---|\n"),
    ],
)
def test_a_table_is_shown_as_soon_as_it_is_one_and_its_cells_when_they_are_whole(written: str, shown: str) -> None:
    assert close_unfinished(f"| a | b |\n{written}") == f"| a | b |\n{shown}"


@pytest.mark.parametrize(
    "mark", ["**", "*", "`", "~~", "[", "[half", "![", "!", "\\", "&am", "<http://x", "\\(x_1", "$x"]
)
def test_a_mark_that_marks_nothing_yet_waits(mark: str) -> None:
    assert close_unfinished(f"text {mark}") == "text"


@pytest.mark.parametrize(
    "mark", ["-", "- ", "12", "12.", "1. - ", "##", "> ", "---", "**", "```", "- [ ] ", "|", "$$", "\\[x"]
)
def test_a_line_waits_until_it_is_more_than_marks(mark: str) -> None:
    assert close_unfinished(f"text\n{mark}").rstrip() == "text"


def test_a_displayed_formula_waits_for_its_end() -> None:
    assert close_unfinished("so\n\n$$\na\n- b\n") == "so\n\n"


def test_a_half_end_of_bold_does_not_flicker() -> None:
    steps = [close_unfinished("a **bold**"[:end]) for end in range(5, 11)]
    assert steps == ["a **b**", "a **bo**", "a **bol**", "a **bold**", "a **bold**", "a **bold**"]


@pytest.mark.parametrize(
    "text", ["", "2 * 3", "snake_c", "a < b", "done.", "**closed** `too`", "- a\n- b\n", "**old\n\nnew"]
)
def test_what_is_finished_is_left_as_it_is(text: str) -> None:
    assert close_unfinished(text) == text


@pytest.mark.parametrize("line", ["", "\nnext", "\n\nnext"])
def test_a_language_waits_for_its_line_to_end(line: str) -> None:
    assert close_unfinished(f"text\n\n```pyth{line}") == (f"text\n\n```pyth{line}\n```" if line else "text\n\n")


@settings(max_examples=300)
@given(anything)
def test_the_words_of_a_preview_are_the_first_ones(text: str) -> None:
    """An entity is left out here: it is one character in a text, and its letters in a span of code."""
    shown = close_unfinished(text)
    if "](" not in text and "|" not in text and "&" not in text:
        assert _letters(text).startswith(_letters(shown))


def _letters(markdown: str) -> str:
    return "".join(filter(str.isalnum, visible(parse(markdown).blocks)))


@pytest.mark.parametrize("mark", "&<")
def test_a_run_of_what_may_become_a_mark_holds_up_nobody_else(mark: str) -> None:
    """A page of them, shown three times a second, took half a second of the process each time."""
    began = process_time()
    assert close_unfinished(f"so: {mark * 4000}") == "so:"
    assert process_time() - began < 0.2
