"""A server on loopback that answers Slack's calls as a test says, and remembers them."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.adapters.slack_payloads import ANN, ME

SCOPES = (
    "app_mentions:read,assistant:write,channels:history,chat:write,commands,files:write,"
    "groups:history,im:history,mpim:history,reactions:write,users:read"
)

OK: dict[str, dict[str, Any]] = {
    "auth.test": {"team_id": ME.team, "user_id": ME.user, "bot_id": ME.bot, "user": ME.name, "url": ME.url},
    "users.info": {"user": {"id": ANN.id, "name": "ann.lee", "profile": {"display_name": ANN.name}}},
    "chat.postMessage": {"ts": "1790000100.000100"},
    "views.open": {"view": {"id": "V0OPENED01", "type": "modal"}},
}


@dataclass(frozen=True)
class Answer:
    """What the server says instead of ok; `hang` keeps the connection open and says nothing."""

    body: dict[str, Any] | str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False


def refusal(error: str, status: int = 200, **headers: str) -> Answer:
    return Answer({"ok": False, "error": error}, status, headers)


class ScriptedSlack:
    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.tokens: list[str] = []
        self.acks: list[dict[str, Any]] = []
        self.url = ""
        self.scopes = SCOPES
        self.refuse_tickets = 0
        self._answers: dict[str, list[Answer]] = defaultdict(list)
        self._sockets: list[web.WebSocketResponse] = []
        self._transports: list[asyncio.Transport] = []
        self._tickets: set[str] = set()
        self._changed = asyncio.Condition()
        self._end = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/socket", self._socket)
        app.router.add_post("/respond", self._respond)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        self._end.set()
        for socket in self._sockets:
            await socket.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/"

    @property
    def connections(self) -> list[bool]:
        """Every connection so far, oldest first: whether it is open."""
        return [not socket.closed for socket in self._sockets]

    def answer(self, method: str, *answers: Answer) -> None:
        """The next calls of this method get these answers, in this order."""
        self._answers[method].extend(answers)

    def calls_of(self, method: str) -> list[dict[str, Any]]:
        return [arguments for name, arguments in self.calls if name == method]

    async def deliver(self, kind: str, payload: dict[str, Any], envelope: str = "e1") -> None:
        """Send an envelope over the newest open connection."""
        live = [socket for socket in self._sockets if not socket.closed]
        await live[-1].send_json({"type": kind, "envelope_id": envelope, "payload": payload})

    async def drop_connections(self) -> None:
        for socket in self._sockets:
            if not socket.closed:
                await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    def cut_connections(self) -> None:
        """Break every connection off without a word."""
        for transport in self._transports:
            transport.abort()

    def cut_connection(self, number: int) -> None:
        """Break one off, counted from the oldest."""
        self._transports[number].abort()

    def ticket(self) -> str:
        """An address that is good for one connection."""
        ticket = f"t{len(self.calls)}"
        self._tickets.add(ticket)
        return f"{self.url.replace('http', 'ws')}/socket?ticket={ticket}"

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:  # noqa: ASYNC109 - a test's own limit
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(condition)

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await request.json() if request.content_type == "application/json" else dict(await request.post())
        self.calls.append((method, {**dict(request.query), **body}))
        self.tokens.append(request.headers.get("Authorization", ""))
        await self._note()
        scripted = self._answers[method].pop(0) if self._answers[method] else self._ok(method)
        if scripted.hang:
            await self._end.wait()
        headers = {"x-oauth-scopes": self.scopes, **scripted.headers}
        if isinstance(scripted.body, str):
            return web.Response(text=scripted.body, status=scripted.status, content_type="text/html", headers=headers)
        return web.json_response(scripted.body, status=scripted.status, headers=headers)

    def _ok(self, method: str) -> Answer:
        if method == "apps.connections.open":
            return Answer({"ok": True, "url": self.ticket()})
        return Answer({"ok": True, **OK.get(method, {})})

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """A ticket is good for one connection, as in the real one."""
        ticket = request.query["ticket"]
        if ticket not in self._tickets or self.refuse_tickets:
            self.refuse_tickets = max(0, self.refuse_tickets - 1)
            self._tickets.discard(ticket)
            return web.Response(status=404)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.append(socket)
        if request.transport is not None:
            self._transports.append(request.transport)
        await socket.send_json({"type": "hello", "num_connections": 1})
        await self._note()
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                self.acks.append(json.loads(frame.data))
                await self._note()
        await self._note()
        return socket

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        """A response_url."""
        self.calls.append(("response_url", await request.json()))
        await self._note()
        scripted = self._answers["response_url"].pop(0) if self._answers["response_url"] else Answer("ok")
        return web.Response(text="ok", status=scripted.status, headers=scripted.headers)
