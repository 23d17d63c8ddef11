"""The whole service between stand-ins for everything outside, over real sockets."""

import random
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from bot.engine.budgets import Account, Ask, Bucket, Budget, Budgets, Way, Window
from bot.service import wiring
from bot.service.clock import SystemClock
from bot.service.service import Service
from bot.service.settings import Settings
from bot.service.wiring import name_of_this_process, open_models, open_service
from playground.clock import Clock
from playground.openai import ScriptedEndpoint
from playground.openai_script import Request
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from storage import Database, KeptLedger, SharedLedger, open_database

WEBHOOK_SECRET = "s3cret-of-the-webhook"
PATIENCE = 20.0
"""Real seconds that a test waits for something to happen before it fails."""


def free_port() -> int:
    """Below those that the system gives to connections: one of these could be taken again before a server has it."""
    while True:
        port = random.randrange(15_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def only_titles(request: Request) -> str | None:
    """Name every chat after its first question; leave every other request to the script."""
    return f"About {request.question}"[:60] if "You name conversations" in str(request.messages[0]) else None


class QuickLedger(SharedLedger):
    """A ledger by PostgreSQL's clock, in seconds of a clock that goes `speed` times as fast."""

    def __init__(self, database: Database, speed: float) -> None:
        super().__init__(database, SystemClock(), name_of_this_process())
        self._speed = speed

    async def ask(self, asks: Sequence[Ask]) -> list[float]:
        return [wait * self._speed for wait in await super().ask([self._quick(ask) for ask in asks])]

    async def close(self, budgets: Budgets, seconds: float, *, refused: bool) -> None:
        await super().close(budgets, seconds / self._speed, refused=refused)

    def seen(self, budget: Budget) -> tuple[Account, float]:
        account, now = super().seen(budget)
        return self._slow(account), now * self._speed

    def _quick(self, ask: Ask) -> Ask:
        way = ask.begins
        if way is not None:
            parts = (self._all(way.first), self._all(way.preview), self._all(way.end))
            way = Way(way.name, *parts, fleeting=way.fleeting)
        return Ask(self._all(ask.budgets), ask.urgency, way)

    def _all(self, budgets: Budgets) -> Budgets:
        return tuple(self._quicker(budget) for budget in budgets)

    def _quicker(self, budget: Budget) -> Budget:
        windows = tuple(Window(window.most, window.seconds / self._speed) for window in budget.windows)
        bucket = budget.bucket and Bucket(budget.bucket.burst, budget.bucket.gap / self._speed)
        return Budget(budget.name, windows, bucket, budget.quickest / self._speed)

    def _slow(self, account: Account) -> Account:
        calls = [call * self._speed for call in account.calls]
        lives = {who: replace(live, until=live.until * self._speed) for who, live in account.live.items()}
        full_at, closed_until, cut_at = (
            moment * self._speed for moment in (account.full_at, account.closed_until, account.cut_at)
        )
        return Account(calls, full_at, closed_until, account.share, cut_at, lives)


def open_quick_ledger(database: Database, clock: Any) -> SharedLedger | KeptLedger:
    """The ledger of a service whose clock is quick."""
    return QuickLedger(database, clock.speed) if database.on_postgres else KeptLedger(database, clock)


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
            patch.setattr(wiring, "open_ledger", open_quick_ledger)
            self.service = open_service(settings, database, models, self.clock)
        await self.service.start()

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
