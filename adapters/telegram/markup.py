"""Markdown -> Telegram's text and entities.

Never `parse_mode`: text with entities cannot fail to parse (facts: Bot API, "Formatting options", and td's
`MessageEntity.cpp`, which splits or drops what it does not like).
"""

from __future__ import annotations

from collections.abc import Iterable

from adapters.markdown.parse import parse
from adapters.markdown.sections import Fold
from adapters.telegram.entities import Entity, Rendered, Writer

__all__ = ["Entity", "Rendered", "fits", "plain", "render"]

MOST_CHARACTERS = 4096
"""Code points, after td has trimmed the text (td `MessageContent.cpp`, `message_text_length_max`)."""
MOST_ENTITIES = 90
"""Telegram drops silently what is above 100."""
MOST_ENTITY_BYTES = 8_000
"""Above about 9,500 the answer is ENTITIES_TOO_LONG."""
MOST_BYTES = 30_000
"""A raw text above 32,768 bytes is refused before it is looked at."""

_ENTITY_BYTES = 16


def render(markdown: str) -> Rendered:
    """Show Markdown with what Telegram has.

    Entities are sorted, never cross, and none lies in `pre` or `code`; the text is trimmed as the server does,
    so that the offsets hold and two equal renderings are equal for the server ("message is not modified").
    """
    written, rest = _WRITTEN.closed(markdown)
    return _and(written, rest).finish()


def plain(text: str) -> Rendered:
    """Show a sentence of our own, or a person's, without reading it as Markdown."""
    return Writer().with_plain(text).finish()


def fits(markdown: str) -> bool:
    """Tell whether this Markdown can be shown in one message, with room to spare in what Telegram is silent about."""
    written, rest = _WRITTEN.closed(markdown)
    return _surely_fits(written, rest) or fits_rendered(_and(written, rest).finish())


def fits_rendered(shown: Rendered) -> bool:
    """Tell whether one message can show this."""
    if len(shown.text) > MOST_CHARACTERS or len(shown.entities) > MOST_ENTITIES:
        return False
    return _bytes(shown.entities) <= MOST_ENTITY_BYTES and len(shown.text.encode()) <= MOST_BYTES


def _and(written: Writer, section: str) -> Writer:
    return written.with_more(parse(section).blocks)


_WRITTEN = Fold(Writer(), _and)


def _bytes(entities: Iterable[Entity]) -> int:
    return sum(_ENTITY_BYTES + len(f"{entity.url or ''}{entity.language or ''}".encode()) for entity in entities)


def _surely_fits(written: Writer, section: str) -> bool:
    """Tell without reading the section that there is more room than it can take.

    A character becomes one, but for tabs; every line may be indented for every mark of a list or quote, and becomes
    two. A mark is at most two entities, as those around code are parted by it. The width of tables knows no bound.
    """
    if "|" in section:
        return False
    lines = 2 * section.count("\n") + 2
    marks = sum(map(section.count, "-+*>.)"))
    length = len(section) + 4 * section.count("\t") + lines * (min(marks, 40) + 1) * 3
    entities = len(written.entities) + lines + 2 * sum(map(section.count, "*_~`[<#>!"))
    return (
        len(written.text) + length <= MOST_CHARACTERS
        and entities <= MOST_ENTITIES
        and 4 * len(section) + _ENTITY_BYTES * entities + _bytes(written.entities) <= MOST_ENTITY_BYTES
    )
