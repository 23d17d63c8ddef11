"""Chats in whose place the platform lets nothing be posted any more.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("chats", sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False))
