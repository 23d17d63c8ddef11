"""One aiohttp server for everything that comes in by HTTP."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import structlog
from aiohttp import web

from bot.engine.errors import ThreadlineError

_log = structlog.get_logger(__name__)

BODY_LIMIT = 1024 * 1024  # bytes; Telegram's updates have at most half of it, Slack's events far less
_SHUTDOWN = 5.0  # seconds for requests that are being answered
_TURNS_TO_ACCEPT = 5  # of the loop, from an accepted connection to its handler
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Health(Protocol):
    """How the service is."""

    async def problems(self) -> Sequence[str]:
        """What keeps it from working, in sentences; empty when it is ready. Never raises, never hangs."""

    def remarks(self) -> Sequence[str]:
        """What an operator may want to know although nothing is wrong, in sentences."""

    def metrics(self) -> bytes:
        """The counters in Prometheus' text format."""


class CannotListen(ThreadlineError):
    """The address cannot be used; one sentence for the operator."""


class Server:
    """A server that listens; whoever started it closes it."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner

    @property
    def port(self) -> int:
        """The port it got, where 0 was asked for."""
        return int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Listen no more, let running requests end for some seconds.

        asyncio forgets a connection that it accepted in the very moment in which its server is closed: nobody would
        ever answer or close it. So accepting ends some turns of the loop earlier.
        """
        self._accept_no_more()
        for _ in range(_TURNS_TO_ACCEPT):
            await asyncio.sleep(0)
        await self._runner.cleanup()

    def _accept_no_more(self) -> None:
        for site in self._runner.sites:
            server = site._server  # aiohttp has no other way to the sockets
            for listening in server.sockets if isinstance(server, asyncio.Server) else ():
                asyncio.get_running_loop().remove_reader(listening.fileno())


async def serve(host: str, port: int, routes: Iterable[web.RouteDef], health: Health) -> Server:
    """Listen on host and port (0: any free one). Raises CannotListen."""
    runner = web.AppRunner(_application(routes, health), access_log=None, shutdown_timeout=_SHUTDOWN)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CannotListen(f"Cannot listen on {host}:{port}: {reason}.") from error
    server = Server(runner)
    _log.info("http_listening", host=host, port=server.port)
    return server


def _application(routes: Iterable[web.RouteDef], health: Health) -> web.Application:
    app = web.Application(client_max_size=BODY_LIMIT)
    app.add_routes(_health_routes(health))
    app.add_routes(routes)
    return app


def _health_routes(health: Health) -> list[web.RouteDef]:
    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def ready(_: web.Request) -> web.Response:
        problems = list(await health.problems())
        status: dict[str, Any] = {"status": "not ready", "problems": problems} if problems else {"status": "ready"}
        if remarks := list(health.remarks()):
            status["remarks"] = remarks
        return web.json_response(status, status=503 if problems else 200)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=health.metrics(), headers={"Content-Type": _METRICS_TYPE})

    return [web.get("/healthz", alive), web.get("/readyz", ready), web.get("/metrics", metrics)]
