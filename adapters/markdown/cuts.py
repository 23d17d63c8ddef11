"""The places where a block can be cut: code and formulas at their lines, tables at their rows."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from adapters.markdown.characters import cluster_start
from adapters.markdown.grammar import DELIMITERS
from adapters.markdown.outline import Leaf, Outline
from adapters.markdown.paragraph import TextCuts
from adapters.markdown.places import Gap, LeafCuts, Level, Place


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
