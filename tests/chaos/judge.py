"""Whether every question got its one answer, whole and in its turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.engine import texts
from tests.chaos.ledger import Ledger, TurnRow
from tests.chaos.places import Shown
from tests.chaos.questions import number_of


@dataclass(frozen=True, slots=True)
class Expected:
    """A question that was asked and what its whole answer is.

    `after`: the number of a question in the same place that was surely stored before this one was asked. `excused`: it
    failed visibly, could not be asked again because it was not the newest, and was written anew.
    """

    number: int
    answer: str
    after: int | None = None
    excused: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One place: its questions in the order in which they were asked, and the bot's messages there."""

    name: str
    questions: tuple[Expected, ...]
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    complaints: tuple[str, ...]
    orphans: tuple[Shown, ...]
    """Messages of ours that no turn knows."""


def judge(case: Case, ledger: Ledger) -> Verdict:
    """Hold what stands on the screen and in the database against what was asked."""
    orphans = tuple(message for message in case.shown if message.id not in ledger.posts)
    known = {message.id: message for message in case.shown if message.id in ledger.posts}
    found = [problem for expected in case.questions for problem in _question(expected, known, ledger)]
    found += [f"a Stop button is left under {m.text[:60]!r}" for m in known.values() if texts.STOP.english in m.buttons]
    found += _order(case, ledger)
    return Verdict(tuple(found), orphans)


def last_turn(number: int, ledger: Ledger) -> TurnRow | None:
    """The turn that counts for a question: the newest of those that asked it."""
    turns = [turn for turn in ledger.turns if number_of(turn.asked) == number]
    return turns[-1] if turns else None


def _question(expected: Expected, known: dict[str, Shown], ledger: Ledger) -> list[str]:
    name = f"question {expected.number}"
    stored = sum(number_of(said) == expected.number for _, said in ledger.questions)
    first = [t for t in ledger.turns if number_of(t.asked) == expected.number and t.replaces is None]
    turn = last_turn(expected.number, ledger)
    if turn is None or stored != 1 or len(first) != 1:
        return [f"{name} is stored {stored} times and has {len(first)} turns that are no Retry"]
    if turn.status == "failed" and expected.excused:
        return _failed(name, turn, known)
    return _answered(name, turn, expected.answer, known)


def _failed(name: str, turn: TurnRow, known: dict[str, Shown]) -> list[str]:
    pages = [known[reply] for reply in turn.replies if reply in known]
    if not pages or texts.RETRY.english not in pages[-1].buttons:
        return [f"{name} failed ({turn.failure}) and nothing on the screen says so: {pages}"]
    return []


def _answered(name: str, turn: TurnRow, answer: str, known: dict[str, Shown]) -> list[str]:
    found = []
    if (turn.status, turn.answer) != ("done", answer):
        found.append(f"{name} is {turn.status} with {_part(turn.answer or '', answer)} of its answer stored")
    gone = [reply for reply in turn.replies if reply not in known]
    if gone:
        found.append(f"{name}: the messages {gone} of its answer do not stand on the screen")
    pages = [known[reply] for reply in turn.replies if reply in known]
    said = " ".join(page.text for page in pages)
    if said.split() != answer.split():
        found.append(f"{name} shows {_part(said, answer)} of its answer: {said[:80]!r} … {said[-80:]!r}")
    if any(_unexpected(page.buttons) for page in pages) or any(page.buttons for page in pages[:-1]):
        found.append(f"{name}: buttons are left under its answer: {[page.buttons for page in pages]}")
    return found


def _order(case: Case, ledger: Ledger) -> list[str]:
    """Answers stand in the order of the turns, and turns in the order of questions that surely came one by one."""
    turns = {q.number: turn for q in case.questions if (turn := _first_turn(q.number, ledger)) is not None}
    found = [
        f"question {q.number} was asked after question {q.after} was stored, and has the earlier turn"
        for q in case.questions
        if q.after in turns and q.number in turns and turns[q.number].id < turns[q.after].id
    ]
    places = {message.id: place for place, message in enumerate(case.shown)}
    rows = sorted((turn.id, number) for number, turn in turns.items())
    starts = [(number, _start(number, ledger, places)) for _, number in rows]
    standing = [(number, start) for number, start in starts if start is not None]
    for (number, start), (later, later_start) in pairwise(standing):
        if later_start < start:
            found.append(f"the answer to question {later} stands above that to question {number}, which came first")
    return found


def _start(number: int, ledger: Ledger, places: dict[str, int]) -> int | None:
    turn = last_turn(number, ledger)
    pages = [places[reply] for reply in turn.replies if reply in places] if turn else []
    return min(pages, default=None)


def _first_turn(number: int, ledger: Ledger) -> TurnRow | None:
    return next((turn for turn in ledger.turns if number_of(turn.asked) == number), None)


def _part(said: str, answer: str) -> str:
    """How much of the answer that is, in words."""
    words, whole = said.split(), answer.split()
    return f"{len(set(words) & set(whole))} of {len(whole)} words, {len(words)} in all,"


def standing(cases: Sequence[Case]) -> str:
    """The screens of some places, for a failure's message."""
    lines = []
    for case in cases:
        lines.append(f"-- the screen of {case.name} (questions {[q.number for q in case.questions]})")
        lines += [f"{m.id} {m.buttons}: {m.text[:70]!r} … {m.text[-50:]!r}" for m in case.shown]
    return "\n".join(lines)


def _unexpected(buttons: Sequence[str]) -> bool:
    """Under an answer that stands there are a way to ask again, and the ways to its other variants."""
    return texts.STOP.english in buttons or texts.RETRY.english in buttons
