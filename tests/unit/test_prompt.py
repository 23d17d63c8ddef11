from datetime import UTC, datetime

from bot.engine.chats import Author, Message, Role
from bot.engine.prompt import MESSAGE_OVERHEAD, build_prompt
from bot.engine.replies import ModelMessage
from bot.engine.turns import Exchange

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ANN, BOB = Author("U1", "Ann"), Author("U2", "Bob")


def words(text: str) -> int:
    return len(text.split())


def message(text: str) -> Message:
    return Message(1, 1, Role.USER, text, NOW, ANN)


def contents(prompt: list[ModelMessage]) -> list[str]:
    return [m.content for m in prompt]


def test_history_stands_in_the_order_it_was_said_between_instructions_and_question() -> None:
    history = [Exchange("q2", ANN, "a2"), Exchange("q1", ANN, "a1")]
    prompt = build_prompt("be kind", history, message("q3"), 1000, words)
    assert contents(prompt) == ["be kind", "q1", "a1", "q2", "a2", "q3"]
    assert [m.role for m in prompt] == ["system", "user", "assistant", "user", "assistant", "user"]


def test_only_whole_exchanges_go_in_newest_first() -> None:
    history = [Exchange("q2", ANN, "a2"), Exchange("q1", ANN, "a1")]
    budget = 3 * (1 + MESSAGE_OVERHEAD)
    assert contents(build_prompt("", history, message("q3"), budget, words)) == ["q2", "a2", "q3"]
    assert contents(build_prompt("", history, message("q3"), budget - 1, words)) == ["q3"]


def test_an_older_exchange_that_would_fit_is_not_taken_over_a_gap() -> None:
    history = [Exchange("long " * 50, ANN, "a2"), Exchange("q1", ANN, "a1")]
    assert contents(build_prompt("", history, message("q3"), 30, words)) == ["q3"]


def test_the_question_is_asked_however_small_the_budget() -> None:
    assert contents(build_prompt("", [], message("a long question"), 0, words)) == ["a long question"]


def test_several_people_are_told_apart_by_name() -> None:
    prompt = build_prompt("", [Exchange("q1", BOB, "a1")], message("q2"), 1000, words)
    assert contents(prompt) == ["Bob: q1", "a1", "Ann: q2"]


def test_a_single_person_is_not_named() -> None:
    assert contents(build_prompt("", [Exchange("q1", ANN, "a1")], message("q2"), 1000, words)) == ["q1", "a1", "q2"]
