"""What the end of a text that is still being written may turn into."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.markdown.bounded import LONGEST_DISPLAY, LONGEST_OPEN, LONGEST_PRICE, LONGEST_TARGET
from adapters.markdown.grammar import DELIMITERS
from adapters.markdown.spans import Span

_LINE = re.compile(
    r"(?:[ \t]*+(?:>|(?:[-+*]|[0-9]{1,9}[.)])(?=[ \t])))*+[ \t]*+"
    r"(?:[0-9]{1,9}[.)]?|\#{1,6}|[-+*_= \t]*|`*|~*|[-:| \t]*|\[[ xX]?\]?)[ \t]*"
)
_ADDRESS = r"[A-Za-z][A-Za-z0-9+.\-]{0,31}(?::[^\s<>]{0,300})?|[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@[\w.-]{0,255})?"
WORD_END = re.compile(rf"(?:[*_~`\\!$]+|&\#?\w{{0,31}}|<(?:{_ADDRESS})?)$")
"""What may still become a mark, or a part of one, at the end of a word."""
_LABEL = re.compile(r"!?\[")
_BRACKET = re.compile(r"[\[\]]")
_TARGET = re.compile(r"\(\s*(?:<[^<>\n]*|[^\s<]\S*)?(?:>?\s+(?:[\"'(][^\"')]*[\"')]?\s*)?)?")
_FORMULA = re.compile(r"\$\$?|\\[(\[]")
_DISPLAY = re.compile(r"^(?:[ \t>]|(?:[-+*]|[0-9]{1,9}[.)])[ \t])*+(\$\$|\\\[)", re.MULTILINE)


def undecided_line(line: str) -> bool:
    """Tell whether a line has so far nothing but what may be marks of blocks: a bullet, a number, dashes, hashes."""
    return _LINE.fullmatch(line) is not None


@dataclass(frozen=True, slots=True)
class HalfLink:
    """A `[` or `![` at `start` that may begin a link; `label` is where its text stands if its address is written."""

    start: int
    label: tuple[int, int] | None = None


def half_link(content: str, spans: Sequence[Span], end: int) -> HalfLink | None:
    """Find the first bracket before `end` that may still begin a link."""
    first = max(len(content) - LONGEST_OPEN - LONGEST_TARGET, 0)
    for found in _LABEL.finditer(content, first, end):
        bracket = found.end() - 1
        if atom_at(spans, bracket):
            continue
        start = found.start() if not atom_at(spans, found.start()) else bracket
        close = _label_end(content, bracket, spans)
        if close is None:
            if len(content) - start <= LONGEST_OPEN:
                return HalfLink(start)
        elif close + 1 == len(content):
            return HalfLink(start)
        elif content[close + 1] == "(" and _TARGET.fullmatch(content, close + 1):
            return HalfLink(start, (bracket + 1, close))
    return None


def _label_end(content: str, bracket: int, spans: Sequence[Span]) -> int | None:
    depth = 0
    for found in _BRACKET.finditer(content, bracket, bracket + LONGEST_OPEN + 1):
        if not atom_at(spans, found.start()):
            depth += 1 if found[0] == "[" else -1
            if depth == 0:
                return found.start()
    return None


def atom_at(spans: Sequence[Span], position: int) -> Span | None:
    """The atom that this character belongs to."""
    return next((span for span in spans if span.atom and span.start <= position < span.end), None)


def half_formulas(content: str, spans: Sequence[Span], end: int) -> Iterator[int]:
    """Find what may begin a formula and has no end so far, before `end`."""
    for found in _FORMULA.finditer(content, 0, end):
        start, opener, left = found.start(), found[0], len(content) - found.start()
        atom = atom_at(spans, start)
        if atom and not (atom.start == start and atom.end == start + 2 and opener[0] == "\\"):
            continue
        if content.find(DELIMITERS[opener], found.end()) >= 0:
            continue
        if opener == "$" and not _may_open(content, start):
            continue
        if left <= LONGEST_OPEN:
            yield start


def half_display(section: str) -> int | None:
    """Find the line at which a displayed formula may have begun: its lines may look like any other block."""
    if "$$" not in section and "\\[" not in section:
        return None
    found = _DISPLAY.search(section, section.rfind("\n\n") + 1)
    while found:
        end = section.find(DELIMITERS[found[1]], found.end())
        if end < 0:
            return found.start() if len(section) - found.start(1) <= LONGEST_DISPLAY else None
        found = _DISPLAY.search(section, end + 2)
    return None


def _may_open(content: str, dollar: int) -> bool:
    """Tell whether a dollar may begin a formula: not behind a word, not before a space, a price only for a while."""
    after = content[dollar + 1 : dollar + 2]
    if content[max(dollar - 1, 0) : dollar].isalnum() or after.isspace():
        return False
    inside = content[dollar:]
    return "`" not in inside and "**" not in inside and not (after.isdigit() and len(inside) > LONGEST_PRICE)


def table_line(content: str) -> Iterator[int]:
    """Find the last line if it may be the header of a table, whose second line is still to come."""
    start = content.rfind("\n") + 1
    if content.startswith("|", start):
        yield start


def decided_end(
    content: str, end: int, spans: Sequence[Span], solid: Sequence[Span], word_end: re.Pattern[str], known: bool
) -> int:
    """Go back from `end` until nothing that is left may turn into something else.

    A `solid` span is left out as a whole. `known` says that space follows the content: its last mark is a mark.
    """
    before = -1
    while end != before:
        before, end = end, len(content[:end].rstrip())
        if (known or end < len(content)) and any(span.end == end for span in spans):
            return end
        word = max(content.rfind(" ", 0, end), content.rfind("\n", 0, end)) + 1
        found = word_end.search(content[word:end])
        end = word + found.start() if found else end
        end = min((span.start for span in solid if span.start < end < span.end), default=end)
        line = content.rfind("\n", 0, end) + 1
        end = line if undecided_line(content[line:end]) else end
    return end
