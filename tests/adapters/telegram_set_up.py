"""A Telegram adapter with fakes behind it and a Bot API before it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from adapters.telegram.app import TelegramAdapter
from adapters.telegram.connection import TelegramConfig
from adapters.telegram.lease import Tenure
from bot.engine.ports import Storage
from bot.engine.testing import FakeClock, MemoryStorage
from bot.engine.turns import TurnStatus
from tests.adapters.recording_engine import RecordingEngine
from tests.adapters.scripted_bot_api import TOKEN, ScriptedBotApi

POSITION = "telegram:5550001111"


class CountingMeter:
    """Port Meter: keeps what was counted."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []

    def turn_ended(self, platform: str, status: TurnStatus, seconds: float) -> None: ...

    def first_text(self, platform: str, seconds: float) -> None: ...

    def call(self, platform: str, method: str, outcome: str) -> None:
        self.calls.append((platform, method, outcome))


class SetUp:
    """Everything around one adapter."""

    def __init__(self, api: ScriptedBotApi, storage: Storage | None = None) -> None:
        self.api = api
        self.storage: Storage = storage or MemoryStorage()
        self.engine = RecordingEngine()
        self.clock = FakeClock()
        self.meter = CountingMeter()
        self.adapter = self.build()

    def build(self, tenure: Tenure | None = None, **config: Any) -> TelegramAdapter:
        """A fresh adapter over the same storage, as after a restart."""
        settings = TelegramConfig(**{"token": TOKEN, "api_url": self.api.url, **config})
        self.adapter = TelegramAdapter(settings, self.storage, self.clock, self.meter, tenure)
        return self.adapter

    async def stored_offset(self) -> int:
        async with self.storage() as work:
            return await work.events.offset(POSITION)


@asynccontextmanager
async def set_up() -> AsyncIterator[SetUp]:
    """The adapter is not started yet; whatever a test started is closed at the end."""
    api = ScriptedBotApi()
    await api.start()
    parts = SetUp(api)
    try:
        yield parts
    finally:
        parts.engine.gate.set()
        await parts.adapter.close()
        await api.stop()
