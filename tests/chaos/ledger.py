"""What the database says, read past everything that is ours."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from sqlalchemy import make_url

from tests.chaos.questions import number_of

UNREADABLE = (psycopg.Error, sqlite3.Error)
"""What a look into a database that is away raises."""

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class TurnRow:
    id: int
    chat: int
    question: int
    """The id of the message; a turn that replaces another has the same."""
    asked: str
    answer: str | None
    status: str
    failure: str | None
    shown: bool
    replaces: int | None
    tries: int
    replies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that bears on questions and answers, as of one moment."""

    turns: tuple[TurnRow, ...]
    questions: tuple[tuple[int, str], ...]
    """The messages of people: (chat, content)."""
    posts: frozenset[str]
    """The platform messages that are known to be ours."""
    answers_of_no_turn: int
    """Messages of ours in the history that no question led to."""
    orders: int
    """What is still to be done on a platform."""
    jobs: int
    """Turns that wait or run in the shared queue."""

    def has(self, numbers: set[int]) -> bool:
        """Whether each of these questions has a turn."""
        return numbers <= {number_of(turn.asked) for turn in self.turns}

    @property
    def unfinished(self) -> list[str]:
        """What is not quiet yet, in words."""
        open_turns = [f"turn {t.id} is {t.status}, tries {t.tries}" for t in self.turns if not t.shown]
        counted = ((self.orders, "orders are left"), (self.jobs, "jobs are left in the queue"))
        return [*open_turns, *(f"{number} {what}" for number, what in counted if number)]


TURNS = """
SELECT turns.id, turns.chat_id, question_id, question.content, answer.content, status, failure, shown, replaces, tries
FROM turns JOIN messages AS question ON question.id = question_id
LEFT JOIN messages AS answer ON answer.id = answer_id ORDER BY turns.id
"""

ANSWERS_OF_NO_TURN = """
SELECT count(*) FROM messages WHERE role = 'assistant'
AND NOT EXISTS (SELECT 1 FROM turns WHERE answer_id = messages.id)
"""


def read_ledger(url: str) -> Ledger:
    """Look into the database; raises one of UNREADABLE where it is away."""
    with closing(_connect(url)) as connection:

        def rows(query: LiteralString) -> Rows:
            return list(connection.execute(query).fetchall())

        replies = _replies(rows)
        return Ledger(
            tuple(_turn(row, replies) for row in rows(TURNS)),
            tuple((chat, said) for chat, said in rows("SELECT chat_id, content FROM messages WHERE role = 'user'")),
            frozenset(str(message) for (message,) in rows("SELECT message_id FROM posts")),
            rows(ANSWERS_OF_NO_TURN)[0][0],
            rows("SELECT count(*) FROM orders")[0][0],
            rows("SELECT count(*) FROM procrastinate_jobs")[0][0] if isinstance(connection, psycopg.Connection) else 0,
        )


def _connect(url: str) -> "psycopg.Connection[tuple[Any, ...]] | sqlite3.Connection":
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return sqlite3.connect(f"file:{parsed.database}?mode=ro", uri=True, isolation_level=None)
    return psycopg.connect(url, autocommit=True, connect_timeout=5)


def _replies(rows: Callable[[LiteralString], Rows]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for turn, message in rows("SELECT turn_id, message_id FROM posts WHERE turn_id IS NOT NULL ORDER BY page"):
        found[turn] = (*found.get(turn, ()), str(message))
    return found


def _turn(row: tuple[Any, ...], replies: dict[int, tuple[str, ...]]) -> TurnRow:
    number, chat, question, asked, answer, status, failure, shown, replaces, tries = row
    known = replies.get(number, ())
    return TurnRow(number, chat, question, asked, answer, status, failure, bool(shown), replaces, tries, known)
