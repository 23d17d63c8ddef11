"""What can be searched: titles and messages, each with its words and whose they are.

Triggers note whose a document is: when it is written, and when somebody joins its chat. So whatever writes participants
need not know of the search, and on PostgreSQL nobody is missed who joins in the same moment: what a trigger reads is
newer than what the statement sees that it belongs to.

Whoever rebuilds `search_docs` or `participants` on SQLite has to make their triggers again.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from storage.search_backfill import index_everything

revision = "0011"
down_revision = "0010"

ON_POSTGRES = (
    """
    CREATE FUNCTION search_scope(platform text, workspace text, person text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT '@' || md5(platform || chr(10) || workspace || chr(10) || person) $$
    """,
    """
    CREATE FUNCTION search_docs_scope() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.tokens := NEW.tokens || array_to_tsvector(ARRAY(
            SELECT search_scope(platform, workspace, person) FROM participants WHERE chat_id = NEW.chat_id
        ));
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION search_docs_join() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE search_docs
        SET tokens = tokens || array_to_tsvector(ARRAY[search_scope(NEW.platform, NEW.workspace, NEW.person)])
        WHERE chat_id = NEW.chat_id;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER search_docs_scope BEFORE INSERT ON search_docs
    FOR EACH ROW EXECUTE FUNCTION search_docs_scope()
    """,
    """
    CREATE TRIGGER search_docs_join AFTER INSERT ON participants
    FOR EACH ROW EXECUTE FUNCTION search_docs_join()
    """,
)

SCOPE = "'@' || lower(hex(platform || char(10) || workspace || char(10) || person))"
OF_JOINED = "'@' || lower(hex(new.platform || char(10) || new.workspace || char(10) || new.person))"
ADD = "INSERT INTO search_index (rowid, tokens) VALUES (new.id, new.tokens);"
DROP = "INSERT INTO search_index (search_index, rowid, tokens) VALUES ('delete', old.id, old.tokens);"

ON_SQLITE = (
    """
    CREATE VIRTUAL TABLE search_index USING fts5(
        tokens, content='search_docs', content_rowid='id', detail=none, columnsize=0, tokenize="ascii tokenchars '@'"
    )
    """,
    f"CREATE TRIGGER search_docs_added AFTER INSERT ON search_docs BEGIN {ADD} END",
    f"CREATE TRIGGER search_docs_changed AFTER UPDATE OF tokens ON search_docs BEGIN {DROP} {ADD} END",
    f"CREATE TRIGGER search_docs_gone AFTER DELETE ON search_docs BEGIN {DROP} END",
    f"""
    CREATE TRIGGER search_docs_join AFTER INSERT ON participants
    BEGIN UPDATE search_docs SET tokens = {OF_JOINED} || ' ' || tokens WHERE chat_id = new.chat_id; END
    """,
)
"""`ascii` leaves everything beyond ASCII as it is, and our tokens have no capitals: so each stays what it is."""


def upgrade() -> None:
    identity = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "search_docs",
        sa.Column("id", identity, nullable=False),
        sa.Column("chat_id", identity, nullable=False),
        sa.Column("message_id", identity, nullable=True),
        sa.Column("tokens", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_docs")),
        sa.UniqueConstraint("message_id", name=op.f("uq_search_docs_message_id")),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_search_docs_chat_id_chats"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.id"], name=op.f("fk_search_docs_message_id_messages"), ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_search_docs_chat_id", "search_docs", ["chat_id"])
    titles = sa.text("message_id IS NULL")
    op.create_index(
        "uq_search_docs_title_of_chat",
        "search_docs",
        ["chat_id"],
        unique=True,
        postgresql_where=titles,
        sqlite_where=titles,
    )
    nowhere = sa.text("tokens IS NULL")
    op.create_index(
        "ix_search_docs_tokens", "search_docs", ["tokens"], postgresql_using="gin", sqlite_where=nowhere
    )
    for statement in ON_POSTGRES if op.get_bind().dialect.name == "postgresql" else ON_SQLITE:
        op.execute(statement)
    index_everything(op.get_bind())
