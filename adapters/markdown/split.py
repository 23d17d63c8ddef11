"""A Markdown source -> the first page and what goes on after it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import cache

from adapters.markdown.characters import JOINER, cluster_start
from adapters.markdown.cuts import cuts_of
from adapters.markdown.outline import Outline, reopen
from adapters.markdown.parse import parse, parse_inline
from adapters.markdown.places import Inside, LeafCuts, Level, Place
from adapters.markdown.tree import plain, visible

Fits = Callable[[str], bool]

_FIRST_GUESS = 6_000
_WHOLE = 12_500
"""Characters that are tried at once: a little more than what the roomiest platform shows in a message."""
_LONGEST_TAIL = 8_000
_TRIES = 6
_LONGEST_PROOF = 20_000
"""Characters of a paragraph up to which a cut in it is proved; beyond, proving would cost more than cutting."""


def split(markdown: str, fits: Fits) -> tuple[str, str]:
    """Cut off a first page that fits: (page, rest), both Markdown; the rest is "" where everything fits.

    The cut falls between blocks, else paragraphs, items, rows or lines of code, else sentences, else words, else
    characters; a coarser cut is passed over where it would leave the page under half full, and a heading is not
    left alone at the end. What is open at the cut is closed in the page and opened again in the rest, so that
    both read as the whole did, and text that is appended to the rest later goes on in the right place.

    `fits` is asked some ten times, of sources of about the page's length. It is taken to hold for every beginning
    of a source for which it holds. Where it does not even hold for one character, that character is a page.
    """
    source = markdown.replace("\r\n", "\n").replace("\r", "\n")
    window = _window(source, fits)
    if window is None:
        return markdown, ""
    cutter, fits = _Cutter(source, window), cache(fits)
    furthest = _furthest(cutter, fits)
    if furthest is None:
        return _tear(source, fits)
    place = next(_good_places(cutter, furthest, fits), furthest)
    return place.head(source), place.rest(source)


def _window(source: str, fits: Fits) -> int | None:
    """Find how much of the source has to be looked at: what is behind does not matter for the first page.

    The window is about twice what fits and ends with a block; None if everything fits.
    """
    size = _FIRST_GUESS if len(source) > _WHOLE else len(source)
    while size < len(source) and fits(source[:size]):
        size *= 2
    if size >= len(source) and fits(source):
        return None
    end = source.find("\n\n", size, size + _LONGEST_TAIL)
    return end if end >= 0 else min(len(source), size + _LONGEST_TAIL)


class _Cutter:
    """Finds places in one source; looks into a block only when it is asked about it."""

    def __init__(self, source: str, window: int) -> None:
        self.source = source
        self.window = window
        self.outline = Outline(source[:window])
        self.leaves = self.outline.leaves
        self._starts = [self.outline.offsets[leaf.first] for leaf in self.leaves]
        self._cuts: dict[int, LeafCuts] = {}
        seen = [number for number, leaf in enumerate(self.leaves) if not leaf.is_silent]
        self.first = seen[0] if seen else len(self.leaves)
        self.start = self._starts[self.first] if seen else 0

    def before(self, position: int, floor: int) -> Place | None:
        """Find the last place up to `position` and behind `floor`; between words if there is one."""
        place = self.coarse(position, Level.WORD)
        if place is not None and place.at > floor:
            return place
        number = bisect_right(self._starts, position) - 1
        fine = self._of(number).fine(position, floor) if number >= self.first else None
        return fine if fine is not None and fine.at > floor else None

    def coarse(self, position: int, level: Level) -> Place | None:
        """Find the last place up to `position` of this level or a better one; a block's own is right before it."""
        number = bisect_right(self._starts, position + 1) - 1
        while number >= self.first:
            if level > Level.BLOCK and (place := self._of(number).coarse(position, level)):
                return place
            if (place := self._boundary(number)) and place.level <= level and place.at <= position:
                return place
            number -= 1
        return None

    def _of(self, number: int) -> LeafCuts:
        if number not in self._cuts:
            self._cuts[number] = cuts_of(self.outline, self.leaves[number])
        return self._cuts[number]

    def _boundary(self, number: int) -> Place | None:
        """The cut before a block: not before the first, not behind a heading."""
        leaf = self.leaves[number]
        if number <= self.first or self.leaves[number - 1].kind == "heading":
            return None
        lines, prefix = reopen(leaf.outer)
        for item in leaf.started[:1]:
            if item.number is not None and int(item.marker[:-1]) != item.number:
                lines += f"{prefix}{item.number - 1}{item.marker[-1]} {JOINER}\n"
        start = self.outline.offsets[leaf.first]
        return Place(max(start - 1, 0), start, Level.BLOCK if leaf.top else Level.PARAGRAPH, "", lines)


def _furthest(cutter: _Cutter, fits: Fits) -> Place | None:
    """Find about the last place where the head fits: within 8 % of the page.

    Every question costs a rendering of a page, so a little room is given away for half of them.
    """
    low, high = 0, cutter.window
    best: Place | None = None
    while high - low > (max(1, high // 12) if best else 1):
        probe = (low + high) // 2
        place = cutter.before(probe, best.at if best else 0)
        if place is None:
            low = probe
        elif fits(place.head(cutter.source)):
            low, best = probe, place
        else:
            high = min(place.at, probe)
    return best


def _good_places(cutter: _Cutter, furthest: Place, fits: Fits) -> Iterator[Place]:
    """Go through the places that fill at least half of the room, the best kind first."""
    least = cutter.start + (furthest.at - cutter.start) / 2
    for level in (Level.BLOCK, Level.PARAGRAPH, Level.SENTENCE, Level.WORD):
        position = furthest.at
        for _ in range(_TRIES):
            place = cutter.coarse(position, level)
            if place is None or place.at < least:
                break
            if _is_faithful(place.inside) and fits(place.head(cutter.source)):
                yield place
            position = place.at - 1
    yield from _fine_places(cutter, furthest, fits)


def _fine_places(cutter: _Cutter, furthest: Place, fits: Fits) -> Iterator[Place]:
    position = furthest.at
    for _ in range(_TRIES):
        place = cutter.before(position, cutter.start)
        if place is None:
            return
        if _is_faithful(place.inside) and fits(place.head(cutter.source)):
            yield place
        position = place.at - 1


def _is_faithful(inside: Inside | None) -> bool:
    """Prove that a reader sees the same text in both halves as in the whole."""
    if inside is None or len(inside.whole) > _LONGEST_PROOF:
        return True
    whole = _squeeze(plain(parse_inline(inside.whole)))
    return whole == _squeeze(visible(parse(inside.head).blocks)) + _squeeze(visible(parse(inside.rest).blocks))


def _squeeze(text: str) -> str:
    return "".join(text.replace(JOINER, "").split())


def _tear(source: str, fits: Fits) -> tuple[str, str]:
    """Cut by characters, without regard for markup: the page is too small for anything better."""
    lowest = len(source) - len(source.lstrip(JOINER + " \n")) + 1
    low, high = min(lowest, len(source)), len(source)
    while high - low > 1:
        middle = min((low + high) // 2, 2 * low)
        low, high = (middle, high) if fits(source[:middle]) else (low, middle)
    place = cluster_start(source, low)
    if place < lowest:
        place = next((end for end in range(low, len(source)) if cluster_start(source, end) == end), len(source))
    return source[:place], source[place:]
