"""What several processes on one database must agree about, and what must outlive each of them.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("turns", sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("turns", sa.Column("waited", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("turns", sa.Column("stopping", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "orders",
        sa.Column("id", Id, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("chat_id", Id, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(message_id IS NULL) <> (chat_id IS NULL)", name=op.f("ck_orders_one_subject")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_orders_chat_id_chats"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("chat_id", name=op.f("uq_orders_chat_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_orders_due_at"), "orders", ["due_at"], unique=False)
    op.create_table(
        "paces",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("lane", name=op.f("pk_paces")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
