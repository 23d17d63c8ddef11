"""A process that is killed while it commits loses nothing of what it has acknowledged."""

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from storage import open_database
from tests.contracts.samples import add_chat
from tests.storage.sqlite_files import is_sound, path_of, rows

SEED = 20_261_122
COMMITS = 1_000
ROUNDS = 40
WHOLE = """
SELECT turns.id FROM turns JOIN messages ON messages.id = question_id JOIN events ON events.id = 'e' || turns.id
ORDER BY turns.id
"""


class CommittingProcess:
    """A process that commits for as long as it is let."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def killed_after(self, commits: int, seconds: float) -> list[int]:
        """Let it commit at least so often and so many seconds more, kill it, and return what it had acknowledged."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        number = int(await self._line())
        acknowledged = [int(await self._line()) for _ in range(commits)]
        await asyncio.sleep(seconds)  # anywhere in a commit, or between two
        os.kill(number, signal.SIGKILL)
        while (line := await self._line()) != "over":
            acknowledged.append(int(line))
        return acknowledged

    async def _line(self) -> str:
        assert self._process.stdout is not None
        return (await self._process.stdout.readline()).decode().strip()


@asynccontextmanager
async def committing_process(url: str) -> AsyncIterator[CommittingProcess]:
    command = (sys.executable, "-m", "tests.storage.sqlite_process")
    environment = {**os.environ, "DATABASE_OF_THE_PROCESS": url}
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
    )
    try:
        yield CommittingProcess(process)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        await process.communicate()


def stored_whole(path: Path) -> list[int]:
    """The turns that are there with everything that was committed along with them."""
    return [number for (number,) in rows(path, WHOLE)]


async def test_nothing_acknowledged_is_missing_after_kill_9_during_1000_commits(sqlite_url: str) -> None:
    """One commit more than was acknowledged may be there, for the kill can come between the two."""
    dice, path = random.Random(SEED), path_of(sqlite_url)
    acknowledged: list[int] = []
    async with committing_process(sqlite_url) as process:
        for _ in range(ROUNDS):
            commits = dice.randint(1, 2 * COMMITS // ROUNDS)
            acknowledged += await process.killed_after(commits, dice.choice((0, dice.uniform(0, 0.01))))
            stored = stored_whole(path)
            assert sorted(set(acknowledged) - set(stored)) == []
            assert rows(path, "SELECT count(*) FROM turns") == [(len(stored),)]
            assert is_sound(path)
    assert len(acknowledged) >= COMMITS
    assert len(stored) <= len(acknowledged) + ROUNDS


async def test_a_log_that_a_killed_process_left_is_taken_over_by_the_next_one(sqlite_url: str) -> None:
    """What was acknowledged last is in the log alone when the process dies."""
    path = path_of(sqlite_url)
    async with committing_process(sqlite_url) as process:
        acknowledged = await process.killed_after(5, 0)
    assert path.with_name(path.name + "-wal").stat().st_size > 0
    database = open_database(sqlite_url)
    await database.migrate()
    await add_chat(database.storage)
    assert set(acknowledged) <= set(stored_whole(path))
    await database.close()
