"""Half-written Markdown -> Markdown that can be shown while the rest is still being written."""

from __future__ import annotations

import re
from functools import lru_cache

from adapters.markdown.ending import Ending, decided_code, ending
from adapters.markdown.fences import is_open, open_fence
from adapters.markdown.outline import Leaf, Outline
from adapters.markdown.sections import open_section
from adapters.markdown.spans import Span, find_marks
from adapters.markdown.written import WORD_END, Written, is_address

_MARK = re.compile(r"[*_~`\\!$\[<&|]")
_WORD_END = re.compile(f"(?:{WORD_END})$")
_CELL_END = re.compile(r"(?<!\\)\|")


@lru_cache(512)
def close_unfinished(markdown: str) -> str:
    """Close what the text has opened and not closed yet, so that a preview shows no raw marks that will vanish.

    Only the last block can be unfinished. What may still become a mark waits: the beginning of a line that may be a
    bullet, a link until its address begins (from then on its text is shown), a formula, the first line of what looks
    like a table, the cell that is being written. The result is for showing only: it is never what text is appended to.
    """
    start = open_section(markdown)
    return markdown[:start] + _close(markdown[start:])


def _close(section: str) -> str:
    if fence := open_fence(section):
        return _line_ended(decided_code(section)) + fence.marks
    end = ending(section, Outline)
    source, leaf = end.outline.source, end.leaf
    if leaf is None:
        return source[: end.before]
    match leaf.kind:
        case "fence":
            return _close_fence(source, leaf)
        case "paragraph" | "heading":
            return _close_text(end, leaf)
        case "table":
            return _close_row(source)
    return source


def _line_ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _close_fence(source: str, leaf: Leaf) -> str:
    if not is_open(leaf.token):
        return source
    return f"{_line_ended(decided_code(source))}{leaf.prefix}{leaf.token.markup}"


def _close_row(source: str) -> str:
    """Show the cells that are whole."""
    start = source.rfind("\n") + 1
    ends = [found.end() for found in _CELL_END.finditer(source, start)]
    return source[: ends[-1]] if ends and source[start : ends[-1]].strip("| >\t") else source[:start]


def _close_text(ending: Ending, leaf: Leaf) -> str:
    content, source = leaf.token.content, ending.outline.source
    if ending.size is None and not _MARK.search(content):
        return source
    written = Written.of(ending, leaf, find_marks(content))
    end, label = _shown(written)
    body = content[:end] + label
    if not body:
        return source[: ending.before]
    place = written.source_of(end)
    left = source[place:]
    return source[:place] + label + _closers(body) + (left if left.isspace() else "")


def _shown(written: Written) -> tuple[int, str]:
    """Tell how much of a text can be shown, and the text of a link that is shown behind it."""
    marks = written.marks
    codes = [loose.start for loose in marks.loose if loose.marker[0] == "`"]
    atom = written.open_atom(codes)
    end = min((written.size if atom in codes else atom, *written.table_header()))
    link = written.half_link(atom)
    if link and link.start < end:
        end = link.start
        if link.label:
            return end, written.content[slice(*link.label)]
    return written.decided_end(end, [span for span in marks.spans if _is_solid(span)], _WORD_END), ""


def _is_solid(span: Span) -> bool:
    """Tell whether a part of it would look like something else; code would not, nor would an address."""
    return span.atom and span.opening[:1] != "`" and not is_address(span)


def _closers(body: str) -> str:
    closers: list[str] = []
    for loose in find_marks(body).loose:
        if loose.marker[0] == "`":
            closers.append(loose.marker)
            break
        if loose.start + len(loose.marker) < len(body) and len(loose.marker) <= 3:
            closers.append(loose.marker)
    return "".join(reversed(closers))
