"""The whole adapter between a scripted Slack and a recording engine."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from adapters.slack.app import SlackAdapter
from adapters.slack.config import SlackConfig
from bot.engine.changes import Watcher
from bot.engine.chat_lists import ListPage, ListView
from bot.engine.chats import Author, Chat, ChatKey, ListedChat
from bot.engine.sidebar import Sidebar
from bot.engine.testing import FakeClock
from bot.engine.turns import TurnStatus
from tests.adapters.recording_engine import RecordingEngine
from tests.adapters.scripted_slack import ScriptedSlack

SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "xoxb-the-bot-token"
APP_TOKEN = "xapp-the-app-token"
NOW = 1_790_000_000


class SlackEngine(RecordingEngine):
    """Knows in addition where chats live."""

    def __init__(self) -> None:
        super().__init__()
        self.chats: dict[ChatKey, Chat] = {}
        self.listed: list[ListedChat] = []
        self.looks: list[ListView] = []
        self.watchers: list[Watcher] = []

    async def sidebar(self, place: ChatKey, author: Author, view: ListView, size: int) -> Sidebar | None:
        self.looks.append(view)
        return Sidebar(ListPage(view, list(self.listed), None, view), (), 0, "")

    def watch(self, watcher: Watcher) -> None:
        self.watchers.append(watcher)

    async def chat_at(self, key: ChatKey) -> Chat | None:
        return self.chats.get(key)

    def add_chat(self, key: ChatKey) -> None:
        now = datetime(2026, 11, 22, tzinfo=UTC)
        self.chats[key] = Chat(1, key, "U0ANN00001", None, None, True, now, now)


class CallMeter:
    """Port Meter: keeps the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []

    def turn_ended(self, platform: str, status: TurnStatus, seconds: float) -> None:
        """Turns are none of the adapter's business."""

    def first_text(self, platform: str, seconds: float) -> None:
        """Nor is this."""

    def call(self, platform: str, method: str, outcome: str) -> None:
        self.calls.append((platform, method, outcome))


@dataclass
class Desk:
    slack: ScriptedSlack
    engine: SlackEngine
    adapter: SlackAdapter
    meter: CallMeter
    clock: FakeClock
    address: str = ""

    async def post(self, raw: str, **headers: str) -> tuple[int, str]:
        """An HTTP request to the route, signed unless headers say otherwise; the status and the body."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **signature(raw), **headers}
        async with aiohttp.ClientSession() as session:  # noqa: SIM117 - one line each reads better
            async with session.post(self.address, data=raw.encode(), headers=sent) as response:
                return response.status, await response.text()

    async def called(self, method: str, times: int = 1) -> dict[str, Any]:
        """Wait for so many calls of a method; the arguments of the last."""
        await self.slack.wait_for(lambda: len(self.slack.calls_of(method)) >= times)
        return self.slack.calls_of(method)[-1]

    async def deliver(self, body: dict[str, Any]) -> tuple[int, str]:
        """A delivery in the encoding that Slack uses for its kind."""
        if body.get("type") in ("event_callback", "app_rate_limited", "url_verification"):
            return await self.post(json.dumps(body), **{"Content-Type": "application/json"})
        return await self.post(urlencode(body if "command" in body else {"payload": json.dumps(body)}))


def signature(raw: str, *, secret: str = SECRET, timestamp: str | None = None) -> dict[str, str]:
    """The headers of Slack's signature, version v0."""
    at = timestamp if timestamp is not None else str(NOW)
    digest = hmac.new(secret.encode(), f"v0:{at}:{raw}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}


@asynccontextmanager
async def desk(*, socket: bool = False, started: bool = True, connections: int = 1) -> AsyncIterator[Desk]:
    """Everything running; ends in the order that the service ends it."""
    slack = ScriptedSlack()
    await slack.start()
    meter, clock, engine = CallMeter(), FakeClock(NOW), SlackEngine()
    app_token, secret = (APP_TOKEN, None) if socket else (None, SECRET)
    config = SlackConfig(TOKEN, app_token, secret, slack.api_url, connections)
    adapter = SlackAdapter(config, clock, meter)
    running = Desk(slack, engine, adapter, meter, clock)
    app = web.Application()
    app.add_routes(adapter.routes())
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    running.address = f"http://{host}:{port}/slack/events"
    try:
        if started:
            await adapter.start(engine)
        yield running
    finally:
        await adapter.stop_intake()
        await adapter.close()
        await runner.cleanup()
        await slack.stop()
