"""Markdown -> tree: everything a reader should see arrives, nothing else."""

import pytest
from hypothesis import given

from adapters.markdown.parse import parse
from adapters.markdown.tree import (
    Block,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Image,
    Inline,
    Item,
    LineBreak,
    Link,
    List,
    Math,
    MathBlock,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
    visible,
)
from tests.unit.markdown_strategy import anything


def only(markdown: str) -> Block:
    (block,) = parse(markdown).blocks
    return block


def inlines(markdown: str) -> tuple[Inline, ...]:
    block = only(markdown)
    assert isinstance(block, Paragraph)
    return block.content


@pytest.mark.parametrize(
    "text",
    [
        "List<String> and a < b > c",
        "<script>alert(1)</script> stays",
        "2*3*4 and x**2 + y**2",
        "snake_case and _x, a_b_c",
        "$5 and $10, US$3",
        "👨‍👩‍👧‍👦 🇩🇪 ☑️",
        "שלום עולם, مرحبا",
        "**never closed and `neither",
        "[half a link](http://",
        "[1]: https://example.org is no definition",
        "https://example.org/_private_/a_b?c=1&copy;=2 stays",
    ],
)
def test_what_only_looks_like_markup_is_text(text: str) -> None:
    assert inlines(text) == (Text(text),)


def test_marks_nest() -> None:
    assert inlines("a **b *c* ~~d~~** `e*`") == (
        Text("a "),
        Strong((Text("b "), Emphasis((Text("c"),)), Text(" "), Strike((Text("d"),)))),
        Text(" "),
        Code("e*"),
    )


def test_bold_may_end_inside_a_word() -> None:
    assert inlines("**bold**ed") == (Strong((Text("bold"),)), Text("ed"))


def test_links_keep_text_and_target() -> None:
    assert inlines("[a *b*](http://x.org) <http://y.org> ![c *d*](http://z.org)") == (
        Link((Text("a "), Emphasis((Text("b"),))), "http://x.org"),
        Text(" "),
        Link((Text("http://y.org"),), "http://y.org", bare=True),
        Text(" "),
        Image("c d", "http://z.org"),
    )


def test_a_link_that_would_run_code_stays_text() -> None:
    assert inlines("[a](javascript:b)") == (Text("[a](javascript:b)"),)


def test_line_breaks_say_whether_they_were_asked_for() -> None:
    assert inlines("a\nb  \nc\\\nd") == (
        Text("a"),
        LineBreak(),
        Text("b"),
        LineBreak(hard=True),
        Text("c"),
        LineBreak(hard=True),
        Text("d"),
    )


@pytest.mark.parametrize("formula", ["$a_1 * b_2 *$", "$$x_1$$", r"\(a_1 \{ b_2\)", r"\[ x_1 * y_1 * \]"])
def test_latex_is_kept_letter_for_letter(formula: str) -> None:
    assert inlines(f"so {formula}!") == (Text("so "), Math(formula), Text("!"))


@pytest.mark.parametrize("formula", ["$$\na_1 \\\\\n= b_2\n- c\n$$", "\\[\nx_1 * y\n+ z * \\]"])
def test_displayed_latex_is_a_block_whose_lines_are_no_lists_or_headings(formula: str) -> None:
    assert parse(f"{formula}\nafter").blocks == (MathBlock(formula), Paragraph((Text("after"),)))


@pytest.mark.parametrize("text", ["$$ a lot", "$$ a\n\nb $$", "\\[ a\n\nb"])
def test_displayed_latex_without_an_end_is_text(text: str) -> None:
    assert not any(isinstance(block, MathBlock) for block in parse(text).blocks)


def test_lists_know_their_numbers_and_tasks() -> None:
    assert only("3. a\n4. [x] b\n   - [ ] c\n   - d") == List(
        (
            Item((Paragraph((Text("a"),)),)),
            Item(
                (
                    Paragraph((Text("b"),)),
                    List((Item((Paragraph((Text("c"),)),), checked=False), Item((Paragraph((Text("d"),)),)))),
                ),
                checked=True,
            ),
        ),
        start=3,
    )


def test_a_word_joiner_alone_marks_an_item_that_goes_on() -> None:
    assert only("2. \u2060\n\n   more\n3. next") == List(
        (Item((Paragraph((Text("more"),)),), continued=True), Item((Paragraph((Text("next"),)),))), start=2
    )


def test_blocks() -> None:
    assert parse("# H\n\n> q\n\n```py x\ny\n```\n\n    z\n\n---").blocks == (
        Heading(1, (Text("H"),)),
        Quote((Paragraph((Text("q"),)),)),
        CodeBlock("y", "py"),
        CodeBlock("z"),
        Rule(),
    )


def test_a_fence_without_an_end_is_code_to_the_end() -> None:
    assert only("```\na\n\n**b") == CodeBlock("a\n\n**b")


def test_every_row_of_a_table_is_as_wide_as_its_header() -> None:
    assert only("| a | b |\n|:-:|---|\n| 1 |\n| 2 | 3 | 4 |") == Table(
        ("center", None), (((Text("a"),), (Text("b"),)), ((Text("1"),), ()), ((Text("2"),), (Text("3"),)))
    )


def test_control_characters_and_torn_surrogates_are_dropped_or_mended() -> None:
    assert inlines("a\x00\x07b \ud83d\ude00 \ud83d\r\nc") == (Text("ab 😀 �"), LineBreak(), Text("c"))


@pytest.mark.parametrize("marker", ["> ", "- ", "1. "])
def test_nesting_without_end_loses_no_text(marker: str) -> None:
    assert "deep" in visible(parse(marker * 500 + "deep").blocks)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "![" * 400 + "a" + "](x)" * 400,
        "[" * 20_000 + "](x)" * 20_000,
        "*a " * 10_000 + "b* " * 10_000,
        "`" * 20_000 + " " + "a`" * 9_000,
        "\\(" * 50_000,
        "$$x\n" * 10_000,
        "<" * 50_000,
        "|a" * 5_000 + "\n" + "|-" * 5_000,
        "x" * 100_000,
    ],
)
def test_hostile_texts_are_read_to_the_end(text: str) -> None:
    """The tree stays shallow enough to walk; a scan without bounds would run into the test's time limit."""
    assert len(visible(parse(text).blocks)) > 0


@given(anything)
def test_any_text_can_be_read(text: str) -> None:
    visible(parse(text).blocks)
