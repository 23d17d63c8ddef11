"""A place where a Markdown source can be cut in two, and what has to be closed and opened again there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from itertools import islice

from adapters.markdown.outline import Leaf, Outline, reopen


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
