"""How much of a growing Markdown source may stand where nothing can be taken back."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import partial

from adapters.markdown.bounded import LONGEST_OPEN, bounded_grammar
from adapters.markdown.characters import clean
from adapters.markdown.ending import Ending, decided_code, ending
from adapters.markdown.fences import open_fence
from adapters.markdown.outline import Leaf, Outline
from adapters.markdown.sections import open_section
from adapters.markdown.spans import find_bounded_marks
from adapters.markdown.written import WORD_END, Written, is_address

_OUTLINE = partial(Outline, parser=bounded_grammar())
_GAP = re.compile(r"\n[ \t]*\n[ \t\n]*$")
_ADDRESS = r"(?<![^\W_])h(?:t(?:t(?:p(?:s?(?::(?:/(?:/[^\s<>\u0080-\U0010ffff]{0,300})?)?)?)?)?)?)?"
_AT = r"(?:@|&(?:\#0{0,5}64|\#[xX]0{0,4}40|commat);)"
_WORD_END = re.compile(rf"(?:{_ADDRESS}|{_AT}\w{{0,8}}|&\#?\w{{0,31}};|[*_~`\\!$#\]]+|{WORD_END})$")


def settled(markdown: str) -> int:
    """Count the characters from the beginning that look the same however the text goes on.

    To be shown they are read by `parse_bounded`: what is open there for more than 200 characters, or at the end of its
    paragraph, is text. No mark that is still open is among them, no half link, no line that may become the header of a
    table, no row that is not whole. Never fewer than for a beginning of the text; all, but for space, after an empty
    line.
    """
    start = open_section(markdown)
    section = markdown[start:]
    text = clean(section)
    end = _settled(text)
    if end and text != section:
        end = bisect_left(range(len(section)), end, key=lambda size: len(clean(section[:size])))
    return start + end if end else len(markdown[:start].rstrip())


def _settled(section: str) -> int:
    if _GAP.search(section):
        return len(section.rstrip())
    if open_fence(section):
        return len(decided_code(section).rstrip())
    end = ending(section, _OUTLINE)
    return end.before if end.leaf is None else _SETTLED.get(end.leaf.kind, _all)(end, end.leaf)


def _all(ending: Ending, leaf: Leaf) -> int:
    return len(ending.outline.source.rstrip())


def _code(ending: Ending, leaf: Leaf) -> int:
    return len(decided_code(ending.outline.source).rstrip())


def _rows(ending: Ending, leaf: Leaf) -> int:
    """Whole rows, and the first two lines together."""
    outline = ending.outline
    end = outline.source.rfind("\n") + 1
    return len(outline.source[:end].rstrip()) if end >= outline.offsets[leaf.first + 2] else ending.before


def _text(ending: Ending, leaf: Leaf) -> int:
    written = Written.of(ending, leaf, find_bounded_marks(leaf.token.content))
    solid = [span for span in written.marks.spans if not is_address(span)]
    end = written.decided_end(min(written.size, *_open(written)), solid, _WORD_END)
    return written.source_of(end) if end else ending.before


def _open(written: Written) -> Iterator[int]:
    """Find where something is open."""
    end = len(written.content)
    near = [loose for loose in written.openers() if end - loose.start <= LONGEST_OPEN]
    yield from (loose.start for loose in near)
    yield from written.table_header()
    atom = written.open_atom(loose.start for loose in near if loose.marker[0] == "`")
    yield atom
    link = written.half_link(atom)
    if link:
        yield link.start
    address = written.address_start()
    yield from (span.start for span in written.marks.spans if not span.atom and span.start < address < span.end)


_SETTLED: dict[str, Callable[[Ending, Leaf], int]] = {
    "fence": _code,
    "table": _rows,
    "paragraph": _text,
    "heading": _text,
}
