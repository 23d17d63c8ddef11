"""Markdown -> Slack's Markdown (`markdown_text`, `markdown` block, streams), and a person's Slack text -> plain text.

The Markdown is made anew from the tree, so that nothing the model wrote reaches Slack unread. All of Slack's control
sequences (`<!channel>`, `<@U…>`) begin with `<`, in Markdown too (measured, PostHog PR 95054): here is none.
What the block shows (docs.slack.dev, markdown block, 2026): headings, lists, task lists, quotes, links, code with
language, tables, dividers, and `\\*` for a literal star.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping

from adapters.markdown.characters import cluster_start
from adapters.markdown.monospace import aligned
from adapters.markdown.parse import parse
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
from adapters.slack.escaping import SPECIAL, angles, disarm, escape, escaped, literal

__all__ = ["decode", "escape", "fits", "render", "text_fallback"]

MOST_CHARACTERS = 11_500
"""Slack refuses above 12,000 in one request or in all markdown blocks of a message."""
MOST_FALLBACK_CHARACTERS, MOST_FALLBACK_BYTES = 3_000, 4_000
"""`chat.update` refuses a `text` above 4,000, and seems to count bytes."""
MOST_ROWS, MOST_COLUMNS = 100, 20
"""Slack's table block; a message may have one of them."""

_LINE_START = re.compile(r"^([ \t]*)(?=[-+](?:\s|$)|#{1,6}(?:\s|$)|(?:-\s*){3,}$|=+\s*$|\|)", re.MULTILINE)
_NUMBER_START = re.compile(r"^([ \t]*\d{1,9})(?=[.)](?:\s|$))", re.MULTILINE)
_CLOSING_HASHES = re.compile(r"(?<=\s)(#+\s*)$")
_BLANK_LINE = re.compile(r"\n\s*\n")
_EMPTY_LINE = re.compile(r"^ +$", re.MULTILINE)
_LANGUAGE = re.compile(r"[\w+#.-]*")
_ALIGNMENTS: dict[Alignment | None, str] = {None: "---", "left": ":---", "center": ":---:", "right": "---:"}


def render(markdown: str) -> str:
    """Write Markdown that Slack shows as meant and that can notify nobody.

    `<` and `>` become entities everywhere but at the start of a quoted line; `&` is left alone, or addresses would
    break. Characters that only look like markup are escaped, LaTeX with such characters is shown as code.
    """
    return _Writer().blocks(parse(markdown).blocks)


def fits(markdown: str) -> bool:
    """Tell whether this Markdown can be shown in one Slack message."""
    return len(render(markdown)) <= MOST_CHARACTERS


def text_fallback(markdown: str) -> str:
    """Write the plain text for notifications and screen readers, escaped for `text`; a long one ends with "…"."""
    text = "\n".join(_fallback(parse(markdown).blocks)).strip()
    shown = escape(disarm(text))
    if _is_short(shown):
        return shown
    fitting = bisect_left(
        range(1, MOST_FALLBACK_CHARACTERS), True, key=lambda end: not _is_short(_shortened(text, end))
    )
    return _shortened(text, fitting)


def _shortened(text: str, end: int) -> str:
    return escape(disarm(text[: cluster_start(text, end)].rstrip())) + "…"


def _is_short(text: str) -> bool:
    return len(text) <= MOST_FALLBACK_CHARACTERS and len(text.encode()) <= MOST_FALLBACK_BYTES


def _fallback(blocks: Blocks) -> Iterable[str]:
    for block in blocks:
        match block:
            case Paragraph(content) | Heading(content=content):
                yield plain(content)
            case List(items, start):
                for number, item in enumerate(items):
                    mark = "• " if start is None else f"{start + number}. "
                    yield ("" if item.continued else mark) + "\n".join(_fallback(item.blocks))
            case Quote(inner):
                yield from _fallback(inner)
            case CodeBlock(text) | MathBlock(text):
                yield text
            case Table():
                yield aligned(block)
            case Rule():
                yield "———"


class _Writer:
    """Writes one message. Only its first table is a table: Slack takes one, the others become aligned text."""

    def __init__(self) -> None:
        self._tables = 0

    def blocks(self, blocks: Blocks, gap: str = "\n\n") -> str:
        return gap.join(filter(None, (self._block(block) for block in blocks)))

    def _block(self, block: Block) -> str:
        match block:
            case Paragraph(content):
                return _paragraph(content)
            case Heading(level, content):
                return _CLOSING_HASHES.sub(r"\\\1", f"{'#' * level} {_inlines(content)}".replace("\n", " "))
            case List(items, start):
                return self._list(items, start)
            case Quote(inner):
                return "\n".join(f"> {line}".rstrip() for line in self.blocks(inner).split("\n"))
            case CodeBlock(code, language):
                return _fence(code, language)
            case Table():
                return self._table(block)
            case MathBlock(source):
                return _fence(source)
            case Rule():
                return "---"

    def _list(self, items: tuple[Item, ...], start: int | None) -> str:
        """Write a list. What goes on from an item of an earlier page is no item here."""
        parts: list[str] = []
        for number, item in enumerate(items):
            if item.continued:
                parts.append(self.blocks(item.blocks) + "\n")
            else:
                parts.append(self._item(item, "- " if start is None else f"{start + number}. "))
        return "\n".join(part for part in parts if part.strip()).rstrip()

    def _item(self, item: Item, marker: str) -> str:
        task = "" if item.checked is None else f"[{'x' if item.checked else ' '}] "
        body = self.blocks(item.blocks, "\n" if _is_tight(item) else "\n\n")
        return marker + task + _EMPTY_LINE.sub("", body.replace("\n", "\n" + " " * len(marker)))

    def _table(self, table: Table) -> str:
        self._tables += 1
        if self._tables > 1 or len(table.rows) > MOST_ROWS or len(table.alignments) > MOST_COLUMNS:
            return _fence(aligned(table))
        rows = [_row(_inlines(cell).replace("|", "\\|").replace("\n", " ") for cell in row) for row in table.rows]
        rows.insert(1, _row(_ALIGNMENTS[alignment] for alignment in table.alignments))
        return "\n".join(rows)


def _is_tight(item: Item) -> bool:
    """Tell whether the blocks of an item may follow one another without an empty line and stay what they are."""
    return all(isinstance(block, List) and block.start in (None, 1) for block in item.blocks[1:])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _fence(code: str, language: str = "") -> str:
    fence = "`" * max(3, _longest_run(code) + 1)
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


_SEQUENCE = re.compile(r"<([^<>\n]*)>")


def decode(text: str, names: Mapping[str, str]) -> str:
    """Read a person's Slack text for the model; `names` gives what to call a user by id.

    A sequence that is not known is shown by its label, or as it came; entities are decoded once, after the
    sequences, so that a typed `&lt;@U1&gt;` stays text.
    """
    parts = _SEQUENCE.split(text)
    return "".join(_sequence(part, names) if number % 2 else _entities(part) for number, part in enumerate(parts))


def _entities(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _sequence(inside: str, names: Mapping[str, str]) -> str:
    target, _, label = (_entities(part) for part in inside.partition("|"))
    for sign, read in _READERS.items():
        if target.startswith(sign):
            return read(target.removeprefix(sign), label, names)
    return _read_link(target, label)


def _read_user(user: str, label: str, names: Mapping[str, str]) -> str:
    return "@" + (names.get(user) or label or user).removeprefix("@")


def _read_channel(channel: str, label: str, _: Mapping[str, str]) -> str:
    return "#" + (label or channel).removeprefix("#")


def _read_group(group: str, label: str, _: Mapping[str, str]) -> str:
    return "@" + (label or group).removeprefix("@")


def _read_special(special: str, label: str, _: Mapping[str, str]) -> str:
    if special.startswith("date^"):
        return label or special
    return "@" + (label or special).removeprefix("@")


def _read_link(target: str, label: str) -> str:
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in (target, address) or target in (f"http://{label}", f"https://{label}", f"http://{label}/"):
        return address
    return f"{label} ({address})"


_READERS: dict[str, Callable[[str, str, Mapping[str, str]], str]] = {
    "@": _read_user,
    "#": _read_channel,
    "!subteam^": _read_group,
    "!": _read_special,
}
