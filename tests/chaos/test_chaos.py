"""The whole service as real processes, in trouble of every kind: each question gets one answer, whole and in order."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow

import pytest

from tests.chaos.cluster import cluster
from tests.chaos.model import Model
from tests.chaos.replicas import Replicas
from tests.chaos.rounds import Rounds
from tests.chaos.troubles import Troubles
from tests.chaos.world import World
from tests.conftest import migrate

REAL_TIME = 1.0
SETTINGS = {
    "DRAIN_SECONDS": "3",
    "MODEL_TIMEOUT": "4",
    "HISTORY_TOKENS": "600",
}
"""The model of a frozen or silent connection is given up soon, and a stop does not wait for long answers."""


@dataclass(frozen=True)
class Set:
    """A database, how many processes share it, and how it is restarted, where it can be."""

    url: str
    processes: int
    rounds: int
    restart: Callable[[str], Awaitable[None]] | None = None


@pytest.fixture
def on_sqlite(sqlite_url: str) -> Set:
    return Set(sqlite_url, processes=1, rounds=4)


@pytest.fixture
def on_postgres() -> Iterator[Set]:
    with cluster() as server, server.database() as url:
        migrate(url)
        yield Set(url, processes=2, rounds=4, restart=server.restart)


@pytest.fixture(params=["sqlite", "postgres"])
def database_set(request: pytest.FixtureRequest) -> Set:
    found: Set = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture
def seed(pytestconfig: pytest.Config) -> int:
    given = pytestconfig.getoption("chaos_seed")
    return randbelow(10**6) if given is None else int(given)


@asynccontextmanager
async def rounds_in(database: Set, seed: int, folder: Path) -> AsyncIterator[Rounds]:
    model = Model()
    async with World(REAL_TIME, model.reply) as world:
        settings = {**world.settings, **SETTINGS, "DATABASE_URL": database.url}
        replicas = Replicas(database.processes, settings, folder)
        troubles = Troubles(world, model, replicas, database.restart)
        await replicas.start()
        try:
            yield Rounds(world, model, replicas, troubles, database.url, seed)
        finally:
            await replicas.end()


async def test_every_question_gets_one_whole_answer_whatever_happens(
    database_set: Set, seed: int, tmp_path: Path, pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    """A short version; `--chaos-rounds 200` is the long one, `--chaos-seed N` plays the rounds of that seed."""
    wanted = pytestconfig.getoption("chaos_rounds")
    rounds = wanted or database_set.rounds

    def say(line: str) -> None:
        with capsys.disabled():
            print(line, flush=True)

    say(f"\nchaos: seed {seed}, {rounds} rounds, processes: {database_set.processes}")
    async with rounds_in(database_set, seed, tmp_path) as played:
        for number in range(1, rounds + 1):
            line = await played.run(number)
            if wanted:
                say(line)
        await played.end()
    say(f"chaos: {played.asked} questions, {len(played.orphans)} messages that no turn knows")
