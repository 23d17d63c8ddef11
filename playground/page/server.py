"""The page as a web server: its files, and one WebSocket for each browser."""

import asyncio
import base64
import hashlib
import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from playground.page.browser import Browser
from playground.page.world import World

STATIC = Path(__file__).parent / "static"
INLINE_SCRIPT = re.compile(r"<script type=\"importmap\">(.*?)</script>", re.DOTALL)
LARGEST_MESSAGE = 256 * 1024
"""Bytes of a WebSocket message from a browser."""


class PageServer:
    """Serves the page of a world. Only programs on this machine reach it, unless it listens elsewhere.

    Stopping and starting it again keeps the port.
    """

    def __init__(self, world: World, host: str = "127.0.0.1", port: int = 0) -> None:
        self._world = world
        self._host, self._wanted_port = host, port
        self._browsers: set[web.WebSocketResponse] = set()
        self._runner: web.AppRunner | None = None
        self._watching: asyncio.Task[None] | None = None
        self._index = (STATIC / "index.html").read_text(encoding="utf-8")
        self._policy = policy(self._index)

    @property
    def address(self) -> str:
        """What to type into the browser; once started."""
        assert self._runner is not None
        port = self._runner.addresses[0][1]
        host = "127.0.0.1" if self._host in ("0.0.0.0", "::", "") else self._host  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"

    async def start(self) -> None:
        """Listen; raises OSError where the address cannot be used."""
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/", self._show)
        app.router.add_get("/ws", self._talk)
        app.router.add_get("/healthz", self._alive)
        app.router.add_static("/static/", STATIC)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1.0)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._wanted_port).start()
        except OSError:
            await self.stop()
            raise
        self._wanted_port = self._runner.addresses[0][1]
        self._watching = asyncio.create_task(self._world.lag.watch(), name="page-lag")

    async def stop(self) -> None:
        await self._world.trouble.close()
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        for browser in list(self._browsers):
            await browser.close(code=1001)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let no other page in: neither by its own WebSocket nor under a name that it had pointed at this machine."""
        if is_loopback(self._host) and not is_loopback(host_of(f"//{request.host}")):
            raise web.HTTPForbidden(text="This page is only for this machine.")
        origin = request.headers.get("Origin")
        if origin is not None and origin.partition("://")[2] != request.host:
            raise web.HTTPForbidden(text="Another page may not use this one.")
        response: web.StreamResponse = await handler(request)
        if not response.prepared:
            response.headers["Content-Security-Policy"] = self._policy
            response.headers["Cache-Control"] = "no-cache"
            response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    async def _show(self, _: web.Request) -> web.Response:
        return web.Response(text=self._index, content_type="text/html")

    async def _alive(self, _: web.Request) -> web.Response:
        """What a container's health check asks, as of the bot that serves for real."""
        return web.json_response({"status": "alive"})

    async def _talk(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=20.0, max_msg_size=LARGEST_MESSAGE)
        await socket.prepare(request)
        self._browsers.add(socket)
        try:
            await Browser(self._world, socket, request.query.get("person", "")).run()
        finally:
            self._browsers.discard(socket)
        return socket


def policy(page: str) -> str:
    """Allow what comes from here and the page's own import map, and nothing else."""
    found = INLINE_SCRIPT.search(page)
    assert found, "the page has an import map"
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def host_of(address: str) -> str:
    """The name or number in an address; empty where it is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether a name or number means this machine and nobody else's."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
