"""The tables, and how our values are written into columns.

`sqlite_autoincrement`, because else SQLite gives the id of a deleted row to the next one, and an old button would act
on somebody else's chat.
"""

import re
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names for constraints, from day one: SQLite and PostgreSQL invent different ones, and migrations must name them."""

NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts by itself only in a column declared INTEGER."""


class PlainText(TypeDecorator[str]):
    """Text that every database takes: without NUL (PostgreSQL refuses it), halves of characters as U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, stored and given back in UTC (SQLite knows no time zones, PostgreSQL answers in its own)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def storable(value: str) -> str:
    """The text as every database takes it."""
    return NOT_STORABLE.sub(_substitute, str(value))


def _substitute(match: re.Match[str]) -> str:
    return "" if match[0] == "\x00" else "\ufffd"


metadata = MetaData(naming_convention=NAMES)

chats = Table(
    "chats",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", PlainText, nullable=False),
    Column("workspace", PlainText, nullable=False),
    Column("channel", PlainText, nullable=False),
    Column("thread", PlainText, nullable=False),
    Column("user_id", PlainText, nullable=False),
    Column("title", PlainText),
    Column("title_source", PlainText),
    Column("current", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("gone", Boolean, nullable=False, server_default=false()),
    Column("model", PlainText, nullable=False, server_default=text("''")),
    Column("instructions", PlainText, nullable=False, server_default=text("''")),
    CheckConstraint("title_source IN ('auto', 'person', 'platform')", name="title_source"),
    Index(
        "uq_chats_current_of_place",
        "platform",
        "workspace",
        "channel",
        "thread",
        unique=True,
        postgresql_where=text("current"),
        sqlite_where=text("current = 1"),
    ),
    Index("ix_chats_of_place", "platform", "workspace", "channel", "thread"),
    Index(
        "ix_chats_untitled",
        "created_at",
        postgresql_where=text("title IS NULL"),
        sqlite_where=text("title IS NULL"),
    ),
    sqlite_autoincrement=True,
)

LISTED = ("archived", "pinned", "active_at", "chat_id")
"""What a list of chats is sorted by, once it is known whose."""

participants = Table(
    "participants",
    metadata,
    Column("chat_id", Id, ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("person", PlainText, primary_key=True),
    Column("platform", PlainText, nullable=False),
    Column("workspace", PlainText, nullable=False),
    Column("channel", PlainText, nullable=False),
    Column("pinned", Boolean, nullable=False, server_default=false()),
    Column("archived", Boolean, nullable=False, server_default=false()),
    Column("active_at", UtcTime, nullable=False),
    Index("ix_participants_everywhere", "platform", "workspace", "person", *LISTED),
    Index("ix_participants_in_channel", "platform", "workspace", "channel", "person", *LISTED),
)
"""Whose chat it is: who began it and who asked in it. `active_at` is the same for all of a chat: when it was last
asked in. That and the place stand here for the lists, each of which is one piece of an index.
"""

people = Table(
    "people",
    metadata,
    Column("platform", PlainText, primary_key=True),
    Column("workspace", PlainText, primary_key=True),
    Column("person", PlainText, primary_key=True),
    Column("model", PlainText, nullable=False, server_default=text("''")),
    Column("instructions", PlainText, nullable=False, server_default=text("''")),
)
"""What people prefer for new chats, those of them that prefer anything."""

title_prompts = Table(
    "title_prompts",
    metadata,
    Column("platform", PlainText, primary_key=True),
    Column("workspace", PlainText, primary_key=True),
    Column("channel", PlainText, primary_key=True),
    Column("person", PlainText, primary_key=True),
    Column("message_id", PlainText),
    Column("chat_id", Id, ForeignKey("chats.id", ondelete="CASCADE"), nullable=False, index=True),
)
"""Who was asked for a chat's new title; by which message is not known yet while it is being sent."""

messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", Id, ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    Column("role", PlainText, nullable=False),
    Column("content", PlainText, nullable=False),
    Column("author_id", PlainText),
    Column("author_name", PlainText),
    Column("author_language", PlainText),
    Column("source", PlainText),
    Column("created_at", UtcTime, nullable=False),
    Column("edited", PlainText),
    CheckConstraint("role IN ('user', 'assistant', 'system')", name="role"),
    Index("ix_messages_of_source", "chat_id", "source"),
    sqlite_autoincrement=True,
)

"""`edited` is what the author made of a question too late: when the chat had gone on from the old text."""

turns = Table(
    "turns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", Id, ForeignKey("chats.id", ondelete="CASCADE"), nullable=False),
    Column("question_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("answer_id", Id, ForeignKey("messages.id", ondelete="SET NULL"), index=True),
    Column("status", PlainText, nullable=False),
    Column("partial", PlainText),
    Column("replaces", Id, ForeignKey("turns.id", ondelete="SET NULL"), index=True),
    Column("failure", PlainText),
    Column("shown", Boolean, nullable=False, server_default=false()),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("waited", Boolean, nullable=False, server_default=false()),
    Column("stopping", Boolean, nullable=False, server_default=false()),
    Column("standing", Boolean, nullable=False, server_default=true()),
    Column("created_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    CheckConstraint("status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="status"),
    CheckConstraint("NOT shown OR status IN ('done', 'failed', 'cancelled')", name="shown_is_ended"),
    Index("ix_turns_of_chat", "chat_id", "id"),
    Index("ix_turns_waiting", "id", postgresql_where=text("NOT shown"), sqlite_where=text("shown = 0")),
    sqlite_autoincrement=True,
)
"""`partial` is what a stop in the middle left; `ended_at` stays empty where a turn was cancelled before it ran.

`tries` counts the workers that took the turn: whoever writes must be the last of them. Of the turns with one question
one is `standing`. Nothing checks it: a process of an older version leaves two of them, and then the newer one counts.
"""

search_docs = Table(
    "search_docs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", Id, ForeignKey("chats.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("message_id", Id, ForeignKey("messages.id", ondelete="CASCADE"), unique=True),
    Column("tokens", Text().with_variant(TSVECTOR, "postgresql"), nullable=False),
    Index(
        "uq_search_docs_title_of_chat",
        "chat_id",
        unique=True,
        postgresql_where=text("message_id IS NULL"),
        sqlite_where=text("message_id IS NULL"),
    ),
    Index("ix_search_docs_tokens", "tokens", postgresql_using="gin", sqlite_where=text("tokens IS NULL")),
    sqlite_autoincrement=True,
)
"""What can be found: messages, and titles of chats (without `message_id`), each with its words and whose it is.

The last is put in by triggers, which also keep SQLite's full-text index `search_index` (see revision 0010). There the
index of the tokens themselves is always empty.
"""

feedback = Table(
    "feedback",
    metadata,
    Column("turn_id", Id, ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("person", PlainText, primary_key=True),
    Column("good", Boolean, nullable=False),
    Column("given_at", UtcTime, nullable=False),
)
"""What people think of answers."""

posts = Table(
    "posts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("chat_id", Id, ForeignKey("chats.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("turn_id", Id, ForeignKey("turns.id", ondelete="CASCADE")),
    Column("page", Integer, nullable=False),
    Column("message_id", PlainText, nullable=False),
    UniqueConstraint("turn_id", "page"),
    sqlite_autoincrement=True,
)
"""Platform messages of ours. Those of a turn are the pages of its reply; those of no turn have page 0."""

events = Table(
    "events",
    metadata,
    Column("id", PlainText, primary_key=True),
    Column("problem", PlainText),
    Column("received_at", UtcTime, nullable=False, index=True),
)

positions = Table(
    "positions",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", PlainText, nullable=False),
    Column("workspace", PlainText, nullable=False),
    Column("channel", PlainText, nullable=False),
    Column("thread", PlainText, nullable=False),
    Column("message_id", PlainText),
    Column("chat_id", Id, ForeignKey("chats.id", ondelete="CASCADE")),
    Column("tries", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("due_at", UtcTime, nullable=False, index=True),
    UniqueConstraint("chat_id"),
    CheckConstraint("(message_id IS NULL) <> (chat_id IS NULL)", name="one_subject"),
    sqlite_autoincrement=True,
)
"""What is still to be done on a platform: take a message away, or show a chat's title (once, however often it changed).

An order to delete outlives its chat, so it has no `chat_id`.
"""

paces = Table(
    "paces",
    metadata,
    Column("lane", PlainText, primary_key=True),
    Column("next_at", UtcTime, nullable=False),
    Column("closed_until", UtcTime),
)
"""Used by processes of the version before only, which may still run beside ours; the next version drops it."""

budgets = Table(
    "budgets",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("account", PlainText, nullable=False),
    Column("until", Double, nullable=False),
    postgresql_with={"fillfactor": 50},
)
"""What is used of each budget, as JSON, and until when that says anything, in seconds since the epoch.

Rows change several times a second. So on PostgreSQL half of each page is kept free for the new versions of its rows,
and there is no index on what changes.
"""

leases = Table(
    "leases",
    metadata,
    Column("name", PlainText, primary_key=True),
    Column("holder", PlainText, nullable=False),
    Column("until", UtcTime, nullable=False),
)
"""What only one process may do at a time."""
