"""A document tree -> Telegram's text and entities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from adapters.markdown.characters import clean
from adapters.markdown.monospace import aligned
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

_REMOVED = re.compile("[\u2028-\u202e\u0333\u033f\u030a]")
_REMOVED_TOO = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u0333\u033f\u030a\ud800-\udfff\ufffe\uffff]")
"""The same with tabs and what no platform takes."""
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


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def _place(entity: Entity) -> tuple[int, int]:
    return entity.offset, -entity.length


class Writer:
    """Grows a text and its entities, block by block. `indent` is what each new line begins with."""

    def __init__(self) -> None:
        self.text = ""
        self.entities: tuple[Entity, ...] = ()
        self._parts: list[str] = []
        self._offset = 0
        self._entities: list[Entity] = []
        self._last: Block | None = None
        self._counted = self._shown = 0
        self._open: dict[str, int] = {}
        self._indent = ""
        self._linked = False
        self._quoted = False

    def with_more(self, blocks: Blocks) -> Self:
        """Another writer, in which these blocks follow; a list that the last block began goes on in the first."""
        more = copy(self)
        more._parts, more._entities, more._open = [self.text], [], {}
        more._write_more(blocks)
        more.text = "".join(more._parts)
        more._entities.reverse()  # an outer one was added later
        more.entities = (*self.entities, *sorted(more._entities, key=_place))
        return more

    def with_plain(self, text: str) -> Self:
        """Another writer, in which this text follows as it is."""
        more = copy(self)
        more._parts = [self.text]
        more.write(text)
        more.text = "".join(more._parts)
        return more

    def _write_more(self, blocks: Blocks) -> None:
        for block in blocks:
            goes_on = isinstance(self._last, List) and self._last.goes_on_in(block)
            if not goes_on:
                if self._last is not None:
                    self._break(block, 2)
                self._last, self._counted, self._shown = block, 0, 0
            if isinstance(block, List) and isinstance(self._last, List):
                self._shown += self._list(block.items, self._last.start, self._counted, self._shown)
                self._counted += len(block.items)
            else:
                self._block(block)

    def finish(self) -> Rendered:
        """Trim the text as td's `fix_formatted_text` does, and the entities with it."""
        first = self.entities[0].offset if self.entities else len(self.text)
        lead = min(len(self.text) - len(self.text.lstrip(" \n")), first)
        text = self.text[lead:].rstrip()
        end = _units(text)
        if lead == 0 and all(entity.offset + entity.length <= end for entity in self.entities):
            return Rendered(text, self.entities)
        clipped = (_clip(entity, lead, end) for entity in self.entities)
        return Rendered(text, tuple(entity for entity in clipped if entity.length > 0))

    def write(self, text: str) -> None:
        """Add characters as the server will keep them; td takes a tab for one space."""
        if _REMOVED_TOO.search(text):
            text = _REMOVED.sub("", clean(text)).replace("\t", " ")
        self._parts.append(text)
        self._offset += _units(text)

    def _newline(self, count: int = 1) -> None:
        text = "\n" * count + self._indent
        self._parts.append(text)
        self._offset += len(text)

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
            case List(items, start):
                self._list(items, start)
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

    def _list(self, items: tuple[Item, ...], start: int | None, counted: int = 0, shown: int = 0) -> int:
        """Write items after those that were counted and shown already; say how many of these are shown.

        An item that goes on from an earlier page and has nothing to say is counted alone.
        """
        visible = [(number, item) for number, item in enumerate(items, counted) if item.blocks or not item.continued]
        for position, (number, item) in enumerate(visible, shown):
            if position:
                self._newline()
            self._item(item, "•" if start is None else f"{start + number}.")
        return len(visible)

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
