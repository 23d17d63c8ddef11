"""Other bots' policies on the same work, in virtual time, against the very budgets that the stand-ins count with."""

import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from itertools import count
from statistics import fmean
from typing import Protocol, cast

from benchmarks.streaming.screens import Showing, behind
from benchmarks.streaming.work import WORDS, WORDS_A_SECOND, answer
from playground.clock import Clock
from playground.slack.errors import TooMany
from playground.slack.rates import POSTS, TIERS, Limit, Rates
from playground.telegram.chats import Chat
from playground.telegram.errors import ApiError
from playground.telegram.flood import Flood

SLACK = {"update": TIERS[3], "append": TIERS[4], "start": TIERS[2], "stop": TIERS[2], "send": POSTS}
TELEGRAM = {"send": "send", "update": "edit", "draft": "typing"}
LONGEST = 600.0

Acting = Generator[float, None, None]
"""What a bot does for one reply; it yields the seconds that it waits."""


@dataclass(frozen=True, slots=True)
class Work:
    """An answer: how many words, at what pace, of how many characters each; and the seconds of a call there and back.

    A call takes about what one to a stand-in takes on one machine, so that others are measured as the service is.
    """

    words: int = WORDS
    words_a_second: float = WORDS_A_SECOND
    characters: float = len(answer()) / WORDS
    round_trip: float = 0.01


WORK = Work()


class Budgets(Protocol):
    """What a platform takes. `refused` counts the calls that it did not."""

    refused: int

    def call(self, method: str, place: int) -> float:
        """Make a call: 0 where it is taken, else the seconds after which it may come again."""


class VirtualClock(Clock):
    """Time that jumps from one event to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = 0.0

    def now(self) -> float:
        return self.moment


class SlackBudgets:
    """The methods of one workspace; posts are each in a channel of their own."""

    def __init__(self, clock: Clock) -> None:
        self.refused = 0
        self._rates = Rates(clock, strict=True)

    def call(self, method: str, place: int) -> float:
        try:
            self._rates.take(Limit((method,), SLACK[method]))
        except TooMany as refusal:
            self.refused += 1
            return float(refusal.retry_after)
        return 0.0


class TelegramBudgets:
    """Private chats, one for each reply."""

    def __init__(self, clock: Clock) -> None:
        self.refused = 0
        self._clock = clock
        self._flood = Flood(clock)

    def call(self, method: str, place: int) -> float:
        chat = cast("Chat", _PrivateChat(place + 1, self._clock.now()))
        try:
            self._flood.spend(chat, TELEGRAM[method])
        except ApiError as refusal:
            self.refused += 1
            return float(refusal.parameters["retry_after"])
        return 0.0


PLATFORMS: dict[str, Callable[[Clock], Budgets]] = {"slack": SlackBudgets, "telegram": TelegramBudgets}


@dataclass(frozen=True)
class _PrivateChat:
    id: int
    heard_at: float
    private: bool = True


@dataclass(eq=False)
class Reply:
    """One answer that is written from the beginning of time, and what a bot makes of it.

    `shared` is the same for all replies of the bot; `start` lets something else be done at the same time.
    """

    place: int
    work: Work
    budgets: Budgets
    shared: dict[str, float]
    clock: VirtualClock
    start: Callable[[Acting], None]
    showings: list[Showing] = field(default_factory=list)

    @property
    def now(self) -> float:
        return self.clock.moment

    @property
    def words(self) -> int:
        """How many are written by now."""
        return min(self.work.words, int(self.now * self.work.words_a_second + 1e-6) + 1)

    def ended(self) -> bool:
        return self.words == self.work.words

    def until_written(self, word: int) -> float:
        """The seconds until this word, counted from 1, is written; 0 where it stands in the buffer of the stream."""
        return max(0.0, (word - 1) / self.work.words_a_second - self.now)

    def until_end(self, most: float) -> float:
        """So many seconds, or fewer where the model ends before."""
        return min(most, self.until_written(self.work.words))

    def show(self, method: str, words: int) -> float:
        """Have so many words shown: 0, or the seconds after which the platform wants to be asked again."""
        wait = self.budgets.call(method, self.place)
        if wait <= 0:
            self.showings.append(Showing(self.now + self.work.round_trip / 2, words))
        return wait


Policy = Callable[[Reply], Acting]


@dataclass(frozen=True, slots=True)
class Replayed:
    """Mean age and worst lateness in seconds, calls, refusals, and replies whose whole text never stood there."""

    age: float
    late: float
    calls: int
    refused: int
    lost: int


def replay(policy: Policy, platform: Callable[[Clock], Budgets], people: int, work: Work = WORK) -> Replayed:
    """Let a bot answer so many people at once."""
    clock = VirtualClock()
    budgets, shared, stage = platform(clock), dict[str, float](), _Stage(clock)
    replies = [Reply(place, work, budgets, shared, clock, stage.start) for place in range(people)]
    for reply in replies:
        stage.start(policy(reply))
    stage.play()
    written = [number / work.words_a_second for number in range(work.words)]
    screens = [behind(written, reply.showings) for reply in replies]
    lates = [screen.late for screen in screens if screen.late is not None]
    calls = sum(len(reply.showings) for reply in replies)
    return Replayed(
        age=fmean(screen.age for screen in screens),
        late=max(lates, default=0.0),
        calls=calls + budgets.refused,
        refused=budgets.refused,
        lost=len(screens) - len(lates),
    )


class _Stage:
    """Everything that is done at the same time, in the order of time."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._numbers = count()
        self._waiting: list[tuple[float, int, Acting]] = []

    def start(self, acting: Acting, after: float = 0.0) -> None:
        if self._clock.moment + after < LONGEST:
            heapq.heappush(self._waiting, (self._clock.moment + after, next(self._numbers), acting))

    def play(self) -> None:
        while self._waiting:
            self._clock.moment, _, acting = heapq.heappop(self._waiting)
            seconds = next(acting, None)
            if seconds is not None:
                self.start(acting, seconds)
