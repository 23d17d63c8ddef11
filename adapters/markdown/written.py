"""The text of one paragraph or heading that is still being written, and what at its end may still become a mark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from adapters.markdown.bounded import LONGEST_OPEN, LONGEST_PRICE, LONGEST_TARGET
from adapters.markdown.ending import Ending
from adapters.markdown.grammar import DELIMITERS
from adapters.markdown.outline import Leaf
from adapters.markdown.paragraph import TextCuts
from adapters.markdown.spans import Loose, Marks, Span
from adapters.markdown.undecided import undecided_line

_ADDRESS = r"[A-Za-z][A-Za-z0-9+.\-]{0,31}(?::[^\s<>]{0,300})?|[\w.!#$%&'*+/=?^`{|}~-]{1,64}(?:@[\w.-]{0,255})?"
WORD_END = rf"[*_~`\\!$]+|&+\#?\w{{0,31}}|<+(?:{_ADDRESS})?"
"""What may still become a mark, or a part of one, at the end of a word."""

_LONGEST_END = 400
"""Characters that are looked at for it: none is longer, but for runs of one character, which go bit by bit."""

_GAP_END = re.compile(r"(?:[*_~`\\]+|&\#?\w{1,31};)$")
"""The same where space follows."""
_HALF_ADDRESS = re.compile(rf"<(?:{_ADDRESS})$")
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\[\]*`|\"\\]*$")
_CLOSED = ")];>"
"""Ends of links, formulas, entities and addresses, which no further character changes."""
_LABEL = re.compile(r"!?\[")
_BRACKET = re.compile(r"[\[\]]")
_TARGET = re.compile(r"\(\s*(?:<[^<>\n]*|[^\s<]\S*)?(?:>?\s+(?:[\"'(][^\"')]*[\"')]?\s*)?)?")
_FORMULA = re.compile(r"\$\$?|\\[(\[]")


@dataclass(frozen=True, slots=True)
class HalfLink:
    """A `[` or `![` at `start` that may begin a link; `label` is where its text stands if its address is written."""

    start: int
    label: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """The content of a block and the marks in it.

    `behind` is what follows it: space, or what closes a heading. No more than `size` characters are sure to belong to
    it. `lines` says that a line of it may still become a block.
    """

    content: str
    marks: Marks
    behind: str
    size: int
    lines: bool
    source_of: Callable[[int], int]

    @classmethod
    def of(cls, ending: Ending, leaf: Leaf, marks: Marks) -> Written:
        content, find = leaf.token.content, TextCuts(ending.outline, leaf).source_of
        size = len(content) if ending.size is None else ending.size
        behind = ending.outline.source[find(len(content)) :]
        return cls(content, marks, behind, size, leaf.kind == "paragraph", find)

    def atom_at(self, position: int) -> Span | None:
        """The innermost atom that this character belongs to."""
        atoms = [span for span in self.marks.spans if span.atom and span.start <= position < span.end]
        return atoms[-1] if atoms else None

    def open_atom(self, backticks: Iterable[int]) -> int:
        """Find the first of these, of half formulas and half addresses: what stands behind it may be no mark."""
        starts = (len(self.content), *backticks)
        address = _HALF_ADDRESS.search(self.content, self._last_gap(len(self.content)))
        return min(*starts, *self._half_formulas(min(starts)), address.start() if address else starts[0])

    def openers(self) -> list[Loose]:
        """The marks that may find an end yet; one in a pair of others cannot, unless it begins code."""
        pairs = [span for span in self.marks.spans if not span.atom]
        return [
            loose
            for loose in self.marks.loose
            if loose.marker[0] == "`" or not any(span.start < loose.start < span.end for span in pairs)
        ]

    def half_link(self, before: int) -> HalfLink | None:
        """Find the first bracket that may still begin a link; an end of its text behind `before` is none."""
        size = len(self.content)
        for found in _LABEL.finditer(self.content, max(size - LONGEST_OPEN - LONGEST_TARGET, 0), before):
            bracket = found.end() - 1
            if self.atom_at(bracket):
                continue
            start = bracket if self.atom_at(found.start()) else found.start()
            close = self._label_end(bracket, before)
            if close is None:
                if size - start <= LONGEST_OPEN:
                    return HalfLink(start)
            elif close + 1 == size:
                return HalfLink(start)
            elif self.content[close + 1] == "(" and _TARGET.fullmatch(self.content, close + 1):
                return HalfLink(start, (bracket + 1, close))
        return None

    def _label_end(self, bracket: int, before: int) -> int | None:
        depth = 0
        for found in _BRACKET.finditer(self.content, bracket, min(bracket + LONGEST_OPEN + 1, before)):
            if not self.atom_at(found.start()):
                depth += 1 if found[0] == "[" else -1
                if depth == 0:
                    return found.start()
        return None

    def _half_formulas(self, before: int) -> Iterator[int]:
        """Find what may begin a formula and has no end so far."""
        found = _FORMULA.search(self.content, 0, before)
        while found:
            start, opener = found.start(), found[0]
            near = len(self.content) - start <= LONGEST_OPEN
            ended = self.content.find(DELIMITERS[opener], found.end()) >= 0
            if near and not ended and self._may_open(start, opener):
                yield start
            atom = self.atom_at(start)
            skipped = atom and atom.opening not in ("[", "![")
            found = _FORMULA.search(self.content, atom.end if atom and skipped else start + 1, before)

    def _may_open(self, start: int, opener: str) -> bool:
        """Tell whether a formula may begin here.

        A dollar does not behind a word, before a space, and does before a digit, like a price, for a while alone.
        """
        atom = self.atom_at(start)
        if atom and atom.opening not in ("[", "!["):  # the parser takes `\\(` without an end for an escape
            return opener[0] == "\\" and (atom.start, atom.end) == (start, start + 2)
        if opener != "$":
            return True
        inside, before = self.content[start:], self.content[max(start - 1, 0) : start]
        if before.isalnum() or inside[1:2].isspace() or "`" in inside or "**" in inside:
            return False
        return not inside[1:2].isdigit() or len(inside) <= LONGEST_PRICE

    def table_header(self) -> Iterator[int]:
        """Find the last line if it may be the header of a table, whose second line is still to come."""
        start = self.content.rfind("\n") + 1
        if self.content.startswith("|", start) and not self.behind.strip():
            yield start

    def decided_end(self, end: int, solid: Sequence[Span], word_end: re.Pattern[str]) -> int:
        """Go back from `end` until nothing that is left may turn into something else.

        A `solid` span is left out as a whole.
        """
        before = -1
        while end != before:
            before = end
            end = min((span.start for span in solid if span.start < end < span.end), default=end)
            end = len(self.content[:end].rstrip())
            end = min(self._displays(end), default=end)
            if self._ends_a_mark(end):
                return end
            start = max(self._word_start(end), end - _LONGEST_END)
            found = (_GAP_END if self._is_spaced(end) else word_end).search(self.content[start:end])
            if found:
                end = start + found.start()
            elif self._is_line_open(end):
                end = self._line_start(end)
        return end

    def _is_spaced(self, end: int) -> bool:
        return (self.content + self.behind)[end : end + 1].isspace()

    def _displays(self, end: int) -> Iterator[int]:
        """Find a formula that would be displayed if nothing followed it on its line."""
        for span in self.marks.spans:
            if span.end == end and span.opening in ("$$", "\\[") and self._line_start(span.start) == span.start:
                yield span.start

    def _line_start(self, end: int) -> int:
        return self.content.rfind("\n", 0, end) + 1

    def _is_line_open(self, end: int) -> bool:
        """Tell whether the line up to here may become a block: it has no word, and has not ended."""
        ended = (self.content + self.behind)[end:].lstrip(" \t").startswith("\n")
        return self.lines and not ended and undecided_line(self.content[self._line_start(end) : end].replace("\\", ""))

    def _last_gap(self, end: int) -> int:
        return max(self.content.rfind(" ", 0, end), self.content.rfind("\n", 0, end)) + 1

    def _word_start(self, end: int) -> int:
        """Find where the last word starts, or what is behind the last mark in it."""
        gap = self._last_gap(end)
        ends = (span.end for span in self.marks.spans if gap < span.end < end and self._is_mark(span))
        return max((mark for mark in ends if self._ends_a_mark(mark)), default=gap)

    def _ends_a_mark(self, end: int) -> bool:
        """Tell whether a mark ends here that no further character changes."""
        if not any(span.end == end and self._is_mark(span) for span in self.marks.spans):
            return False
        if self.address_start() < end:
            return False
        last, after = self.content[end - 1], (self.content + self.behind)[end : end + 1]
        return last in _CLOSED or after not in ("", last)

    def address_start(self) -> int:
        """Find where a bare address starts that may go on, with what stands behind it so far."""
        size = len(self.content)
        found = None if self.behind else _BARE_ADDRESS.search(self.content, self._last_gap(size))
        atom = self.atom_at(found.start()) if found else None
        return found.start() if found and not (atom and self._is_mark(atom)) else size

    def _is_mark(self, span: Span) -> bool:
        """Tell a mark from what is text with a meaning of its own: an escape, an entity, a bare address."""
        return (bool(span.opening) and not is_address(span)) or self.content[span.start] == "<"


def is_address(span: Span) -> bool:
    """Tell a bare address, which looks the same however it ends."""
    return span.inner_start == span.start
