"""How far the screen is behind the model: what was written is looked for in what is shown."""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from playground.model_tap import ModelTap, Writing

SURE = 8
"""Letters that must agree before a place is taken to show an answer."""

HIDDEN_AT_MOST = 400
"""Letters of the model's text that may not show in one piece: a link's address, the language of a block of code."""

NEWEST = 6
"""Posts of a place among which an answer may begin."""

SAMPLE_EVERY = 0.2
SETTLED_AFTER = 30.0
"""Seconds without a change, after the model's last word, when an answer counts as it stands: it was deleted, say."""

GIVEN_UP_AFTER = 300.0
"""Seconds after the model's last word when an answer that never stood whole on a screen is forgotten."""

NEVER_SHOWN = re.compile(r"(?<=\])\([^()\s]*\)|^[ \t]*(?:```|~~~)[^\n]*", re.MULTILINE)
"""What of Markdown has letters and shows none: the address of a link, the language of a block of code."""

KEPT_SAMPLES = 3000

Screen = tuple[str, Sequence[str]]
"""A place and the texts of the bot that stand in it, oldest first."""


def letters(text: str) -> str:
    """What remains of a text whatever its formatting: letters and digits."""
    return "".join(filter(str.isalnum, text))


def letter_places(text: str) -> list[int]:
    """Where the letters and digits of a Markdown text are that a person will see."""
    hidden = {place for match in NEVER_SHOWN.finditer(text) for place in range(*match.span())}
    return [place for place, character in enumerate(text) if character.isalnum() and place not in hidden]


def on_screen(written: str, shown: str) -> int:
    """How many of the written letters are shown, counted from the first; both texts are letters only.

    Letters that only one side has are stepped over where the texts agree again soon.
    """
    at = seen = 0
    while at < len(written) and seen < len(shown):
        common = _agreeing(written, at, shown, seen)
        at, seen = at + common, seen + common
        if at == len(written) or seen == len(shown):
            break
        hidden = written.find(shown[seen : seen + SURE], at, at + HIDDEN_AT_MOST)
        added = shown.find(written[at : at + SURE], seen, seen + HIDDEN_AT_MOST)
        if at == 0 or (hidden < 0 and added < 0):
            break
        at, seen = (hidden, seen) if hidden >= 0 else (at, added)
    return at


def _agreeing(written: str, at: int, shown: str, seen: int) -> int:
    most = min(len(written) - at, len(shown) - seen)
    if written[at : at + most] == shown[seen : seen + most]:
        return most
    return next(n for n in range(most) if written[at + n] != shown[seen + n])


def shown_of(written: str, posts: Sequence[str]) -> int:
    """The same for a place, where the answer may begin in any of the newest posts and go on in the next."""
    texts = [letters(post) for post in posts[-NEWEST:]]
    return max((on_screen(written, "".join(texts[start:])) for start in range(len(texts))), default=0)


@dataclass
class Follow:
    """One answer and the place where it shows, once that is known."""

    writing: Writing
    place: str | None = None
    behind: float = 0.0
    seen: int = 0
    changed: float = 0.0
    """When more of it was seen for the last time."""


@dataclass
class LagMeter:
    """Measures answers while they are written, and until they stand whole on a screen. All times are seconds."""

    tap: ModelTap
    screens: Callable[[], Iterable[Screen]]
    now: Callable[[], float] = time.monotonic
    samples: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_SAMPLES))
    late: float | None = None
    """How long after the model's last word the last answer stood whole."""

    _follows: dict[int, Follow] = field(default_factory=dict)
    _newest: int = 0

    @property
    def behind(self) -> float:
        """How old the oldest letter is that no screen shows yet, over all answers that are on their way."""
        return max((follow.behind for follow in self._follows.values()), default=0.0)

    @property
    def live(self) -> int:
        return sum(follow.place is not None for follow in self._follows.values())

    @property
    def mean(self) -> float | None:
        return sum(self.samples) / len(self.samples) if self.samples else None

    @property
    def worst(self) -> float | None:
        return max(self.samples, default=None)

    async def watch(self) -> None:
        """Sample while anything is on its way; cancel it to end."""
        while True:
            await self.tap.changes.wait_for(lambda: self._follows or self._unseen())
            self.sample()
            await asyncio.sleep(SAMPLE_EVERY)

    def sample(self) -> None:
        """Look once."""
        for writing in self._unseen():
            self._follows[writing.number] = Follow(writing)
            self._newest = writing.number
        screens = dict(self.screens()) if self._follows else {}
        for follow in list(self._follows.values()):
            self._look(follow, screens)

    def _unseen(self) -> list[Writing]:
        return [writing for writing in self.tap.writings if writing.number > self._newest]

    def _look(self, follow: Follow, screens: dict[str, Sequence[str]]) -> None:
        writing, now = follow.writing, self.now()
        places = letter_places(writing.text)
        seen = self._seen(follow, "".join(writing.text[place] for place in places), screens)
        if seen != follow.seen:
            follow.seen, follow.changed = seen, now
        if follow.place is not None:
            moment = writing.written_at(places[seen]) if seen < len(places) else None
            follow.behind = 0.0 if moment is None else now - moment
            self.samples.append(follow.behind)
        if writing.ended is None:
            return
        whole = follow.place is not None and seen == len(places)
        if whole and not writing.broken_off:
            self.late = now - writing.ended
        if whole or writing.broken_off or self._is_over(follow, writing.ended, now):
            del self._follows[writing.number]

    def _is_over(self, follow: Follow, ended: float, now: float) -> bool:
        """Whether no more of an ended answer is to be expected on its screen."""
        if follow.place is None:
            return now - ended > GIVEN_UP_AFTER
        return now - max(ended, follow.changed) > SETTLED_AFTER

    def _seen(self, follow: Follow, written: str, screens: dict[str, Sequence[str]]) -> int:
        if follow.place is not None:
            return shown_of(written, screens.get(follow.place, ()))
        taken = {other.place for other in self._follows.values()}
        found = [(shown_of(written, posts), place) for place, posts in screens.items() if place not in taken]
        seen, place = max(found, default=(0, ""))
        if seen >= min(SURE, len(written)) and seen > 0:
            follow.place = place
        return seen
