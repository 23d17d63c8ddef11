"""Procrastinate's tables, in which turns wait on PostgreSQL.

The first file is `schema.sql` of Procrastinate 3.10.0, copied: what an old database gets must not depend on the version
that happens to be installed. For a later version copy its numbered migrations into a revision of their own.

Revision ID: 0002
Revises: 0001
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

FILES = ("0002_procrastinate_3_10.sql", "0002_wake_next_turn.sql")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for name in FILES:
            script = Path(__file__).with_name(name).read_text(encoding="utf-8")
            # without parameters at all, or the driver takes a % for one and refuses several statements at once
            connection.exec_driver_sql(script, execution_options={"no_parameters": True})
