"""Half-written Markdown -> Markdown that can be shown while the rest is still being written."""

from __future__ import annotations

import re

from adapters.markdown.ending import decided_code, leaf_end, open_leaf, outline_decided
from adapters.markdown.fences import is_open, open_fence
from adapters.markdown.outline import Leaf, Outline
from adapters.markdown.paragraph import TextCuts
from adapters.markdown.sections import open_section
from adapters.markdown.spans import Marks, Span, find_marks
from adapters.markdown.undecided import WORD_END, decided_end, half_formulas, half_link, table_line

_MARK = re.compile(r"[*_~`\\!$\[<&|]")
_CELL_END = re.compile(r"(?<!\\)\|")


def close_unfinished(markdown: str) -> str:
    """Close what the text has opened and not closed yet, so that a preview shows no raw marks that will vanish.

    Only the last block can be unfinished. What may still become a mark waits: the beginning of a line that may be a
    bullet, a link until its address begins (from then on its text is shown), a formula, the first line of what looks
    like a table, the cell that is being written. The result is for showing only: it is never what text is appended to.
    """
    start = open_section(markdown)
    return markdown[:start] + close_section(markdown[start:])


def close_section(section: str) -> str:
    """The same, for a source of one section; for one of more it says the same, more slowly."""
    if fence := open_fence(section):
        return _line_ended(decided_code(section)) + fence.marks
    outline = outline_decided(section, Outline)
    leaf = open_leaf(outline)
    if leaf is None:
        return outline.source
    match leaf.kind:
        case "fence":
            return _close_fence(outline, leaf)
        case "paragraph" | "heading":
            return _close_text(outline, leaf)
        case "table":
            return _close_row(outline.source)
    return outline.source


def _line_ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _close_fence(outline: Outline, leaf: Leaf) -> str:
    if not is_open(leaf.token):
        return outline.source
    if outline.offsets[leaf.first + 1] > len(outline.source):  # the language is still being written
        return outline.source[: leaf_end(outline, -2)]
    return f"{_line_ended(decided_code(outline.source))}{leaf.prefix}{leaf.token.markup}"


def _close_row(source: str) -> str:
    """Show the cells that are whole."""
    start = source.rfind("\n") + 1
    ends = [found.end() for found in _CELL_END.finditer(source, start)]
    return source[: ends[-1]] if ends and source[start : ends[-1]].strip("| >\t") else source[:start]


def _close_text(outline: Outline, leaf: Leaf) -> str:
    content = leaf.token.content
    if not _MARK.search(content):
        return outline.source
    end, label = _shown(content, find_marks(content), outline.source[-1].isspace())
    body = content[:end] + label
    if not body:
        return outline.source[: leaf_end(outline, -2)]
    place = TextCuts(outline, leaf).source_of(end)
    left = outline.source[place:]
    return outline.source[:place] + label + _closers(body) + (left if left.isspace() else "")


def _shown(content: str, marks: Marks, known: bool) -> tuple[int, str]:
    """Tell how much of a text can be shown, and the text of a link that is shown behind it."""
    text_end = min((loose.start for loose in marks.loose if loose.marker[0] == "`"), default=len(content))
    link = half_link(content, marks.spans, text_end)
    formulas = half_formulas(content, marks.spans, text_end)
    end = min((len(content), *formulas, *table_line(content)))
    if link and link.start < end:
        end = link.start
        if link.label:
            return end, content[slice(*link.label)]
    solid = [span for span in marks.spans if _is_solid(span)]
    return decided_end(content, end, marks.spans, solid, WORD_END, known), ""


def _is_solid(span: Span) -> bool:
    """Tell whether a part of it would look like something else; code would not, nor would an address."""
    return span.atom and span.opening[:1] != "`" and span.inner_start > span.start


def _closers(body: str) -> str:
    closers: list[str] = []
    for loose in find_marks(body).loose:
        if loose.marker[0] == "`":
            closers.append(loose.marker)
            break
        if loose.start + len(loose.marker) < len(body) and len(loose.marker) <= 3:
            closers.append(loose.marker)
    return "".join(reversed(closers))
