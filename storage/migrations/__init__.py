"""The schema's history. Revisions are run from the installed package; no alembic.ini is needed.

A further one is drafted by `alembic.command.revision(settings(connection), message, autogenerate=True)` against a
database of the newest revision.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from bot.engine.errors import StorageUnavailable

LOCK = 7_460_201_126
"""Any number, as long as it stays: all who migrate this product's databases on PostgreSQL wait for the same lock."""


def settings(connection: Connection | None = None) -> Config:
    """What Alembic needs to know; `connection` is the one that migrations run on."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the schema's description in the code speaks of this.

    Procrastinate's tables are its own affair, and SQLite's full-text index is one that SQLAlchemy cannot describe.
    """
    return not (kind == "table" and (name or "").startswith(("procrastinate_", "search_index")))


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the missing revisions in the connection's transaction.

    Raises StorageUnavailable for a database of a newer version of the program, whose revisions are not known here.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    try:
        command.upgrade(settings(connection), revision)
    except CommandError as error:
        raise StorageUnavailable(f"the database's schema is not one that this version knows ({error})") from error
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise RuntimeError("a migration left rows that point to nothing; it was rolled back")


def is_current(connection: Connection) -> bool:
    """Whether every revision of this code has been run, and none that it does not know."""
    newest = set(ScriptDirectory.from_config(settings()).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == newest
