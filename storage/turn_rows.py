"""How a turn and its messages are read and written in rows."""

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Insert,
    Integer,
    Select,
    Table,
    Update,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from bot.engine.chats import Author, Message, Role
from bot.engine.turns import Exchange, Started, Turn, TurnStatus
from storage.chats import CHAT, chat_of
from storage.statement import Query
from storage.tables import Id, chats, messages, posts, turns

OPEN = [TurnStatus.QUEUED, TurnStatus.RUNNING]
ENDED = [status.value for status in TurnStatus if status.ended]

TURN = bindparam("turn", type_=Id)

OF_CHAT = "of_chat_"
"""Before the names of a chat's columns where a turn's stand beside them."""

question = messages.alias("question")
answer = messages.alias("answer")


def turns_of(rows: Sequence[Any]) -> list[Turn]:
    """The turns that the rows of a `whole` query stand for."""
    by_turn = [list(of_turn) for _, of_turn in groupby(rows, attrgetter("id"))]
    return [_turn_of(of_turn[0], [row.reply for row in of_turn if row.reply is not None]) for of_turn in by_turn]


def started_of(rows: Sequence[Any], history: Sequence[Any], others: Sequence[Any]) -> Started:
    """The turn and the chat that the rows of a `with_chat` query stand for, with what came before."""
    said = [
        Exchange(row.question, _author(row.author_id, row.author_name, row.author_language), row.answer)
        for row in history
    ]
    return Started(turns_of(rows)[0], chat_of(rows[0], OF_CHAT), said, [other.id for other in others])


def may_have_others(row: Any) -> bool:
    """Whether there may be other answers to the question: for most turns this spares the look."""
    return row.replaces is not None or row.status in ENDED or not row.standing


def _turn_of(row: Any, replies: Sequence[str]) -> Turn:
    return Turn(
        id=row.id,
        chat_id=row.chat_id,
        question=_message_of(row, "question"),
        answer=None if row.answer_id is None else _message_of(row, "answer"),
        status=TurnStatus(row.status),
        replies=tuple(replies),
        replaces=row.replaces,
        failure=row.failure,
        shown=row.shown,
        created_at=row.created_at,
        tries=row.tries,
        partial=row.partial or "",
        stopping=row.stopping,
        waited=row.waited,
        standing=row.standing,
    )


def _message_of(row: Any, prefix: str) -> Message:
    def column(name: str) -> Any:
        return getattr(row, f"{prefix}_{name}")

    return Message(
        id=column("id"),
        chat_id=row.chat_id,
        role=Role(column("role")),
        content=column("content"),
        created_at=column("created_at"),
        author=_author(column("author_id"), column("author_name"), column("author_language")),
        source=column("source"),
    )


def _author(author_id: str | None, name: str, language: str | None) -> Author | None:
    return None if author_id is None else Author(author_id, name, language or "")


def whole(source: FromClause, *which: ColumnElement[bool]) -> Select[Any]:
    """The turns with their messages; one with several replies has as many rows, in page order.

    They come from `source`, which has the columns of `turns`.
    """
    own = [column for column in source.c if column.name not in ("question_id", "answer_id", "ended_at")]
    of_messages = [
        c.label(f"{side.name}_{c.name}") for side in (question, answer) for c in side.c if c.name != "edited"
    ]
    asked = source.join(question, question.c.id == source.c.question_id)
    answered = asked.outerjoin(answer, answer.c.id == source.c.answer_id)
    shown = answered.outerjoin(posts, posts.c.turn_id == source.c.id)
    query = select(*own, *of_messages, posts.c.message_id.label("reply")).select_from(shown).where(*which)
    return query.order_by(source.c.id, posts.c.page)


def with_chat(source: FromClause, *which: ColumnElement[bool]) -> Select[Any]:
    """As `whole`, with the columns of the turns' chats."""
    of_chats = [column.label(f"{OF_CHAT}{column.name}") for column in chats.c]
    return whole(source, chats.c.id == source.c.chat_id, *which).add_columns(*of_chats)


def history() -> Select[Any]:
    """What was said in the standing, ended turns before one of the chat, newest first."""
    before = [turns.c.chat_id == CHAT, turns.c.id < TURN, is_one_of(ENDED), *_stands()]
    author = [question.c.author_id, question.c.author_name, question.c.author_language]
    said = select(question.c.content.label("question"), *author, answer.c.content.label("answer")).where(*before)
    both = turns.join(question, question.c.id == turns.c.question_id).join(answer, answer.c.id == turns.c.answer_id)
    return said.select_from(both).order_by(turns.c.id.desc()).limit(bindparam("most", type_=Integer))


def _stands() -> list[ColumnElement[bool]]:
    """An older version that runs beside this one leaves what it asks again standing: then the newer turn counts."""
    later = turns.alias("later")
    newer = [later.c.question_id == turns.c.question_id, later.c.id > turns.c.id, later.c.id < TURN, later.c.standing]
    return [turns.c.standing, ~exists().where(*newer)]


def other_answers() -> Select[Any]:
    """The ended turns of the same question that have an answer, oldest first."""
    asked = select(turns.c.question_id).where(turns.c.id == TURN).scalar_subquery()
    variant = turns.alias("variant")
    ended = or_(*(variant.c.status == status for status in ENDED))
    which = [variant.c.question_id == asked, variant.c.id != TURN, ended, variant.c.answer_id.is_not(None)]
    return select(variant.c.id).where(*which).order_by(variant.c.id)


def at_the_end_of_chat(which: Any, *among: ColumnElement[bool]) -> Select[Any]:
    """The turn of the chat with the greatest or smallest number."""
    end = select(which(turns.c.id)).where(turns.c.chat_id == CHAT, *among).scalar_subquery()
    return whole(turns, turns.c.id == end)


def late_replies(turn_id: Any, replaced: Any) -> Update:
    """Gives a turn without replies those of the one that it replaces: that one wrote them after this was asked."""
    of_turn = posts.alias("of_turn")
    has_own = select(of_turn.c.id).where(of_turn.c.turn_id == turn_id).exists()
    return update(posts).where(posts.c.turn_id == replaced, ~has_own).values(turn_id=turn_id)


def new_message(role: Role) -> Insert:
    author = ("author_id", "author_name", "author_language")
    written = new(messages, "content", *author, "source", "created_at")
    return insert(messages).values(chat_id=CHAT, role=role, **written)


def asked_by(author: Author | None) -> dict[str, str | None]:
    """The author's columns for `new_message`."""
    if author is None:
        return dict.fromkeys(("new_author_id", "new_author_name", "new_author_language"))
    return {
        "new_author_id": author.id,
        "new_author_name": author.name,
        "new_author_language": author.language or None,
    }


def new_turn(question_id: Any) -> Insert:
    """A queued turn; it has waited where another one of the chat is not over."""
    open_one = select(turns.c.id).where(turns.c.chat_id == CHAT, is_one_of(OPEN)).exists()
    asked = {"question_id": question_id, **new(turns, "replaces", "created_at")}
    queued = insert(turns).values(
        chat_id=CHAT, status=TurnStatus.QUEUED, waited=select(open_one).scalar_subquery(), **asked
    )
    return queued.returning(turns.c.id, turns.c.question_id, turns.c.waited)


def taken_up() -> Update:
    """One try more; what is queued runs, what is shown stays as it is."""
    runs = case((turns.c.status == TurnStatus.QUEUED, TurnStatus.RUNNING.value), else_=turns.c.status)
    return update(turns).where(turns.c.id == TURN, ~turns.c.shown).values(tries=turns.c.tries + 1, status=runs)


def new(table: Table, *columns: str) -> dict[str, BindParameter[Any]]:
    """Values for these columns, given at the run as `new_…`."""
    return {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns}


def is_one_of(statuses: Sequence[str]) -> ColumnElement[bool]:
    """Not as an IN: a list in it would be written anew at each run."""
    return or_(*(turns.c.status == status for status in statuses))


GET = Query(with_chat(turns, turns.c.id == TURN))
LAST = Query(at_the_end_of_chat(func.max, turns.c.standing))
FIRST = Query(at_the_end_of_chat(func.min))
ALL = Query(whole(turns, turns.c.chat_id == CHAT))
HISTORY = Query(history())
OTHERS = Query(other_answers())
