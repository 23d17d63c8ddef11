"""Markdown -> the HTML of a rich message, for what classic messages cannot show: tables, headings, formulas. Pure.

Built from our own tree with every character escaped; Telegram never gets the model's Markdown (facts: 3.2).
"""

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import urlsplit

from adapters.markdown.characters import clean
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
    visible,
)
from adapters.telegram.entities import HOST

MOST_BLOCKS = 450
"""Telegram takes 500, nested ones, list items and table rows counted."""

MOST_LEVELS = 14
"""Telegram takes 16."""

MOST_COLUMNS = 20

_ADDRESS = re.compile(r"""(https?://[^\s<>"']*[^\s<>"'.,;:!?)\]])""")
_DELIMITERS = re.compile(r"\s*(?:\$\$(.*)\$\$|\$(.*)\$|\\\((.*)\\\)|\\\[(.*)\\\])\s*", re.DOTALL)


def html(markdown: str) -> str | None:
    """Write the message; None where a classic one shows as much, or where Telegram would refuse it as too large."""
    blocks = parse(markdown).blocks
    if not _gains(blocks) or sum(map(_count, blocks)) > MOST_BLOCKS or _levels(blocks) > MOST_LEVELS:
        return None
    return "".join(map(_block, blocks)) or None


def _gains(blocks: Blocks) -> bool:
    """Whether there is something that classic messages have not; none of its tables may be too wide."""
    every = list(_every(blocks))
    widths = [len(block.alignments) for block in every if isinstance(block, Table)]
    if max(widths, default=0) > MOST_COLUMNS:
        return False
    return bool(widths) or any(isinstance(block, Heading | MathBlock) or _has_formula(block) for block in every)


def _every(blocks: Blocks) -> Iterator[Block]:
    for block in blocks:
        yield block
        for inner in _inside(block):
            yield from _every(inner)


def _inside(block: Block) -> list[Blocks]:
    """The blocks that this one holds, of each item by itself."""
    match block:
        case List(items):
            return [item.blocks for item in items]
        case Quote(blocks):
            return [blocks]
    return []


def _has_formula(block: Block) -> bool:
    return isinstance(block, Paragraph) and any(isinstance(inline, Math) for inline in block.content)


def _count(block: Block) -> int:
    """How many blocks this is as Telegram counts."""
    held = sum(1 + sum(map(_count, inner)) for inner in _inside(block))
    return 1 + held + (len(block.rows) if isinstance(block, Table) else 0)


def _levels(blocks: Blocks) -> int:
    """How deep it goes; an item and its blocks are two levels, marks of text are some more."""
    return max(
        (1 + _text_levels(block) + max((1 + _levels(b) for b in _inside(block)), default=0) for block in blocks),
        default=0,
    )


def _text_levels(block: Block) -> int:
    match block:
        case Paragraph(content) | Heading(content=content):
            return _depth(content)
        case Table(rows=rows):
            return max((_depth(cell) for row in rows for cell in row), default=0)
    return 0


def _depth(content: Inlines) -> int:
    return max((1 + _depth(getattr(inline, "content", ())) for inline in content), default=0)


def _block(block: Block) -> str:
    """The block; one without words is left out, as Telegram refuses it."""
    if not isinstance(block, Rule | List) and not visible((block,)).strip():
        return ""
    match block:
        case Paragraph(content):
            return _tag("p", _inlines(content))
        case Heading(level, content):
            return _tag(f"h{min(level, 6)}", _inlines(content))
        case List():
            return _list(block)
        case Quote(blocks):
            return _tag("blockquote", "".join(map(_block, blocks)))
        case CodeBlock(code, language):
            named = f' class="language-{_escaped(language)}"' if language else ""
            return f"<pre><code{named}>{_escaped(code)}</code></pre>"
        case Table():
            return _table(block)
        case MathBlock(source):
            return _tag("tg-math-block", _formula(source))
        case Rule():
            return "<hr>"


def _list(block: List) -> str:
    """The items; what continues an item of an earlier page stands before them without a mark."""
    name, start = ("ul", 1) if block.start is None else ("ol", block.start)
    begun = [item for item in block.items if item.continued]
    shown = [item for item in block.items if not item.continued]
    number = f' start="{start + len(begun)}"' if name == "ol" else ""
    before = "".join(_block(inner) for item in begun for inner in item.blocks)
    return before + (f"<{name}{number}>{''.join(map(_item, shown))}</{name}>" if shown else "")


def _item(item: Item) -> str:
    box = "" if item.checked is None else f'<input type="checkbox"{" checked" if item.checked else ""}>'
    return _tag("li", box + "".join(map(_block, item.blocks)))


def _table(table: Table) -> str:
    aligned = [f' align="{alignment}"' if alignment else "" for alignment in table.alignments]
    rows = []
    for number, row in enumerate(table.rows):
        name = "td" if number else "th"
        cells = zip(aligned, row, strict=False)
        rows.append(_tag("tr", "".join(f"<{name}{align}>{_inlines(cell)}</{name}>" for align, cell in cells)))
    return _tag("table", "".join(rows))


def _inlines(content: Inlines) -> str:
    return "".join(map(_inline, content))


def _inline(inline: Inline) -> str:
    match inline:
        case Text(text):
            return _text(text)
        case Strong(content):
            return _tag("b", _inlines(content))
        case Emphasis(content):
            return _tag("i", _inlines(content))
        case Strike(content):
            return _tag("s", _inlines(content))
        case Code(code):
            return _tag("code", _escaped(code))
        case Link(content, target):
            return _link(
                "".join(_escaped(part.text) if isinstance(part, Text) else _inline(part) for part in content), target
            )
        case Image(alt, target):
            return _link(_escaped(alt or target), target)
        case Math(source):
            return _tag("tg-math", _formula(source))
        case LineBreak():
            return "<br>"


def _text(text: str) -> str:
    """The characters, addresses linked: Telegram is told not to look for anything in a text."""
    parts = _ADDRESS.split(text)
    return "".join(_link(_escaped(part), part) if number % 2 else _escaped(part) for number, part in enumerate(parts))


def _link(text: str, target: str) -> str:
    """Link the text; an address that Telegram may refuse stands behind it in parentheses."""
    if _is_linkable(target):
        return f'<a href="{_escaped(target)}">{text or _escaped(target)}</a>'
    address = _escaped(target.removeprefix("mailto:"))
    return text if text in (address, _escaped(target)) else f"{text} ({address})"


def _is_linkable(target: str) -> bool:
    try:
        url = urlsplit(target)
    except ValueError:
        return False
    return url.scheme in ("http", "https") and bool(HOST.fullmatch(url.netloc)) and not re.search(r"\s", target)


def _formula(source: str) -> str:
    """The formula without its delimiters."""
    found = _DELIMITERS.fullmatch(source)
    return _escaped(next(part for part in found.groups() if part is not None).strip() if found else source)


def _tag(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"


def _escaped(text: str) -> str:
    return escape(clean(text))
