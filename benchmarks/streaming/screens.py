"""What one person's screen showed when, and how far it was behind. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Showing:
    """So many words from the beginning stand on the screen from this moment on."""

    at: float
    words: int


@dataclass(frozen=True, slots=True)
class Behind:
    """Seconds: the mean age of what the screen lacked, the whole answer after the last word, the first text.

    `late` is None where the whole answer does not stand there in the end.
    """

    age: float
    late: float | None
    first: float | None


def behind(written: Sequence[float], showings: Sequence[Showing]) -> Behind:
    """Judge one screen; `written` is when the model wrote each word.

    At each instant between the first and the last word, the age is that of the oldest word that was written and is not
    on the screen; 0 where nothing is missing. A showing of none of the words says something else, and hides nothing.
    """
    begin, end = written[0], written[-1]
    shown = sorted((showing for showing in showings if showing.words), key=lambda showing: showing.at)
    area, at, words = 0.0, begin, 0
    for showing in [*shown, Showing(end, len(written))]:
        until = min(max(showing.at, begin), end)
        area += _area(written, words, at, until)
        at, words = until, showing.words
    first = max(0.0, shown[0].at - begin) if shown else None
    return Behind(area / (end - begin), _late(shown, len(written), end), first)


def _area(written: Sequence[float], words: int, start: float, end: float) -> float:
    """The age, summed up over the time in which so many words stand on the screen."""
    if words >= len(written):
        return 0.0
    oldest = written[words]
    begin = max(start, oldest)
    return ((end - oldest) ** 2 - (begin - oldest) ** 2) / 2 if end > begin else 0.0


def _late(shown: Sequence[Showing], words: int, end: float) -> float | None:
    """The seconds until all words stood there for good."""
    since = None
    for showing in shown:
        since = None if showing.words < words else showing.at if since is None else since
    return None if since is None else max(0.0, since - end)
