"""Nothing that people or the model wrote, and no key, is in what the service logs or prints, whatever goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner
from sqlalchemy import make_url

from bot.__main__ import main
from bot.engine import texts
from bot.service.logs import set_up_logs
from playground.openai import ScriptedEndpoint
from playground.openai_script import Answer, Failure, Request, error_of
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from tests import log_set_up
from tests.adapters.telegram_payloads import payload
from tests.playground.rig import PATIENCE, WEBHOOK_SECRET, Rig, free_port
from tests.playground.telegram_room import Room as TelegramRoom
from tests.playground.test_slack_service import Room as SlackRoom
from tests.storage.replicas import Observer
from tests.storage.sqlite_files import locked, path_of, write

ASKED, ANSWERED, TITLE, POISON = "quokka-in-a-question", "axolotl-in-an-answer", "tapir-in-a-title", "poison-dart-frog"
PASSWORD = "hunter2-of-the-database"
MODEL_KEY = "gateway.0a1b2c3d4e5f"
"""Of a shape that no pattern knows."""

IMPATIENT = ("busy_timeout=10", "journal_mode=WAL", "synchronous=FULL")

POISON_IN_SQLITE = f"""
CREATE TRIGGER no_poison BEFORE INSERT ON messages WHEN NEW.content LIKE '%{POISON}%'
BEGIN SELECT RAISE(ABORT, 'poison'); END
"""
POISON_IN_POSTGRES = "ALTER TABLE messages ADD CONSTRAINT no_poison CHECK (content NOT LIKE '%poison-dart-frog%')"


Watched = Callable[[], AbstractAsyncContextManager["World"]]


class World:
    """Both platforms around one service, and everything that it must keep to itself."""

    def __init__(
        self, rig: Rig, telegram: TelegramStandIn, slack: SlackStandIn, capture: pytest.CaptureFixture[str]
    ) -> None:
        self.rig = rig
        self.telegram = TelegramRoom(rig, telegram)
        self.slack = SlackRoom(rig, slack)
        self._capture = capture
        self._told = ""

    def told(self) -> str:
        """Everything that was logged and printed up to now."""
        self._told += "".join(self._capture.readouterr())
        return self._told

    async def tells(self, *events: str, times: int = 1) -> None:
        """Wait until all of this was logged so often: the trouble was there, and nobody is silent about it."""
        async with asyncio.timeout(PATIENCE):
            while not all(self.told().count(event) >= times for event in events):
                await asyncio.sleep(0.02)  # a log has nobody to tell

    @property
    def secrets(self) -> list[str]:
        slack, token = self.slack.slack, self.telegram.telegram.token
        tokens = [slack.bot_token, slack.app_token, slack.signing_secret, token.split(":")[1], WEBHOOK_SECRET]
        return [ASKED, ANSWERED, TITLE, POISON, PASSWORD, MODEL_KEY, *tokens]

    async def ask(self, answer: str = ANSWERED, question: str = ASKED) -> str:
        """Ask on both platforms, and wait for both answers; the thread in Slack."""
        self.rig.endpoint.say(f"{answer} in Telegram")
        await self.telegram.say(question)
        await self.telegram.shows(f"{answer} in Telegram")
        self.rig.endpoint.say(f"{answer} in Slack")
        root = await self.slack.mention(question)
        await self.slack.sees(root, f"{answer} in Slack")
        return root


@asynccontextmanager
async def both_platforms(database_url: str, capture: pytest.CaptureFixture[str], pushed: bool) -> AsyncIterator[World]:
    rig = Rig(database_url, speed=40.0)
    async with TelegramStandIn(rig.clock) as telegram, SlackStandIn(clock=rig.clock) as slack, rig.endpoint:
        rig.port = free_port()  # now that nobody else is going to take one
        rig._settings = {
            "openai_api_key": MODEL_KEY,
            "telegram_bot_token": telegram.token,
            "telegram_api_url": telegram.api_url,
            "slack_bot_token": slack.bot_token,
            "slack_api_url": slack.api_url,
            "slack_connections": 1,
        }
        if pushed:
            rig._settings["telegram_webhook_url"] = rig.url("/telegram/webhook")
            rig._settings["telegram_webhook_secret"] = WEBHOOK_SECRET
            rig._settings["slack_signing_secret"] = slack.signing_secret
            slack.deliver_to(rig.url("/slack/events"))
        else:
            rig._settings["slack_app_token"] = slack.app_token
        await rig.start()
        try:
            yield World(rig, telegram, slack, capture)
        finally:
            await rig.stop()


@pytest.fixture(params=["sqlite-json-asked", "postgres-text-pushed"])
def watched(
    request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Watched:
    """A service that logs all it can, for the length of a block. In all that it tells there is nothing that it knows.

    It opens in the test itself: between the set-up of a test and the test pytest closes what it captures with.
    """
    database, style, intake = request.param.split("-")
    url = make_url(request.getfixturevalue(f"{database}_url"))
    if database == "postgres":
        url = url.set(password=PASSWORD)
    monkeypatch.setattr("storage.database.PRAGMAS", IMPATIENT)

    @asynccontextmanager
    async def opened() -> AsyncIterator[World]:
        with log_set_up.put_back():
            set_up_logs("debug", style)
            async with both_platforms(url.render_as_string(False), capfd, intake == "pushed") as world:
                yield world
            told = world.told()
        assert "started" in told
        assert [line for line in told.splitlines() if any(secret in line for secret in world.secrets)] == []

    return opened


async def test_a_chat_from_its_first_question_to_its_end(watched: Watched) -> None:
    async with watched() as world:
        root = await world.ask()
        telegram, slack = world.telegram, world.slack
        await telegram.say(f"/rename {TITLE}")
        await telegram.shows(texts.RENAMED("", title=TITLE))
        await slack.mention(f"rename {TITLE}", root)
        await slack.slack.wait_for(lambda: slack.shows(root, TITLE), timeout=PATIENCE)
        await telegram.say("/chats")
        await telegram.telegram.wait_for(lambda: TITLE in str(telegram.labels()), timeout=PATIENCE)
        await slack.slack.slash(slack.ann, slack.channel, "/chats", ASKED)
        await telegram.say("/delete")
        await telegram.telegram.wait_for(lambda: texts.DELETE.english in telegram.labels(), timeout=PATIENCE)
        await telegram.press(texts.DELETE.english)
        await telegram.sees(texts.DELETED("", title=TITLE))
        await slack.mention("delete", root)
        await slack.slack.wait_for(lambda: slack.shows(root, f"Delete “{TITLE}”?"), timeout=PATIENCE)
        await slack.press(root, texts.DELETE.english)
        await slack.sees(root, texts.DELETED("", title=TITLE))
        await world.tells("turn_ended")


async def test_an_answer_that_is_stopped_and_asked_for_again(watched: Watched) -> None:
    async with watched() as world:
        telegram = world.telegram
        world.rig.endpoint.say(f"{ANSWERED} " * 400, rate=400.0)
        await telegram.say(ASKED)
        await telegram.telegram.wait_for(telegram.draft, timeout=PATIENCE)
        await telegram.telegram.press_stop(telegram.person, telegram.chat)
        await telegram.telegram.wait_for(lambda: texts.RETRY.english in telegram.labels(), timeout=PATIENCE)
        world.rig.endpoint.say(ANSWERED)
        await telegram.ask_again()
        await telegram.sees(ANSWERED)


CALLS_OF_TELEGRAM = ("sendMessageDraft", "sendMessage", "editMessageText", "sendChatAction", "answerCallbackQuery")
CALLS_OF_SLACK = ("chat.postMessage", "chat.update", "assistant.threads.setStatus", "users.info")
FAILURES_OF_TELEGRAM: list[dict[str, Any]] = [
    {"status": 400, "description": f"Bad Request: inline keyboard button URL '{ANSWERED}' is invalid: Wrong HTTP URL"},
    {"status": 400, "description": f'Bad Request: can\'t parse entities: unsupported start tag "{ANSWERED}"'},
    {"status": 403, "description": "Forbidden: bot was blocked by the user"},
    {"status": 429, "retry_after": 1},
    {"status": 500, "description": f"Internal Server Error: '{ASKED}'"},
    {"status": 0},
]
FAILURES_OF_SLACK: list[dict[str, Any]] = [
    {"error": "invalid_blocks"},
    {"error": "msg_too_long"},
    {"error": "channel_not_found"},
    {"status": 429, "retry_after": 1},
    {"status": 503},
    {"error": "internal_error"},
]


async def test_platforms_that_fail(watched: Watched) -> None:
    """Their words may repeat ours: what is refused is quoted."""
    async with watched() as world:
        telegram, slack = world.telegram.telegram, world.slack.slack
        world.rig.endpoint.answer_with(lambda _: Answer(f"{ANSWERED} " * 60, rate=1_000.0))
        for number, (failure, other) in enumerate(zip(FAILURES_OF_TELEGRAM, FAILURES_OF_SLACK, strict=True), 1):
            planned: list[Any] = [telegram.fail(method, **failure) for method in CALLS_OF_TELEGRAM]
            planned += [slack.fail(method, **other) for method in CALLS_OF_SLACK]
            await world.telegram.say(f"{ASKED} {number}")
            await world.slack.mention(f"{ASKED} {number}")
            await world.tells("turn_ended", times=2 * number)
            for fault in planned:
                fault.times = fault.hit  # what the answer did not run into shall not meet the next one
        slack.reset("chat.postMessage")
        world.rig.endpoint.answer_with(lambda _: Answer(f"{ANSWERED} " * 30, rate=50.0))
        await world.telegram.say(ASKED)
        root = await world.slack.mention(ASKED)
        seen = world.telegram  # which gets no drafts any more, as they were refused
        await telegram.wait_for(lambda: texts.STOP.english in seen.labels(), timeout=PATIENCE)
        await slack.wait_for(lambda: world.slack.shows(root, ANSWERED), timeout=PATIENCE)
        telegram.outage = 502
        slack.outage(True)
        slack.cut_sockets()
        await world.rig.endpoint.wait_for(lambda: world.rig.endpoint.running == 0, timeout=PATIENCE)
        telegram.outage = 0
        slack.outage(False)
        await world.tells("turn_ended", times=2 * len(FAILURES_OF_SLACK) + 2)
        await world.ask("Well again")


WHOLE = f"{ANSWERED} " * 20
BROKE = error_of(f"broke at {ASKED}", "server_error")
FAILURES_OF_THE_MODEL: list[Answer | Failure | None] = [
    Failure(400, f"Invalid value: {ASKED}, key {MODEL_KEY}", code="invalid_value"),
    Failure(422, body=str({"detail": [{"loc": ["messages", 0], "input": [{"role": "user", "content": ASKED}]}]})),
    Failure(401, f"Incorrect API key provided: {MODEL_KEY}"),
    Failure(429, f"Slow down, you asked {ASKED}", retry_after=1),
    Failure(500, body=f"<html>{ASKED} {MODEL_KEY}</html>"),
    Failure(400, f"content_filter: {ASKED}"),
    Failure(400, f"maximum context length exceeded by {ASKED}"),
    None,
    Answer(WHOLE, break_after=30),
    Answer(WHOLE, error_after=30, error=BROKE),
    Answer(WHOLE, error_after=0, error=BROKE),
]


async def test_a_model_that_fails(watched: Watched) -> None:
    """Many servers repeat of the prompt what they do not like; those on FastAPI all of it."""
    async with watched() as world:
        for number, failure in enumerate(FAILURES_OF_THE_MODEL, 1):
            world.rig.endpoint.answer_with(partial(the_same, failure))
            await world.telegram.say(f"{ASKED} {number}")
            await world.tells("turn_ended", times=number)
        assert world.told().count("model_failed") == len(FAILURES_OF_THE_MODEL)


def the_same(step: Answer | Failure | None, _: Request) -> Answer | Failure | None:
    return step


@contextmanager
def database_away(url: str) -> Iterator[None]:
    with locked(path_of(url)) if url.startswith("sqlite") else Observer(url).outage():
        yield


def poison(url: str) -> None:
    """Let the database refuse some words, and quote them."""
    if url.startswith("sqlite"):
        write(path_of(url), POISON_IN_SQLITE)
    else:
        Observer(url).execute(POISON_IN_POSTGRES)


async def test_a_database_that_fails(watched: Watched) -> None:
    async with watched() as world:
        url = world.rig.database_url
        await world.ask()
        with ExitStack() as stack:
            await asyncio.to_thread(stack.enter_context, database_away(url))
            await world.telegram.say(ASKED)
            await world.slack.mention(ASKED)
            await world.tells("slack_delivery_not_stored", "telegram_")
        await world.telegram.shows(f"You said: {ASKED}")
        await asyncio.to_thread(poison, url)
        await world.telegram.say(POISON)
        await world.slack.mention(POISON)
        await world.tells("telegram_update_put_aside", "slack_delivery_failed")
        world.rig.endpoint.say(POISON)
        await world.telegram.say("Say it")
        await world.tells("not_handled", "Traceback")


async def test_deliveries_that_cannot_be_read(watched: Watched) -> None:
    async with watched() as world:
        slack = world.slack.slack
        broken = payload("private_text") | {"update_id": world.telegram.telegram.last_update_id + 1}
        broken["message"]["text"] = [ASKED]
        broken["message"]["chat"]["id"] = ASKED
        world.telegram.telegram.push_raw(broken)
        slack.deliver_raw(
            {"type": "event_callback", "event": {"type": "message", "text": {ASKED: ASKED}, "user": [ASKED]}}
        )
        async with aiohttp.ClientSession() as http:
            for path in ("/slack/events", "/telegram/webhook", f"/{ASKED}", f"/bot{world.telegram.telegram.token}/x"):
                async with http.post(world.rig.url(path), data=ASKED) as response:
                    assert response.status >= 400
        await world.tells("telegram_update_put_aside", "slack_delivery_failed")
        await world.ask()


async def test_what_the_program_says_of_settings_that_do_not_fit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every credential is refused, and the server repeats the key that it does not know."""
    monkeypatch.chdir(tmp_path)
    secrets = {
        "TELEGRAM_BOT_TOKEN": "4242424242:" + "A" * 35,
        "SLACK_BOT_TOKEN": "xoxb-1111-2222-aaaabbbb",
        "SLACK_APP_TOKEN": "xapp-1-A012-3333-ccccdddd",
        "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef",
        "OPENAI_API_KEY": MODEL_KEY,
    }
    async with TelegramStandIn() as telegram, SlackStandIn() as slack, ScriptedEndpoint() as endpoint:
        endpoint.lists_models = False
        endpoint.fail(401, f"The key {MODEL_KEY} is not known")
        settings = {
            **secrets,
            "DATABASE_URL": f"postgresql://me:{PASSWORD}@127.0.0.1:9/x",
            "LOG_LEVEL": "debug",
            "TELEGRAM_API_URL": telegram.api_url,
            "SLACK_API_URL": slack.api_url,
            "OPENAI_BASE_URL": endpoint.base_url,
        }
        for command in ("doctor", "migrate"):
            with log_set_up.put_back():
                said = await asyncio.to_thread(CliRunner().invoke, main, [command], env=settings)
            told = said.output + "".join(capfd.readouterr())
            assert said.exit_code == 1, told
            assert [name for name, secret in secrets.items() if secret.split(":")[-1] in told] == []
            assert PASSWORD not in told
        assert endpoint.requests
