"""Databases for every test that wants one."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.engine.ports import Storage
from bot.engine.testing import MemoryStorage
from storage import Database, open_database
from tests.browser.chromium import NoChromium, chromium
from tests.postgres import PostgresServer, postgres_server

BROWSER_TESTS = Path(__file__).parent / "browser"
SECONDS_IN_A_BROWSER = 300
NO_SERVER = "These tests need PostgreSQL: install requirements-dev.txt, or name a server in TEST_DATABASE_URL ({})."


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-browser", action="store_true", help="leave out the tests of the page in a real browser")
    parser.addoption("--chaos-rounds", type=int, help="rounds of the chaos test on each database (a few without this)")
    parser.addoption("--chaos-seed", type=int, help="the seed of the chaos test's plan (a new one without this)")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Look for a browser before anything runs, and once: the processes that share the tests find it there."""
    if wants_browser(session.config) and not hasattr(session.config, "workerinput"):
        try:
            chromium()
        except NoChromium as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the tests of the page their time, or leave them out."""
    of_page = [item for item in items if BROWSER_TESTS in item.path.parents]
    for item in of_page:
        item.add_marker(pytest.mark.timeout(SECONDS_IN_A_BROWSER))
    if not wants_browser(config):
        items[:] = [item for item in items if item not in of_page]
        config.hook.pytest_deselected(items=of_page)


def wants_browser(config: pytest.Config) -> bool:
    """Whether tests of the page are asked for; in CI they are never left out."""
    if config.getoption("--no-browser") and not os.environ.get("CI"):
        return False
    asked = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    return any(BROWSER_TESTS in (path, *path.parents) or path in BROWSER_TESTS.parents for path in asked)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; where none can be had the test fails, for a skipped one would tell nothing."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres_server())
        except Exception as error:  # whatever the reason is, it belongs into the sentence
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            pytest.fail(NO_SERVER.format(reason), pytrace=False)
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> Iterator[str]:
    """The name of a database with the newest schema, to be copied."""
    with postgres.database() as url:
        migrate(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def empty_postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a PostgreSQL database of this test's own, without any table."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def postgres_url(postgres: PostgresServer, migrated_postgres: str) -> Iterator[str]:
    """The URL of a PostgreSQL database of this test's own, with the newest schema."""
    with postgres.database(migrated_postgres) as url:
        yield url


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of an SQLite file of this test's own, with the newest schema."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'threadline.db')}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with the newest schema: the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open database with the newest schema: the test runs once on each kind."""
    opened = open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
async def storage(request: pytest.FixtureRequest) -> AsyncIterator[Storage]:
    """A storage of each kind: the test runs once on each."""
    if request.param == "memory":
        yield MemoryStorage()
        return
    opened = open_database(request.getfixturevalue(f"{request.param}_url"))
    yield opened.storage
    await opened.close()


def migrate(url: str) -> None:
    """Migrate on a loop of another thread: this one may already run the loop of the test that asked."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(lambda: asyncio.run(open_database(url).migrate())).result()
