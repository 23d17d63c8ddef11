"""The last block of a source that is still being written."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace

from adapters.markdown.fences import may_close, may_have_fence
from adapters.markdown.outline import Leaf, Outline
from adapters.markdown.undecided import half_display, undecided_line

_GAP = re.compile(r"\n[ \t]*(?=\n)")
_CODE = ("fence", "code_block")


@dataclass(frozen=True, slots=True)
class Ending:
    """The block that is still written, if the last one is, and where the text of the blocks before it ends.

    What stands behind `size` characters of its content is not known to belong to it.
    """

    outline: Outline
    leaf: Leaf | None
    before: int
    size: int | None = None


def ending(section: str, outline: Callable[[str], Outline]) -> Ending:
    """Find the last block, without a last line of what may be marks of blocks, and without half a formula."""
    formula = half_display(section)
    decided = section[: _decided_lines(section)]
    if formula is not None or (decided != section and may_have_fence(section)):
        whole = outline(section)
        leaf = _leaf_at(whole, formula)
        if formula is not None and (leaf is None or leaf.kind not in _CODE):
            return _before_line(whole, formula)
        last = _open_leaf(whole)
        if last and last.kind == "fence" and last.last > last.first + 1:
            return _at(whole, len(whole.leaves) - 1)
    known = outline(decided)
    return _at(known, len(known.leaves) - (1 if _open_leaf(known) else 0))


def _at(outline: Outline, number: int) -> Ending:
    """The ending with this block, or after all of them."""
    leaf = outline.leaves[number] if number < len(outline.leaves) else None
    start = outline.offsets[leaf.first] if leaf else len(outline.source)
    return Ending(outline, leaf, max(_leaf_end(outline, number - 1), _gap(outline.source[:start])))


def _gap(text: str) -> int:
    """Find where the text before the last empty line ends: what stands there has ended, be it an empty item."""
    gaps = [found.start() for found in _GAP.finditer(text)]
    return len(text[: gaps[-1]].rstrip()) if gaps else 0


def _decided_lines(section: str) -> int:
    start = section.rfind("\n") + 1
    return start if undecided_line(section[start:]) else len(section)


def _number_at(outline: Outline, line: int) -> int:
    """Find the last block that begins on or before a line."""
    return bisect_right(outline.leaves, line, key=lambda leaf: leaf.first) - 1


def _leaf_at(outline: Outline, start: int | None) -> Leaf | None:
    """The block that has the line that starts here."""
    line = bisect_right(outline.offsets, start or 0) - 1
    number = _number_at(outline, line)
    return outline.leaves[number] if number >= 0 and outline.leaves[number].last > line else None


def _before_line(outline: Outline, start: int) -> Ending:
    """What stands before a line, of which it is not known whether it belongs to the block before."""
    line = bisect_right(outline.offsets, start) - 1
    number = _number_at(outline, line - 1)
    leaf, here = outline.leaves[number] if number >= 0 else None, _leaf_at(outline, start)
    starts = here is not None and here is not leaf and bool(here.started)
    if leaf is None or leaf.last < line or leaf.kind != "paragraph" or starts:
        end = min(_leaf_end(outline, number), len(outline.source[:start].rstrip()))
        return Ending(outline, None, max(end, _gap(outline.source[:start])))
    lines = leaf.token.content.split("\n")[: line - leaf.first]
    return replace(_at(outline, number), size=min(sum(map(len, lines)) + len(lines), len(leaf.token.content)))


def _open_leaf(outline: Outline) -> Leaf | None:
    """The last block, unless there is a line behind it that it did not take."""
    leaf = outline.leaves[-1] if outline.leaves else None
    lines = len(outline.lines) - (outline.lines[-1] == "")
    return leaf if leaf and leaf.last >= lines else None


def _leaf_end(outline: Outline, number: int) -> int:
    """Find where the text of a block ends; 0 for a block before the first."""
    return len(outline.source[: outline.offsets[outline.leaves[number].last]].rstrip()) if number >= 0 else 0


def decided_code(code: str) -> str:
    """Take a last line away that may become the end of the code."""
    start = code.rfind("\n") + 1
    return code[:start] if may_close(code[start:]) else code
