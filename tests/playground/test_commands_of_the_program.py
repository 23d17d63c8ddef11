"""The command line inside this process: what each command does with good and bad settings."""

import asyncio
import os
import runpy
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import click
import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from bot.__main__ import CRASHED, NO_PLATFORM, NO_WORKERS_ON_SQLITE, main, migrate_database, run_or_stop, serve
from bot.engine import chat_file
from bot.engine.chats import Author, ChatKey, TitleSource
from bot.engine.transcript import PastAnswer, PastQuestion, Transcript
from bot.engine.turns import TurnStatus
from bot.service.logs import set_up_logs
from bot.service.metrics import PrometheusMeter
from bot.service.settings import LOCAL, Settings, load_settings, names
from bot.service.wiring import ServiceHealth, open_models, open_worker
from playground.openai import ScriptedEndpoint
from playground.telegram import TelegramStandIn
from storage import open_database
from tests import log_set_up
from tests.connection_threads import connection_threads_ended
from tests.playground.rig import PATIENCE, free_port
from tests.unit.transcripts import BEGUN

TOKEN = "4242424242:" + "A" * 35


@pytest.fixture(autouse=True)
def _only_these_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name, field in Settings.model_fields.items():
        for read in names(name, field):
            monkeypatch.delenv(read, raising=False)
    monkeypatch.chdir(tmp_path)
    with log_set_up.put_back():
        yield


def threadline(*arguments: str, **settings: str) -> Result:
    return CliRunner().invoke(main, arguments, env=settings, prog_name="threadline")


def test_migrate_makes_the_tables(tmp_path: Path) -> None:
    said = threadline("migrate", DATABASE_URL=f"sqlite:///{tmp_path / 'new.db'}")
    assert (said.exit_code, said.stdout) == (0, "The database has the newest schema.\n")
    assert (tmp_path / "new.db").stat().st_size > 0


def test_a_backup_says_where_it_is_and_how_big(tmp_path: Path, sqlite_url: str) -> None:
    said = threadline("backup", "copy.db", DATABASE_URL=sqlite_url)
    size = (tmp_path / "copy.db").stat().st_size
    assert (said.exit_code, said.output) == (0, f"The backup is in copy.db ({size:,} bytes).\n")


def test_a_backup_that_is_refused_stops_with_one_sentence(tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "copy.db").write_bytes(b"precious")
    said = threadline("backup", "copy.db", DATABASE_URL=sqlite_url)
    assert said.exit_code == 1
    assert said.output == f"Error: {tmp_path / 'copy.db'} exists already; --force overwrites it.\n"
    assert threadline("backup", "--force", "copy.db", DATABASE_URL=sqlite_url).exit_code == 0


def test_no_backup_is_made_of_a_database_that_is_not_there_or_in_postgresql(tmp_path: Path) -> None:
    for url in ("sqlite:///none.db", "postgresql://me:hush@127.0.0.1:9/x"):
        said = threadline("backup", "copy.db", DATABASE_URL=url)
        assert said.exit_code == 1
        assert said.output.startswith("Error: ")
        assert "hush" not in said.output
    assert not os.listdir(tmp_path)


def exported(file: Path, **changes: Any) -> Path:
    """A file of one chat, with one question and its answer."""
    answer = PastAnswer("Because.", TurnStatus.DONE, True, BEGUN, BEGUN)
    question = PastQuestion("Why?", Author("U1", "Ann"), BEGUN, (answer,), "17.1")
    place = ChatKey("slack", "T1", "C1", "17.1")
    chat = Transcript(place, "U1", "Tea", TitleSource.PERSON, BEGUN, (question,))
    file.write_bytes(chat_file.write(replace(chat, **changes)))
    return file


def test_what_is_imported_is_said_of_each_file_and_nothing_is_doubled(tmp_path: Path) -> None:
    exported(tmp_path / "a.json")
    exported(tmp_path / "b.json", title=None, title_source=None, created_at=BEGUN + timedelta(days=1))
    url = "sqlite:///new.db"
    said = threadline("import", "a.json", "b.json", "a.json", DATABASE_URL=url)
    assert (said.exit_code, said.stdout.splitlines()) == (
        0,
        [
            "a.json: “Tea” is now chat 1 in slack, C1, 17.1, with 1 question; it gets the next message there.",
            "b.json: a chat without a title is now chat 2 in slack, C1, 17.1, with 1 question; another chat gets the "
            "next message there.",
            "a.json: “Tea” is in slack, C1, 17.1 already, as chat 1; nothing was changed.",
        ],
    )


def test_a_chat_is_imported_for_another_person_into_another_place(tmp_path: Path) -> None:
    exported(tmp_path / "a.json")
    options = ("--owner", "7", "--platform", "telegram", "--workspace", "5", "--channel", "7", "--thread", "")
    said = threadline("import", "a.json", *options, DATABASE_URL="sqlite:///new.db")
    assert "“Tea” is now chat 1 in telegram, 7, with" in said.stdout
    assert "nothing was changed" in threadline("import", "a.json", *options, DATABASE_URL="sqlite:///new.db").stdout
    assert "is now chat 2" in threadline("import", "a.json", DATABASE_URL="sqlite:///new.db").stdout


@pytest.mark.parametrize(
    "options",
    [
        ("--platform", "telegram"),
        ("--channel", "general"),
        ("--thread", "first"),
        ("--platform", "telegram", "--workspace", "5", "--channel", "7", "--thread", "x"),
    ],
)
def test_a_place_that_there_cannot_be_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Who lists the chats later takes the places apart, and would stumble."""
    exported(tmp_path / "a.json")
    said = threadline("import", "a.json", *options, DATABASE_URL="sqlite:///new.db")
    assert said.exit_code == 1
    assert "there can be no place called" in said.output


def test_a_place_on_a_platform_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    exported(tmp_path / "a.json", place=ChatKey("irc", "T1", "C1"))
    assert "there can be no place called irc, T1, C1." in threadline("import", "a.json").output


def test_a_file_that_cannot_be_imported_stops_before_anything_is_changed(tmp_path: Path) -> None:
    exported(tmp_path / "a.json")
    (tmp_path / "b.json").write_text('{"format": "threadline.chat", "version": 9}')
    said = threadline("import", "a.json", "b.json", DATABASE_URL="sqlite:///new.db")
    assert said.exit_code == 1
    assert said.output.startswith("Error: b.json cannot be imported. It was exported by a newer Threadline")
    missing = threadline("import", "c.json", DATABASE_URL="sqlite:///new.db")
    assert (missing.exit_code, missing.output) == (1, "Error: c.json cannot be read: No such file or directory.\n")
    assert not (tmp_path / "new.db").exists()


def test_nothing_is_imported_into_an_old_schema_on_postgres(tmp_path: Path, empty_postgres_url: str) -> None:
    exported(tmp_path / "a.json")
    said = threadline("import", "a.json", DATABASE_URL=empty_postgres_url)
    assert said.exit_code == 1
    assert "run `threadline migrate`" in said.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_backup_without_a_trace(
    number: signal.Signals, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moment is the one after the first page. Who starts the tests in the background has SIGINT ignored."""
    usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
    before = signal.signal(number, usual)
    monkeypatch.setattr("storage.backup.PAGES", 1)
    monkeypatch.setattr("storage.backup.let_interrupt", lambda *_: signal.raise_signal(number))
    try:
        said = threadline("backup", "copy.db", DATABASE_URL=sqlite_url)
        assert signal.getsignal(number) == usual
    finally:
        signal.signal(number, before)
    assert (said.exit_code, said.output) == (1, "\nAborted!\n")
    assert os.listdir(tmp_path) == ["threadline.db"]


def test_nohup_goes_for_a_backup_too(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    monkeypatch.setattr("storage.backup.let_interrupt", lambda *_: signal.raise_signal(signal.SIGHUP))
    try:
        assert threadline("backup", "copy.db", DATABASE_URL=sqlite_url).exit_code == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("program", [serve, migrate_database])
def test_a_database_that_cannot_be_opened_stops_it_with_a_remedy(
    program: Callable[[Settings], Coroutine[Any, Any, None]],
) -> None:
    async def run() -> None:
        try:
            await program(load_settings(None).model_copy(update={"database_url": "sqlite:///nowhere/x.db"}))
        finally:
            await connection_threads_ended()

    with pytest.raises(click.ClickException, match=r"^The database cannot be used \(.*\)\. Check DATABASE_URL"):
        run_or_stop(run)


def test_an_error_that_nobody_knows_is_traced_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    """They may quote what a person wrote. Python itself would print all of them."""

    async def stumble() -> None:
        words = "what Ann wrote"
        int(words)

    set_up_logs("error")
    with pytest.raises(click.ClickException, match=f"^{CRASHED}$"):
        run_or_stop(stumble)
    told = capsys.readouterr().err
    assert "in stumble" in told
    assert "Ann" not in told


@pytest.mark.parametrize("command", ["run", "playground", "migrate", "manifest"])
def test_a_wrong_setting_stops_every_command(command: str) -> None:
    said = threadline(command, PORT="eight")
    assert said.exit_code == 1
    assert said.output.startswith("Error: PORT is 'eight'")


def test_the_doctor_exits_with_1_when_something_is_wrong() -> None:
    said = threadline("doctor", PORT="eight")
    assert said.exit_code == 1
    assert said.output.startswith("BAD  settings: PORT is 'eight'")


async def test_the_doctor_exits_with_0_when_everything_is_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    async with TelegramStandIn() as telegram, ScriptedEndpoint() as endpoint:
        settings = {
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.api_url,
            "OPENAI_BASE_URL": endpoint.base_url,
            "OPENAI_MODEL": "scripted",
        }
        said = await asyncio.to_thread(lambda: threadline("doctor", **settings))
    assert said.exit_code == 0, said.output
    assert [line.split(":")[0] for line in said.output.splitlines()] == [
        *("ok   settings", "ok   database", "ok   model", "ok   telegram"),
    ]


def test_a_worker_beside_a_process_on_sqlite_is_refused() -> None:
    said = threadline("worker", TELEGRAM_BOT_TOKEN=TOKEN, OPENAI_API_KEY="sk-1")
    assert (said.exit_code, said.output) == (1, f"Error: {NO_WORKERS_ON_SQLITE}\n")


def test_a_worker_without_a_platform_is_refused() -> None:
    said = threadline("worker", DATABASE_URL="postgresql://nobody@127.0.0.1/none")
    assert (said.exit_code, said.output) == (1, f"Error: {NO_PLATFORM}\n")


def test_a_port_that_is_taken_stops_the_playground_with_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = threadline("playground", PORT=port, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert said.exit_code == 1
    assert said.output.splitlines()[-1] == (
        f"Error: Cannot listen on 127.0.0.1:{port}: Address already in use. Set another PORT."
    )


def test_a_port_that_is_taken_stops_it_with_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = threadline("run", PORT=port, TELEGRAM_BOT_TOKEN=TOKEN, OPENAI_API_KEY="sk-1")
    assert said.exit_code == 1
    assert said.output.splitlines()[-1].startswith(f"Error: Cannot listen on 127.0.0.1:{port}")


async def test_readiness_tells_of_a_database_that_is_away(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    problems = await ServiceHealth(database, {}, PrometheusMeter()).problems()
    assert problems == ["Database: unable to open database file"]
    await database.close()


async def test_the_local_model_is_started_for_both_uses_and_closed_with_them() -> None:
    models = await open_models(load_settings(None).model_copy(update={"openai_base_url": LOCAL}))
    assert models.local is not None
    port = int(models.local.base_url.removesuffix("/v1").rsplit(":", 1)[1])
    await models.answers.check()
    await models.close()
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await asyncio.open_connection("127.0.0.1", port)


def test_the_module_runs_as_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["threadline", "worker"])
    monkeypatch.delitem(sys.modules, "bot.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("bot", run_name="__main__")
    assert ended.value.code == 1


def settings_for(telegram: TelegramStandIn, endpoint: ScriptedEndpoint, url: str) -> Settings:
    own = {
        "telegram_bot_token": SecretStr(telegram.token),
        "telegram_api_url": telegram.api_url,
        "openai_base_url": endpoint.base_url,
        "openai_model": "scripted",
        "database_url": url,
        "port": free_port(),
    }
    return load_settings(None).model_copy(update=own)


async def is_alive(port: int) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE):
        while True:
            try:
                async with http.get(f"http://127.0.0.1:{port}/healthz") as response:
                    assert response.status == 200
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.02)  # nothing tells when the server opens


async def test_a_worker_serves_until_sigterm_and_polls_nothing(postgres_url: str) -> None:
    async with TelegramStandIn() as telegram, ScriptedEndpoint() as endpoint:
        settings = settings_for(telegram, endpoint, postgres_url)
        serving = asyncio.create_task(serve(settings, open_worker))
        await is_alive(settings.port)
        await telegram.wait_for(lambda: telegram.calls_of("getMe"))
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(serving, PATIENCE)
        assert [call.method for call in telegram.calls] == ["getMe"]


async def test_it_serves_until_sigterm_and_brings_sqlite_up_to_date(tmp_path: Path) -> None:
    async with TelegramStandIn() as telegram, ScriptedEndpoint() as endpoint:
        settings = settings_for(telegram, endpoint, f"sqlite:///{tmp_path / 'x.db'}")
        serving = asyncio.create_task(serve(settings))
        await is_alive(settings.port)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(serving, PATIENCE)


async def test_an_old_schema_on_postgres_is_not_touched_without_being_asked(empty_postgres_url: str) -> None:
    async with TelegramStandIn() as telegram, ScriptedEndpoint() as endpoint:
        settings = settings_for(telegram, endpoint, empty_postgres_url)
        with pytest.raises(click.ClickException, match="threadline migrate"):
            await serve(settings)
        database = open_database(empty_postgres_url)
        await database.migrate()
        await database.close()
        serving = asyncio.create_task(serve(settings))
        await is_alive(settings.port)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(serving, PATIENCE)
