"""Markdown -> Telegram's text and entities."""

import pytest
from hypothesis import given, settings

from adapters.markdown.parse import parse
from adapters.markdown.split import split
from adapters.telegram.entities import Writer
from adapters.telegram.markup import Entity, Rendered, fits, fits_rendered, plain, render
from tests.unit.markdown_strategy import anything, markdown


def marked(shown: Rendered) -> list[tuple[str, str]]:
    """What each entity covers, cut the way Telegram's clients do it: in UTF-16 units."""
    units = shown.text.encode("utf-16-le")
    cut = [
        units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le") for entity in shown.entities
    ]
    return list(zip((entity.type for entity in shown.entities), cut, strict=True))


@pytest.mark.parametrize(
    "text", ["List<String> a < b", "2*3*4 snake_case", "**open `too", "😀 שלום", "$a_1$ and \\(b_2\\)", "$5 and $10"]
)
def test_text_comes_through_unharmed(text: str) -> None:
    assert render(text) == Rendered(text)


def test_marks_become_entities_counted_in_utf16() -> None:
    assert render("😀 **b** *i* ~~s~~ `c` [l](https://x.org)") == Rendered(
        "😀 b i s c l",
        (
            Entity("bold", 3, 1),
            Entity("italic", 5, 1),
            Entity("strikethrough", 7, 1),
            Entity("code", 9, 1),
            Entity("text_link", 11, 1, url="https://x.org"),
        ),
    )


def test_headings_are_bold_once() -> None:
    assert marked(render("# A **b** *c*")) == [("bold", "A b c"), ("italic", "c")]


def test_lists_show_bullets_numbers_tasks_and_depth() -> None:
    assert render("- a\n  1. b\n     c\n  2. d\n- [ ] e\n- [x] f").text == "• a\n   1. b\n      c\n   2. d\n☐ e\n☑ f"


def test_an_item_of_an_earlier_page_shows_no_second_marker() -> None:
    assert render("2. \u2060\n\n   more\n3. next").text == "more\n3. next"


def test_code_keeps_its_language_and_indent() -> None:
    assert render("```py\n    x\n\ty\n```") == Rendered("    x\n    y", (Entity("pre", 0, 11, language="py"),))


def test_a_quote_is_one_entity_however_deep() -> None:
    assert marked(render("> a\n> > b\n> ```\n> c\n> ```")) == [("blockquote", "a\n> b\nc"), ("pre", "c")]


def test_no_style_lies_around_code() -> None:
    assert marked(render("**a `b` c**")) == [("bold", "a "), ("code", "b"), ("bold", " c")]


def test_code_in_a_link_is_the_text_of_the_link() -> None:
    assert marked(render("[a `b`](https://x.org)")) == [("text_link", "a b")]


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("[a](http://localhost:8000/b)", "a (http://localhost:8000/b)"),
        ("[a](ftp://x.org)", "a (ftp://x.org)"),
        ("[a](/b)", "a (/b)"),
        ("[Ann](mailto:ann@x.org)", "Ann (ann@x.org)"),
        ("[ann@x.org](mailto:ann@x.org)", "ann@x.org"),
        ("<ann@x.org>", "ann@x.org"),
        ("<https://x.org>", "https://x.org"),
        ("[](https://x.org)", "https://x.org"),
        ("[a]()", "a"),
    ],
)
def test_an_address_that_telegram_would_drop_is_shown(link: str, text: str) -> None:
    """td's `check_link_impl` wants a dot in the host and takes `mailto:` for a web address."""
    assert render(link) == Rendered(text)


@pytest.mark.parametrize("target", ["https://x.org/a", "http://1.2.3.4", "tg://user?id=1"])
def test_an_address_that_telegram_takes_is_linked(target: str) -> None:
    assert render(f"[a]({target})").entities == (Entity("text_link", 0, 1, url=target),)


def test_an_image_is_a_link() -> None:
    assert render("![a *b*](https://x.org)") == Rendered("a b", (Entity("text_link", 0, 3, url="https://x.org"),))


def test_a_table_is_aligned_and_monospace() -> None:
    shown = render("| a | 漢字 |\n|---|--:|\n| 👨‍👩‍👧 | x |")
    assert marked(shown) == [("pre", shown.text)]
    assert shown.text == "a  │ 漢字\n───┼─────\n👨‍👩‍👧 │    x"


def test_a_rule_is_a_line() -> None:
    assert render("a\n\n---\n\nb").text == "a\n\n———\n\nb"


def test_displayed_latex_is_left_as_it_is() -> None:
    assert render("$$\na_1 * b_2\n$$") == Rendered("$$\na_1 * b_2\n$$")


def test_the_text_is_trimmed_as_the_server_does() -> None:
    assert render("&#32;&nbsp;**a** &#10;&#10;") == Rendered("\xa0a", (Entity("bold", 1, 1),))
    assert plain("\n  a \n") == Rendered("a")


def test_control_and_direction_characters_are_removed() -> None:
    assert plain("a\x00b\u202ec\td") == Rendered("abc d")


def test_plain_text_is_not_read_as_markdown() -> None:
    assert plain("**a** <b> _c_") == Rendered("**a** <b> _c_")


def test_length_counts_code_points_after_rendering() -> None:
    assert fits("😀" * 4096)
    assert not fits("😀" * 4097)
    assert fits("**" + "x" * 4096 + "**")


def test_a_message_keeps_away_from_the_limits_that_telegram_is_silent_about() -> None:
    assert fits("**a** " * 90)
    assert not fits("**a** " * 91)
    assert not fits(" ".join(f"[a](https://x.org/{'b' * 200})" for _ in range(60)))
    assert not fits("\u0e01" * 4000 + "\n" + "👨" * 10_000)


def test_a_long_answer_becomes_messages_that_fit() -> None:
    rest = "\n\n".join(f"## Part {n}\n\nSome **bold** words. " * 6 + "\n\n```py\nx = 1\n```" for n in range(60))
    pages = []
    while rest:
        page, rest = split(rest, fits)
        pages.append(page)
    assert len(pages) > 2
    assert all(map(fits, pages))


@settings(max_examples=200, deadline=None)
@given(anything)
def test_entities_lie_in_the_text_and_never_cross(text: str) -> None:
    shown = render(text)
    end = len(shown.text.encode("utf-16-le")) // 2
    spans = [(entity.offset, entity.offset + entity.length, entity.type) for entity in shown.entities]
    assert all(0 <= start < stop <= end for start, stop, _ in spans)
    assert spans == sorted(spans, key=lambda span: (span[0], -span[1]))
    for number, outer in enumerate(spans):
        for inner in spans[number + 1 :]:
            assert inner[0] >= outer[1] or inner[1] <= outer[1]
            if inner[0] < outer[1]:
                assert _may_hold(outer[2], inner[2])


def _may_hold(outer: str, inner: str) -> bool:
    if inner in ("pre", "code"):
        return outer == "blockquote"
    return outer not in ("pre", "code") and (outer, inner) != ("blockquote", "blockquote")


@settings(max_examples=200, deadline=None)
@given(anything)
def test_entities_end_at_whole_characters(text: str) -> None:
    marked(render(text))


@given(anything)
def test_the_text_has_nothing_that_the_server_would_change(text: str) -> None:
    shown = render(text)
    assert plain(shown.text).text == shown.text or shown.entities


@settings(deadline=None)
@given(anything)
def test_what_is_kept_of_a_growing_text_changes_nothing(text: str) -> None:
    for end in range(0, len(text), 5):
        from_scratch = Writer().with_more(parse(text[:end]).blocks).finish()
        assert render(text[:end]) == from_scratch
        assert fits(text[:end]) == fits_rendered(from_scratch)


@settings(deadline=None)
@given(anything)
def test_a_text_of_which_it_is_said_that_it_fits_does(text: str) -> None:
    long = (text + "\n\n") * (3_000 // (len(text) + 2)) + text
    assert fits(long) == fits_rendered(render(long))


@settings(deadline=None)
@given(markdown)
def test_rendering_is_the_same_every_time(text: str) -> None:
    assert render(text) == render(text)


@pytest.mark.parametrize(
    "target",
    ["http://b.c/d", "http://localhost/x", "https://user@host.org/x", "https://exa mple.org/", "ftp://host.org/x"],
)
def test_an_address_that_telegram_might_refuse_stands_in_parentheses(target: str) -> None:
    shown = render(f"[label](<{target}>)")
    assert shown.entities == ()
    assert shown.text.startswith("label (")


@pytest.mark.parametrize(
    "target", ["https://host.org", "http://1.2.3.4:80/x", "https://[::1]/x", "https://пример.рф/x"]
)
def test_an_address_that_telegram_takes_is_a_link(target: str) -> None:
    (entity,) = render(f"[label](<{target}>)").entities
    assert (entity.type, entity.offset, entity.length) == ("text_link", 0, 5)
