"""The token is in the address of every call. It must be in nothing that anybody reads."""

import logging
import traceback
from collections.abc import AsyncIterator

import aiohttp
import pytest
import structlog
from telegram.error import BadRequest, Forbidden, NetworkError, TelegramError

from adapters.telegram.app import TelegramAdapter
from adapters.telegram.connection import TelegramConfig
from adapters.telegram.polling import Updates
from adapters.telegram.refusals import TelegramRefused, delivery_error
from bot.engine.errors import DeliveryError
from bot.engine.posts import Post
from tests.adapters.scripted_bot_api import TOKEN
from tests.adapters.telegram_payloads import PRIVATE, payload
from tests.adapters.telegram_set_up import CountingMeter, SetUp, set_up

SECRET_PART = TOKEN.split(":")[1]


@pytest.fixture
async def parts(caplog: pytest.LogCaptureFixture) -> AsyncIterator[SetUp]:
    caplog.set_level(logging.DEBUG)
    async with set_up() as parts:
        yield parts


def told(caplog: pytest.LogCaptureFixture) -> str:
    formatter = logging.Formatter("%(name)s %(message)s %(args)s")
    return "\n".join(f"{formatter.format(record)} {record.__dict__}" for record in caplog.records)


async def test_no_log_record_of_a_busy_bot_has_the_token(
    parts: SetUp, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the root logger at DEBUG: the library logs the address at DEBUG, httpx at INFO."""
    for failure in ("getUpdates", "sendMessage", "getMe"):
        parts.api.hang_up(failure)
    parts.api.answer_raw("getUpdates", 502, "<html>")
    with structlog.testing.capture_logs() as ours:
        await parts.adapter.start(parts.engine)
        await parts.api.add(payload("private_text"))
        await parts.clock.advance_until(lambda: bool(parts.engine.taken))
        with pytest.raises(DeliveryError):
            await parts.adapter.messenger.send(PRIVATE, Post("hi"))
        await parts.adapter.messenger.send(PRIVATE, Post("hi"))
        await parts.adapter.close()
    captured = capsys.readouterr()
    assert ours
    for text in (told(caplog), str(ours), captured.out, captured.err):
        assert SECRET_PART not in text


def test_the_settings_do_not_print_their_secrets() -> None:
    config = TelegramConfig(TOKEN, webhook_url="https://x.example", webhook_secret="hush-hush")
    assert SECRET_PART not in repr(config)
    assert "hush-hush" not in repr(config)


@pytest.mark.parametrize("trouble", ["refused", "cut", "page", "nobody", "nonsense"])
async def test_no_error_of_the_start_or_the_messenger_has_the_token(parts: SetUp, trouble: str) -> None:
    adapter = await in_trouble(parts, trouble)
    texts = [await error_text(adapter, parts), adapter.ready() or "", str(await adapter.check())]
    await adapter.close()
    for text in texts:
        assert SECRET_PART not in text


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://", "http://[", "nonsense", "http://a b"])
async def test_no_error_of_polling_has_the_token(address: str) -> None:
    """Some of the HTTP client's errors print the whole address."""
    async with aiohttp.ClientSession() as session:
        updates = Updates(session, f"{address}/bot{TOKEN}", CountingMeter())
        with pytest.raises(DeliveryError) as caught:
            await updates.after(0, 0)
    assert SECRET_PART not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            BadRequest("Bad Request: inline keyboard button URL 'hush' is invalid: Wrong HTTP URL"),
            "button url … is invalid",
        ),
        (
            BadRequest("Bad Request: can't parse entities: unsupported start tag \"it's hush\" at byte offset 0"),
            "tag … at",
        ),
        (Forbidden("Forbidden: “hush”"), "Forbidden: …"),
        (NetworkError("Bad Gateway: 'hush'"), "Bad Gateway: …"),
    ],
)
def test_what_telegram_quotes_of_a_call_is_in_no_error(error: TelegramError, told: str) -> None:
    """It may be what a person or the model wrote."""
    said = str(delivery_error(error))
    assert told in said
    assert "hush" not in said


async def in_trouble(parts: SetUp, trouble: str) -> TelegramAdapter:
    for method in ("getMe", "getMe", "sendMessage"):
        if trouble == "refused":
            parts.api.refuse(method, 401, "Unauthorized")
        elif trouble == "cut":
            parts.api.hang_up(method)
        elif trouble == "page":
            parts.api.answer_raw(method, 502, "<html>")
    addresses = {"nobody": "http://127.0.0.1:1", "nonsense": "http://"}
    config = TelegramConfig(TOKEN, addresses.get(trouble, parts.api.url))
    return TelegramAdapter(config, parts.storage, parts.clock, parts.meter)


async def error_text(adapter: TelegramAdapter, parts: SetUp) -> str:
    """The whole traceback, with every error behind the first, as a log would print it."""
    told = ""
    try:
        await adapter.start(parts.engine)
    except TelegramRefused as error:
        told += "".join(traceback.format_exception(error))
    with pytest.raises(DeliveryError) as caught:
        await adapter.messenger.send(PRIVATE, Post("hi"))
    return told + "".join(traceback.format_exception(caught.value))
