"""Lines at the end of a source that is being written, of which it is not decided what they are."""

from __future__ import annotations

import re

from adapters.markdown.bounded import LONGEST_DISPLAY
from adapters.markdown.grammar import DELIMITERS

_LINE = re.compile(
    r"(?:[ \t]*+(?:>|(?:[-+*]|[0-9]{1,9}[.)]|\[[ xX]\])(?=[ \t])))*+[ \t]*+"
    r"(?:[0-9]{1,9}[.)]?|\#{1,6}|[-+*_= \t]*|`{3,}[^`]*|`*|~{3,}.*|~*|[-:| \t]*|\[[ xX]?\]?)[ \t]*"
)
_GAP = re.compile(r"\n[ \t]*(?=\n)")
_DISPLAY = re.compile(r"^(?:[ \t>]|(?:[-+*]|[0-9]{1,9}[.)])[ \t])*+(\$\$|\\\[)", re.MULTILINE)


def undecided_line(line: str) -> bool:
    """Tell whether a line has so far nothing but what may be marks of blocks: a bullet, a number, dashes, a fence."""
    return _LINE.fullmatch(line) is not None


def half_display(section: str) -> int | None:
    """Find the line at which a displayed formula may have begun: its lines may look like any other block."""
    if "$$" not in section and "\\[" not in section:
        return None
    found = _DISPLAY.search(section, max((gap.end() for gap in _GAP.finditer(section)), default=0))
    while found:
        end = section.find(DELIMITERS[found[1]], found.end()) + 2
        rest, newline, _ = section[end:].partition("\n")
        if end < 2 or not (newline or rest.strip(" \t")):
            return found.start() if len(section) - found.start(1) <= LONGEST_DISPLAY else None
        found = _DISPLAY.search(section, found.end() if rest.strip(" \t") else end)
    return None
