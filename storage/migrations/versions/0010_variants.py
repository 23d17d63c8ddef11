"""Which of several answers to a question stands, and what a question was changed to too late.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

REPLACED = "UPDATE turns SET standing = false WHERE id IN (SELECT replaces FROM turns WHERE replaces IS NOT NULL)"


def upgrade() -> None:
    op.add_column("turns", sa.Column("standing", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.execute(REPLACED)
    op.add_column("messages", sa.Column("edited", sa.Text(), nullable=True))
