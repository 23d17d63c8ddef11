"""The webhook: who may call it, what is an update, and when it says "received"."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import pytest

from adapters.telegram.app import TelegramAdapter
from adapters.telegram.connection import TelegramConfig
from adapters.telegram.refusals import TelegramRefused
from adapters.web import Server, serve
from bot.engine.errors import StorageUnavailable
from tests.adapters.scripted_bot_api import TOKEN
from tests.adapters.telegram_payloads import payload
from tests.adapters.telegram_set_up import SetUp, set_up

SECRET = "s3cret-of_the_webhook"
URL = "https://bot.example.org/telegram/webhook"


class AlwaysWell:
    async def problems(self) -> Sequence[str]:
        return ()

    def remarks(self) -> Sequence[str]:
        return []

    def metrics(self) -> bytes:
        return b""


@pytest.fixture
async def parts() -> AsyncIterator[SetUp]:
    async with set_up() as parts:
        parts.build(webhook_url=URL, webhook_secret=SECRET)
        yield parts


@pytest.fixture
async def server(parts: SetUp) -> AsyncIterator[Server]:
    server = await serve("127.0.0.1", 0, parts.adapter.routes(), AlwaysWell())
    yield server
    await server.close()


@pytest.fixture
async def hook(server: Server) -> AsyncIterator["Hook"]:
    async with aiohttp.ClientSession() as session:
        yield Hook(session, f"http://127.0.0.1:{server.port}/telegram/webhook")


class Hook:
    """Calls the webhook as Telegram does."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def deliver(self, update: Any, secret: str | None = SECRET) -> int:
        return await self.deliver_raw(json.dumps(update).encode(), secret)

    async def deliver_raw(self, body: bytes, secret: str | None = SECRET) -> int:
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        async with self._session.post(self._url, data=body, headers=headers) as answer:
            return answer.status


async def test_an_update_is_received_once_it_is_committed(parts: SetUp, hook: Hook) -> None:
    parts.engine.gate.clear()
    await parts.adapter.start(parts.engine)
    delivering = asyncio.create_task(hook.deliver(payload("private_text")))
    await parts.engine.wait_for(lambda: parts.engine.entered == 1)
    assert not delivering.done()
    parts.engine.gate.set()
    assert await delivering == 200
    assert parts.engine.texts == ["How do tides work?"]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", "geheimnis-äöü"])
async def test_a_wrong_secret_is_401_and_nothing_is_taken(parts: SetUp, hook: Hook, secret: str | None) -> None:
    await parts.adapter.start(parts.engine)
    assert await hook.deliver(payload("private_text"), secret) == 401
    assert parts.engine.entered == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"update"',
        b"{}",
        b'{"update_id": "11"}',
        b'{"update_id": true}',
        b'{"update_id": 1.5}',
        b"[" * 50_000,
    ],
)
async def test_what_is_no_update_is_400_and_nothing_is_taken(parts: SetUp, hook: Hook, body: bytes) -> None:
    await parts.adapter.start(parts.engine)
    assert await hook.deliver_raw(body) == 400
    assert parts.engine.entered == 0


async def test_a_broken_update_is_received_and_put_aside(parts: SetUp, hook: Hook) -> None:
    """Refused, it would come again for a day and hold up its chat."""
    await parts.adapter.start(parts.engine)
    update = payload("broken_message")
    assert await hook.deliver(update) == 200
    assert parts.engine.aside == [(f"telegram:5550001111:{update['update_id']}", "KeyError")]


async def test_without_storage_it_is_not_received(parts: SetUp, hook: Hook) -> None:
    parts.engine.failures.append(StorageUnavailable("gone"))
    await parts.adapter.start(parts.engine)
    assert await hook.deliver(payload("private_text")) == 503
    assert await hook.deliver(payload("private_text")) == 200


async def test_a_repeat_is_received_and_not_handed_over_twice(parts: SetUp, hook: Hook) -> None:
    await parts.adapter.start(parts.engine)
    assert [await hook.deliver(payload("private_text")) for _ in range(2)] == [200, 200]
    assert len(parts.engine.taken) == 1


async def test_before_the_start_and_after_the_stop_it_says_come_again(parts: SetUp, hook: Hook) -> None:
    assert await hook.deliver(payload("private_text")) == 503
    await parts.adapter.start(parts.engine)
    await parts.adapter.stop_intake()
    assert await hook.deliver(payload("private_text")) == 503
    assert parts.engine.entered == 0


async def test_stopping_waits_for_what_is_being_handled(parts: SetUp, hook: Hook) -> None:
    parts.engine.gate.clear()
    await parts.adapter.start(parts.engine)
    delivering = asyncio.create_task(hook.deliver(payload("private_text")))
    await parts.engine.wait_for(lambda: parts.engine.entered == 1)
    stopping = asyncio.create_task(parts.adapter.stop_intake())
    await parts.clock.settle()
    assert not stopping.done()
    parts.engine.gate.set()
    await stopping
    assert await delivering == 200


async def test_stopping_waits_only_so_long(parts: SetUp, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that hangs; Telegram gets no answer and brings the update again."""
    monkeypatch.setattr("adapters.telegram.app.PATIENCE", 0.05)
    parts.engine.gate.clear()
    await parts.adapter.start(parts.engine)
    delivering = asyncio.create_task(hook.deliver(payload("private_text")))
    await parts.engine.wait_for(lambda: parts.engine.entered == 1)
    await asyncio.wait_for(parts.adapter.stop_intake(), 2)
    assert not delivering.done()
    parts.engine.gate.set()
    await delivering


async def test_a_caller_who_hangs_up_does_not_cut_the_handling_off(parts: SetUp, hook: Hook) -> None:
    parts.engine.gate.clear()
    await parts.adapter.start(parts.engine)
    delivering = asyncio.create_task(hook.deliver(payload("private_text")))
    await parts.engine.wait_for(lambda: parts.engine.entered == 1)
    delivering.cancel()
    await asyncio.wait({delivering})
    parts.engine.gate.set()
    await parts.engine.wait_for(lambda: bool(parts.engine.taken))


async def test_telegram_is_told_where_to_and_which_secret(parts: SetUp) -> None:
    await parts.adapter.start(parts.engine)
    assert parts.api.of("setWebhook") == [
        {
            "url": URL,
            "secret_token": SECRET,
            "max_connections": "40",
            "allowed_updates": [
                "message",
                "edited_message",
                "callback_query",
                "my_chat_member",
                "stopped_message_generation",
            ],
        }
    ]
    assert not parts.api.of("getUpdates")
    assert parts.adapter.ready() is None


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://bot.example.org", "https://bot.example.org/telegram/webhook"),
        ("https://bot.example.org:8443/", "https://bot.example.org:8443/telegram/webhook"),
        ("https://example.org/behind/a/proxy", "https://example.org/behind/a/proxy"),
        (None, ""),
    ],
)
def test_an_address_without_a_path_means_our_own_route(url: str | None, address: str) -> None:
    assert TelegramConfig(TOKEN, webhook_url=url).webhook_address == address


async def test_a_refused_address_stops_the_start_with_one_sentence(parts: SetUp) -> None:
    parts.api.refuse("setWebhook", 400, "Bad Request: bad webhook: HTTPS url must be provided for webhook")
    with pytest.raises(TelegramRefused, match=r"TELEGRAM_WEBHOOK_URL: Bad webhook: https url"):
        await parts.adapter.start(parts.engine)


async def test_setting_the_webhook_waits_as_long_as_asked(parts: SetUp) -> None:
    parts.api.refuse("setWebhook", 429, "Too Many Requests: retry after 3", retry_after=3)
    await parts.adapter.start(parts.engine)
    assert await parts.clock.advance_to_next() == 3.0
    await parts.clock.advance_until(lambda: parts.adapter.ready() is None)


def test_a_webhook_without_a_secret_is_not_built(parts: SetUp) -> None:
    config = TelegramConfig(TOKEN, parts.api.url, URL)
    with pytest.raises(ValueError, match="without a secret"):
        TelegramAdapter(config, parts.storage, parts.clock, parts.meter)


async def test_the_doctor_tells_what_telegram_says_about_deliveries(parts: SetUp) -> None:
    parts.api.webhook_error = "Wrong response from the webhook: 401 Unauthorized"
    assert await parts.adapter.check() == [
        "Telegram could not deliver to TELEGRAM_WEBHOOK_URL: Wrong response from the webhook: 401 Unauthorized."
    ]
