"""The document tree: what a piece of Markdown says, free of any platform's way to show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Alignment = Literal["left", "center", "right"]


@dataclass(frozen=True, slots=True)
class Text:
    """Literal characters; nothing in them is markup any more."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    content: Inlines


@dataclass(frozen=True, slots=True)
class Emphasis:
    content: Inlines


@dataclass(frozen=True, slots=True)
class Strike:
    content: Inlines


@dataclass(frozen=True, slots=True)
class Code:
    code: str


@dataclass(frozen=True, slots=True)
class Link:
    """`bare` means that the text is the address itself, as in `<https://…>`."""

    content: Inlines
    target: str
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    alt: str
    target: str


@dataclass(frozen=True, slots=True)
class Math:
    """LaTeX, letter for letter and with its delimiters."""

    source: str


@dataclass(frozen=True, slots=True)
class LineBreak:
    """A new line inside a paragraph; `hard` if the writer asked for it by two spaces or a backslash."""

    hard: bool = False


Inline = Text | Strong | Emphasis | Strike | Code | Link | Image | Math | LineBreak
Inlines = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    content: Inlines


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    content: Inlines


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of a list. `checked` is None where it is no task.

    `continued` means that its marker stands on an earlier page: it is counted, but shows no marker.
    """

    blocks: Blocks
    checked: bool | None = None
    continued: bool = False


@dataclass(frozen=True, slots=True)
class List:
    """`start` is the number of the first item, or None for bullets; `mark` is what marks the items in the source."""

    items: tuple[Item, ...]
    start: int | None = None
    mark: str = field(default="", compare=False)

    def goes_on_in(self, block: Block) -> bool:
        """Tell whether a list that follows without anything between is the same list to a reader of Markdown."""
        return isinstance(block, List) and self.mark == block.mark


@dataclass(frozen=True, slots=True)
class Quote:
    blocks: Blocks


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """`code` has no newline at its end; `language` is the first word of the info string, or "".

    `fence` is what the source has around it, or "" where it is indented; `is_open` says that its end is not written.
    """

    code: str
    language: str = ""
    fence: str = field(default="", compare=False)
    is_open: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Table:
    """`rows[0]` is the header; every row has as many cells as there are alignments."""

    alignments: tuple[Alignment | None, ...]
    rows: tuple[tuple[Inlines, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    pass


@dataclass(frozen=True, slots=True)
class MathBlock:
    """Displayed LaTeX, letter for letter and with its delimiters."""

    source: str


Block = Paragraph | Heading | List | Quote | CodeBlock | Table | Rule | MathBlock
Blocks = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    blocks: Blocks


def plain(content: Inlines) -> str:
    """Say what a reader sees of these inlines, without any marks; a line break is a newline."""
    return "".join(_plain(inline) for inline in content)


def _plain(inline: Inline) -> str:
    match inline:
        case Text(text):
            return text
        case Strong(content) | Emphasis(content) | Strike(content) | Link(content):
            return plain(content)
        case Code(code):
            return code
        case Image(alt):
            return alt
        case Math(source):
            return source
        case LineBreak():
            return "\n"


def visible(blocks: Iterable[Block]) -> str:
    """Say what a reader sees of these blocks, one line for each; list markers and table rules are left out."""
    return "\n".join(_visible(block) for block in blocks)


def _visible(block: Block) -> str:
    match block:
        case Paragraph(content) | Heading(content=content):
            return plain(content)
        case List(items):
            return "\n".join(visible(item.blocks) for item in items)
        case Quote(blocks):
            return visible(blocks)
        case CodeBlock(code):
            return code
        case Table(rows=rows):
            return "\n".join("\t".join(plain(cell) for cell in row) for row in rows)
        case MathBlock(source):
            return source
        case Rule():
            return ""
