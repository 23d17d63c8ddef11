"""The model and the instructions of a chat, and what people prefer for new ones.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("chats", sa.Column("model", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.add_column("chats", sa.Column("instructions", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "people",
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("instructions", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.PrimaryKeyConstraint("platform", "workspace", "person", name=op.f("pk_people")),
    )
