"""What happens in a round: who asks what, and what goes wrong when. The same seed gives the same plan."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.chaos.questions import answer, question

LENGTHS = (12, 60, 200, 500)
"""Words of an answer; 500 take two messages in Telegram."""

OFTEN = (5, 4, 2, 1)
PACES = (400.0, 1_200.0, 4_000.0)
"""Characters a second of the model."""

SECONDS = 5.0
"""In which a round's questions are asked and its trouble begins."""

LEASE = 10.0
"""Seconds after which a silent worker is taken for dead."""

PEOPLE = 3


class Trouble(StrEnum):
    KILL = "kill -9 of a process"
    DEPLOY = "SIGTERM of a process, and a new one"
    FREEZE = "a process stands still for longer than its lease"
    DATABASE = "restart of PostgreSQL"
    DUPLICATES = "every delivery comes twice"
    REORDERED = "deliveries come in another order"
    LOST = "deliveries get lost on the way"
    REDELIVERED = "old deliveries come again"
    SOCKETS = "connections for deliveries break off"
    CUT_AFTER = "calls take effect, their answers are lost"
    CUT_BEFORE = "calls are lost"
    LIMITED = "429 from a platform"
    FAILING = "5xx from a platform"
    FAILING_AFTER = "calls take effect and are answered with 5xx"
    OUTAGE = "a platform is away"
    MODEL = "the model fails"
    MODEL_AWAY = "the model is away"


OF_PROCESSES = (Trouble.KILL, Trouble.KILL, Trouble.DEPLOY)
OF_REPLICAS = (*OF_PROCESSES, Trouble.FREEZE, Trouble.DATABASE)
OF_OTHERS = tuple(set(Trouble) - set(OF_REPLICAS))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, `at` seconds after the round began; those with the same `place` come one after the other there."""

    at: float
    number: int
    place: int
    person: int
    words: int
    pace: float

    @property
    def text(self) -> str:
        return question(self.number)

    @property
    def answer(self) -> str:
        return answer(self.number, self.words)


@dataclass(frozen=True, slots=True)
class Mishap:
    """Something that goes wrong; `times` and `seconds` say how much of it, where that has a meaning."""

    at: float
    trouble: Trouble
    replica: int
    platform: str
    times: int
    seconds: float

    def __str__(self) -> str:
        how = f"{self.platform}, process {self.replica}, {self.times} times, {self.seconds:.1f} s"
        return f"{self.at:.2f} s: {self.trouble} ({how})"


class Kind(StrEnum):
    """The places that there are; threads and the Messages tab give a new chat each time."""

    THREAD = "a thread in Slack"
    TAB = "a Messages tab in Slack"
    PRIVATE = "a private chat in Telegram"
    GROUP = "a group in Telegram"


@dataclass(frozen=True, slots=True)
class Round:
    number: int
    places: tuple[tuple[Kind, int], ...]
    """What kind of place, and whose or which."""
    questions: tuple[Asked, ...]
    mishaps: tuple[Mishap, ...]

    def __str__(self) -> str:
        asked = [f"{q.at:.2f} s: question {q.number} in {self.places[q.place][0]}" for q in self.questions]
        return "\n".join([f"round {self.number}", *asked, *(str(mishap) for mishap in self.mishaps)])


def plan_round(seed: int, number: int, replicas: int) -> Round:
    """The plan of one round, independent of every other."""
    dice = Random(f"{seed} {number}")
    places = _places(dice)
    return Round(number, places, _questions(dice, number, len(places)), _mishaps(dice, replicas))


def _places(dice: Random) -> tuple[tuple[Kind, int], ...]:
    """Several on each platform, so that chats go side by side."""
    private = [(Kind.PRIVATE, person) for person in dice.sample(range(PEOPLE), dice.randint(1, 2))]
    group = [(Kind.GROUP, 0)] if dice.random() < 0.3 else []
    tab = [(Kind.TAB, dice.randrange(PEOPLE))] if dice.random() < 0.4 else []
    threads = [(Kind.THREAD, channel) for channel in range(2 if not tab else 1)]
    return (*threads, *tab, *private, *group)


def _questions(dice: Random, round_number: int, places: int) -> tuple[Asked, ...]:
    """One for each place, and in some a second right behind it."""
    order = [*range(places), *(place for place in range(places) if dice.random() < 0.4)]
    asked = []
    for index, place in enumerate(order):
        at = dice.uniform(0, SECONDS * 0.6) + (SECONDS * 0.1 if index >= places else 0)
        words, pace = dice.choices(LENGTHS, OFTEN)[0], dice.choice(PACES)
        asked.append(Asked(at, round_number * 100 + index + 1, place, dice.randrange(PEOPLE), words, pace))
    return tuple(sorted(asked, key=lambda question: (question.at, question.number)))


def _mishaps(dice: Random, replicas: int) -> tuple[Mishap, ...]:
    heavy = dice.sample(OF_REPLICAS if replicas > 1 else OF_PROCESSES, dice.choice((1, 1, 2)))
    light = dice.sample(sorted(OF_OTHERS), dice.randint(2, 4))
    mishaps = [_mishap(dice, trouble, replicas) for trouble in (*heavy, *light)]
    return tuple(sorted(mishaps, key=lambda mishap: mishap.at))


def _mishap(dice: Random, trouble: Trouble, replicas: int) -> Mishap:
    seconds = LEASE + dice.uniform(1, 3) if trouble is Trouble.FREEZE else dice.uniform(0.5, 3)
    platform, times = dice.choice(("slack", "telegram")), dice.randint(1, 2)
    return Mishap(dice.uniform(0, SECONDS), trouble, dice.randrange(replicas), platform, times, seconds)
