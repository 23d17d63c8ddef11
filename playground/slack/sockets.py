"""Socket Mode: WebSocket connections that the app opens, and deliveries over them.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import random
import uuid
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from playground.changes import Changes
from playground.clock import Clock
from playground.slack.deliveries import Delivery
from playground.slack.tasks import Tasks, within

MOST_CONNECTIONS = 10
WARNED_BEFORE = 10.0
"""Seconds from the warning to the end of a connection."""

LIFETIME = 3600.0 * 4
DEBUG_LIFETIME = 360.0
PING_EVERY = 10.0
"""Real seconds between the server's pings."""

CLOSE_WITHIN = 1.0
"""Real seconds that the app has to answer the end of a connection."""


@dataclass(eq=False)
class Connection:
    """One connection; `host` only tells them apart in the frames."""

    socket: web.WebSocketResponse
    request: web.Request
    host: str
    lifetime: float
    warned: bool = False
    ended: bool = False
    received: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        transport = self.request.transport
        return not self.ended and not self.socket.closed and transport is not None and not transport.is_closing()

    async def say(self, frame: dict[str, Any]) -> bool:
        """Send a frame; give False where the connection is gone."""
        try:
            await self.socket.send_str(json.dumps(frame))
        except (ConnectionError, RuntimeError):
            return False
        return True


class Sockets:
    """All connections of the app; each delivery goes over exactly one, whichever."""

    def __init__(self, app_id: str, clock: Clock, dice: random.Random, changes: Changes, tasks: Tasks) -> None:
        self.connections: list[Connection] = []
        self.unknown_acks: list[str] = []
        self._app_id = app_id
        self._clock = clock
        self._dice = dice
        self._changes = changes
        self._tasks = tasks
        self._tickets: dict[str, float] = {}
        self._waiting: dict[str, tuple[Connection, asyncio.Future[Any]]] = {}

    @property
    def open(self) -> list[Connection]:
        return [connection for connection in self.connections if connection.is_open]

    def new_ticket(self, *, debug: bool) -> str:
        """Make the right to connect once."""
        ticket = uuid.UUID(int=self._dice.getrandbits(128)).hex
        self._tickets[ticket] = DEBUG_LIFETIME if debug else LIFETIME
        return ticket

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Take a connection for a ticket, and listen to it until it ends."""
        lifetime = self._tickets.pop(request.query.get("ticket", ""), None)
        if lifetime is None:
            return web.Response(status=401, text="invalid ticket")
        if len(self.open) >= MOST_CONNECTIONS:
            await self.disconnect(self.open[0], "too_many_websockets")
        socket = web.WebSocketResponse(timeout=CLOSE_WITHIN, heartbeat=PING_EVERY)
        await socket.prepare(request)
        connection = Connection(socket, request, f"applink-{len(self.connections)}", lifetime)
        self.connections.append(connection)
        await connection.say(self._hello(connection))
        self._changes.notify()
        self._tasks.start(self._refresh_after(connection), f"slack-{connection.host}")
        try:
            await self._listen(connection)
        finally:
            connection.ended = True
            self._changes.notify()
        return socket

    async def send(self, delivery: Delivery, seconds: float) -> None:
        """Send an envelope over any connection and wait for its acknowledgement."""
        delivery.via, delivery.envelope_id = "socket", str(uuid.UUID(int=self._dice.getrandbits(128)))
        try:
            delivery.answer = await within(self._clock, seconds, self._acknowledged(delivery))
        except TimeoutError:
            delivery.reason = "timeout"
            return
        finally:
            self._waiting.pop(delivery.envelope_id, None)
        delivery.status = 200

    async def refresh(self, connection: Connection) -> None:
        """End a connection as Slack does every few hours: a warning, ten seconds, the end."""
        connection.warned = True
        await connection.say(_disconnect("warning", connection))
        await self._clock.sleep(WARNED_BEFORE)
        await self.disconnect(connection, "refresh_requested")

    async def disconnect(self, connection: Connection, reason: str) -> None:
        """Say why, and close."""
        if connection.is_open:
            await connection.say(_disconnect(reason, connection))
            await connection.socket.close(code=WSCloseCode.GOING_AWAY)
        self._changes.notify()

    def cut(self, connection: Connection) -> None:
        """Break a connection off without a word."""
        if connection.request.transport is not None:
            connection.request.transport.abort()

    async def close(self) -> None:
        for connection in self.open:
            await connection.socket.close(code=WSCloseCode.GOING_AWAY)

    async def _acknowledged(self, delivery: Delivery) -> Any:
        await self._changes.wait_for(lambda: self.open)
        connection = self._dice.choice(self.open)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[delivery.envelope_id] = (connection, answer)
        await connection.say(_envelope(delivery))
        return await answer

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type != WSMsgType.TEXT:
                continue
            try:
                frame = json.loads(message.data)
            except ValueError:
                continue
            if isinstance(frame, dict):
                self._take(connection, frame)

    def _take(self, connection: Connection, frame: dict[str, Any]) -> None:
        """Take an acknowledgement; one that comes too late or over another connection counts for nothing."""
        connection.received.append(frame)
        envelope_id = str(frame.get("envelope_id", ""))
        expected, answer = self._waiting.get(envelope_id, (None, None))
        if answer is None or expected is not connection or answer.done():
            self.unknown_acks.append(envelope_id)
        else:
            answer.set_result(frame.get("payload"))
        self._changes.notify()

    async def _refresh_after(self, connection: Connection) -> None:
        await self._clock.sleep(connection.lifetime - WARNED_BEFORE)
        if connection.is_open:
            await self.refresh(connection)

    def _hello(self, connection: Connection) -> dict[str, Any]:
        debug = {"host": connection.host, "started": str(self._clock.now()), "build_number": 1}
        return {
            "type": "hello",
            "num_connections": len(self.open),
            "connection_info": {"app_id": self._app_id},
            "debug_info": {**debug, "approximate_connection_time": int(connection.lifetime)},
        }


def _envelope(delivery: Delivery) -> dict[str, Any]:
    frame = {
        "envelope_id": delivery.envelope_id,
        "type": delivery.kind,
        "payload": delivery.payload,
        "accepts_response_payload": delivery.kind != "events_api",
    }
    if delivery.attempt:
        frame |= {"retry_attempt": delivery.attempt, "retry_reason": "timeout"}
    return frame


def _disconnect(reason: str, connection: Connection) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": connection.host}}
