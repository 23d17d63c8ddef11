"""A database with many chats, made in SQL: so many by one person, the same number by each of the others.

Words of a message: `w<number>`, one in five thousand, and `common`, which all have.
"""

import sqlite3

import psycopg

BEGUN = "2026-01-01 12:00:00+00:00"
PERSON = "U7"
CHATS_OF_EACH = 50

SERIES = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})"
CHATS = """
INSERT INTO chats
(id, platform, workspace, channel, thread, user_id, title, title_source, current, created_at, updated_at)
SELECT i, 'slack', 'T1', 'C' || (i % 500), 't' || i, 'U' || (i / {each}), 'Title ' || i, 'auto', true, {at}, {at} FROM n
"""
PARTICIPANTS = """
INSERT INTO participants (chat_id, person, platform, workspace, channel, active_at)
SELECT id, user_id, platform, workspace, channel, created_at FROM chats
"""
MESSAGES = """
INSERT INTO messages (id, chat_id, role, content, created_at)
SELECT i, 1 + i % {chats}, 'user', 'w' || (i % 5000) || ' common', '2026-01-01 12:00:00+00:00' FROM n
"""
POSTGRES_DOCS = """
INSERT INTO search_docs (chat_id, message_id, tokens)
SELECT messages.chat_id, messages.id, CAST('''w' || (messages.id % 5000) || ''':1 ''common'':2 '''
|| search_scope('slack', 'T1', chats.user_id) || '''' AS tsvector)
FROM messages JOIN chats ON chats.id = messages.chat_id ORDER BY messages.id
"""
SQLITE_DOCS = """
INSERT INTO search_docs (chat_id, message_id, tokens)
SELECT messages.chat_id, messages.id, '@' || lower(hex('slack' || char(10) || 'T1' || char(10) || chats.user_id))
|| ' w' || (messages.id % 5000) || ' common'
FROM messages JOIN chats ON chats.id = messages.chat_id ORDER BY messages.id
"""


def fill_postgres(url: str, chats: int, messages: int) -> None:
    """Past the triggers, whose work is done here at once, and past the index, which is made at the end."""
    series = "WITH n AS (SELECT generate_series(1, {many}) AS i)"
    at = f"TIMESTAMPTZ '{BEGUN}' + i * INTERVAL '1 second'"
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "SET session_replication_role = replica",
            "SET synchronous_commit = off",
            "SET maintenance_work_mem = '512MB'",
            "DROP INDEX ix_search_docs_tokens",
            with_series(series, CHATS.format(each=CHATS_OF_EACH, at=at), chats),
            PARTICIPANTS,
            with_series(series, MESSAGES.format(chats=chats), messages),
            POSTGRES_DOCS,
            "CREATE INDEX ix_search_docs_tokens ON search_docs USING gin (tokens)",
            "ANALYZE",
        ):
            connection.execute(statement.encode())


def fill_sqlite(path: str, chats: int, messages: int) -> None:
    """As above; the index is made anew at the end."""
    at = "strftime('%Y-%m-%d %H:%M:%f', 1767268800 + i, 'unixepoch') || '000'"
    connection = sqlite3.connect(path, isolation_level=None)
    added = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'search_docs_added'").fetchone()[0]
    for statement in (
        "PRAGMA synchronous = OFF",
        "PRAGMA cache_size = -200000",
        "BEGIN",
        "DROP TRIGGER search_docs_added",
        with_series(SERIES, CHATS.format(each=CHATS_OF_EACH, at=at), chats),
        PARTICIPANTS,
        with_series(SERIES, MESSAGES.format(chats=chats), messages),
        SQLITE_DOCS,
        "INSERT INTO search_index (search_index) VALUES ('rebuild')",
        added,
        "COMMIT",
        "ANALYZE",
    ):
        connection.execute(statement)
    connection.close()


def with_series(series: str, statement: str, many: int) -> str:
    """An INSERT from the numbers 1 to `many`."""
    into, select = statement.split("SELECT", 1)
    return f"{into} {series.format(many=many)} SELECT{select}"
