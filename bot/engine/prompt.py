"""What the model is given: instructions, as much history as fits, the question."""

from collections.abc import Callable, Sequence

from bot.engine.chats import Message, Role
from bot.engine.replies import ModelMessage
from bot.engine.turns import Turn

MESSAGE_OVERHEAD = 4
"""Tokens that a chat template spends on one message besides its text."""


def build_prompt(
    instructions: str, history: Sequence[Turn], question: Message, budget: int, count: Callable[[str], int]
) -> list[ModelMessage]:
    """Put the prompt together; `history` comes newest first and only whole turns of it are used.

    `budget` is in tokens for history and question together. The question is always there, however long it is.
    Several people are told apart by their names, a single one is not named.
    """
    named = len({m.author.id for m in (question, *(t.question for t in history)) if m.author}) > 1
    asked = ModelMessage(Role.USER, _said(question, named))
    left = budget - _cost(asked, count)
    past: list[ModelMessage] = []
    for turn in history:
        entries = _entries(turn, named)
        left -= sum(_cost(entry, count) for entry in entries)
        if left < 0:
            break
        past[:0] = entries
    system = [ModelMessage(Role.SYSTEM, instructions)] if instructions else []
    return [*system, *past, asked]


def _entries(turn: Turn, named: bool) -> list[ModelMessage]:
    answer = [ModelMessage(Role.ASSISTANT, turn.answer.content)] if turn.answer else []
    return [ModelMessage(Role.USER, _said(turn.question, named)), *answer]


def _said(message: Message, named: bool) -> str:
    return f"{message.author.name}: {message.content}" if named and message.author else message.content


def _cost(message: ModelMessage, count: Callable[[str], int]) -> int:
    return count(message.content) + MESSAGE_OVERHEAD
