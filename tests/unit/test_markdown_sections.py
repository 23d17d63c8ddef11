"""Sections: reading them one by one, and keeping what was read, says what reading the whole says."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.markdown.parse import parse
from adapters.markdown.sections import Fold, section_starts
from adapters.markdown.tree import Blocks, List
from tests.unit.answers import ANSWERS
from tests.unit.markdown_strategy import anything, sentences

LINES = """- a|- b|  more|   deep|* c|1. x|2. y|12. z|> q|```|```py|~~~|  ```|    code||# h|---|- - -|para|$$|\\[|\\]
- > q|| a ||---||  - n|\t- t|-|1.|2. \u2060|- [ ] t|`````|\x00|\r|\x0b- q"""
lines = st.lists(st.sampled_from(LINES.replace("\n", "|").split("|")), max_size=14).map("\n".join)


def sections(source: str) -> list[str]:
    starts = section_starts(source)
    return [source[start:end] for start, end in zip(starts, [*starts[1:], len(source)], strict=True)]


def and_section(blocks: Blocks, section: str) -> Blocks:
    more = parse(section).blocks
    match blocks, more:
        case (*before, List(items, start, mark) as last), (List(others) as next_list, *after) if last.goes_on_in(
            next_list
        ):
            return (*before, List(items + others, start, mark), *after)
    return blocks + more


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("a\n\nb", ["a\n\n", "b"]),
        ("a\nb", ["a\nb"]),
        ("- a\n- b\n  c\n- d", ["- a\n", "- b\n  c\n", "- d"]),
        ("- a\nlazy\n- b", ["- a\nlazy\n- b"]),
        ("- a\n\n  b\n\nc", ["- a\n\n  b\n\n", "c"]),
        ("a\n```py\nb\n\nc\n```\n\nd", ["a\n", "```py\nb\n\nc\n```\n\n", "d"]),
        ("```\na\n\n- b\n- c", ["```\na\n\n- b\n- c"]),
        ("$$\n```\n", ["$$\n```\n"]),
        ("-\n\n\n- a", ["-\n\n\n- a"]),
    ],
)
def test_a_section_ends_where_nothing_goes_on(source: str, found: list[str]) -> None:
    assert sections(source) == found


@settings(max_examples=500, deadline=None)
@given(lines | anything)
def test_reading_sections_is_reading_the_whole(source: str) -> None:
    blocks: Blocks = ()
    for section in sections(source):
        blocks = and_section(blocks, section)
    assert blocks == parse(source).blocks


@settings(max_examples=100, deadline=None)
@given(lines | anything)
def test_sections_stay_while_the_source_grows(source: str) -> None:
    before: tuple[int, ...] = (0,)
    for end in range(len(source) + 1):
        starts = section_starts(source[:end])
        assert starts[: len(before)] == before
        before = starts


@settings(max_examples=200, deadline=None)
@given(lines, st.sampled_from(["```py", "~~~", "````"]), st.sampled_from(["", "\n", "\n````", "\n  ~~~ ", "\n```\n\n"]))
def test_code_is_read_as_the_parser_reads_it(code: str, fence: str, end: str) -> None:
    source = f"{fence}\n{code}{end}"
    assert repr(parse(source).blocks) == repr(parse(f"text\n\n{source}").blocks[1:])


@given(sentences)
def test_one_line_is_read_as_the_parser_reads_it(line: str) -> None:
    assert parse(line).blocks == parse(f"# heading\n{line}").blocks[1:]


def test_what_was_added_up_is_kept() -> None:
    added: list[str] = []

    def add(count: int, section: str) -> int:
        added.append(section)
        return count + 1

    fold = Fold(0, add)
    for end in range(len(ANSWERS[0])):
        fold.closed(ANSWERS[0][:end])
    assert added == sections(ANSWERS[0])[:-1]
