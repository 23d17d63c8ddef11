"""Markdown -> Telegram's text and entities.

Never `parse_mode`: text with entities cannot fail to parse (facts: Bot API, "Formatting options", and td's
`MessageEntity.cpp`, which splits or drops what it does not like).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from adapters.markdown.characters import clean
from adapters.markdown.monospace import aligned
from adapters.markdown.parse import parse
from adapters.markdown.tree import (
    Block,
    Blocks,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Image,
    Inline,
    Inlines,
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
)
from adapters.markdown.tree import plain as text_of

MOST_CHARACTERS = 4096
"""Code points, after td has trimmed the text (td `MessageContent.cpp`, `message_text_length_max`)."""
MOST_ENTITIES = 90
"""Telegram drops silently what is above 100."""
MOST_ENTITY_BYTES = 8_000
"""Above about 9,500 the answer is ENTITIES_TOO_LONG."""
MOST_BYTES = 30_000
"""A raw text above 32,768 bytes is refused before it is looked at."""

_ENTITY_BYTES = 16
_REMOVED = re.compile("[\u2028-\u202e\u0333\u033f\u030a]")
_NESTING = "   "


@dataclass(frozen=True, slots=True)
class Entity:
    """A mark on a part of the text; offset and length count UTF-16 units."""

    type: str
    offset: int
    length: int
    url: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    text: str
    entities: tuple[Entity, ...] = ()


def render(markdown: str) -> Rendered:
    """Show Markdown with what Telegram has.

    Entities are sorted, never cross, and none lies in `pre` or `code`; the text is trimmed as the server does,
    so that the offsets hold and two equal renderings are equal for the server ("message is not modified").
    """
    page = _Page()
    page.blocks(parse(markdown).blocks)
    return page.finish()


def plain(text: str) -> Rendered:
    """Show a sentence of our own, or a person's, without reading it as Markdown."""
    page = _Page()
    page.write(text)
    return page.finish()


def fits(markdown: str) -> bool:
    """Tell whether this Markdown can be shown in one message, with room to spare in what Telegram is silent about."""
    shown = render(markdown)
    if len(shown.text) > MOST_CHARACTERS or len(shown.entities) > MOST_ENTITIES:
        return False
    payload = sum(
        _ENTITY_BYTES + len(f"{entity.url or ''}{entity.language or ''}".encode()) for entity in shown.entities
    )
    return payload <= MOST_ENTITY_BYTES and len(shown.text.encode()) <= MOST_BYTES


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class _Page:
    """Grows a text and its entities. `indent` is what each new line begins with."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._offset = 0
        self._entities: list[Entity] = []
        self._open: dict[str, int] = {}
        self._indent = ""
        self._linked = False
        self._quoted = False

    def finish(self) -> Rendered:
        """Trim the text as td's `fix_formatted_text` does, and the entities with it."""
        text = "".join(self._parts)
        first = min((entity.offset for entity in self._entities), default=len(text))
        lead = min(len(text) - len(text.lstrip(" \n")), first)
        text = text[lead:].rstrip()
        end = _units(text)
        entities = [_clip(entity, lead, end) for entity in reversed(self._entities)]  # an outer one is added later
        kept = [entity for entity in entities if entity.length > 0]
        return Rendered(text, tuple(sorted(kept, key=lambda entity: (entity.offset, -entity.length))))

    def write(self, text: str) -> None:
        """Add characters as the server will keep them; td takes a tab for one space."""
        text = _REMOVED.sub("", clean(text)).replace("\t", " ")
        self._parts.append(text)
        self._offset += _units(text)

    def _newline(self, count: int = 1) -> None:
        self.write("\n" * count + self._indent)

    @contextmanager
    def _style(self, kind: str) -> Iterator[None]:
        """Mark what is written meanwhile. A style inside itself adds nothing."""
        if kind in self._open:
            yield
            return
        self._open[kind] = self._offset
        yield
        self._add(kind, self._open.pop(kind))

    def _add(self, kind: str, start: int, url: str | None = None, language: str | None = None) -> None:
        if self._offset > start:
            self._entities.append(Entity(kind, start, self._offset - start, url, language))

    def _code(self, kind: str, code: str, language: str | None = None) -> None:
        """Write code. Styles end before it and go on behind it: nothing may contain code but a quote.

        A link keeps its text without the mark, because a link and code cannot share characters either.
        """
        if self._linked or not code.strip():
            self.write(code)
            return
        paused = list(self._open)
        for style in reversed(paused):
            self._add(style, self._open[style])
        start = self._offset
        self.write(code.replace("\t", "    "))
        self._add(kind, start, language=language)
        for style in paused:
            self._open[style] = self._offset

    @contextmanager
    def _indented(self, indent: str) -> Iterator[None]:
        before, self._indent = self._indent, self._indent + indent
        yield
        self._indent = before

    def blocks(self, blocks: Blocks, gap: int = 2) -> None:
        for number, block in enumerate(blocks):
            if number:
                self._break(block, gap)
            self._block(block)

    def _break(self, block: Block, gap: int) -> None:
        """Begin the line of a block; one that is shown in a box of its own is not indented as well."""
        if isinstance(block, CodeBlock | Table):
            self.write("\n" * gap)
        else:
            self._newline(gap)

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph(content):
                self._inlines(content)
            case Heading(content=content):
                with self._style("bold"):
                    self._inlines(content)
            case List():
                self._list(block)
            case Quote(blocks):
                self._quote(blocks)
            case CodeBlock(code, language):
                self._code("pre", code, language or None)
            case Table():
                self._code("pre", aligned(block))
            case MathBlock(source):
                self.write(source)
            case Rule():
                self.write("———")

    def _list(self, block: List) -> None:
        shown = [(number, item) for number, item in enumerate(block.items) if item.blocks or not item.continued]
        for position, (number, item) in enumerate(shown):
            if position:
                self._newline()
            self._item(item, "•" if block.start is None else f"{block.start + number}.")

    def _item(self, item: Item, marker: str) -> None:
        if item.checked is not None:
            marker = "☑" if item.checked else "☐"
        if not item.continued:
            self.write(marker + " ")
        with self._indented(_NESTING):
            if item.blocks and isinstance(item.blocks[0], List | CodeBlock | Table) and not item.continued:
                self._break(item.blocks[0], 1)
            self.blocks(item.blocks, gap=1)

    def _quote(self, blocks: Blocks) -> None:
        """Quotes do not nest on Telegram: an inner one is shown by its sign."""
        if self._quoted:
            self.write("> ")
            with self._indented("> "):
                self.blocks(blocks, gap=1)
            return
        start, self._quoted = self._offset, True
        self.blocks(blocks, gap=1)
        self._add("blockquote", start)
        self._quoted = False

    def _inlines(self, content: Inlines) -> None:
        for inline in content:
            self._inline(inline)

    def _inline(self, inline: Inline) -> None:
        match inline:
            case Text(text) | Math(text):
                self.write(text)
            case Strong(content):
                self._styled("bold", content)
            case Emphasis(content):
                self._styled("italic", content)
            case Strike(content):
                self._styled("strikethrough", content)
            case Code(code):
                self._code("code", code)
            case Link(content, target):
                self._link(content, target)
            case Image(alt, target):
                self._link((Text(alt or target),), target)
            case LineBreak():
                self._newline()

    def _styled(self, kind: str, content: Inlines) -> None:
        with self._style(kind):
            self._inlines(content)

    def _link(self, content: Inlines, target: str) -> None:
        """Link the text; an address that the server would not take stands behind it in parentheses.

        An address as its own text needs no entity: Telegram's clients find it.
        """
        text, address = text_of(content).strip(), target.removeprefix("mailto:")
        if self._linked or not target or text in (target, address):
            self._inlines(content)
        elif not text:
            self.write(address)
        elif _is_linkable(target):
            start, self._linked = self._offset, True
            self._inlines(content)
            self._linked = False
            self._add("text_link", start, url=target)
        else:
            self._inlines(content)
            self.write(f" ({address})")


HOST = re.compile(r"([\w-]+\.)+[\w-]{2,}(:\d{1,5})?|(\d{1,3}\.){3}\d{1,3}(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
"""Names with an ending of two characters at least, and numeric addresses; no user names before them."""


def _is_linkable(target: str) -> bool:
    """Tell whether Telegram surely takes the address: one that it refuses would cost the whole message.

    td's `check_link_impl` wants a dot in the host (so no `localhost`), and reads `mailto:` as a web address.
    """
    try:
        url = urlsplit(target)
    except ValueError:
        return False
    if url.scheme == "tg":
        return True
    return url.scheme in ("http", "https") and bool(HOST.fullmatch(url.netloc)) and not re.search(r"\s", target)


def _clip(entity: Entity, lead: int, end: int) -> Entity:
    start = max(entity.offset - lead, 0)
    stop = min(entity.offset - lead + entity.length, end)
    return Entity(entity.type, start, stop - start, entity.url, entity.language)
