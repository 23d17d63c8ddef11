"""The formatting of a text: spans that Telegram checks, cuts and counts.

The Bot API counts offsets and lengths in UTF-16 units; here a `Span` counts code points, and the two functions at the
edges (`locate`, `entities_json`) convert. The rules are those of TDLib's `fix_entities`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from playground.telegram.chats import Person
from playground.telegram.dates import date_details
from playground.telegram.errors import bad_request
from playground.telegram.links import WrongLink, checked_link, linked_user

MOST_ENTITIES = 100
MOST_PAYLOAD_BYTES = 9500
MOST_UTF16_OFFSET = 1_000_000

STYLES = ("bold", "italic", "underline", "strikethrough", "spoiler")
QUOTES = ("blockquote", "expandable_blockquote")
CODE = ("pre", "code")
LINKS = ("text_link", "text_mention", "custom_emoji", "date_time")
AUTOMATIC = ("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number")
SOLID = CODE + LINKS + AUTOMATIC
ORDER = {name: place for place, name in enumerate((*QUOTES, *CODE, *LINKS, *AUTOMATIC, *STYLES))}

FindPerson = Callable[[int], Person | None]


@dataclass(frozen=True)
class Span:
    """A stretch of text, in code points, and what it is."""

    type: str
    start: int
    end: int
    details: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def sort_key(self) -> tuple[int, int, int]:
        return (self.start, -self.end, ORDER[self.type])

    def crosses(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def within(self, other: "Span") -> bool:
        return other.start <= self.start and self.end <= other.end


def locate(text: str, raw: Any, find_person: FindPerson) -> list[Span]:
    """Read the entities of a request and find their places in the text.

    Types that Telegram finds by itself are skipped; a wrong offset, type, link or person is refused.
    """
    index = _utf16_index(text)
    wanted = [entity for entity in raw if _checked_type(entity)] if isinstance(raw, list) else []
    wanted.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    for entity in wanted:
        _check_range(entity)
    located = [_located(text, index, entity, find_person) for entity in wanted if entity["length"] > 0]
    return sorted(located, key=lambda span: span.sort_key)


def _utf16_index(text: str) -> dict[int, int]:
    index, offset = {0: 0}, 0
    for place, character in enumerate(text, 1):
        offset += 2 if character > "\uffff" else 1
        index[offset] = place
    return index


def _checked_type(entity: Any) -> bool:
    """Tell whether an entity counts; complain where it is no entity at all."""
    if not isinstance(entity, dict):
        raise _unreadable("expected an Object")
    for name in ("offset", "length"):
        if name not in entity:
            raise _unreadable(f'Can\'t find field "{name}"')
        if isinstance(entity[name], bool) or not isinstance(entity[name], int):
            raise _unreadable(f'Field "{name}" must be of type Number')
    if entity.get("type") in AUTOMATIC:
        return False
    if entity.get("type") not in ORDER:
        raise _unreadable("Unsupported type specified")
    return True


def _unreadable(reason: str) -> Exception:
    return bad_request(f"can't parse MessageEntity: {reason}")


def _check_range(entity: dict[str, Any]) -> None:
    for name in ("offset", "length"):
        if not 0 <= entity[name] <= MOST_UTF16_OFFSET:
            raise bad_request(f"receive an entity with incorrect {name} {entity[name]}")


def _located(text: str, index: dict[int, int], entity: dict[str, Any], find_person: FindPerson) -> Span:
    begin, end = entity["offset"], entity["offset"] + entity["length"]
    size = max(index)
    if begin >= size:
        raise bad_request(f"entity begins after the end of the text at UTF-16 offset {begin}")
    if end > size:
        raise bad_request(
            f"entity beginning at UTF-16 offset {begin} ends after the end of the text at UTF-16 offset {end}"
        )
    for word, offset in (("begins", begin), ("ends", end)):
        if offset not in index:
            place = len(text[: index[offset - 1]].encode())
            raise bad_request(f"entity {word} in a middle of a UTF-16 symbol at byte offset {place}")
    return _typed(Span(entity["type"], index[begin], index[end]), entity, find_person)


def _typed(span: Span, entity: dict[str, Any], find_person: FindPerson) -> Span:
    """Fill in what the type needs besides its place: language, link, person, emoji or time."""
    match span.type:
        case "pre":
            language = entity.get("language")
            return replace(span, details={"language": language} if language else {})
        case "text_link":
            return _linked(span, entity)
        case "text_mention":
            user = entity.get("user")
            return _mentioned(span, user.get("id") if isinstance(user, dict) else None, find_person)
        case "custom_emoji":
            return replace(span, details={"custom_emoji_id": _emoji_id(entity)})
        case "date_time":
            return replace(span, details=_moment(entity))
    return span


def with_people(spans: Iterable[Span], find_person: FindPerson) -> list[Span]:
    """Make mentions of the links to people; a link to somebody unknown is plain text."""
    resolved = []
    for span in spans:
        user_id = linked_user(span.details.get("url", ""))
        person = find_person(user_id) if user_id is not None else None
        if person:
            span = replace(span, type="text_mention", details={"user": person.as_json()})
        if person or user_id is None:
            resolved.append(span)
    return resolved


def _linked(span: Span, entity: dict[str, Any]) -> Span:
    url = entity.get("url")
    if not isinstance(url, str):
        raise _unreadable('Can\'t find field "url"')
    try:
        return replace(span, details={"url": checked_link(url)})
    except WrongLink as error:
        raise bad_request(f"entity URL '{url}' is invalid: {error}") from None


def _mentioned(span: Span, user_id: int | None, find_person: FindPerson) -> Span:
    person = find_person(user_id) if user_id else None
    if person is None:
        raise bad_request("user not found")
    return replace(span, type="text_mention", details={"user": person.as_json()})


def _emoji_id(entity: dict[str, Any]) -> str:
    if not str(entity.get("custom_emoji_id", "")).isdigit():
        raise _unreadable('Field "custom_emoji_id" must be a valid Number')
    return str(entity["custom_emoji_id"])


def _moment(entity: dict[str, Any]) -> dict[str, Any]:
    details = date_details(str(entity.get("unix_time", "")), str(entity.get("date_time_format", "")))
    if details is None:
        raise _unreadable("invalid time or format specified")
    return details


def untangle(spans: Sequence[Span]) -> list[Span]:
    """Make spans nest; those that do already stay as they are."""
    ordered = sorted(spans, key=lambda span: span.sort_key)
    return ordered if _nest(ordered) else cut_apart(ordered)


def _nest(ordered: Sequence[Span]) -> bool:
    """Tell whether spans nest by Telegram's rules."""
    around: list[Span] = []
    for span in ordered:
        around = [outer for outer in around if outer.end > span.start]
        if not all(span.within(outer) and _may_hold(outer.type, span.type) for outer in around):
            return False
        around.append(span)
    return True


def _may_hold(outer: str, inner: str) -> bool:
    """Tell what may stand in what: no kind in itself, nothing in code, code in quotes only."""
    alike = any(outer in kinds and inner in kinds for kinds in (QUOTES, SOLID))
    return not (alike or outer == inner or outer in CODE or (inner in CODE and outer not in QUOTES))


def cut_apart(spans: Sequence[Span]) -> list[Span]:
    """Cut styles around everything solid; of two solid spans that meet the first stays."""
    quotes = _first_of_meeting(span for span in spans if span.type in QUOTES)
    solid = _first_of_meeting(span for span in spans if span.type in SOLID)
    solid = [span for span in solid if all(span.within(quote) for quote in quotes if span.crosses(quote))]
    fixed = quotes + solid
    pieces: list[Span] = []
    for style in STYLES:
        pieces += _style_pieces([span for span in spans if span.type == style], fixed, pieces)
    return sorted(fixed + pieces, key=lambda span: span.sort_key)


def _first_of_meeting(spans: Iterable[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: span.sort_key):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def _style_pieces(spans: list[Span], fixed: list[Span], others: list[Span]) -> list[Span]:
    """Cut one style at every border of the others, leave out what lies in code, and join nothing again."""
    borders = {edge for span in fixed + others for edge in (span.start, span.end)}
    code = [span for span in fixed if span.type in CODE]
    pieces = []
    for span in _merged(spans):
        cuts = [span.start, *sorted(edge for edge in borders if span.start < edge < span.end), span.end]
        parts = [replace(span, start=start, end=end) for start, end in pairwise(cuts)]
        pieces += [part for part in parts if not any(part.crosses(inside) for inside in code)]
    return pieces


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if merged and span.start <= merged[-1].end:
            merged[-1] = replace(merged[-1], end=max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def check_payload(spans: Sequence[Span]) -> None:
    """Refuse formatting that is too heavy: many long links, above all."""
    if sum(12 + sum(len(str(detail).encode()) for detail in span.details.values()) for span in spans) > (
        MOST_PAYLOAD_BYTES
    ):
        raise bad_request("ENTITIES_TOO_LONG")


def entities_json(text: str, spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Show the first 100 spans as entities, counted in UTF-16 units; the rest is dropped without a word."""
    offsets = [0]
    for character in text:
        offsets.append(offsets[-1] + (2 if character > "\uffff" else 1))
    return [
        {"type": span.type, "offset": offsets[span.start], "length": offsets[span.end] - offsets[span.start]}
        | span.details
        for span in sorted(spans, key=lambda span: span.sort_key)[:MOST_ENTITIES]
    ]
