"""The places where a paragraph or a heading can be cut."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from adapters.markdown.characters import JOINER, cluster_start
from adapters.markdown.outline import Leaf, Outline
from adapters.markdown.places import Gap, Inside, LeafCuts, Level, Place
from adapters.markdown.spans import Marks, Span, find_marks

_GAP = re.compile(r"\\?\n\s*|\s+|(?<=[。！？])(?=[^\s。！？」』）])")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'»”’」』）)\]*_`]*$")
_BLOCK_START = re.compile(
    r" {0,3}(?:[-+*](?=\s|$)|\d{1,9}(?:[.)](?=\s|$)|$)|#{1,6}(?=\s|$)|>|`{3}|~{3}|(?:[-_*] *){3,}$|=+\s*$|[-+#`~*=]+$)"
)
_GROWING = ("**", "~~", "`")
_LONGEST_GROWING = 1500
_HALF_LINK = re.compile(r"!?\[[^\[\]\n]*(?:\]\([^)\n]*)?$")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


class TextCuts(LeafCuts):
    """Places in a paragraph or heading: at the end of a sentence or line, between words, between characters."""

    def __init__(self, outline: Outline, leaf: Leaf) -> None:
        super().__init__(outline, leaf)
        self.content = leaf.token.content
        self.starts, self.sources = self._map_lines()

    def _map_lines(self) -> tuple[list[int], list[int]]:
        """Find for each line of the content where it begins, in the content and in the source.

        The parser took containers and marks off the left and space off the right; for a heading also the hashes.
        """
        starts, sources, start = [], [], 0
        for number, text in enumerate(self.content.split("\n"), self.leaf.first):
            line = self.outline.lines[number]
            column = line.rfind(text.rstrip()) if self._is_atx else len(line.rstrip()) - len(text.rstrip())
            starts.append(start)
            sources.append(self.outline.offsets[number] + max(column, 0))
            start += len(text) + 1
        return starts, sources

    @property
    def _is_atx(self) -> bool:
        return self.leaf.kind == "heading" and self.leaf.token.markup == "" and self._hashes != ""

    @cached_property
    def _hashes(self) -> str:
        column = self.outline.text_column(self.leaf.first, self.leaf.containers)
        match = re.match(r" {0,3}(#{1,6})(?=\s)", self.outline.lines[self.leaf.first][column:])
        return match[1] + " " if match and self.leaf.kind == "heading" else ""

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        marks = find_marks(self.content)
        return (*marks.spans, *self._growing(marks)) if self._may_grow else marks.spans

    @property
    def _may_grow(self) -> bool:
        """Whether the text ends here, so that a model may still be writing this paragraph."""
        return self.leaf.last >= len(self.outline.lines)

    def _growing(self, marks: Marks) -> Iterator[Span]:
        """Take what has just been opened for an atom: its end may be among the next words, on the same page.

        Where it has to be cut all the same it is cut as text, which it is as long as its end has not come.
        """
        end = len(self.content) + 1
        for loose in marks.loose:
            if loose.marker in _GROWING and end - loose.start < _LONGEST_GROWING:
                yield Span(loose.start, loose.start + len(loose.marker), end, end, "", "", True)
        half = _HALF_LINK.search(self.content, max(end - _LONGEST_GROWING, 0))
        if half:
            yield Span(half.start(), end, end, end, "", "", True)

    def source_of(self, position: int) -> int:
        """Find the place in the source where a character of the content stands."""
        line = bisect_right(self.starts, position) - 1
        return self.sources[line] + position - self.starts[line]

    def _content(self, source: int) -> int:
        line = max(bisect_right(self.sources, source) - 1, 0)
        end = self.starts[line + 1] - 1 if line + 1 < len(self.starts) else len(self.content)
        return min(self.starts[line] + max(source - self.sources[line], 0), end)

    def _find_gaps(self) -> Iterator[Gap]:
        atoms = _Cover([span for span in self.spans if span.atom])
        for gap in _GAP.finditer(self.content):
            start, end = gap.span()
            if start > 0 and end < len(self.content) and not atoms.covers(start, end):
                yield Gap(self.source_of(start), self.source_of(end), self._level(start, gap[0]), start, end)

    def _open(self, gap: Gap) -> Place | None:
        return self._place(gap.start, gap.end, gap.level)

    def _level(self, position: int, gap: str) -> Level:
        if self.leaf.kind == "heading":
            return Level.WORD
        ends = "\n" in gap or _SENTENCE_END.search(self.content, max(position - 8, 0), position)
        return Level.SENTENCE if ends else Level.WORD

    def fine(self, position: int, floor: int) -> Place | None:
        asked = self._content(position)
        for whole in (True, False):
            place = self._clear(asked, whole)
            if self._first < place < len(self.content) and self.source_of(place) > floor:
                at_space = None if whole else self._at_space(place, floor)
                return at_space or self._place(place, place, Level.CHARACTER)
        return None

    def _at_space(self, position: int, floor: int) -> Place | None:
        """Inside an atom, too, prefer a space in the last half of what fits."""
        space = self.content.rfind(" ", self._content(floor) + (position - self._content(floor)) // 2 + 1, position)
        if space <= self._first or self.source_of(space) <= floor:
            return None
        return self._place(space, space + 1, Level.CHARACTER)

    def _clear(self, position: int, whole: bool) -> int:
        """Go back from the position until no mark is torn, and no atom if they are to stay `whole`."""
        place = cluster_start(self.content, position)
        while torn := [span for span in self._around(place) if span.forbids(place) or (whole and span.atom)]:
            last = min(span.inner_end - 1 for span in torn)
            place = cluster_start(
                self.content, last if not whole and torn[-1].inner_start < last < place else torn[0].start
            )
        return place

    @cached_property
    def _first(self) -> int:
        """Where the first character stands that a reader sees; a cut must lie behind it."""
        first, spans = 0, {span.start: span.inner_start for span in self.spans}
        while first < len(self.content):
            if spans.get(first, first) > first and self.content[first] not in "\\&":
                first = spans[first]
            elif self.content[first] in JOINER + " \n":
                first += 1
            else:
                break
        return first

    def _around(self, position: int) -> list[Span]:
        return [span for span in self.spans if span.start < position < span.end]

    def _place(self, start: int, end: int, level: Level) -> Place | None:
        if start <= self._first:
            return None
        around = self._around(start)
        if any(span.forbids(start) or span.forbids(end) for span in around):
            return None
        marks = [span for span in around if span.opening and span.holds(start) and span.holds(end)]
        before, after = self._joints(start, end, marks)
        closing = before + "".join(span.closing for span in reversed(marks))
        text = "".join(span.opening for span in marks) + after
        if not self._hashes and _BLOCK_START.match(text + self.content[end:].partition("\n")[0]):
            text = JOINER + text
        inside = Inside(self.content, self.content[:start].rstrip() + closing, text + self.content[end:])
        opening = self.lines_before + self.prefix + self._hashes + text
        return Place(self.source_of(start), self.source_of(end), level, closing, opening, inside)

    def _joints(self, start: int, end: int, marks: list[Span]) -> tuple[str, str]:
        """Put an invisible letter where a cut inside a word would give a star or a hash another neighbour."""
        if start < end or any(span.atom for span in marks):
            return "", ""
        before = _PUNCTUATION.match(self.content, start - 1)
        after = _PUNCTUATION.match(self.content, start)
        return JOINER if before else "", JOINER if after else ""


class _Cover:
    """Answers whether a gap lies inside an atom; asked from left to right."""

    def __init__(self, spans: list[Span]) -> None:
        self._ends: list[int] = []
        self._starts: list[int] = []
        reached = -1
        for span in spans:
            if span.end > reached:
                self._starts.append(span.start)
                self._ends.append(span.end)
                reached = span.end

    def covers(self, start: int, end: int) -> bool:
        place = bisect_right(self._starts, start) - 1
        return place >= 0 and self._starts[place] < start < self._ends[place]
