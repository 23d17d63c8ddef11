"""What a character is to a reader: whether it may be shown, how wide it is, and where it ends."""

from __future__ import annotations

import re
import unicodedata

JOINER = "\u2060"
"""WORD JOINER: invisible. At the start of a list item it marks one whose marker stands on an earlier page."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""All of these, and carriage returns: one look tells that a text has none."""
_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_LONGEST_CLUSTER = 64


def clean(text: str) -> str:
    """Drop what no platform takes: control characters and halves of surrogate pairs.

    Lines end with a single newline afterwards. Two halves that belong together become their character.
    """
    if not _ODD.search(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _CONTROL.sub("", text)


def width(text: str) -> int:
    """Count the columns that a monospace font gives to one line; an emoji sequence counts as one wide character."""
    columns, last = 0, 0
    joined = False
    for character in text:
        if character == _EMOJI_STYLE and last == 1:
            columns, last = columns + 1, 2
        elif not joined and not _extends(character):
            last = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            columns += last
        joined = character == _ZERO_WIDTH_JOINER
    return columns


def cluster_start(text: str, position: int) -> int:
    """Find the nearest place at or before `position` where a cut does not tear a character as readers see it.

    Emoji sequences, flags, combining marks and Hangul syllables stay whole. A tower of more than 64 marks
    is no character to any reader and may be cut.
    """
    lowest = max(position - _LONGEST_CLUSTER, 0)
    for place in range(position, lowest, -1):
        if not _inside_cluster(text, place):
            return place
    return 0 if lowest == 0 else position


def _inside_cluster(text: str, place: int) -> bool:
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if before < "\u0300" and after < "\u0300":
        return False
    return (
        _extends(after) or before == _ZERO_WIDTH_JOINER or _splits_flag(text, place) or _joins_syllable(before, after)
    )


def _extends(character: str) -> bool:
    if character < "\u0300":
        return False
    if unicodedata.category(character) in ("Mn", "Me", "Mc"):
        return True
    return (
        character in "\u200c\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _splits_flag(text: str, place: int) -> bool:
    """Tell whether an odd number of regional indicators stands before the place and one after it."""
    if not _is_indicator(text[place]):
        return False
    first = place
    while first > 0 and _is_indicator(text[first - 1]) and place - first < _LONGEST_CLUSTER:
        first -= 1
    return (place - first) % 2 == 1


def _is_indicator(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _joins_syllable(before: str, after: str) -> bool:
    """Tell whether two Hangul characters make one syllable (the jamo block and, before it, whole syllables)."""
    return "\u1160" <= after <= "\u11ff" and ("\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3")
