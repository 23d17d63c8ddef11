"""The program as an operator starts and stops it: a process of its own, over real sockets and signals."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from click.testing import CliRunner

from bot.__main__ import main
from playground.openai import ScriptedEndpoint
from playground.telegram import TelegramStandIn
from tests.playground.rig import PATIENCE, free_port, only_titles

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def program(*arguments: str, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `threadline …` with nothing but these settings."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **settings}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *arguments),
        env=env,
        cwd=settings.get("HOME", "/"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def outcome(*arguments: str, **settings: str) -> tuple[int, str, str]:
    """The exit code and what was said on both outputs."""
    async with program(*arguments, **settings) as process:
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
async def outside() -> AsyncIterator[tuple[TelegramStandIn, ScriptedEndpoint]]:
    async with TelegramStandIn() as telegram, ScriptedEndpoint() as endpoint:
        endpoint.titles = only_titles
        yield telegram, endpoint


def settings_for(telegram: TelegramStandIn, endpoint: ScriptedEndpoint, folder: Path, port: int = 0) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "TELEGRAM_BOT_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.api_url,
        "OPENAI_BASE_URL": endpoint.base_url,
        "OPENAI_MODEL": "scripted",
        "DATABASE_URL": f"sqlite:///{folder / 'threadline.db'}",
        "PORT": str(port),
    }


async def is_ready(port: int) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE):
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{port}/readyz") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)  # the process says nothing when its server opens


async def test_sigterm_lets_a_running_answer_finish_and_exits_with_0(
    outside: tuple[TelegramStandIn, ScriptedEndpoint], tmp_path: Path
) -> None:
    telegram, endpoint = outside
    ann = telegram.add_person("Ann")
    chat = telegram.private_chat(ann)
    port = free_port()
    async with program("run", **settings_for(telegram, endpoint, tmp_path, port)) as process:
        await is_ready(port)
        endpoint.say("word " * 40, rate=100.0)
        await telegram.send(ann, chat, "Tell me a story")
        await telegram.wait_for(lambda: telegram.bot_messages(chat), timeout=PATIENCE)
        process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0, err.decode()
    assert [m.text for m in telegram.bot_messages(chat)] == [("word " * 40).strip()]
    assert telegram.token not in err.decode()
    assert "word word" not in err.decode()
    assert err.decode().count("turn_ended") == 1


async def test_a_second_start_goes_on_with_what_was_left(
    outside: tuple[TelegramStandIn, ScriptedEndpoint], tmp_path: Path
) -> None:
    telegram, endpoint = outside
    ann = telegram.add_person("Ann")
    chat = telegram.private_chat(ann)
    port = free_port()
    settings = settings_for(telegram, endpoint, tmp_path, port) | {"DRAIN_SECONDS": "0"}
    async with program(**settings) as process:
        await is_ready(port)
        endpoint.say("word " * 400, rate=50.0)
        await telegram.send(ann, chat, "Tell me a story")
        await telegram.wait_for(lambda: telegram.bot_messages(chat), timeout=PATIENCE)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0
    endpoint.say("The whole story.")
    async with program(**settings):
        await telegram.wait_for(
            lambda: [m.text for m in telegram.bot_messages(chat)] == ["The whole story."], timeout=PATIENCE
        )


async def test_a_wrong_setting_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    code, out, err = await outcome("run", HOME=str(tmp_path), PORT="eight")
    assert (code, out) == (1, "")
    assert err.startswith("Error: PORT is 'eight'")
    assert len(err.strip().splitlines()) == 1


async def test_a_token_that_telegram_refuses_stops_the_start_with_one_sentence(
    outside: tuple[TelegramStandIn, ScriptedEndpoint], tmp_path: Path
) -> None:
    telegram, endpoint = outside
    wrong = "4242424242:" + "A" * 35
    settings = settings_for(telegram, endpoint, tmp_path) | {"TELEGRAM_BOT_TOKEN": wrong}
    code, _, err = await outcome("run", **settings)
    assert code == 1
    last = err.strip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert "Traceback" not in err
    assert wrong not in err


async def test_a_port_that_is_taken_stops_the_start_with_one_sentence(
    outside: tuple[TelegramStandIn, ScriptedEndpoint], tmp_path: Path
) -> None:
    telegram, endpoint = outside
    taken = int(endpoint.base_url.rsplit(":", 1)[1].split("/")[0])
    code, _, err = await outcome("run", **settings_for(telegram, endpoint, tmp_path, taken))
    assert code == 1
    assert f"Cannot listen on 127.0.0.1:{taken}" in err.strip().splitlines()[-1]


async def test_an_old_schema_on_postgres_is_said_and_migrate_mends_it(
    outside: tuple[TelegramStandIn, ScriptedEndpoint], tmp_path: Path, empty_postgres_url: str
) -> None:
    telegram, endpoint = outside
    port = free_port()
    settings = settings_for(telegram, endpoint, tmp_path, port) | {"DATABASE_URL": empty_postgres_url}
    code, _, err = await outcome("run", **settings)
    assert code == 1
    assert "threadline migrate" in err
    code, out, _ = await outcome("migrate", **settings)
    assert (code, out) == (0, "The database has the newest schema.\n")
    async with program("run", **settings) as process:
        await is_ready(port)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == 0


async def test_the_doctor_finds_everything_in_order_or_says_what_is_not(
    outside: tuple[TelegramStandIn, ScriptedEndpoint], tmp_path: Path
) -> None:
    telegram, endpoint = outside
    settings = settings_for(telegram, endpoint, tmp_path)
    code, out, _ = await outcome("doctor", **settings)
    assert code == 0, out
    assert "BAD" not in out
    bad = {"TELEGRAM_BOT_TOKEN": "4242424242:" + "A" * 35, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    code, out, _ = await outcome("doctor", **(settings | bad))
    assert code == 1
    assert [line.split(":")[0] for line in out.splitlines() if line.startswith("BAD")] == [
        "BAD  model",
        "BAD  telegram",
    ]
    assert "A" * 35 not in out
    code, out, _ = await outcome("doctor", HOME=str(tmp_path), PORT="eight")
    assert (code, out.split(":")[0]) == (1, "BAD  settings")


def test_the_manifest_is_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(main, ["manifest"])
    assert said.exit_code == 0
    assert json.loads(said.output)["features"]["agent_view"]


@pytest.mark.parametrize("command", ["", "run", "migrate", "backup", "doctor", "manifest", "playground", "worker"])
def test_help_is_there_on_every_level(command: str) -> None:
    said = CliRunner().invoke(main, [*command.split(), "--help"], prog_name="threadline")
    assert said.exit_code == 0
    assert said.output.startswith(f"Usage: threadline {command}".rstrip())


def test_what_is_not_there_yet_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(main, ["worker"])
    assert said.exit_code == 1
    assert said.output.startswith("Error: ")


@pytest.mark.parametrize("arguments", [(), ("run",), ("playground",)])
async def test_without_credentials_it_opens_the_page_and_says_where(arguments: tuple[str, ...], tmp_path: Path) -> None:
    settings = {"HOME": str(tmp_path), "PORT": "0", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}
    async with program(*arguments, **settings) as process, aiohttp.ClientSession() as http:
        assert process.stdout is not None
        first = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode()
        address = first.removeprefix("Threadline's playground: ").strip()
        async with http.get(address) as response:
            assert "Threadline playground" in await response.text()
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert (process.returncode, err.decode()) == (0, "")
    assert not os.listdir(tmp_path)
