"""Other bots' policies on the same work, in virtual time, against the very budgets that the stand-ins count with."""

import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from statistics import fmean
from typing import Any, cast

from benchmarks.streaming.screens import Behind, Showing, behind
from benchmarks.streaming.work import WORDS, WORDS_A_SECOND
from playground.clock import Clock
from playground.slack.errors import TooMany
from playground.slack.rates import TIERS, Limit, Rates
from playground.telegram.chats import Chat
from playground.telegram.errors import ApiError
from playground.telegram.flood import Flood

ROUND_TRIP = 0.1
"""Seconds of each call, there and back."""

CHARACTERS = 5.4
"""Of a word of the answer, with what stands before it."""

LONGEST = 600.0

Acting = Generator[float, None, None]
"""What a bot does for one reply; it yields the seconds that it waits."""


class VirtualClock(Clock):
    """Time that jumps from one event to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = 0.0

    def now(self) -> float:
        return self.moment


@dataclass(eq=False)
class SlackBudgets:
    """The methods of one workspace; posts are each in a channel of their own."""

    clock: Clock
    refused: int = 0

    def __post_init__(self) -> None:
        self._rates = Rates(self.clock, strict=True)

    def call(self, method: str, place: int) -> float:
        """Make a call: 0 where it is taken, else the seconds of Retry-After."""
        tiers = {"update": TIERS[3], "append": TIERS[4], "start": TIERS[2], "stop": TIERS[2], "send": 300}
        try:
            self._rates.take(Limit((method,), tiers[method]))
        except TooMany as refusal:
            self.refused += 1
            return float(refusal.retry_after)
        return 0.0


@dataclass(eq=False)
class TelegramBudgets:
    """Private chats, one for each reply."""

    clock: Clock
    refused: int = 0

    def __post_init__(self) -> None:
        self._flood = Flood(self.clock)

    def call(self, method: str, place: int) -> float:
        """Make a call: 0 where it is taken, else the seconds of retry_after."""
        kind = {"send": "send", "update": "edit", "draft": "typing"}[method]
        chat = cast("Chat", _PrivateChat(place + 1, self.clock.now()))
        try:
            self._flood.spend(chat, kind)
        except ApiError as refusal:
            self.refused += 1
            return float(refusal.parameters["retry_after"])
        return 0.0


@dataclass(frozen=True)
class _PrivateChat:
    id: int
    heard_at: float
    private: bool = True


@dataclass(eq=False)
class Reply:
    """One answer that is written from the beginning of time, and what a bot makes of it."""

    place: int
    clock: VirtualClock
    budgets: Any
    shared: dict[str, float]
    showings: list[Showing] = field(default_factory=list)

    @property
    def now(self) -> float:
        return self.clock.moment

    @property
    def words(self) -> int:
        """How many are written by now."""
        return min(WORDS, int(self.clock.moment * WORDS_A_SECOND + 1e-6) + 1)

    @property
    def ended(self) -> bool:
        return self.words == WORDS

    def show(self, method: str, words: int) -> float:
        """Have so many words shown: 0, or the seconds after which the platform wants to be asked again."""
        wait: float = self.budgets.call(method, self.place)
        if wait <= 0:
            self.showings.append(Showing(self.clock.moment + ROUND_TRIP / 2, words))
        return wait


Policy = Callable[[Reply], Acting]


@dataclass(frozen=True, slots=True)
class Replayed:
    """Mean age and worst lateness in seconds, refusals, and replies whose whole text never stood there."""

    age: float
    late: float
    refused: int
    lost: int


def replay(policy: Policy, platform: str, people: int) -> Replayed:
    """Let a bot answer so many people at once."""
    clock = VirtualClock()
    budgets = SlackBudgets(clock) if platform == "slack" else TelegramBudgets(clock)
    shared: dict[str, float] = {}
    replies = [Reply(place, clock, budgets, shared) for place in range(people)]
    _play(clock, [policy(reply) for reply in replies])
    written = [number / WORDS_A_SECOND for number in range(WORDS)]
    screens: list[Behind] = [behind(written, reply.showings) for reply in replies]
    lates = [screen.late for screen in screens if screen.late is not None]
    lost = sum(screen.late is None for screen in screens)
    return Replayed(fmean(screen.age for screen in screens), max(lates, default=0.0), budgets.refused, lost)


def _play(clock: VirtualClock, actors: list[Acting]) -> None:
    numbers = count()
    waiting = [(0.0, next(numbers), actor) for actor in actors]
    while waiting:
        clock.moment, _, actor = heapq.heappop(waiting)
        try:
            seconds = next(actor)
        except StopIteration:
            continue
        if clock.moment + seconds < LONGEST:
            heapq.heappush(waiting, (clock.moment + max(seconds, 1e-4), next(numbers), actor))
