"""The places where a Markdown source can be cut in two, and what has to be closed and opened again there."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import islice

from adapters.markdown.characters import JOINER, cluster_start
from adapters.markdown.grammar import DELIMITERS
from adapters.markdown.outline import Leaf, Outline, reopen
from adapters.markdown.spans import Span, find_marks


class Level(IntEnum):
    """How well a place suits a cut; lower is better."""

    BLOCK = 0
    PARAGRAPH = 1
    SENTENCE = 2
    WORD = 3
    CHARACTER = 4


@dataclass(frozen=True, slots=True)
class Inside:
    """The text of a cut paragraph, before and after, to prove that the cut changes nothing a reader sees."""

    whole: str
    head: str
    rest: str


@dataclass(frozen=True, slots=True)
class Place:
    """A cut: the head ends at `at`, the rest begins at `resume`; between them stands nothing but space."""

    at: int
    resume: int
    level: Level
    closing: str = ""
    opening: str = ""
    inside: Inside | None = None

    def head(self, source: str) -> str:
        return (
            source[: self.at].rstrip() + self.closing
            if self.level < Level.CHARACTER
            else source[: self.at] + self.closing
        )

    def rest(self, source: str) -> str:
        return self.opening + source[self.resume :]


@dataclass(frozen=True, slots=True)
class Gap:
    """Space between two words or lines: from `at` to `resume` in the source, `start` to `end` in a paragraph's text."""

    at: int
    resume: int
    level: Level
    start: int = 0
    end: int = 0


class LeafCuts:
    """The places inside one block; a block that cannot be cut has none."""

    def __init__(self, outline: Outline, leaf: Leaf) -> None:
        self.outline = outline
        self.leaf = leaf
        self.lines_before, self.prefix = reopen(leaf.containers)

    def coarse(self, position: int, level: Level) -> Place | None:
        """The last place up to `position` in the source that is of this level, down to words, or better."""
        number = bisect_right(self._gaps, position, key=lambda gap: gap.at) - 1
        for gap in islice(reversed(self._gaps), len(self._gaps) - 1 - number, None):
            if gap.level <= level and (place := self._open(gap)):
                return place
        return None

    def fine(self, position: int, floor: int) -> Place | None:
        """The last place between two characters up to `position` in the source and behind `floor`."""
        return None

    @cached_property
    def _gaps(self) -> list[Gap]:
        return list(self._find_gaps())

    def _find_gaps(self) -> Iterator[Gap]:
        yield from ()

    def _open(self, gap: Gap) -> Place | None:
        """Say what is closed and opened at a gap; None if the block does not allow that cut."""
        return None


_GAP = re.compile(r"\\?\n\s*|\s+|(?<=[。！？])(?=[^\s。！？」』）])")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'»”’」』）)\]*_`]*$")
_BLOCK_START = re.compile(
    r" {0,3}(?:[-+*](?=\s|$)|\d{1,9}(?:[.)](?=\s|$)|$)|#{1,6}(?=\s|$)|>|`{3}|~{3}|(?:[-_*] *){3,}$|=+\s*$|[-+#`~*=]+$)"
)
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
        return find_marks(self.content).spans

    def _source(self, position: int) -> int:
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
                yield Gap(self._source(start), self._source(end), self._level(start, gap[0]), start, end)

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
            if self._first < place < len(self.content) and self._source(place) > floor:
                return self._place(place, place, Level.CHARACTER)
        return None

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
        marks = [span for span in around if span.holds(start) and span.holds(end)]
        before, after = self._joints(start, end, marks)
        closing = before + "".join(span.closing for span in reversed(marks))
        text = "".join(span.opening for span in marks) + after
        if not self._hashes and _BLOCK_START.match(text + self.content[end:].partition("\n")[0]):
            text = JOINER + text
        inside = Inside(self.content, self.content[:start].rstrip() + closing, text + self.content[end:])
        opening = self.lines_before + self.prefix + self._hashes + text
        return Place(self._source(start), self._source(end), level, closing, opening, inside)

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


class CodeCuts(LeafCuts):
    """Places in a code block or displayed formula: at its lines, better at an empty one; else inside a line."""

    def __init__(self, outline: Outline, leaf: Leaf) -> None:
        super().__init__(outline, leaf)
        self.closing, self.opening, self.margin = "", self.lines_before, ""
        self.first, self.last = leaf.first, leaf.last
        if leaf.kind == "fence":
            self._fence()
        elif leaf.kind == "math_block":
            self._formula()
        else:
            self.margin = "    "
        self.first = min(self.first, self.last)

    def _fence(self) -> None:
        leaf, lines = self.leaf, self.outline.lines
        text = lines[leaf.first][self.outline.text_column(leaf.first, leaf.containers) :]
        indent = " " * min(len(text) - len(text.lstrip(" ")), 3)
        self.closing = f"\n{self.prefix}{indent}{leaf.token.markup}"
        self.opening += f"{self.prefix}{indent}{leaf.token.markup}{leaf.token.info}\n"
        self.first += 1
        end = lines[leaf.last - 1][self.outline.text_column(leaf.last - 1, leaf.containers) :].strip()
        if leaf.last > self.first and len(end) >= len(leaf.token.markup) and end.strip(leaf.token.markup[0]) == "":
            self.last -= 1

    def _formula(self) -> None:
        markup = self.leaf.token.markup
        self.closing = f"\n{self.prefix}{DELIMITERS[markup]}"
        self.opening += f"{self.prefix}{markup}\n"
        self.first += self.leaf.token.content.partition("\n")[0].strip() == markup
        self.last -= self.leaf.token.content.rpartition("\n")[2].strip() == DELIMITERS[markup]

    def _find_gaps(self) -> Iterator[Gap]:
        lines, offsets = self.outline.lines, self.outline.offsets
        for line in range(self.first + 1, self.last):
            level = Level.SENTENCE if lines[line - 1].strip("> ") else Level.PARAGRAPH
            level = Level.WORD if self.leaf.kind == "math_block" else level
            yield Gap(offsets[line] - 1, offsets[line], level)

    def _open(self, gap: Gap) -> Place | None:
        return Place(gap.at, gap.resume, gap.level, self.closing, self.opening)

    def fine(self, position: int, floor: int) -> Place | None:
        line = bisect_right(self.outline.offsets, position, hi=self.last) - 1
        if not self.first <= line < self.last:
            return None
        text, offset = self.outline.lines[line], self.outline.offsets[line]
        column = self.outline.text_column(line, self.leaf.containers)
        place = cluster_start(text, min(position - offset, len(text) - 1))
        if place <= column + len(self.margin):
            return None
        place = self._after_space(text, column, place) + offset
        return Place(place, place, Level.CHARACTER, self.closing, self.opening + self.prefix + self.margin)

    @staticmethod
    def _after_space(text: str, column: int, place: int) -> int:
        """Prefer a space in the last half of what fits."""
        space = text.rfind(" ", column + 1 + (place - column) // 2, place)
        return space + 1 if space > column and text[column:space].strip() else place


class TableCuts(LeafCuts):
    """Places between rows; the rest begins with the header again. Inside a row only where nothing else is left."""

    def __init__(self, outline: Outline, leaf: Leaf) -> None:
        super().__init__(outline, leaf)
        column = outline.text_column(leaf.first, leaf.containers)
        under = outline.text_column(leaf.first + 1, leaf.containers)
        header = self.prefix + outline.lines[leaf.first][column:]
        delimiters = self.prefix + outline.lines[leaf.first + 1][under:]
        self.opening = f"{self.lines_before}{header}\n{delimiters}\n"

    def _find_gaps(self) -> Iterator[Gap]:
        for line in range(self.leaf.first + 3, self.leaf.last):
            start = self.outline.offsets[line]
            yield Gap(start - 1, start, Level.PARAGRAPH)

    def _open(self, gap: Gap) -> Place | None:
        return Place(gap.at, gap.resume, gap.level, "", self.opening)

    def fine(self, position: int, floor: int) -> Place | None:
        line = bisect_right(self.outline.offsets, position, hi=self.leaf.last) - 1
        if not self.leaf.first + 2 <= line < self.leaf.last:
            return None
        text, offset = self.outline.lines[line], self.outline.offsets[line]
        column = self.outline.text_column(line, self.leaf.containers)
        place = cluster_start(text, min(position - offset, len(text) - 1))
        before = text[column:place]
        if not before.strip("| ") or before.endswith("\\"):
            return None
        cells = len(re.findall(r"(?<!\\)\|", before.strip().removeprefix("|")))
        opening = f"{self.opening}{self.prefix}|{' |' * cells} "
        return Place(offset + place, offset + place, Level.CHARACTER, "", opening)


def cuts_of(outline: Outline, leaf: Leaf) -> LeafCuts:
    """Choose how this block can be cut."""
    if leaf.kind in ("paragraph", "heading"):
        return TextCuts(outline, leaf)
    if leaf.kind in ("fence", "code_block", "math_block"):
        return CodeCuts(outline, leaf)
    return TableCuts(outline, leaf) if leaf.kind == "table" else LeafCuts(outline, leaf)
