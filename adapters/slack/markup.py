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
from functools import lru_cache

from adapters.markdown.characters import cluster_start
from adapters.markdown.monospace import aligned
from adapters.markdown.parse import parse, parse_bounded
from adapters.markdown.sections import Fold
from adapters.markdown.settled import settled
from adapters.markdown.tree import Blocks, CodeBlock, Heading, List, MathBlock, Paragraph, Quote, Rule, Table, plain
from adapters.slack.escaping import disarm, escape
from adapters.slack.stream_writer import StreamWriter
from adapters.slack.writer import Writer

__all__ = ["decode", "escape", "fits", "render", "render_stream", "text_fallback"]

MOST_CHARACTERS = 11_500
"""Slack refuses above 12,000 in one request or in all markdown blocks of a message."""
MOST_FALLBACK_CHARACTERS, MOST_FALLBACK_BYTES = 3_000, 4_000
"""`chat.update` refuses a `text` above 4,000, and seems to count bytes."""


def render(markdown: str) -> str:
    """Write Markdown that Slack shows as meant and that can notify nobody.

    `<` and `>` become entities everywhere but at the start of a quoted line; `&` is left alone, or addresses would
    break. Characters that only look like markup are escaped, LaTeX with such characters is shown as code.
    """
    written, rest = _WRITTEN.closed(markdown)
    return _and(written, rest).text


def render_stream(markdown: str) -> str:
    """Write what of a growing Markdown may be appended to a stream, from which nothing can be taken back.

    For every beginning of a text it is a beginning of what it is for the text, and as safe as `render`. It differs
    from that where the look of the whole is known too late: marks that are open for more than 200 characters are text,
    of a second table nothing is shown before its end, and code is fenced as the model fenced it.
    """
    written, rest = _STREAMED.closed(markdown[: settled(markdown)])
    return written.with_growing(parse_bounded(rest).blocks)


def fits(markdown: str) -> bool:
    """Tell whether this Markdown can be shown in one Slack message."""
    written, rest = _WRITTEN.closed(markdown)
    return _surely_fits(written, rest) or len(_and(written, rest).text) <= MOST_CHARACTERS


def _and(written: Writer, section: str) -> Writer:
    return written.with_more(parse(section).blocks)


def _and_bounded(written: StreamWriter, section: str) -> StreamWriter:
    return written.with_more(parse_bounded(section).blocks)


_WRITTEN, _STREAMED = Fold(Writer(), _and), Fold(StreamWriter(), _and_bounded)


def _surely_fits(written: Writer, section: str) -> bool:
    """Tell without reading the section that there is more room than it can take.

    A character becomes four at most (`&lt;`), a line four lines, each indented for every mark of a list or quote. The
    width of tables knows no bound.
    """
    lines = 4 * section.count("\n") + 4
    marks = min(sum(map(section.count, "-+*>.)")), 40)
    length = 4 * len(section) + lines * (marks + 1) * 12
    return "|" not in section and len(written.text) + length <= MOST_CHARACTERS


@lru_cache(512)
def text_fallback(markdown: str) -> str:
    """Write the plain text for notifications and screen readers, escaped for `text`; a long one ends with "…".

    Kept, because all previews of an answer are announced by the same first words.
    """
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
