"""The service in a process of its own, and what it costs."""

import asyncio
import os
import socket
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

READY = 30.0
"""Seconds that it has to get ready."""

ROOT = Path(__file__).parents[2]


class ServiceProcess:
    """`python -m bot run` with these settings, in an empty folder."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._folder = folder
        self._port = free_port()
        self._settings = {
            "DATABASE_URL": f"sqlite:///{folder / 'threadline.db'}",
            "PORT": str(self._port),
            "LOG_LEVEL": "warning",
            "OPENAI_API_KEY": "none",
            "PYTHONPATH": str(ROOT),
            "PATH": os.environ.get("PATH", ""),
            **settings,
        }
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        with (self._folder / "log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=self._folder, env=self._settings, stdout=log, stderr=log
            )
        await self._ready()
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text("utf-8", "replace")

    def cpu(self) -> float:
        """Seconds of processor time until now, in all threads."""
        return time.clock_gettime(_cpu_clock(self._pid))

    def memory(self) -> float:
        """MiB that are resident now."""
        lines = Path(f"/proc/{self._pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def _ready(self) -> None:
        async with asyncio.timeout(READY), aiohttp.ClientSession() as session:
            while True:
                try:
                    async with session.get(f"http://127.0.0.1:{self._port}/readyz") as answer:
                        if answer.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)


def _cpu_clock(pid: int) -> int:
    """Linux's clock of another process, clock_getcpuclockid(3); /proc counts in hundredths of a second only."""
    return (~pid << 3) | 2


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
