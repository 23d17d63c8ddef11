"""What becomes of a text on its way into a message: cleaned, trimmed, measured, its formatting put right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground.telegram.autolinks import found_entities
from playground.telegram.entities import (
    FindPerson,
    Span,
    check_payload,
    cut_apart,
    entities_json,
    locate,
    untangle,
    with_people,
)
from playground.telegram.errors import bad_request
from playground.telegram.parameters import Parameters
from playground.telegram.parse_modes import parse_markup

MOST_REQUEST_BYTES = 32768
MOST_CHARACTERS = 4096
MOST_CAPTION_CHARACTERS = 1024
TRIMMED = " \n"
CONTROL = frozenset(chr(code) for code in (*range(9), 9, 11, 12, *range(14, 32)))
DELETED = frozenset({"\r", "\u0333", "\u033f", "\u030a", *(chr(code) for code in range(0x2028, 0x202F))})
INVISIBLE = frozenset(
    " \n\u00a0\u1680\u180e\u202e\u202f\u205f\u2060\u2800\u3000\ufeff\ufffc"
    + "".join(chr(code) for code in (*range(0x2000, 0x2010), *range(0xE0000, 0xE0080)))
)


@dataclass(frozen=True)
class RequestText:
    """The text of a request: read, its size and parse mode checked, but not yet cleaned."""

    text: str
    spans: tuple[Span, ...]
    entities: Any = None


@dataclass(frozen=True)
class FormattedText:
    """A text as Telegram keeps and shows it, entities in UTF-16 units."""

    text: str
    entities: list[dict[str, Any]]


def requested_text(params: Parameters, may_be_empty: bool = False) -> RequestText:
    """Read `text` with `parse_mode` or `entities`: the checks that come before the chat is looked up."""
    if not params.text("text") and not may_be_empty:
        raise bad_request("message text is empty")
    return _requested(params, "text", "entities")


def requested_caption(params: Parameters) -> RequestText:
    """Read `caption`, which may be missing, with `parse_mode` or `caption_entities`."""
    return _requested(params, "caption", "caption_entities")


def _requested(params: Parameters, name: str, entities: str) -> RequestText:
    text = params.text(name)
    if len(text.encode()) > MOST_REQUEST_BYTES:
        raise bad_request("text is too long")
    mode = params.text("parse_mode").lower()
    if text and mode and mode != "none":
        return RequestText(*parse_markup(text, mode))
    return RequestText(text, (), params.structure(entities, entities))


def formatted(requested: RequestText, find_person: FindPerson, may_be_empty: bool = False) -> FormattedText:
    """Clean a text as Telegram does and refuse what it refuses: the checks that come after the chat is looked up.

    At most 4096 code points (not UTF-16 units) after trimming; 100 entities are kept.
    """
    content = _formatted(requested, find_person)
    if not may_be_empty and all(character in INVISIBLE for character in content.text):
        raise bad_request("text must be non-empty")
    if len(content.text) > MOST_CHARACTERS:
        raise bad_request("message is too long")
    return content


def formatted_caption(requested: RequestText, find_person: FindPerson) -> FormattedText:
    """Clean a caption, which may be empty; at most 1024 code points after trimming."""
    content = _formatted(requested, find_person)
    if len(content.text) > MOST_CAPTION_CHARACTERS:
        raise bad_request("message caption is too long")
    return content


def _formatted(requested: RequestText, find_person: FindPerson) -> FormattedText:
    located = locate(requested.text, requested.entities, find_person) if requested.entities else requested.spans
    located = with_people(located, find_person)
    text, spans = trimmed(*cleaned(requested.text, untangle(located)))
    check_payload(spans)
    found = found_entities(text, spans)
    return FormattedText(text, entities_json(text, cut_apart([*spans, *found]) if found else spans))


def cleaned(text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """Turn control characters into spaces and drop what could break the line's direction; spans move along."""
    places: list[int] = []
    kept: list[str] = []
    for character in text:
        places.append(len(kept))
        if character not in DELETED:
            kept.append(" " if character in CONTROL else character)
    places.append(len(kept))
    return "".join(kept), _moved(spans, lambda place: places[place])


def trimmed(text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """Cut spaces and newlines off the end, and off the beginning as far as no span covers them."""
    text = text.rstrip(TRIMMED)
    first_span = min((span.start for span in spans), default=len(text))
    cut = min(len(text) - len(text.lstrip(TRIMMED)), first_span)
    size = len(text)
    return text[cut:], _moved(spans, lambda place: min(place, size) - cut)


def _moved(spans: Sequence[Span], move: Any) -> list[Span]:
    moved = [replace(span, start=move(span.start), end=move(span.end)) for span in spans]
    return [span for span in moved if span.start < span.end]
