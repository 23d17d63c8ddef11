"""What the plan of the chaos test promises."""

from itertools import chain

from tests.chaos.plan import Kind, Trouble, plan_round


def test_the_same_seed_gives_the_same_plan_and_another_one_another() -> None:
    assert plan_round(1, 3, 2) == plan_round(1, 3, 2)
    assert plan_round(1, 3, 2) != plan_round(2, 3, 2)
    assert plan_round(1, 3, 2) != plan_round(1, 4, 2)


def test_no_two_questions_have_one_number() -> None:
    numbers = [question.number for n in range(1, 201) for question in plan_round(1, n, 2).questions]
    assert len(set(numbers)) == len(numbers)
    assert max(number % 100 for number in numbers) < 50, "the others are for questions that are written anew"


def test_in_each_round_people_ask_on_both_platforms_and_something_happens_to_a_process() -> None:
    for number in range(1, 201):
        plan = plan_round(1, number, 1)
        kinds = {kind for kind, _ in plan.places}
        assert kinds & {Kind.THREAD, Kind.TAB}
        assert kinds & {Kind.PRIVATE, Kind.GROUP}
        assert {mishap.trouble for mishap in plan.mishaps} & {Trouble.KILL, Trouble.DEPLOY}


def test_every_trouble_comes_and_so_do_questions_right_behind_each_other() -> None:
    plans = [plan_round(1, number, 2) for number in range(1, 51)]
    assert {mishap.trouble for mishap in chain(*(plan.mishaps for plan in plans))} == set(Trouble)
    places = [[question.place for question in plan.questions] for plan in plans]
    assert any(len(set(asked)) < len(asked) for asked in places)


def test_one_process_is_never_frozen_for_it_would_only_be_slow() -> None:
    plans = [plan_round(1, number, 1) for number in range(1, 51)]
    troubles = {mishap.trouble for plan in plans for mishap in plan.mishaps}
    assert not troubles & {Trouble.FREEZE, Trouble.DATABASE}
