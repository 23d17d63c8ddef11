"""The schema's history leads to the tables of the code, and takes what is stored along."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bot.engine.chats import TitleSource
from bot.engine.errors import StorageUnavailable
from bot.engine.turns import TurnStatus
from storage import Database, migrations, open_database
from storage.tables import metadata

REVISIONS = [script.revision for script in ScriptDirectory.from_config(migrations.settings()).walk_revisions()]
FIRST = REVISIONS[-1]

FIRST_ROWS = [
    "INSERT INTO chats (id, platform, workspace, channel, thread, user_id, title, title_source, current, created_at, "
    "updated_at) VALUES (1, 'slack', 'T1', 'C1', '17.1', 'U1', 'Taxes', 'person', true, '2026-01-01 12:00:00+00:00', "
    "'2026-01-01 12:00:00+00:00')",
    "INSERT INTO messages (id, chat_id, role, content, author_id, author_name, source, created_at) VALUES "
    "(1, 1, 'user', 'Why?', 'U1', 'Ann', '17.1', '2026-01-01 12:00:00+00:00'), "
    "(2, 1, 'assistant', 'Because.', NULL, NULL, NULL, '2026-01-01 12:00:00+00:00')",
    "INSERT INTO turns (id, chat_id, question_id, answer_id, status, shown, created_at) VALUES "
    "(1, 1, 1, 2, 'done', true, '2026-01-01 12:00:00+00:00')",
    "INSERT INTO turns (id, chat_id, question_id, status, replaces, shown, created_at) VALUES "
    "(2, 1, 1, 'queued', 1, false, '2026-01-01 12:00:00+00:00')",
    "INSERT INTO posts (id, chat_id, turn_id, page, message_id) VALUES (1, 1, 2, 0, '17.2'), (2, 1, NULL, 0, '17.3')",
    "INSERT INTO events (id, received_at) VALUES ('e1', '2026-01-01 12:00:00+00:00')",
    "INSERT INTO positions (name, value) VALUES ('telegram', 7)",
]
"""What a database of the first revision held. It stays as it is, whatever later revisions make of it."""

REBUILD = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "rebuild", "{head}"

def upgrade() -> None:
    anew = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("chats", recreate=anew) as chats:
        chats.add_column(sa.Column("colour", sa.Text()))
    {further}
"""


@pytest.fixture(params=["sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database of each kind without any table."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'empty.db'}" if on_sqlite else request.getfixturevalue("empty_postgres_url")
    database = open_database(url)
    yield database
    await database.close()


async def run(database: Database, work: Any, *arguments: Any) -> Any:
    """Do something in a transaction of its own, past everything that is ours."""
    engine = create_async_engine(database.url, poolclass=NullPool)
    async with engine.begin() as connection:
        return await connection.run_sync(work, *arguments)


def insert_first_rows(connection: Connection) -> None:
    for statement in FIRST_ROWS:
        connection.execute(text(statement))


def differences(connection: Connection) -> list[Any]:
    options = {"compare_type": True, "compare_server_default": True, "include_name": migrations.is_ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def shape(connection: Connection) -> dict[str, list[str]]:
    """All that the database says of its tables; Alembic's own comparison leaves out checks and cascades."""
    inspector = inspect(connection)
    return {
        name: sorted(
            json.dumps(entry, default=str, sort_keys=True)
            for entry in (
                *inspector.get_columns(name),
                *inspector.get_foreign_keys(name),
                *inspector.get_indexes(name),
                *inspector.get_unique_constraints(name),
                *inspector.get_check_constraints(name),
                inspector.get_pk_constraint(name),
            )
        )
        for name in inspector.get_table_names()
        if name != "alembic_version" and migrations.is_ours(name, "table", {})
    }


def queue_of(connection: Connection) -> list[str]:
    """Names of everything that Procrastinate and we made for the turn queue."""
    if connection.dialect.name == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE name LIKE 'procrastinate%' OR name LIKE 'threadline%'"
    else:
        query = (
            "SELECT relname FROM pg_class WHERE relname LIKE 'threadline%' OR relname = 'procrastinate_jobs' "
            "UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE 'threadline%'"
        )
    return sorted(row[0] for row in connection.execute(text(query)))


def plant_revision(monkeypatch: pytest.MonkeyPatch, folder: Path, further: str = "pass") -> None:
    """Put one more revision after ours, which rebuilds the table that everything points to."""
    (folder / "rebuild.py").write_text(REBUILD.format(head=REVISIONS[0], further=further))
    own = migrations.settings

    def with_further(connection: Connection | None = None) -> Config:
        config = own(connection)
        both = (Path(config.get_main_option("script_location") or "") / "versions", folder)
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", "\n".join(map(str, both)))
        return config

    monkeypatch.setattr(migrations, "settings", with_further)


async def test_the_turn_queue_gets_its_tables_on_postgres_only(empty: Database) -> None:
    await run(empty, migrations.upgrade, FIRST)
    await run(empty, insert_first_rows)
    assert await run(empty, queue_of) == []
    assert not await empty.schema_is_current()
    await empty.migrate()
    assert await empty.schema_is_current()
    made = [
        "procrastinate_jobs",
        "threadline_jobs_of_lock",
        "threadline_wake_after_delete",
        "threadline_wake_after_update",
    ]
    assert await run(empty, queue_of) == (made if empty.on_postgres else [])
    await _first_rows_are_there(empty)


async def test_the_copied_schema_is_that_of_the_pinned_procrastinate() -> None:
    """Where this fails, the pin was moved: its migrations since then belong into a revision of ours."""
    copied = Path(migrations.__file__).parent / "versions" / "0002_procrastinate_3_10.sql"
    assert copied.read_text("utf-8") == SchemaManager.get_schema()


async def test_the_migrations_make_the_tables_of_the_code(empty: Database) -> None:
    await empty.migrate()
    assert await run(empty, differences) == []
    migrated = await run(empty, shape)
    await run(empty, metadata.drop_all)
    await run(empty, metadata.create_all)
    assert migrated == await run(empty, shape)


async def test_a_difference_between_code_and_migrations_would_be_seen(empty: Database) -> None:
    await empty.migrate()
    await run(empty, lambda connection: connection.execute(text("ALTER TABLE chats ADD COLUMN colour TEXT")))
    assert len(await run(empty, differences)) == 1


@pytest.mark.parametrize("revision", REVISIONS)
async def test_what_was_stored_at_first_is_there_after_every_way_to_the_newest_schema(
    empty: Database, revision: str
) -> None:
    for step in (FIRST, revision):
        await run(empty, migrations.upgrade, step)
        if step == FIRST and not await run(empty, _rows_of_chats):
            await run(empty, insert_first_rows)
    await empty.migrate()
    await _first_rows_are_there(empty)


async def test_a_revision_that_rebuilds_a_table_keeps_what_points_to_it(
    empty: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """SQLite drops the old table on the way, and dropping it with foreign keys on would delete every message."""
    await empty.migrate()
    await run(empty, insert_first_rows)
    plant_revision(monkeypatch, tmp_path)
    await empty.migrate()
    assert await empty.schema_is_current()
    await _first_rows_are_there(empty)


async def test_a_revision_that_fails_leaves_everything_as_it_was(
    empty: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await empty.migrate()
    await run(empty, insert_first_rows)
    before = await run(empty, shape)
    plant_revision(monkeypatch, tmp_path, "op.execute('DELETE FROM nowhere')")
    with pytest.raises(StorageUnavailable):
        await empty.migrate()
    assert await run(empty, shape) == before
    await _first_rows_are_there(empty)


async def test_a_revision_that_leaves_rows_pointing_to_nothing_is_rolled_back_on_sqlite(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database = open_database(sqlite_url)
    await run(database, insert_first_rows)
    plant_revision(monkeypatch, tmp_path, "op.execute('DELETE FROM chats')")
    with pytest.raises(RuntimeError, match="point to nothing"):
        await database.migrate()
    await _first_rows_are_there(database)
    await database.close()


async def test_migrating_again_or_at_the_same_time_does_no_harm(empty: Database) -> None:
    await asyncio.gather(*(empty.migrate() for _ in range(3)))
    await empty.migrate()
    assert await empty.schema_is_current()


async def test_the_schema_is_current_only_at_the_newest_revision(empty: Database) -> None:
    assert not await empty.schema_is_current()
    await empty.migrate()
    assert await empty.schema_is_current()
    await run(empty, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = 'newer'")))
    assert not await empty.schema_is_current()
    with pytest.raises(StorageUnavailable, match="newer"):
        await empty.migrate()


def _rows_of_chats(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM chats")).scalar() or 0)


async def _first_rows_are_there(database: Database) -> None:
    async with database.storage() as work:
        chat, first, again = await work.chats.get(1), await work.turns.get(1), await work.turns.get(2)
        assert chat is not None
        assert (chat.owner, chat.title, chat.title_source, chat.current) == ("U1", "Taxes", TitleSource.PERSON, True)
        assert first is not None
        assert first.answer is not None
        assert (first.question.content, first.answer.content, first.status) == ("Why?", "Because.", TurnStatus.DONE)
        assert again is not None
        assert (again.replaces, again.replies, again.status) == (1, ("17.2",), TurnStatus.QUEUED)
        assert await work.chats.posts(1) == ["17.2", "17.3"]
        assert not await work.events.claim("e1", chat.created_at)
        assert await work.events.offset("telegram") == 7
