"""A document tree -> Slack's Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import copy
from typing import Self

from adapters.markdown.monospace import aligned
from adapters.markdown.tree import (
    Alignment,
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
    plain,
)
from adapters.slack.escaping import SPECIAL, angles, escaped, literal

MOST_ROWS, MOST_COLUMNS = 100, 20
"""Slack's table block; a message may have one of them."""

_LINE_START = re.compile(r"^([ \t]*)(?=[-+](?:\s|$)|#{1,6}(?:\s|$)|(?:-\s*){3,}$|=+\s*$|\|)", re.MULTILINE)
_NUMBER_START = re.compile(r"^([ \t]*\d{1,9})(?=[.)](?:\s|$))", re.MULTILINE)
_CLOSING_HASHES = re.compile(r"(?<=\s)(#+\s*)$")
_BLANK_LINE = re.compile(r"\n\s*\n")
_EMPTY_LINE = re.compile(r"^ +$", re.MULTILINE)
_LANGUAGE = re.compile(r"[\w+#.-]*")
_ALIGNMENTS: dict[Alignment | None, str] = {None: "---", "left": ":---", "center": ":---:", "right": "---:"}


class Writer:
    """Writes one message. Only its first table is a table: Slack takes one, the others become aligned text."""

    def __init__(self) -> None:
        self.text = ""
        self._tables = 0
        self._last: Block | None = None
        self._counted = 0
        self._gap = ""

    def with_more(self, blocks: Blocks) -> Self:
        """Another writer, in which these blocks follow; a list that the last block began goes on in the first."""
        more = copy(self)
        for block in blocks:
            more._add(block)
        return more

    def _add(self, block: Block) -> None:
        if not (isinstance(self._last, List) and self._last.goes_on_in(block)):
            self._last, self._counted, self._gap = block, 0, "\n\n" if self.text else ""
        if isinstance(block, List) and isinstance(self._last, List):
            for part, gap in self._items(block.items, self._last.start, self._counted):
                self.text, self._gap = self.text + self._gap + part, gap
            self._counted += len(block.items)
        elif piece := self._block(block):
            self.text += self._gap + piece

    def _blocks(self, blocks: Blocks) -> str:
        return "\n\n".join(filter(None, map(self._block, blocks)))

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph(content):
                return _paragraph(content)
            case Heading(level, content):
                return _CLOSING_HASHES.sub(r"\\\1", f"{'#' * level} {_inlines(content)}".replace("\n", " "))
            case List(items, start):
                return self._list(items, start)
            case Quote(inner):
                return "\n".join(f"> {line}".rstrip() for line in self._blocks(inner).split("\n"))
            case CodeBlock():
                return self._code(block)
            case Table():
                return self._table(block)
            case MathBlock(source):
                return fenced(source)
            case Rule():
                return "---"

    def _list(self, items: tuple[Item, ...], start: int | None) -> str:
        text, before = "", ""
        for part, gap in self._items(items, start, 0):
            text, before = text + before + part, gap
        return text

    def _items(self, items: tuple[Item, ...], start: int | None, counted: int) -> Iterator[tuple[str, str]]:
        """Write the items that have something to show, each with the gap behind it; so many were counted before.

        What goes on from an item of an earlier page is no item here.
        """
        for number, item in enumerate(items, counted):
            if not item.continued:
                yield self._item(item, "- " if start is None else f"{start + number}. "), "\n"
            elif part := self._blocks(item.blocks).strip():
                yield part, "\n\n"

    def _item(self, item: Item, marker: str) -> str:
        task = "" if item.checked is None else f"[{'x' if item.checked else ' '}] "
        body = ""
        for block in item.blocks:
            if piece := self._block(block):
                body += (("\n" if _is_tight(block) else "\n\n") if body else "") + piece
        return (marker + task + _EMPTY_LINE.sub("", body.replace("\n", "\n" + " " * len(marker)))).rstrip(" \n")

    def _code(self, block: CodeBlock) -> str:
        return fenced(block.code, block.language)

    def _table(self, table: Table) -> str:
        self._tables += 1
        if self._tables > 1 or len(table.rows) > MOST_ROWS or len(table.alignments) > MOST_COLUMNS:
            return fenced(aligned(table))
        return tabular(table)


def _is_tight(block: Block) -> bool:
    """Tell whether a block may follow in an item without an empty line, and both stay what they are."""
    return isinstance(block, List) and block.start in (None, 1)


def tabular(table: Table) -> str:
    """Write a table as a table."""
    rows = [_row(_inlines(cell).replace("|", "\\|").replace("\n", " ") for cell in row) for row in table.rows]
    rows.insert(1, _row(_ALIGNMENTS[alignment] for alignment in table.alignments))
    return "\n".join(rows)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def fenced(code: str, language: str = "", width: int | None = None) -> str:
    """Write code between lines of so many backticks, or of more than there are in a row in it."""
    fence = "`" * (width or max(3, _longest_run(code) + 1))
    name = _LANGUAGE.match(language)
    return f"{fence}{name[0] if name else ''}\n{angles(code)}\n{fence}"


def _longest_run(code: str) -> int:
    return max((len(run) for run in re.findall("`+", code)), default=0)


def _paragraph(content: Inlines) -> str:
    """Write a paragraph whose lines cannot be taken for the start of a list, heading, rule or table."""
    text = _BLANK_LINE.sub("\n", _inlines(content))
    return _NUMBER_START.sub(r"\1\\", _LINE_START.sub(r"\1\\", text))


def _inlines(content: Inlines) -> str:
    return "".join(_inline(inline) for inline in content)


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return literal(text)
        case Strong(content):
            return _marked("**", content)
        case Emphasis(content):
            return _marked("*", content)
        case Strike(content):
            return _marked("~~", content)
        case Code(code):
            return _code(code)
        case Math(source):
            return _code(source) if SPECIAL.search(source) else angles(source)
        case Link(content, target):
            return _link(content, target)
        case Image(alt, target):
            return _link((Text(alt or target),), target)
        case LineBreak(hard):
            return "  \n" if hard else "\n"


def _marked(mark: str, content: Inlines) -> str:
    text = _inlines(content)
    return f"{mark}{text}{mark}" if text.strip() else text


def _code(code: str) -> str:
    fence = "`" * (_longest_run(code) + 1)
    code = code.replace("\n", " ")
    pad = " " if code.startswith("`") or code.endswith("`") or code.strip() != code else ""
    return f"{fence}{pad}{angles(code)}{pad}{fence}"


def _link(content: Inlines, target: str) -> str:
    """Write a link; one that is no web or mail address stays text with the target behind it."""
    text, shown = plain(content).strip(), target.removeprefix("mailto:")
    if not target or text in (target, shown):
        return literal(text)
    if not text:
        return literal(shown)
    if not target.startswith(("http://", "https://", "mailto:")):
        return f"{_inlines(content)} ({escaped(shown)})"
    safe = target.replace("(", "%28").replace(")", "%29").replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
    return f"[{_label(content)}]({safe})"


def _label(content: Inlines) -> str:
    """Write the text of a link: no link or image in it, no bare bracket."""
    return re.sub(r"(?<!\\)([\[\]])", r"\\\1", _inlines(tuple(map(_unlinked, content))))


def _unlinked(inline: Inline) -> Inline:
    match inline:
        case Image(text) | Code(text):
            return Text(text) if isinstance(inline, Image) or set("[]") & set(text) else inline
        case Strong(content) | Emphasis(content) | Strike(content):
            return type(inline)(tuple(map(_unlinked, content)))
    return inline
