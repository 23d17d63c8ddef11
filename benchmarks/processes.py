"""Bots in processes of their own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from subprocess import PIPE
from tempfile import TemporaryFile
from typing import IO, Any

from storage.procrastinate_heartbeat import Timing

LONGEST_ANSWER = 2**20
"""Bytes in the line that answers an order: thousands of times."""


class ProcessEnded(Exception):
    """A bot's process ended where it should have answered; says what it logged last."""


class BotProcess:
    def __init__(self, name: str, process: asyncio.subprocess.Process, log: IO[bytes]) -> None:
        self.name = name
        self._process = process
        self._log = log

    async def order(self, order: str, **arguments: Any) -> Any:
        """Have it do what `Orders` describes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps([order, arguments])}\n".encode())
        answer = await self._process.stdout.readline()
        if not answer:
            self._log.seek(0)
            raise ProcessEnded(self._log.read()[-4000:].decode(errors="replace"))
        return json.loads(answer)

    def kill(self) -> None:
        """With SIGKILL: it has no time for anything."""
        self._process.kill()


@asynccontextmanager
async def bot_process(url: str, name: str, timing: Timing) -> AsyncIterator[BotProcess]:
    """A bot on this database; what it logs goes into a file, as it would in earnest."""
    birth = json.dumps([url, name, asdict(timing)])
    with TemporaryFile() as log:
        command = (sys.executable, "-m", "benchmarks.bot_process", birth)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=log, limit=LONGEST_ANSWER
        )
        try:
            yield BotProcess(name, process, log)
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()
