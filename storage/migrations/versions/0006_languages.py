"""The language of who asked, in which the answer's buttons and notes are.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("messages", sa.Column("author_language", sa.Text(), nullable=True))
