"""A growing Markdown source -> sections that can be read one by one; what was read once is kept.

Reading costs about a millisecond for a thousand characters, and a growing answer is shown several times a second. So
only its last section is read anew each time. All of this is a cache: the results are those of reading the whole.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from functools import lru_cache
from typing import Generic, Literal, TypeVar

from adapters.markdown.characters import clean
from adapters.markdown.fences import has_open_fence, may_have_fence

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST_KEPT = 1_000
"""Beginnings of answers in one memory: some kilobytes each, and one is enough for a reply that grows."""

Kind = Literal["block", "item", "fence"]

_FENCE = re.compile(r"`{3,}[^`\n]*\n|~{3,}[^\n]*\n")
_ITEM = re.compile(r"(?:[-+*]|[0-9]{1,9}[.)]) {1,4}(?=[^ \t\n])")
_MARKER = re.compile(r"[-+*]|[0-9]{1,9}[.)]")
_RULE = re.compile(r"(?:[-_*][ \t]*){3,}(?:\n|$)")


class Memory(Generic[K, V]):
    """What was put in or asked for last; the oldest goes when there is too much."""

    def __init__(self) -> None:
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: K, value: V) -> None:
        self._kept[key] = value
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


class Fold(Generic[V]):
    """What the closed sections of a source add up to: `add(value, section)` makes a new value and changes none."""

    def __init__(self, nothing: V, add: Callable[[V, str], V]) -> None:
        self._nothing = nothing
        self._add = add
        self._memory: Memory[str, V] = Memory()

    def closed(self, source: str) -> tuple[V, str]:
        """The value of all sections but the last, and the last one, to which a growing source will add."""
        starts = section_starts(source)
        known, value = self._known(source, starts)
        for start, end in zip(starts[known:], starts[known + 1 :], strict=False):
            value = self._add(value, source[start:end])
        if known < len(starts) - 1:
            self._memory.put(source[: starts[-1]], value)
        return value, source[starts[-1] :]

    def _known(self, source: str, starts: tuple[int, ...]) -> tuple[int, V]:
        """How many sections are known, and what they add up to."""
        for number in range(len(starts) - 1, 0, -1):
            found = self._memory.get(source[: starts[number]])
            if found is not None:
                return number, found
        return 0, self._nothing


_STARTS: Memory[tuple[str, Kind], tuple[int, ...]] = Memory()


@lru_cache(64)
def section_starts(source: str) -> tuple[int, ...]:
    """Find where sections start: what stands in one is read in the same way with and without the others.

    But for lists: one may go on in the next section, item by item. A start stays one however the source grows.
    """
    starts: tuple[int, ...] = (0,)
    new = list[tuple[int, Kind]]()
    for start, kind in _places(source):
        known = _STARTS.get((source[:start], kind))
        if known is not None:
            starts = known
            break
        new.append((start, kind))
    for start, kind in reversed(new):
        if _ENDS[kind](clean(source[starts[-1] : start])):
            starts = (*starts, start)
    if new:
        start, kind = new[0]
        _STARTS.put((source[:start], kind), starts)
    return starts


def open_section(source: str) -> int:
    """Find where the last section starts."""
    return section_starts(source)[-1]


def _places(source: str) -> Iterator[tuple[int, Kind]]:
    """Go through the lines at which a section may start, the last one first."""
    end = len(source)
    while (newline := source.rfind("\n", 0, end)) >= 0:
        kind = _kind(source, newline + 1)
        if kind:
            yield newline + 1, kind
        end = newline


def _kind(source: str, start: int) -> Kind | None:
    first = source[start : start + 1]
    if first in " \t\n" or not first.isprintable():
        return None
    if start > 1 and source[start - 2] == "\n":
        return "block"
    if first in "`~" and _FENCE.match(source, start):
        return "fence"
    if (first in "-+*" or first.isdigit()) and _ITEM.match(source, start):
        return "item"
    return None


def _ends_before_block(section: str) -> bool:
    """After an empty line only a fence goes on without indent; two after an empty item end its list."""
    last_words = section.rstrip().rpartition("\n")[2].split()[-1:]
    return not (has_open_fence(section) or any(map(_MARKER.fullmatch, last_words)))


def _ends_before_item(section: str) -> bool:
    """A section that is one item, whose lines all belong to it, ends with the next."""
    found = _ITEM.match(section)
    if found is None or _RULE.match(section):
        return False
    indent = " " * found.end()
    return all(line.startswith(indent) for line in section.split("\n")[1:-1])


def _ends_before_fence(section: str) -> bool:
    """A fence ends everything but another one and a displayed formula."""
    return not (may_have_fence(section) or "$$" in section or "\\[" in section)


_ENDS: dict[Kind, Callable[[str], bool]] = {
    "block": _ends_before_block,
    "item": _ends_before_item,
    "fence": _ends_before_fence,
}
