"""Which URLs name a database."""

import pytest

from storage import open_database

PASSWORD = "hunter2"


@pytest.mark.parametrize(
    ("url", "driver", "name"),
    [
        ("sqlite:///threadline.db", "sqlite+aiosqlite", "threadline.db"),
        ("sqlite:////var/lib/threadline.db", "sqlite+aiosqlite", "/var/lib/threadline.db"),
        ("sqlite+aiosqlite:///threadline.db", "sqlite+aiosqlite", "threadline.db"),
        ("postgresql://ann@db/threadline", "postgresql+psycopg", "threadline"),
        ("postgres://ann:x%2Fy@db:5433/threadline", "postgresql+psycopg", "threadline"),
        ("postgresql+psycopg://ann@/threadline?host=/run/postgresql", "postgresql+psycopg", "threadline"),
    ],
)
async def test_the_async_driver_is_chosen(url: str, driver: str, name: str) -> None:
    database = open_database(url)
    assert (database.url.drivername, database.url.database) == (driver, name)
    assert database.on_postgres is driver.startswith("postgresql")
    await database.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "threadline.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:threadline?mode=memory&uri=true",
        "sqlite://threadline.db",
        f"sqlite://ann:{PASSWORD}@db/threadline.db",
        f"mysql://ann:{PASSWORD}@db/threadline",
        f"postgresql+asyncpg://ann:{PASSWORD}@db/threadline",
        f"postgresql://ann:{PASSWORD}@db:port/threadline",
        f"{PASSWORD}",
    ],
)
def test_any_other_url_is_refused_with_one_sentence_that_shows_no_password(url: str) -> None:
    with pytest.raises(ValueError, match="postgresql://") as refusal:
        open_database(url)
    assert PASSWORD not in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


async def test_what_the_url_says_of_timeouts_stands() -> None:
    database = open_database("postgresql://ann@db/threadline?connect_timeout=3")
    assert database.url.query["connect_timeout"] == "3"
    assert database.url.query["tcp_user_timeout"] == "30000"
    await database.close()
