"""The last block of a source that is still being written."""

from __future__ import annotations

from collections.abc import Callable

from adapters.markdown.fences import may_close, may_have_fence
from adapters.markdown.outline import Leaf, Outline
from adapters.markdown.undecided import half_display, undecided_line


def outline_decided(section: str, outline: Callable[[str], Outline]) -> Outline:
    """Outline a section without a last line that has nothing but what may be marks of blocks, or half a formula."""
    decided = _decided_lines(section)
    if decided == section or not may_have_fence(section):
        return outline(decided)
    whole = outline(section)
    leaf = open_leaf(whole)
    return whole if leaf and leaf.kind == "fence" else outline(decided)


def _decided_lines(section: str) -> str:
    formula = half_display(section)
    if formula is not None:
        return section[:formula]
    start = section.rfind("\n") + 1
    return section[:start] if undecided_line(section[start:]) else section


def open_leaf(outline: Outline) -> Leaf | None:
    """The last block, unless there is a line behind it that it did not take."""
    leaf = outline.leaves[-1] if outline.leaves else None
    lines = len(outline.lines) - (outline.lines[-1] == "")
    return leaf if leaf and leaf.last >= lines else None


def leaf_end(outline: Outline, number: int) -> int:
    """Find where the text of a block ends; 0 for a block before the first."""
    if -number > len(outline.leaves):
        return 0
    return len(outline.source[: outline.offsets[outline.leaves[number].last]].rstrip())


def decided_code(code: str) -> str:
    """Take a last line away that may become the end of the code."""
    start = code.rfind("\n") + 1
    return code[:start] if may_close(code[start:]) else code
