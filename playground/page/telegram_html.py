"""How a message's text looks in the page: text and entities as HTML. Pure; everything foreign is escaped.

The tags that can come out: b, i, u, s, code, pre, a, blockquote, figure, figcaption, time, button, span.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Any

Entity = dict[str, Any]

SAFE_ADDRESS = re.compile(r"(?:https?://|mailto:|tg://)[^\s\x00-\x1f]+", re.IGNORECASE)
SIMPLE = {"bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code"}
COLOURED = frozenset({"mention", "text_mention", "hashtag", "cashtag", "phone_number"})
BLOCKS = frozenset({"pre", "blockquote", "expandable_blockquote"})


def text_html(text: str, entities: Sequence[Entity] = ()) -> str:
    """Write a text with its entities, whose offsets count UTF-16 units. Newlines stay: the page keeps them.

    An entity that crosses another is cut at the other's end, so that tags always nest.
    """
    return _cached_html(text, json.dumps(list(entities)) if entities else "[]")


@lru_cache(maxsize=2048)
def _cached_html(text: str, entities: str) -> str:
    found = [entity for entity in json.loads(entities) if entity.get("length", 0) > 0]
    found.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    units = text.encode("utf-16-le", "surrogatepass")
    return _Writer(units, found).write(0, len(units) // 2)


class _Writer:
    """Walks once through the sorted entities; each call of `write` takes those that begin in its stretch."""

    def __init__(self, units: bytes, entities: list[Entity]) -> None:
        self._units = units
        self._entities = entities
        self._next = 0

    def write(self, begin: int, end: int) -> str:
        shown: list[str] = []
        place, after_block = begin, False
        while self._next < len(self._entities) and self._entities[self._next]["offset"] < end:
            entity = self._entities[self._next]
            self._next += 1
            start, stop = max(entity["offset"], place), min(entity["offset"] + entity["length"], end)
            if start >= stop:
                continue
            shown += [self._plain(place, start, after_block), self._marked(entity, start, stop)]
            place, after_block = stop, entity["type"] in BLOCKS
        return "".join([*shown, self._plain(place, end, after_block)])

    def _plain(self, begin: int, end: int, after_block: bool) -> str:
        """The text itself; a block ends its line already, so the newline behind it goes."""
        text = self._text(begin, end)
        return escape(text.removeprefix("\n") if after_block else text)

    def _text(self, begin: int, end: int) -> str:
        return self._units[2 * begin : 2 * end].decode("utf-16-le", "replace")

    def _marked(self, entity: Entity, begin: int, end: int) -> str:
        inner = self.write(begin, end)
        kind = entity["type"]
        if kind in SIMPLE:
            return f"<{SIMPLE[kind]}>{inner}</{SIMPLE[kind]}>"
        if kind in COLOURED:
            return f'<span class="tg-mark">{inner}</span>'
        write = WRITERS.get(kind)
        return write(entity, inner, self._text(begin, end)) if write else inner


def can_be_pressed(html: str) -> bool:
    """Whether an HTML that was made here has a link or a button in it; neither may stand in another."""
    return "<a " in html or "<button " in html


def link_html(address: str, inner: str) -> str:
    """Link where a browser may go; any other address stays text, and so does a link around what can be pressed."""
    if not SAFE_ADDRESS.fullmatch(address) or can_be_pressed(inner):
        return inner
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer nofollow">{inner}</a>'


def command_html(command: str, inner: str) -> str:
    """Let a click send a command."""
    if can_be_pressed(inner):
        return inner
    return f'<button type="button" class="tg-command" data-command="{escape(command)}">{inner}</button>'


def spoiler_html(inner: str) -> str:
    return f'<span class="tg-spoiler" role="button" tabindex="0" aria-label="Spoiler, hidden">{inner}</span>'


def code_html(inner: str, language: object) -> str:
    """A box of code with its language above, where it has one."""
    label = f"<figcaption>{escape(str(language))}</figcaption>" if language else ""
    return f'<figure class="tg-code">{label}<pre tabindex="0"><span>{inner}</span></pre></figure>'


def fold_html(inner: str) -> str:
    """A quote that is folded until somebody unfolds it."""
    more = '<button type="button" class="tg-more" aria-expanded="false">Show more</button>'
    return f'<blockquote class="tg-expandable"><span>{inner}</span>{more}</blockquote>'


def _url_link(text: str, inner: str) -> str:
    return link_html(text if "://" in text else f"http://{text}", inner)


def _date_time(entity: Entity, inner: str, _: str) -> str:
    try:
        moment = datetime.fromtimestamp(int(entity["unix_time"]), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return inner
    return f'<time datetime="{moment:%Y-%m-%dT%H:%M:%SZ}">{inner}</time>'


WRITERS: dict[str, Callable[[Entity, str, str], str]] = {
    "text_link": lambda entity, inner, _: link_html(str(entity.get("url", "")), inner),
    "url": lambda _, inner, text: _url_link(text, inner),
    "email": lambda _, inner, text: link_html(f"mailto:{text}", inner),
    "bot_command": lambda _, inner, text: command_html(text, inner),
    "spoiler": lambda _, inner, __: spoiler_html(inner),
    "pre": lambda entity, inner, _: code_html(inner, entity.get("language")),
    "blockquote": lambda _, inner, __: f"<blockquote>{inner}</blockquote>",
    "expandable_blockquote": lambda _, inner, __: fold_html(inner),
    "date_time": _date_time,
}
"""How the entities are written that need more than a tag; each gets the HTML inside and the text itself."""
