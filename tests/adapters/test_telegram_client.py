"""The HTTP under the library's calls: how they go out, what is made of the answers, and which errors there are."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from aiohttp import web
from telegram import Bot, InputFile
from telegram.error import NetworkError, TelegramError, TimedOut

from adapters.telegram.client import Client
from adapters.telegram.connection import TelegramConfig, open_bot
from tests.adapters.scripted_bot_api import TOKEN, ScriptedBotApi


@pytest.fixture
async def api() -> AsyncIterator[ScriptedBotApi]:
    api = ScriptedBotApi()
    await api.start()
    yield api
    await api.stop()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    client = Client(patience=5.0)
    yield client
    await client.shutdown()


@pytest.fixture
def bot(api: ScriptedBotApi, client: Client) -> Bot:
    return open_bot(TelegramConfig(TOKEN, api.url), client)


async def test_half_a_character_costs_no_message(api: ScriptedBotApi, bot: Bot) -> None:
    """JSON can bring one out of a model, and no encoding can carry it on."""
    await bot.send_message(7, "a\ud83d, а 🌤")
    assert api.of("sendMessage") == [{"chat_id": "7", "text": "a?, а 🌤"}]


async def test_of_a_message_only_what_names_it_and_its_text_are_read(api: ScriptedBotApi, bot: Bot) -> None:
    sent = await bot.send_message(7, "hi")
    assert (sent.message_id, sent.chat.id, sent.text, sent.from_user) == (701, 7, "hi", None)


async def test_what_is_no_message_is_read_whole(bot: Bot) -> None:
    assert (await bot.get_me()).username == "threadline_bot"


async def test_a_file_goes_out_beside_the_parameters(bot: Bot, client: Client) -> None:
    parts: dict[str, object] = {}

    async def take(request: web.Request) -> web.Response:
        for name, value in (await request.post()).items():
            parts[name] = value.file.read() if isinstance(value, web.FileField) else value
        return web.json_response({"ok": True, "result": True})

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    elsewhere = open_bot(TelegramConfig(TOKEN, f"http://127.0.0.1:{runner.addresses[0][1]}"), client)
    await elsewhere.set_chat_photo(7, InputFile(b"picture", "me.png"))
    await runner.cleanup()
    assert parts == {"chat_id": "7", "photo": b"picture"}


async def test_a_call_that_takes_too_long_is_given_up() -> None:
    gone = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the caller goes
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        gone.set()

    client = Client(patience=0.1)
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(TimedOut):
            await open_bot(TelegramConfig(TOKEN, address), client).get_me()
        await client.shutdown()
        await gone.wait()


async def test_a_connection_that_breaks_is_told_by_its_kind_alone(api: ScriptedBotApi, bot: Bot) -> None:
    api.hang_up("getMe")
    with pytest.raises(NetworkError, match=r"^ServerDisconnectedError$"):
        await bot.get_me()


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://", "http://[", "nonsense", "http://a b", "socks5://x"]
)
async def test_no_error_has_the_address_of_the_call(client: Client, address: str) -> None:
    with pytest.raises(NetworkError) as caught:
        await open_bot(TelegramConfig(TOKEN, address), client).get_me()
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


async def test_a_page_that_is_no_json_is_an_error_and_no_news(
    api: ScriptedBotApi, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    api.answer_raw("getMe", 200, "<html>")
    with pytest.raises(TelegramError, match="not JSON"):
        await bot.get_me()
    assert not caplog.records


async def test_the_environments_proxy_is_asked(
    api: ScriptedBotApi, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", api.url)
    monkeypatch.setenv("no_proxy", "other.example")
    await open_bot(TelegramConfig(TOKEN, "http://telegram.example"), client).get_me()
    assert [call.method for call in api.calls] == ["getMe"]


async def test_an_address_that_the_environment_excepts_is_asked_directly(
    api: ScriptedBotApi, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    await bot.get_me()


async def test_after_the_end_nothing_is_opened_again(bot: Bot, client: Client) -> None:
    await bot.get_me()
    await client.shutdown()
    with pytest.raises(NetworkError):
        await bot.get_me()
