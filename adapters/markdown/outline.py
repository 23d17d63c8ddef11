"""Where the blocks of a Markdown source stand, and in which lists and quotes: what a cut has to open again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from adapters.markdown.characters import JOINER
from adapters.markdown.grammar import ONE_LINE, grammar

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
    def started(self) -> tuple[Container, ...]:
        """The containers that begin on this leaf's first line."""
        return self.containers[len(self.outer) :]

    @property
    def is_silent(self) -> bool:
        """Tell whether a reader sees nothing of it."""
        return self.kind == "paragraph" and self.token.content == JOINER


@dataclass(slots=True)
class Outline:
    """The lines of a source with their offsets, and its leaves in order."""

    source: str
    parser: MarkdownIt = field(default=_PARSER, repr=False)
    lines: list[str] = field(init=False)
    offsets: list[int] = field(init=False)
    leaves: list[Leaf] = field(init=False)

    def __post_init__(self) -> None:
        self.lines = self.source.split("\n")
        self.offsets = [0]
        for line in self.lines:
            self.offsets.append(self.offsets[-1] + len(line) + 1)
        self.leaves = [_line(self.source)] if ONE_LINE.fullmatch(self.source) else list(_Walk(self).leaves())

    def text_column(self, line: int, containers: Sequence[Container]) -> int:
        """Find the column where the content of the containers begins on a line of theirs."""
        text, column = self.lines[line], 0
        for container in containers:
            column = _enter(text, column, container, line)
        return column


def _line(source: str) -> Leaf:
    return Leaf("paragraph", 0, 1, (), Token("inline", "", 0, map=[0, 1], content=source.strip()), True)


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


class _Walk:
    """Goes through the flat list of block tokens and knows which containers are open."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._tokens: list[Token] = []
        outline.parser.block.parse(outline.source, outline.parser, {}, self._tokens)
        self._top_lines = {_first(token) for token in self._tokens if token.level == 0 and token.nesting >= 0}
        self._containers: list[Container] = []
        self._numbers: list[int | None] = []

    def leaves(self) -> Iterator[Leaf]:
        """Go through the blocks that hold text, in order."""
        in_table = False
        for before, token in zip([None, *self._tokens], self._tokens, strict=False):
            self._step(token)
            if token.type in ("table_open", "table_close"):
                in_table = token.type == "table_open"
            if token.type in ("table_open", "fence", "code_block", "math_block", "hr"):
                yield self._leaf(token.type.removesuffix("_open"), token, token)
            elif token.type == "inline" and before and not in_table:
                yield self._leaf(before.type.removesuffix("_open"), before, token)

    def _step(self, token: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._numbers.append(None)
            case "ordered_list_open":
                self._numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._numbers.pop()
            case "list_item_open":
                self._open_item(token)
            case "blockquote_open":
                self._containers.append(Container(_first(token)))
            case "list_item_close" | "blockquote_close":
                self._containers.pop()

    def _open_item(self, token: Token) -> None:
        number = self._numbers[-1]
        self._containers.append(_item(self._outline, token, self._containers, number))
        self._numbers[-1] = None if number is None else number + 1

    def _leaf(self, kind: str, block: Token, content: Token) -> Leaf:
        first, last = block.map or (0, 0)
        return Leaf(kind, first, last, tuple(self._containers), content, first in self._top_lines)


def _first(token: Token) -> int:
    return token.map[0] if token.map else 0


def _item(outline: Outline, token: Token, containers: Sequence[Container], number: int | None) -> Container:
    line = _first(token)
    match = _MARKER.match(outline.lines[line], outline.text_column(line, containers))
    if match is None:
        return Container(line, "", token.markup if number is None else f"{token.info}{token.markup}", 1, number)
    pad = len(match[3]) if match[3] and outline.lines[line][match.end() :].strip() else 1
    return Container(line, match[1], match[2], pad, number)
