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

    `late` is None where the whole answer never stood there.
    """

    age: float
    late: float | None
    first: float | None


def behind(written: Sequence[float], showings: Sequence[Showing]) -> Behind:
    """Judge one screen; `written` is when the model wrote each word.

    At each instant between the first and the last word, the age is that of the oldest word that was written and is not
    on the screen; 0 where nothing is missing.
    """
    begin, end = written[0], written[-1]
    area, at, words = 0.0, begin, 0
    for showing in [*sorted(showings, key=lambda showing: showing.at), Showing(end, len(written))]:
        until = min(max(showing.at, begin), end)
        area += _area(written, words, at, until)
        at, words = until, max(words, showing.words)
    return Behind(area / (end - begin), _when(showings, len(written), end), _when(showings, 1, begin))


def _area(written: Sequence[float], words: int, start: float, end: float) -> float:
    """The age, summed up over the time in which so many words stand on the screen."""
    if words >= len(written):
        return 0.0
    oldest = written[words]
    begin = max(start, oldest)
    return ((end - oldest) ** 2 - (begin - oldest) ** 2) / 2 if end > begin else 0.0


def _when(showings: Sequence[Showing], words: int, since: float) -> float | None:
    moments = [showing.at for showing in showings if showing.words >= words]
    return max(0.0, min(moments) - since) if moments else None
