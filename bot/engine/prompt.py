"""What the model is given: instructions, as much history as fits, the question."""

from collections.abc import Callable, Sequence

from bot.engine.chats import Author, Message, Role
from bot.engine.replies import ModelMessage
from bot.engine.turns import Exchange

MESSAGE_OVERHEAD = 4
"""Tokens that a chat template spends on one message besides its text."""


def build_prompt(
    instructions: str, history: Sequence[Exchange], question: Message, budget: int, count: Callable[[str], int]
) -> list[ModelMessage]:
    """Put the prompt together; `history` comes newest first and only whole exchanges of it are used.

    `budget` is in tokens for history and question together. The question is always there, however long it is.
    Several people are told apart by their names, a single one is not named.
    """
    named = len({author.id for author in (question.author, *(past.author for past in history)) if author}) > 1
    asked = _said(question.content, question.author if named else None)
    left = budget - _cost(asked, count)
    past: list[ModelMessage] = []
    for exchange in history:
        entries = [
            _said(exchange.question, exchange.author if named else None),
            ModelMessage(Role.ASSISTANT, exchange.answer),
        ]
        left -= sum(_cost(entry, count) for entry in entries)
        if left < 0:
            break
        past[:0] = entries
    system = [ModelMessage(Role.SYSTEM, instructions)] if instructions else []
    return [*system, *past, asked]


def _said(text: str, by: Author | None) -> ModelMessage:
    return ModelMessage(Role.USER, f"{by.name}: {text}" if by else text)


def _cost(message: ModelMessage, count: Callable[[str], int]) -> int:
    return count(message.content) + MESSAGE_OVERHEAD
