"""Half-written Markdown -> Markdown that can be shown while the rest is still being written."""

from __future__ import annotations

import re

from adapters.markdown.characters import JOINER
from adapters.markdown.grammar import DELIMITERS
from adapters.markdown.outline import Leaf, Outline
from adapters.markdown.spans import Marks, find_marks

_HALF_LINK = re.compile(r"!?\[((?:[^\[\]\n]|\[[^\[\]\n]*\]){1,500})\]\((?:[^)\n]{0,2000})$")
_HALF_TABLE = re.compile(r"(?:^|\n)[ \t>]*\|[^\n]{0,400}(?:\n[ \t>|:-]*)?$")
_HALF_MARK = re.compile(r"(?:(?<=\s)|^)(?:\*{1,3}|_{1,3}|~~?|`{1,2}|!?\[)$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[^\S\n]*$")
_MATH = re.compile(r"\\[\[(]")


def close_unfinished(markdown: str) -> str:
    """Close what the text has opened and not closed yet, so that a preview shows no raw marks that will vanish.

    Only the last block can be unfinished. A half-written link is shown as its text, the first line of what looks
    like a table waits for the line below it, and marks at the very end that mark nothing yet wait as well.
    No other visible character is left out. The result is for showing only: it is never what text is appended to.
    """
    outline = Outline(markdown)
    leaf = outline.leaves[-1] if outline.leaves else None
    if leaf is None or leaf.last < len(outline.lines) - (outline.lines[-1] == ""):
        return markdown
    match leaf.kind:
        case "fence":
            return markdown + _fence_end(outline, leaf)
        case "paragraph":
            start = outline.offsets[leaf.first]
            return markdown[:start] + _close_paragraph(markdown[start:])
        case "heading":
            start = outline.offsets[leaf.first]
            return markdown[:start] + _close_marks(markdown[start:])
    return markdown


def _fence_end(outline: Outline, leaf: Leaf) -> str:
    last = outline.lines[leaf.last - 1][outline.text_column(leaf.last - 1, leaf.containers) :]
    found = _FENCE.match(last)
    if found and leaf.last - leaf.first > 1 and found[1].startswith(leaf.token.markup):
        return ""
    return f"\n{leaf.prefix}{leaf.token.markup}"


def _close_paragraph(text: str) -> str:
    """`text` is the last paragraph with what stands before it on its first line."""
    table = _HALF_TABLE.search(text)
    if table:
        return text[: table.start()]
    return _close_marks(text)


def _close_marks(text: str) -> str:
    text = _drop_half_link(text)
    body = text.rstrip()
    space = text[len(body) :]
    if not space:
        body = _HALF_MARK.sub("", body)
    body = _drop_half_closer(body)
    return body + _closers(body) + space


def _drop_half_link(text: str) -> str:
    link = _HALF_LINK.search(text)
    if link is None or _in_code(find_marks(text), link.start()):
        return text
    return text[: link.start()] + link[1]


def _in_code(marks: Marks, position: int) -> bool:
    if any(loose.marker[0] == "`" and loose.start < position for loose in marks.loose):
        return True
    return any(span.atom and span.start < position < span.end for span in marks.spans)


def _drop_half_closer(body: str) -> str:
    """Hold back the first star of a `**` that is about to close: with it the text would be something else."""
    for loose in find_marks(body).loose:
        mark = loose.marker
        end = len(body) - len(body.rstrip(mark[0]))
        if 0 < end < len(mark) and loose.start + len(mark) < len(body) - end:
            return body[:-end]
    if body.endswith("*") and not body.endswith("**") and _loses_to(body):
        return body[:-1]
    return body


def _loses_to(body: str) -> bool:
    """Tell whether a last `*` takes one star of an opening `**` for itself."""
    return any(loose.marker == "**" for loose in find_marks(body[:-1]).loose)


def _closers(body: str) -> str:
    closers: list[str] = []
    for loose in find_marks(body).loose:
        if loose.marker[0] == "`":
            closers.append(loose.marker)
            break
        if loose.start + len(loose.marker) < len(body) and len(loose.marker) <= 3:
            closers.append(loose.marker)
    return "".join(reversed(closers)) or _math_end(body)


def _math_end(body: str) -> str:
    opened = [found for found in _MATH.finditer(body) if body.find(DELIMITERS[found[0]], found.end()) < 0]
    return DELIMITERS[opened[-1][0]] if opened and body[opened[-1].end() :].strip(JOINER + " ") else ""
