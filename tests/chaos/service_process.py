"""The service as people run it: a process of its own, with settings in its environment."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

STARTED = "platforms=['slack', 'telegram']"
HERE = Path(__file__).parents[2]
PATIENCE = 30.0
"""Real seconds within which a process that was told to stop has stopped."""


class ServiceProcess:
    """`python -m bot run`, or another command. What it logs goes into a file, of which `tail` shows the end."""

    def __init__(self, name: str, settings: Mapping[str, str], folder: Path, command: str = "run") -> None:
        self.name = name
        self._command = command
        self.frozen = False
        self._settings = settings
        self._folder = folder
        self._log = folder / f"{name}.log"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.returncode

    async def start(self) -> None:
        """Begin; returns before it serves. The folder has no `.env`, and nothing of this environment's settings."""
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
        environment = {**kept, "PYTHONPATH": str(HERE), **self._settings}
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", self._command, stdout=log, stderr=log, cwd=self._folder, env=environment
            )

    async def serves(self) -> None:
        """Wait until it says that it has started; raises TimeoutError after `PATIENCE`."""
        async with asyncio.timeout(PATIENCE):
            while STARTED not in self.log:
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def freeze(self) -> None:
        self.frozen = True
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.frozen = False
        self._signal(signal.SIGCONT)

    async def ended(self) -> int:
        """Wait until it is gone; one that does not go within `PATIENCE` raises TimeoutError."""
        assert self._process is not None
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()

    async def end(self) -> None:
        """Have it gone, whatever state it is in."""
        if self.runs:
            self.kill()
            await self.ended()

    def tail(self, lines: int = 15) -> str:
        said = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join([f"-- the end of {self.name}'s log", *said[-lines:]])

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        if self.runs:
            assert self._process is not None
            self._process.send_signal(number)
