"""The judge of the chaos test sees what is lost, cut, doubled and out of order."""

from dataclasses import replace

import pytest

from bot.engine import texts
from tests.chaos.judge import Case, Expected, judge
from tests.chaos.ledger import Ledger, TurnRow
from tests.chaos.places import Shown
from tests.chaos.questions import answer, question

FIRST, SECOND = answer(1, 30), answer(2, 30)
HALF = FIRST[: len(FIRST) // 2]


def turn(number: int, replies: tuple[str, ...], said: str | None, status: str = "done") -> TurnRow:
    return TurnRow(number, 7, number, question(number), said, status, None, True, None, 1, replies)


CASE = Case("a thread", (Expected(1, FIRST), Expected(2, SECOND, after=1)), (Shown("m1", FIRST), Shown("m2", SECOND)))
LEDGER = Ledger(
    turns=(turn(1, ("m1",), FIRST), turn(2, ("m2",), SECOND)),
    questions=((7, question(1)), (7, question(2))),
    posts=frozenset({"m1", "m2"}),
    answers_of_no_turn=0,
    orders=0,
    jobs=0,
)


def complaints(case: Case = CASE, ledger: Ledger = LEDGER) -> str:
    return "\n".join(judge(case, ledger).complaints)


def showing(*shown: Shown) -> Case:
    return replace(CASE, shown=shown)


def with_first(changed: TurnRow) -> Ledger:
    return replace(LEDGER, turns=(changed, LEDGER.turns[1]))


def test_two_whole_answers_in_order_are_fine() -> None:
    assert judge(CASE, LEDGER).complaints == ()
    assert judge(CASE, LEDGER).orphans == ()


def test_an_answer_may_take_several_messages() -> None:
    words = FIRST.split()
    pages = (Shown("m1", " ".join(words[:20])), Shown("m3", " ".join(words[20:])), CASE.shown[1])
    ledger = replace(with_first(turn(1, ("m1", "m3"), FIRST)), posts=frozenset({"m1", "m2", "m3"}))
    assert complaints(showing(*pages), ledger) == ""
    assert "shows 20 of 30 words" in complaints(showing(pages[0], pages[2]), ledger)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (Shown("m1", HALF), "shows"),
        (Shown("m1", f"{FIRST} {FIRST}"), "shows"),
        (Shown("m1", f"{FIRST}\n\n{texts.STOPPED.english}"), "shows"),
        (Shown("m1", FIRST, (texts.STOP.english,)), "Stop button is left"),
        (Shown("m1", FIRST, (texts.RETRY.english,)), "buttons are left"),
        (Shown("m9", FIRST), "do not stand on the screen"),
    ],
    ids=["cut", "doubled", "with a note", "with Stop", "with Retry", "in another message"],
)
def test_what_is_not_the_whole_answer_alone_is_seen(shown: Shown, said: str) -> None:
    assert said in complaints(showing(shown, CASE.shown[1]))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (turn(1, ("m1",), HALF), "of its answer stored"),
        (turn(1, ("m1",), None), "of its answer stored"),
        (turn(1, ("m1",), FIRST, "cancelled"), "is cancelled"),
        (turn(1, ("m1",), None, "failed"), "is failed"),
    ],
    ids=["cut", "none", "cancelled", "failed"],
)
def test_what_is_not_stored_as_it_should_be_is_seen(changed: TurnRow, said: str) -> None:
    assert said in complaints(ledger=with_first(changed))


def test_a_question_that_is_not_stored_or_twice_is_seen() -> None:
    assert "stored 2 times" in complaints(ledger=replace(LEDGER, questions=(*LEDGER.questions, (7, question(1)))))
    assert "2 turns" in complaints(ledger=replace(LEDGER, turns=(*LEDGER.turns, replace(LEDGER.turns[0], id=3))))
    assert "0 turns" in complaints(ledger=replace(LEDGER, turns=LEDGER.turns[1:]))


def test_a_retry_is_no_second_turn_and_its_answer_counts() -> None:
    failed = turn(1, (), None, "failed")
    retried = replace(turn(1, ("m1",), FIRST), id=3, replaces=1)
    assert complaints(ledger=replace(LEDGER, turns=(failed, LEDGER.turns[1], retried))) == ""


def test_a_failure_counts_where_it_is_told_and_the_question_was_written_anew() -> None:
    excused = replace(CASE, questions=(replace(CASE.questions[0], excused=True), CASE.questions[1]))
    ledger = with_first(turn(1, ("m1",), None, "failed"))
    told = replace(excused, shown=(Shown("m1", "Sorry.", (texts.RETRY.english,)), CASE.shown[1]))
    assert complaints(told, ledger) == ""
    assert "nothing on the screen says so" in complaints(replace(told, shown=CASE.shown), ledger)


def test_answers_in_the_wrong_order_are_seen() -> None:
    assert "stands above" in complaints(showing(*reversed(CASE.shown)))
    swapped = replace(LEDGER, turns=(replace(LEDGER.turns[1], id=1), replace(LEDGER.turns[0], id=2)))
    assert "has the earlier turn" in complaints(ledger=swapped)


def test_a_message_that_no_turn_knows_is_an_orphan() -> None:
    stray = Shown("m3", HALF, (texts.STOP.english,))
    verdict = judge(showing(*CASE.shown, stray), LEDGER)
    assert (verdict.complaints, verdict.orphans) == ((), (stray,))
