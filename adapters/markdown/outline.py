"""Where the blocks of a Markdown source stand, and in which lists and quotes: what a cut has to open again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from adapters.markdown.characters import JOINER
from adapters.markdown.grammar import grammar

_PARSER = grammar()
_QUOTE = re.compile(r" {0,3}> ?")
_MARKER = re.compile(r"( {0,3})([-+*]|\d{1,9}[.)])( {1,4}(?! )| |(?=\t|$))")


@dataclass(frozen=True, slots=True)
class Container:
    """A quote or a list item around a block.

    `lead`, `marker` and `pad` are what stands on the item's first line, so that lines which come later keep
    their columns; a quote has no marker. `number` is what the item counts as, whatever its marker says.
    """

    first_line: int
    lead: str = ""
    marker: str = ""
    pad: int = 1
    number: int | None = None

    @property
    def indent(self) -> str:
        """What every further line inside begins with."""
        return " " * (len(self.lead) + len(self.marker) + self.pad) if self.marker else "> "

    def head_lines(self, prefix: str) -> list[str]:
        """Open the item again without showing it again, below what `prefix` has opened.

        Markers that do not say their number (`1.` on every line) are preceded by one that does.
        """
        if not self.marker:
            return []
        lines = [f"{prefix}{self.lead}{self.marker}{' ' * self.pad}{JOINER}", prefix.rstrip()]
        if self.number is not None and int(self.marker[:-1]) != self.number:
            lines.insert(0, f"{prefix}{self.number - 1}{self.marker[-1]} {JOINER}")
        return lines


@dataclass(frozen=True, slots=True)
class Leaf:
    """A block without blocks in it: lines `first` to `last` (exclusive) of the source."""

    kind: str
    first: int
    last: int
    containers: tuple[Container, ...]
    token: Token
    top: bool

    @property
    def prefix(self) -> str:
        """What a line of this leaf begins with."""
        return "".join(container.indent for container in self.containers)

    @property
    def outer(self) -> tuple[Container, ...]:
        """The containers that were open before this leaf's first line."""
        return tuple(container for container in self.containers if container.first_line < self.first)

    @property
    def is_silent(self) -> bool:
        """Tell whether a reader sees nothing of it."""
        return self.kind == "paragraph" and self.token.content == JOINER


@dataclass(slots=True)
class Outline:
    """The lines of a source with their offsets, and its leaves in order."""

    source: str
    lines: list[str] = field(init=False)
    offsets: list[int] = field(init=False)
    leaves: list[Leaf] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.source.split("\n")
        self.offsets = [0]
        for line in self.lines:
            self.offsets.append(self.offsets[-1] + len(line) + 1)
        self.leaves = list(_leaves(self))

    def text_column(self, line: int, containers: Sequence[Container]) -> int:
        """Find the column where the content of the containers begins on a line of theirs."""
        text, column = self.lines[line], 0
        for container in containers:
            column = _enter(text, column, container, line)
        return column


def reopen(containers: Sequence[Container]) -> tuple[str, str]:
    """Write the lines that open these containers again, and the prefix of each line that follows in them."""
    lines: list[str] = []
    prefix = ""
    for container in containers:
        lines += container.head_lines(prefix)
        prefix += container.indent
    return "".join(line + "\n" for line in lines), prefix


def _enter(text: str, column: int, container: Container, line: int) -> int:
    """Step over what one container takes of a line."""
    if not container.marker:
        match = _QUOTE.match(text, column)
        return match.end() if match else column
    width = len(container.indent)
    if line == container.first_line:
        return min(column + width, len(text))
    blank = len(text) - len(text[column:].lstrip(" ")) - column
    return column + min(width, blank)


def _leaves(outline: Outline) -> Iterator[Leaf]:
    """Walk through the flat list of block tokens with the containers that are open."""
    tokens: list[Token] = []
    _PARSER.block.parse(outline.source, _PARSER, {}, tokens)
    containers: list[Container] = []
    counters: list[int | None] = []
    table = False
    for place, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            counters.append(int(token.attrs.get("start", 1)) if token.type[0] == "o" else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            counters.pop()
        elif token.type == "list_item_open":
            containers.append(_item(outline, token, containers, counters[-1]))
            counters[-1] = None if counters[-1] is None else counters[-1] + 1
        elif token.type == "blockquote_open":
            containers.append(Container(_first(token)))
        elif token.type in ("list_item_close", "blockquote_close"):
            containers.pop()
        elif token.type in ("table_open", "table_close"):
            table = token.type == "table_open"
            if table:
                yield _leaf("table", token, token, containers)
        elif token.type in ("fence", "code_block", "math_block", "hr"):
            yield _leaf(token.type, token, token, containers)
        elif token.type == "inline" and not table:
            yield _leaf(tokens[place - 1].type.removesuffix("_open"), tokens[place - 1], token, containers)


def _leaf(kind: str, block: Token, content: Token, containers: Sequence[Container]) -> Leaf:
    first, last = block.map or (0, 0)
    top = not containers or all(container.first_line == first for container in containers[:1])
    return Leaf(kind, first, last, tuple(containers), content, top)


def _first(token: Token) -> int:
    return token.map[0] if token.map else 0


def _item(outline: Outline, token: Token, containers: Sequence[Container], number: int | None) -> Container:
    line = _first(token)
    match = _MARKER.match(outline.lines[line], outline.text_column(line, containers))
    if match is None:
        return Container(line, "", token.markup if number is None else f"{token.info}{token.markup}", 1, number)
    pad = len(match[3]) if match[3] and outline.lines[line][match.end() :].strip() else 1
    return Container(line, match[1], match[2], pad, number)
