"""Whose chats they are, each with their own pins and archive.

A chat that a process of the version before begins meanwhile gets its people with its next question.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

PLACE = ("platform", "workspace")
LISTED = ("archived", "pinned", "active_at", "chat_id")

BACKFILL = """
INSERT INTO participants (chat_id, person, platform, workspace, channel, active_at)
SELECT id, user_id, platform, workspace, channel, updated_at FROM chats
UNION
SELECT chats.id, messages.author_id, chats.platform, chats.workspace, chats.channel, chats.updated_at
FROM messages JOIN chats ON chats.id = messages.chat_id WHERE messages.author_id IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "participants",
        sa.Column("chat_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("archived", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "person", name=op.f("pk_participants")),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_participants_chat_id_chats"), ondelete="CASCADE"
        ),
    )
    op.execute(BACKFILL)
    op.create_index("ix_participants_everywhere", "participants", [*PLACE, "person", *LISTED])
    op.create_index("ix_participants_in_channel", "participants", [*PLACE, "channel", "person", *LISTED])
    op.create_index("ix_messages_of_source", "messages", ["chat_id", "source"])
    op.create_index("ix_chats_of_place", "chats", [*PLACE, "channel", "thread"])
    op.drop_index("ix_messages_of_author", "messages")
    op.drop_index("ix_chats_of_owner", "chats")
    op.drop_index("ix_chats_of_channel", "chats")
