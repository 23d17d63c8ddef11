"""What the machine and the database give at this moment, without anything that is ours."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiosqlite
import psycopg
from sqlalchemy import make_url

from benchmarks.figures import percentile
from storage.database import PRAGMAS

TABLE = "CREATE TABLE IF NOT EXISTS yardstick (id BIGINT)"
ROW = "INSERT INTO yardstick VALUES (1)"


@dataclass(frozen=True, slots=True)
class Yardstick:
    """Commits of one row, one after the other, on one connection of the same driver: a second, and milliseconds."""

    commits: float
    p50: float
    p95: float


async def lay(url: str, seconds: float) -> Yardstick:
    """Commit for so many seconds."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as postgres:
            await postgres.execute(TABLE)
            return await _measured(lambda: postgres.execute(ROW), seconds)
    async with aiosqlite.connect(str(parsed.database), isolation_level=None) as sqlite:
        for pragma in PRAGMAS:
            await sqlite.execute(f"PRAGMA {pragma}")
        await sqlite.execute(TABLE)
        return await _measured(lambda: sqlite.execute(ROW), seconds)


async def _measured(commit: Callable[[], Awaitable[Any]], seconds: float) -> Yardstick:
    took: list[float] = []
    began = time.perf_counter()
    while (before := time.perf_counter()) < began + seconds:
        await commit()
        took.append((time.perf_counter() - before) * 1000)
    return Yardstick(len(took) / sum(took) * 1000, percentile(took, 50), percentile(took, 95))
