"""Telegram's texts on the page: every entity is shown, and nothing but what we wrote is a tag."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.page.telegram_html import WRITERS, text_html
from playground.telegram.entities import ORDER
from tests.playground.page_telegram_tags import Tags

REST = 'target="_blank" rel="noopener noreferrer nofollow"'
HOSTILE = (
    "<script>",
    '"onload="x',
    "</pre>",
    "&amp;",
    "\n",
    "\x00",
    "😀",
    "http://",
    "javascript:alert(1)",
    "/new",
    "a",
)


def entity(kind: str, offset: int = 0, length: int = 1, **details: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **details}


def whole(kind: str, text: str, **details: Any) -> str:
    """The HTML of a text that is one entity."""
    return text_html(text, [entity(kind, 0, len(text.encode("utf-16-le")) // 2, **details)])


def test_text_without_entities_is_escaped() -> None:
    assert text_html("<b onclick='x'>&\"") == "&lt;b onclick=&#x27;x&#x27;&gt;&amp;&quot;"


@pytest.mark.parametrize(
    ("kind", "tag"), [("bold", "b"), ("italic", "i"), ("underline", "u"), ("strikethrough", "s"), ("code", "code")]
)
def test_styles_are_tags(kind: str, tag: str) -> None:
    assert whole(kind, "a<b") == f"<{tag}>a&lt;b</{tag}>"


def test_offsets_count_utf16_units() -> None:
    assert text_html("😀😀bold", [entity("bold", 4, 4)]) == "😀😀<b>bold</b>"


def test_entities_nest() -> None:
    marks = [entity("italic", 2, 2), entity("bold", 0, 6)]
    assert text_html("abcdef", marks) == "<b>ab<i>cd</i>ef</b>"


def test_an_entity_that_crosses_another_is_cut() -> None:
    marks = [entity("bold", 0, 4), entity("italic", 2, 4)]
    assert text_html("abcdef", marks) == "<b>ab<i>cd</i></b>ef"


def test_an_entity_that_ends_behind_the_text_ends_with_it() -> None:
    assert text_html("ab", [entity("bold", 1, 50)]) == "a<b>b</b>"


def test_an_entity_that_begins_before_the_text_begins_with_it() -> None:
    assert text_html("ab", [entity("bold", -1, 2)]) == "<b>a</b>b"


def test_code_shows_its_language() -> None:
    assert whole("pre", "x = 1", language="py<") == (
        '<figure class="tg-code"><figcaption>py&lt;</figcaption><pre tabindex="0"><span>x = 1</span></pre></figure>'
    )


def test_the_newline_behind_a_block_goes_and_further_ones_stay() -> None:
    assert text_html("q\n\nx", [entity("blockquote")]) == "<blockquote>q</blockquote>\nx"


def test_the_newline_behind_a_word_stays() -> None:
    assert text_html("q\nx", [entity("bold")]) == "<b>q</b>\nx"


@pytest.mark.parametrize("address", ["https://a.b/c?d=1", "HTTP://a.b", "mailto:a@b.c", "tg://user?id=1"])
def test_a_link_goes_where_browsers_may_go(address: str) -> None:
    assert whole("text_link", "x", url=address) == f'<a href="{address}" {REST}>x</a>'


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", " https://a.b", "data:text/html,x", "java\nscript:x", "file:///etc", "", "//a.b"]
)
def test_any_other_address_stays_text(address: str) -> None:
    assert whole("text_link", "x", url=address) == "x"


def test_an_address_cannot_leave_its_attribute() -> None:
    assert (
        whole("text_link", "x", url='https://a.b/"onclick="x')
        == f'<a href="https://a.b/&quot;onclick=&quot;x" {REST}>x</a>'
    )


def test_a_bare_address_is_linked_with_its_scheme() -> None:
    assert whole("url", "example.org/a") == f'<a href="http://example.org/a" {REST}>example.org/a</a>'


def test_an_email_is_linked() -> None:
    assert whole("email", "a@b.co") == f'<a href="mailto:a@b.co" {REST}>a@b.co</a>'


def test_a_command_is_a_button_that_knows_it() -> None:
    assert whole("bot_command", "/new") == (
        '<button type="button" class="tg-command" data-command="/new">/new</button>'
    )


def test_a_link_around_a_command_stays_text() -> None:
    marks = [entity("text_link", 0, 6, url="https://a.b"), entity("bot_command", 0, 4)]
    assert "<a " not in text_html("/new x", marks)


def test_a_spoiler_is_hidden_until_it_is_pressed() -> None:
    assert (
        whole("spoiler", "x")
        == '<span class="tg-spoiler" role="button" tabindex="0" aria-label="Spoiler, hidden">x</span>'
    )


def test_a_long_quote_can_be_unfolded() -> None:
    assert 'aria-expanded="false">Show more</button></blockquote>' in whole("expandable_blockquote", "x")


def test_a_moment_is_marked_up() -> None:
    assert whole("date_time", "now", unix_time=0) == '<time datetime="1970-01-01T00:00:00Z">now</time>'


@pytest.mark.parametrize("unix_time", [None, "x", 10**30, -(10**30)])
def test_a_moment_that_is_none_stays_text(unix_time: object) -> None:
    assert whole("date_time", "now", unix_time=unix_time) == "now"


@pytest.mark.parametrize("kind", ["custom_emoji", "bank_card_number", "something_new"])
def test_an_unknown_entity_stays_text(kind: str) -> None:
    assert whole(kind, "<x") == "&lt;x"


@given(
    st.lists(st.sampled_from(HOSTILE) | st.text(max_size=4), max_size=12).map("".join),
    st.lists(
        st.builds(
            entity,
            st.sampled_from((*ORDER, *WRITERS, "new")),
            st.integers(-3, 40),
            st.integers(-3, 40),
            url=st.sampled_from(HOSTILE) | st.just("https://a.b"),
            language=st.sampled_from(HOSTILE),
            unix_time=st.integers(),
        ),
        max_size=12,
    ),
)
def test_no_text_and_no_entity_smuggles_a_tag(text: str, marks: list[dict[str, Any]]) -> None:
    assert Tags(text_html(text, marks)).wrong == []


@given(
    st.text(max_size=30),
    st.lists(st.builds(entity, st.sampled_from(("bold", "code", "italic")), st.integers(0, 30)), max_size=6),
)
def test_every_word_is_still_there(text: str, marks: list[dict[str, Any]]) -> None:
    halves = [mark for mark in marks if _is_whole(text, mark)]
    assert Tags(text_html(text, halves)).text == text


def _is_whole(text: str, mark: dict[str, Any]) -> bool:
    """Whether an entity of one unit cuts no character apart."""
    offset, places = 0, set()
    for character in text:
        places.add(offset)
        offset += 2 if character > "\uffff" else 1
    return mark["offset"] in places and mark["offset"] + 1 in places | {offset}
