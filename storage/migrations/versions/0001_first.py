"""The first tables.

Revision ID: 0001
Revises: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "chats",
        sa.Column("id", Id, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("title_source", sa.Text(), nullable=True),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("title_source IN ('auto', 'person', 'platform')", name=op.f("ck_chats_title_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_chats_of_channel", "chats", ["platform", "workspace", "channel", "updated_at"], unique=False)
    op.create_index("ix_chats_of_owner", "chats", ["platform", "workspace", "user_id", "updated_at"], unique=False)
    op.create_index(
        "ix_chats_untitled",
        "chats",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("title IS NULL"),
        sqlite_where=sa.text("title IS NULL"),
    )
    op.create_index(
        "uq_chats_current_of_place",
        "chats",
        ["platform", "workspace", "channel", "thread"],
        unique=True,
        postgresql_where=sa.text("current"),
        sqlite_where=sa.text("current = 1"),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_received_at"), "events", ["received_at"], unique=False)
    op.create_table(
        "positions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_positions")),
    )
    op.create_table(
        "messages",
        sa.Column("id", Id, nullable=False),
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("author_name", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('user', 'assistant', 'system')", name=op.f("ck_messages_role")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_messages_chat_id_chats"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_messages_of_author", "messages", ["chat_id", "author_id"], unique=False)
    op.create_table(
        "turns",
        sa.Column("id", Id, nullable=False),
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("question_id", Id, nullable=False),
        sa.Column("answer_id", Id, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("partial", sa.Text(), nullable=True),
        sa.Column("replaces", Id, nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("shown", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "NOT shown OR status IN ('done', 'failed', 'cancelled')", name=op.f("ck_turns_shown_is_ended")
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_turns_status")
        ),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["messages.id"], name=op.f("fk_turns_answer_id_messages"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_turns_chat_id_chats"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["question_id"], ["messages.id"], name=op.f("fk_turns_question_id_messages"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["replaces"], ["turns.id"], name=op.f("fk_turns_replaces_turns"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turns")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_turns_answer_id"), "turns", ["answer_id"], unique=False)
    op.create_index("ix_turns_of_chat", "turns", ["chat_id", "id"], unique=False)
    op.create_index(op.f("ix_turns_question_id"), "turns", ["question_id"], unique=False)
    op.create_index(op.f("ix_turns_replaces"), "turns", ["replaces"], unique=False)
    op.create_index(
        "ix_turns_waiting",
        "turns",
        ["id"],
        unique=False,
        postgresql_where=sa.text("NOT shown"),
        sqlite_where=sa.text("shown = 0"),
    )
    op.create_table(
        "posts",
        sa.Column("id", Id, nullable=False),
        sa.Column("chat_id", Id, nullable=False),
        sa.Column("turn_id", Id, nullable=True),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_posts_chat_id_chats"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name=op.f("fk_posts_turn_id_turns"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("turn_id", "page", name=op.f("uq_posts_turn_id_page")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_posts_chat_id"), "posts", ["chat_id"], unique=False)
