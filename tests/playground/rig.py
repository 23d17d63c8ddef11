"""The whole service between stand-ins for everything outside, over real sockets."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from math import inf
from typing import Any

import pytest

from bot.engine.errors import RateLimited
from bot.engine.ports import Clock as ClockPort
from bot.service import wiring
from bot.service.clock import SystemClock
from bot.service.service import Service
from bot.service.settings import Settings
from bot.service.wiring import open_models, open_service
from playground.clock import Clock
from playground.openai import ScriptedEndpoint
from playground.openai_script import Request
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from storage import Database, KeptPaces, SharedPaces, open_database

WEBHOOK_SECRET = "s3cret-of-the-webhook"
PATIENCE = 20.0
"""Real seconds that a test waits for something to happen before it fails."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def only_titles(request: Request) -> str | None:
    """Name every chat after its first question; leave every other request to the script."""
    return f"About {request.question}"[:60] if "You name conversations" in str(request.messages[0]) else None


class QuickPaces(SharedPaces):
    """A pace by PostgreSQL's clock, in seconds of a clock that goes `speed` times as fast."""

    def __init__(self, database: Database, speed: float) -> None:
        super().__init__(database, SystemClock())
        self._speed = speed

    async def turn(self, lane: str, gap: float, patience: float = inf) -> None:
        try:
            await super().turn(lane, gap / self._speed, patience / self._speed)
        except RateLimited as limited:
            raise RateLimited(limited.retry_after * self._speed) from limited

    async def close(self, lane: str, seconds: float) -> None:
        await super().close(lane, seconds / self._speed)


class Rig:
    """A service that can be stopped and started again on the same database."""

    def __init__(self, database_url: str, speed: float = 5.0, **settings: Any) -> None:
        self.clock = Clock(speed)
        self.endpoint = ScriptedEndpoint(self.clock)
        self.endpoint.titles = only_titles
        self.port = free_port()
        self.database_url = database_url
        self._settings = settings
        self.service: Service | None = None

    async def start(self) -> None:
        """Start the service, or start it again after `stop`."""
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # only pydantic's mypy plugin knows it
            **{
                "openai_base_url": self.endpoint.base_url,
                "openai_model": "scripted",
                "database_url": self.database_url,
                "port": self.port,
                "drain_seconds": 2.0,
                **self._settings,
            },
        )
        database = open_database(settings.database_url)
        models = await open_models(settings)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wiring, "open_paces", self._open_paces)
            self.service = open_service(settings, database, models, self.clock)
        await self.service.start()

    def _open_paces(self, database: Database, clock: ClockPort) -> SharedPaces | KeptPaces:
        return QuickPaces(database, self.clock.speed) if database.on_postgres else KeptPaces(database, clock)

    async def stop(self) -> None:
        if self.service is not None:
            await self.service.stop()
            self.service = None

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def telegram_rig(
    database_url: str,
    *,
    webhook: bool = False,
    speed: float = 5.0,
    settings: dict[str, Any] | None = None,
    **flags: Any,
) -> AsyncIterator[tuple[Rig, TelegramStandIn]]:
    """A service with Telegram alone; `flags` are the stand-in's."""
    rig = Rig(database_url, speed)
    async with TelegramStandIn(rig.clock, **flags) as telegram, rig.endpoint:
        rig._settings = {"telegram_bot_token": telegram.token, "telegram_api_url": telegram.api_url, **(settings or {})}
        if webhook:
            rig._settings["telegram_webhook_url"] = rig.url("/telegram/webhook")
            rig._settings["telegram_webhook_secret"] = WEBHOOK_SECRET
        await rig.start()
        try:
            yield rig, telegram
        finally:
            await rig.stop()


@asynccontextmanager
async def slack_rig(
    database_url: str, *, http: bool = False, speed: float = 5.0, settings: dict[str, Any] | None = None, **flags: Any
) -> AsyncIterator[tuple[Rig, SlackStandIn]]:
    """A service with Slack alone; `flags` are the stand-in's."""
    rig = Rig(database_url, speed)
    slack = SlackStandIn(clock=rig.clock, **flags)
    await slack.start()
    async with rig.endpoint:
        rig._settings = {"slack_bot_token": slack.bot_token, "slack_api_url": slack.api_url, **(settings or {})}
        if http:
            rig._settings["slack_signing_secret"] = slack.signing_secret
            slack.deliver_to(rig.url("/slack/events"))
        else:
            rig._settings["slack_app_token"] = slack.app_token
            # Over two, Slack's deliveries of the same moment overtake each other; here people write in the same moment.
            rig._settings.setdefault("slack_connections", 1)
        await rig.start()
        try:
            yield rig, slack
        finally:
            await rig.stop()
            await slack.stop()


async def eventually(condition: Callable[[], object], wait: Callable[..., Any]) -> None:
    """Wait with a stand-in's own `wait_for`, long enough for a busy machine."""
    await wait(condition, timeout=PATIENCE)
