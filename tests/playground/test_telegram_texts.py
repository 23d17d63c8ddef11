"""How Telegram cleans, trims and formats a text. Pure functions, no server."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.telegram.chats import Person
from playground.telegram.errors import ApiError
from playground.telegram.links import WrongLink, checked_link
from playground.telegram.parameters import Parameters
from playground.telegram.rendering import rendered_html
from playground.telegram.texts import FormattedText, formatted, requested_text

ANN = Person(7, "Ann")


def through(text: str, *entities: dict[str, Any]) -> FormattedText:
    """Take a text the whole way that a request takes."""
    params = Parameters({"text": text, "entities": list(entities)})
    return formatted(requested_text(params), {ANN.id: ANN}.get)


def refusal(text: str, *entities: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as refused:
        through(text, *entities)
    return refused.value.description.removeprefix("Bad Request: ")


def entity(kind: str, offset: int, length: int, **details: Any) -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length, **details}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a\x00b\tc\x1fd", "a b c d"),
        ("line\r\nline", "line\nline"),
        ("left\u202eright\u2028", "leftright"),
        ("  \n hello \n ", "hello"),
        ("a\n\n\n\nb", "a\n\n\n\nb"),
        ("שלום \u200fעולם", "שלום \u200fעולם"),
    ],
)
def test_a_text_is_cleaned_and_trimmed(sent: str, kept: str) -> None:
    assert through(sent).text == kept


def test_entities_move_along_when_the_text_before_them_goes() -> None:
    assert through(" \n\r hi bold ", entity("bold", 7, 4)) == FormattedText("hi bold", [entity("bold", 3, 4)])


def test_leading_spaces_stay_where_an_entity_covers_them() -> None:
    """So the indentation of a code block at the beginning of a message survives."""
    shown = through("\n  indented", entity("pre", 1, 10))
    assert shown == FormattedText("  indented", [entity("pre", 0, 10)])


def test_offsets_count_utf16_units() -> None:
    assert through("👍👍 bold", entity("bold", 5, 4)).entities == [entity("bold", 5, 4)]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (entity("bold", 100, 1), "entity begins after the end of the text at UTF-16 offset 100"),
        (
            entity("bold", 0, 100),
            "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 100",
        ),
        (entity("bold", 1, 2), "entity begins in a middle of a UTF-16 symbol at byte offset 0"),
        (entity("bold", 0, 1), "entity ends in a middle of a UTF-16 symbol at byte offset 0"),
        (entity("bold", -1, 1), "receive an entity with incorrect offset -1"),
        (entity("blink", 0, 2), "can't parse MessageEntity: Unsupported type specified"),
        ({"type": "bold", "offset": 0}, "can't parse MessageEntity: Can't find field \"length\""),
        (entity("text_link", 0, 2, url="not-a-url"), "entity URL 'not-a-url' is invalid: Wrong HTTP URL"),
        (entity("text_link", 0, 2, url=""), "entity URL '' is invalid: URL host is empty"),
        (entity("text_mention", 0, 2, user={"id": 8}), "user not found"),
        (
            entity("custom_emoji", 0, 2, custom_emoji_id="x"),
            'can\'t parse MessageEntity: Field "custom_emoji_id" must be a valid Number',
        ),
    ],
)
def test_a_wrong_entity_is_refused(wrong: dict[str, Any], reason: str) -> None:
    assert refusal("👍 hello", wrong) == reason


def test_an_entity_that_ends_with_the_text_is_taken() -> None:
    assert through("hello", entity("bold", 0, 5)).entities == [entity("bold", 0, 5)]


def test_entities_that_telegram_finds_by_itself_are_not_taken_from_the_bot() -> None:
    assert through("plain words", entity("bot_command", 0, 5)).entities == []


def test_crossing_styles_are_cut_so_that_they_nest() -> None:
    shown = through("abcdef", entity("bold", 0, 4), entity("italic", 2, 4))
    assert rendered_html(shown.text, shown.entities) == "<b>ab<i>cd</i></b><i>ef</i>"


def test_spans_that_nest_already_stay_whole() -> None:
    link = entity("text_link", 2, 2, url="https://example.com/")
    assert through("abcdef", entity("bold", 0, 6), link).entities == [entity("bold", 0, 6), link]


def test_styles_are_cut_around_what_telegram_finds() -> None:
    shown = through("see @ann now", entity("bold", 0, 6))
    assert [(one["type"], one["offset"], one["length"]) for one in shown.entities] == [
        ("bold", 0, 4),
        ("mention", 4, 4),
        ("bold", 4, 2),
    ]


def test_nothing_is_formatted_inside_code() -> None:
    shown = through("a code b", entity("bold", 0, 8), entity("code", 2, 4))
    assert rendered_html(shown.text, shown.entities) == "<b>a </b><code>code</code><b> b</b>"


def test_of_code_and_a_link_in_one_place_the_code_stays() -> None:
    shown = through("name", entity("text_link", 0, 4, url="https://example.com"), entity("code", 0, 4))
    assert shown.entities == [entity("code", 0, 4)]


def test_a_link_that_leaves_its_quote_is_dropped() -> None:
    link = entity("text_link", 2, 4, url="https://example.com/")
    assert through("abcdef", entity("blockquote", 0, 4), link).entities == [entity("blockquote", 0, 4)]


def test_the_first_hundred_entities_are_kept() -> None:
    text = "x " * 150
    shown = through(text, *(entity("bold", 2 * place, 1) for place in range(150)))
    assert (len(shown.entities), shown.entities[-1]) == (100, entity("bold", 198, 1))


def test_too_many_long_links_are_refused() -> None:
    links = [entity("text_link", 2 * place, 1, url=f"https://example.com/{'a' * 100}") for place in range(90)]
    assert refusal("x " * 90, *links) == "ENTITIES_TOO_LONG"
    through("x " * 90, *links[:60])


KINDS = ("bold", "italic", "spoiler", "code", "pre", "blockquote", "text_link", "expandable_blockquote")
PLACES = st.tuples(st.integers(0, 30), st.integers(1, 30), st.sampled_from(KINDS))


def in_bounds(text: str, wanted: list[tuple[int, int, str]]) -> list[dict[str, Any]]:
    """Make entities of places in a text that may hold emoji; what does not fit is left out."""
    offsets = [len(text[:place].encode("utf-16-le")) // 2 for place in range(len(text) + 1)]
    return [
        entity(kind, offsets[start], offsets[start + size] - offsets[start], url="https://example.com")
        for start, size, kind in wanted
        if start + size < len(offsets)
    ]


@settings(deadline=None)
@given(st.text(alphabet="ab \n\r\t👍é/@", min_size=1, max_size=40), st.lists(PLACES, max_size=12))
def test_entities_within_the_text_are_never_refused_and_always_nest(
    text: str, wanted: list[tuple[int, int, str]]
) -> None:
    shown = through(f"x{text}x", *in_bounds(f"x{text}x", wanted))
    units = len(shown.text.encode("utf-16-le")) // 2
    spans = [(one["offset"], one["offset"] + one["length"]) for one in shown.entities]
    assert all(0 <= begin < end <= units for begin, end in spans)
    for begin, end in spans:
        assert not any(begin < other < end < other_end for other, other_end in spans)


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["HTML", "Markdown", "MarkdownV2"]))
def test_any_text_in_any_parse_mode_is_taken_or_refused(text: str, mode: str) -> None:
    with suppress(ApiError):
        formatted(requested_text(Parameters({"text": text, "parse_mode": mode})), {ANN.id: ANN}.get)


def test_a_text_link_to_a_person_becomes_a_mention() -> None:
    shown = through("Ann", entity("text_link", 0, 3, url="tg://user?id=7"))
    assert shown.entities == [entity("text_mention", 0, 3, user=ANN.as_json())]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/start now", [("bot_command", "/start")]),
        ("/cmd@some_bot", [("bot_command", "/cmd@some_bot")]),
        ("a/b and 1/2", []),
        ("ask @ann_lee please", [("mention", "@ann_lee")]),
        ("ann@example.com", [("email", "ann@example.com")]),
        ("see https://example.com/a?b=c.", [("url", "https://example.com/a?b=c")]),
        ("see example.com, or main.py!", [("url", "example.com"), ("url", "main.py")]),
        ("end.Start of 3.14", []),
        ("#tag #1 $USD", [("hashtag", "#tag"), ("cashtag", "$USD")]),
    ],
)
def test_telegram_finds_what_can_be_clicked(text: str, found: list[tuple[str, str]]) -> None:
    shown = through(text)
    places = [(one["type"], text[one["offset"] : one["offset"] + one["length"]]) for one in shown.entities]
    assert places == found


def test_nothing_is_found_inside_code() -> None:
    assert through("see /start", entity("code", 4, 6)).entities == [entity("code", 4, 6)]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.com", "https://example.com/"),
        ("Example.com/A?b", "http://example.com/A?b"),
        ("https://de.wikipedia.org/wiki/Käse_(Milch)", "https://de.wikipedia.org/wiki/Käse_(Milch)"),
        ("tg://resolve?domain=ann", "tg://resolve?domain=ann"),
        ("http://127.0.0.1:8000/x", "http://127.0.0.1:8000/x"),
    ],
)
def test_an_address_is_stored_with_scheme_and_slash(url: str, kept: str) -> None:
    assert checked_link(url) == kept


@pytest.mark.parametrize(
    "url", ["", "localhost", "javascript:alert(1)", "mailto:ann@example", "file:///etc", "/path", "#top"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(WrongLink):
        checked_link(url)
