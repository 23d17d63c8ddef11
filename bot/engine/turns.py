"""One question and its answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.engine.chats import Author, Chat, Message


def order_of(source: str) -> tuple[int, str]:
    """Sorts platforms' message ids by time: digits that count up, in Slack with a fraction of a fixed length."""
    return len(source), source


class TurnStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in (TurnStatus.DONE, TurnStatus.FAILED, TurnStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question, its answer once that is stored, and the platform messages (`replies`, in page order) that show it.

    `replaces` is the turn that this one asks again. Turns with the same question are variants of its answer: the
    `standing` one of them is on the screen and in the history.
    `failure` names the error (`ModelError.code`) that ended it. `shown`: the final text stands on the platform.
    `tries` counts the workers that took it up; `partial` is what the last of them kept when it was told to let go.
    `stopping`: somebody wants it to end. `waited`: another turn of the chat was not over when this one was asked.
    """

    id: int
    chat_id: int
    question: Message
    answer: Message | None
    status: TurnStatus
    replies: tuple[str, ...]
    replaces: int | None
    failure: str | None
    shown: bool
    created_at: datetime
    tries: int = 0
    partial: str = ""
    stopping: bool = False
    waited: bool = False
    standing: bool = True

    @property
    def untouched(self) -> bool:
        """Whether nobody has begun with it yet."""
        return self.status is TurnStatus.QUEUED and self.tries == 0

    @property
    def language(self) -> str:
        """That of the person who asked."""
        return self.question.author.language if self.question.author else ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said in a turn that is over: a question and the answer to it."""

    question: str
    author: Author | None
    answer: str


@dataclass(frozen=True, slots=True)
class Started:
    """A turn that a worker took up, its chat, and what was said in the ended turns before it.

    That comes newest first, of standing turns with an answer only. `others` are the turns with the other answers to
    the same question, oldest first.
    """

    turn: Turn
    chat: Chat
    history: Sequence[Exchange] = ()
    others: Sequence[int] = ()
