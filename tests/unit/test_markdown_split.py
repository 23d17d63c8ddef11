"""Markdown -> pages: the cut falls where a person would cut, and both halves read as the whole did."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.markdown.characters import JOINER
from adapters.markdown.parse import parse
from adapters.markdown.split import split
from adapters.markdown.tree import Block, CodeBlock, Heading, Item, List, Paragraph, Table, plain, visible
from tests.unit.markdown_strategy import anything, code, headings, lists, nested, paragraphs, quotes, sentences, words

Fits = Callable[[str], bool]


def at_most(characters: int) -> Fits:
    """A page that shows so many characters, whatever their markup."""
    return lambda markdown: len(visible(parse(markdown).blocks)) <= characters


def pages_of(markdown: str, fits: Fits) -> list[str]:
    pages, rest = [], markdown
    while rest:
        page, rest = split(rest, fits)
        assert page or not rest
        pages.append(page)
    return pages


def seen(*sources: str) -> str:
    """What a reader sees over all pages, without space."""
    return "".join("".join(visible(parse(source).blocks).split()) for source in sources)


def blocks_of(*sources: str) -> list[Block]:
    return [block for source in sources for block in parse(source).blocks]


def test_what_fits_is_left_as_it_is() -> None:
    assert split("a\r\n\n**b\n", at_most(10)) == ("a\r\n\n**b\n", "")
    assert split("", at_most(10)) == ("", "")


def test_a_cut_between_blocks_comes_first() -> None:
    assert split("First one. Second one.\n\nThird one. Fourth.", at_most(35)) == (
        "First one. Second one.",
        "Third one. Fourth.",
    )


def test_a_page_is_not_left_under_half_full_for_the_sake_of_a_block() -> None:
    assert split("Short.\n\nA sentence here. Another sentence there. End.", at_most(40)) == (
        "Short.\n\nA sentence here.",
        "Another sentence there. End.",
    )


def test_then_sentences_then_words_then_characters() -> None:
    assert split("One two three four five. Six seven eight.", at_most(30))[0] == "One two three four five."
    assert split("one two three four five six seven", at_most(15)) == ("one two three", "four five six seven")
    assert split("x" * 50, at_most(20)) == ("x" * 20, "x" * 30)


def test_a_heading_goes_with_what_it_heads() -> None:
    text = "Some text that fills the page well.\n\n## Title\n\nWhat the title announces is written here."
    assert split(text, at_most(45)) == (
        "Some text that fills the page well.",
        "## Title\n\nWhat the title announces is written here.",
    )


def test_code_goes_on_at_a_line_in_the_same_language() -> None:
    lines = [f"line {number}" for number in range(20)]
    pages = pages_of("```python x\n" + "\n".join(lines) + "\n```\n\nafter", at_most(40))
    blocks = blocks_of(*pages)
    code = [block for block in blocks if isinstance(block, CodeBlock)]
    assert len(code) > 2
    assert {block.language for block in code} == {"python"}
    assert "\n".join(block.code for block in code).split("\n") == lines
    assert blocks[-1] == Paragraph(parse("after").blocks[0].content)  # type: ignore[union-attr]  # a paragraph it is


def test_code_is_rather_cut_at_an_empty_line() -> None:
    assert split("```\na = 1\nb = 2\n\nc = 3\nd = 4\n```", at_most(20))[1] == "```\nc = 3\nd = 4\n```"


def test_one_monstrous_line_of_code_is_cut_by_characters() -> None:
    pages = pages_of("```js\n" + "x" * 100 + "\n```", at_most(30))
    assert "".join(block.code for block in blocks_of(*pages) if isinstance(block, CodeBlock)) == "x" * 100
    assert all(27 <= len(seen(page)) <= 30 for page in pages[:-1])


def test_text_appended_to_the_rest_goes_on_inside_the_code() -> None:
    page, rest = split("```py\n" + "x = 1\n" * 10, at_most(30))
    assert page.endswith("\n```")
    assert blocks_of(rest + "y = '**'\n```\nafter")[0] == CodeBlock("x = 1\n" * 5 + "y = '**'", "py")


def test_numbers_of_a_list_go_on() -> None:
    for source in ("1. one\n2. two\n3. three\n4. four", "1. one\n1. two\n1. three\n1. four"):
        _, rest = split(source, at_most(8))
        (numbered,) = blocks_of(rest)
        assert isinstance(numbered, List)
        assert numbered.start is not None
        shown = [(numbered.start + place, item) for place, item in enumerate(numbered.items) if item.blocks]
        assert [number for number, _ in shown] == [3, 4]


def test_a_cut_inside_a_nested_item_keeps_its_place() -> None:
    """Neither a second bullet nor an indented code block, and what is appended is still its neighbour."""
    source = "1. outer\n   - inner goes on for some more words\n   - next"
    _, rest = split(source, at_most(25))
    (outer,) = blocks_of(rest + "\n   - last\n2. more")
    assert isinstance(outer, List)
    assert outer.items[0].continued
    (inner,) = outer.items[0].blocks
    assert isinstance(inner, List)
    assert inner.items[0].continued
    assert [visible(item.blocks) for item in inner.items[1:]] == ["next", "last"]
    assert visible(outer.items[1].blocks) == "more"


def test_deeply_nested_items_do_not_become_code() -> None:
    source = "- a\n" + "".join("  " * depth + f"- item {depth} of the list\n" for depth in range(1, 8))
    pages = pages_of(source, at_most(30))
    assert len(pages) > 3
    assert seen(*pages) == seen(source)
    assert "CodeBlock" not in repr([parse(page) for page in pages])


def test_code_in_an_item_stays_in_the_item() -> None:
    source = "1. text\n\n   ```py\n   a = 1\n   b = 2\n   c = 3\n   d = 4\n   ```\n2. more"
    _, rest = split(source, at_most(20))
    (block,) = blocks_of(rest)
    assert isinstance(block, List)
    assert block.items[0] == Item((CodeBlock("c = 3\nd = 4", "py"),), continued=True)
    assert visible(block.items[1].blocks) == "more"


def test_a_table_is_cut_between_rows_and_repeats_its_header() -> None:
    rows = "".join(f"| {number} | **row** |\n" for number in range(12))
    pages = pages_of("| n | what |\n|--:|---|\n" + rows, at_most(40))
    tables = [block for block in blocks_of(*pages) if isinstance(block, Table)]
    assert len(tables) == len(pages) > 2
    assert {tuple(map(plain, table.rows[0])) for table in tables} == {("n", "what")}
    assert {table.alignments for table in tables} == {("right", None)}
    assert [plain(row[0]) for table in tables for row in table.rows[1:]] == [str(number) for number in range(12)]


def test_a_row_is_cut_only_where_it_does_not_fit_alone() -> None:
    pages = pages_of("| a | b |\n|---|---|\n| x | " + "word " * 30 + "|\n", at_most(60))
    tables = [block for block in blocks_of(*pages) if isinstance(block, Table)]
    assert "".join(plain(row[1]) for table in tables for row in table.rows[1:]).replace(" ", "") == "word" * 30


def test_marks_are_closed_and_opened_again() -> None:
    assert split("**one two *three four five* six**", at_most(15)) == (
        "**one two *three***",
        "***four five* six**",
    )


def test_a_quote_goes_on_as_a_quote() -> None:
    assert split("> one two three four\n> five six", at_most(15)) == ("> one two three", "> four\n> five six")


@pytest.mark.parametrize("atom", ["[a link of words](http://x.org)", "`some code in here`", "$a_1 + b_2 + c_3$"])
def test_no_cut_falls_inside_a_link_code_or_formula(atom: str) -> None:
    page, rest = split(f"one two three four {atom} five", at_most(25))
    assert page == "one two three four"
    assert rest == f"{atom} five"


@pytest.mark.parametrize("half", ["**bold words", "`code words", "[link words", "[link](http://x.o", "~~struck"])
def test_no_cut_falls_inside_a_mark_that_is_still_being_written(half: str) -> None:
    assert split(f"one two three four five {half}", at_most(28)) == ("one two three four five", half)


def test_what_is_too_long_for_a_page_is_cut_wherever_it_stands() -> None:
    for source in ("`" + "x" * 90 + "`", "[" + "x" * 90 + "](http://x.org)", "**" + "x" * 90 + "**"):
        pages = pages_of(source, at_most(40))
        assert seen(*pages) == "x" * 90
        assert all(len(seen(page)) <= 40 for page in pages)


@pytest.mark.parametrize("cluster", ["👨‍👩‍👧‍👦", "🇩🇪", "e\u0301\u0327", "👍🏽"])
def test_characters_stay_whole(cluster: str) -> None:
    pages = pages_of(cluster * 30, at_most(20))
    assert {page.strip(JOINER).replace(cluster, "") for page in pages} == {""}


def test_text_that_would_begin_a_block_at_the_cut_stays_text() -> None:
    for word in ("- 5", "1. x", "# x", "> x", "+ x", "--- x", "```x"):
        page, rest = split(f"one two three four {word} seven eight nine ten", at_most(19))
        assert page == "one two three four"
        assert seen(page, rest) == seen(f"one two three four {word} seven eight nine ten")
        assert isinstance(parse(rest).blocks[0], Paragraph)


def test_a_page_that_nothing_fits_is_one_character() -> None:
    assert pages_of("ab", lambda markdown: False) == ["a", "b"]
    assert pages_of("👨‍👩‍👧b", lambda markdown: False) == ["👨‍👩‍👧", "b"]


def test_a_limit_of_the_source_itself_works_too() -> None:
    source = "1. one\n   - nested words go on here\n   - more\n\n```py\nx = 1\ny = 2\n```\n\n**bold words here**"
    pages = pages_of(source, lambda markdown: len(markdown) <= 40)
    assert max(map(len, pages)) <= 40
    assert seen(*pages) == seen(source)


@pytest.mark.parametrize(
    "text",
    [
        "x" * 100_000,
        "漢" * 50_000,
        "**" + "word " * 5_000 + "**",
        "[" * 10_000,
        "> " * 200 + "x",
        "- " * 200 + "y " * 3_000,
        "`" * 50_000,
        "| a | b |\n|---|---|\n" + "| x | y |\n" * 500,
        "https://example.org/" + "c" * 30_000,
        "[text](http://x.org/" + "a" * 30_000 + ")",
        "*a " * 2_000,
        "a\u0301\u0302" * 2_000,
    ],
)
def test_hostile_texts_come_to_an_end(text: str) -> None:
    pages = pages_of(text, at_most(4000))
    assert all(len(visible(parse(page).blocks)) <= 4000 for page in pages)


def test_fits_is_not_asked_for_each_word() -> None:
    asked = []

    def fits(markdown: str) -> bool:
        asked.append(len(markdown))
        return len(markdown) <= 4000

    split("Some words of a sentence. " * 1200, fits)
    assert len(asked) <= 16
    assert sum(asked) <= 80_000


_DOCUMENTS = st.lists(paragraphs | headings | code | quotes | lists | nested, min_size=1, max_size=6).map("\n\n".join)


@settings(max_examples=60, deadline=None)
@given(_DOCUMENTS, st.integers(60, 400))
def test_every_page_fits(markdown: str, room: int) -> None:
    fits = at_most(room)
    assert all(map(fits, pages_of(markdown, fits)))


_PLAIN = st.lists(
    words.filter(lambda word: word.isalnum() or (word[0] in "*`[a👨" and len(word) > 3)),
    min_size=1,
    max_size=60,
).map(" ".join)
_READABLE = st.lists(
    _PLAIN
    | _PLAIN.map(lambda text: "## " + text)
    | _PLAIN.map(lambda text: "> " + text)
    | _PLAIN.map(lambda text: f"- {text}\n- b\n  1. {text}")
    | code,
    min_size=1,
    max_size=6,
).map("\n\n".join)


@settings(max_examples=60, deadline=None)
@given(_READABLE, st.integers(60, 400))
def test_no_character_is_lost_or_doubled(markdown: str, room: int) -> None:
    assert seen(*pages_of(markdown, at_most(room))) == seen(markdown)


@settings(max_examples=25, deadline=None)
@given(_READABLE, st.integers(5, 60))
def test_a_text_that_grows_shows_the_same_as_one_that_is_there_at_once(markdown: str, step: int) -> None:
    """The live reply's way: the rest is kept, deltas are appended to it, pages that are closed are left alone."""
    pages, rest = [], ""
    for start in range(0, len(markdown), step):
        rest += markdown[start : start + step]
        page, after = split(rest, at_most(120))
        while after:
            pages.append(page)
            rest = after
            page, after = split(rest, at_most(120))
    joined = seen(*pages, rest)
    assert _letters(joined) == _letters(seen(markdown))


def _letters(text: str) -> str:
    """Marks that were cut before their end had come are shown as they were typed; letters never change."""
    return "".join(character for character in text if character.isalnum())


@settings(max_examples=60, deadline=None)
@given(anything, st.integers(1, 50))
def test_any_text_comes_to_an_end(markdown: str, room: int) -> None:
    pages_of(markdown, at_most(room))


@given(sentences.map("Text {}".format))
def test_headings_are_never_left_alone(text: str) -> None:
    source = f"{text}\n\n## Title\n\n{text}"
    for page in pages_of(source, at_most(max(len(text), 20) + 8))[:-1]:
        blocks = parse(page).blocks
        assert len(blocks) <= 1 or not isinstance(blocks[-1], Heading)
