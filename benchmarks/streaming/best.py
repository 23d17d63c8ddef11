"""The best that the budgets allow: a scheduler that knows how long every answer will be. Pure.

It keeps to the order of claims: all whose first text and end find room are shown their first text at once, everybody
has the whole answer with its last word, and what is left goes to previews, evenly. Calls take no time.
"""

from collections.abc import Callable

UPDATES, APPENDS, STARTS, STOPS = 50, 100, 20, 20
"""Slack's calls in a minute."""

DRAFTS = 40
"""Telegram's frames in half a minute, in one chat."""

BURST, PACE = 5, 1.0
"""Telegram's messages in one private chat: so many at once, and one after each second."""


def mean_age(previews: int, replies: int, seconds: float) -> float:
    """The least sum of ages when so many previews are spread over replies that begin and end on the screen in time.

    A reply with k previews, evenly spaced, is behind by half of a (k+1)th of its time on average.
    """
    if replies == 0:
        return 0.0
    each, more = divmod(max(0, previews), replies)
    ages = [_age(each + 1, seconds)] * more + [_age(each, seconds)] * (replies - more)
    return sum(ages)


def slack_edits(people: int, seconds: float) -> float:
    """The mean age by edits; who has no room for an end sees nothing before it."""
    shown = min(people, UPDATES)
    unseen = people - shown
    return (mean_age(UPDATES - shown, shown, seconds) + unseen * seconds / 2) / people


def slack_streams(people: int, seconds: float) -> float:
    """The mean age with streams and edits together, in the best mixture."""

    def with_streams(streams: int) -> float:
        others = people - streams
        by_edits = others * slack_edits(others, seconds) if others else 0.0
        return (mean_age(APPENDS, streams, seconds) + by_edits) / people

    return min(with_streams(streams) for streams in range(min(people, STARTS, STOPS) + 1))


def telegram_edits(people: int, seconds: float) -> float:
    """The mean age by edits in a private chat of one's own: the first send and the last edit are no previews."""
    return _age(BURST + int(seconds / PACE) - 2, seconds)


def telegram_drafts(people: int, seconds: float) -> float:
    """The mean age with drafts in a private chat of one's own; the message at the end has another budget."""
    return _age(DRAFTS - 1, seconds)


BEST: dict[tuple[str, str], Callable[[int, float], float]] = {
    ("slack", "edit"): slack_edits,
    ("slack", "native"): slack_streams,
    ("slack", "auto"): slack_streams,
    ("telegram", "edit"): telegram_edits,
    ("telegram", "draft"): telegram_drafts,
}


def _age(previews: int, seconds: float) -> float:
    return seconds / (2 * (previews + 1))
