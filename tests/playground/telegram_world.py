"""A Telegram stand-in with a person in it and a plain HTTP client for its bot."""

import io
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from playground.clock import ManualClock
from playground.telegram import Chat, Person, TelegramStandIn


class Refused(Exception):
    """An answer that is not ok."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        super().__init__(f"{status} {body.get('description')}")
        self.status = status
        self.description = body["description"]
        self.parameters = body.get("parameters", {})
        self.headers = headers


class RawBot:
    """Calls the Bot API by hand, so that no client library stands between a test and the wire."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    async def call(self, method: str, /, **params: Any) -> Any:
        async with self.session.post(f"{self.base}/{method}", json=params) as response:
            return await _result(response)

    async def upload(self, method: str, files: dict[str, bytes], /, **params: Any) -> Any:
        """Call a method with files; each is named after its field."""
        form = aiohttp.FormData()
        for name, value in params.items():
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
        for name, data in files.items():
            form.add_field(name, io.BytesIO(data), filename=f"{name}.bin", content_type="application/octet-stream")
        async with self.session.post(f"{self.base}/{method}", data=form) as response:
            return await _result(response)

    async def refusal(self, method: str, /, **params: Any) -> str:
        """Call a method that must be refused and give the reason."""
        try:
            result = await self.call(method, **params)
        except Refused as refused:
            return str(refused.description)
        raise AssertionError(f"{method} was not refused: {result}")


async def _result(response: aiohttp.ClientResponse) -> Any:
    body = await response.json()
    if not body["ok"]:
        assert body["error_code"] == response.status
        raise Refused(response.status, body, dict(response.headers))
    return body["result"]


def picture(width: int = 1000, height: int = 500, size: int = 2000) -> bytes:
    """Make the beginning of a PNG file; more than its size nobody reads."""
    return (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height)).ljust(size, b"\0")


@dataclass
class World:
    """What most tests begin with: Ann has a chat with the bot and has written once."""

    telegram: TelegramStandIn
    bot: RawBot
    clock: ManualClock
    ann: Person
    chat: Chat

    async def send(self, text: str = "hello", **params: Any) -> dict[str, Any]:
        sent: dict[str, Any] = await self.bot.call("sendMessage", **{"chat_id": self.chat.id, "text": text} | params)
        return sent

    async def refused_send(self, text: str = "hello", **params: Any) -> str:
        return await self.bot.refusal("sendMessage", **{"chat_id": self.chat.id, "text": text} | params)

    async def updates(self, **params: Any) -> list[dict[str, Any]]:
        """Fetch what waits, without confirming it."""
        waiting: list[dict[str, Any]] = await self.bot.call("getUpdates", **params)
        return waiting

    async def drain(self) -> None:
        """Confirm everything that waits."""
        self.telegram.account.queue.clear()


@asynccontextmanager
async def telegram_world(**settings: Any) -> AsyncIterator[World]:
    clock = ManualClock()
    async with TelegramStandIn(clock, **settings) as telegram, aiohttp.ClientSession() as session:
        ann = telegram.add_person("Ann Lee", username="ann_lee")
        chat = telegram.private_chat(ann)
        await telegram.send(ann, chat, "/start")
        telegram.account.queue.clear()
        yield World(telegram, RawBot(session, f"{telegram.api_url}/bot{telegram.token}"), clock, ann, chat)
