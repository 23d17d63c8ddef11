"""The bot on a page in the browser, for who has no account or key at hand: real adapters against stand-ins."""

import asyncio
import os
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from adapters.web import CannotListen
from bot.service.local_model import LocalModel, LocalModelMissing
from bot.service.manifest import manifest
from bot.service.settings import LOCAL, Settings
from bot.service.wiring import open_models, open_service
from playground.model_tap import ModelTap
from playground.openai import ScriptedEndpoint
from playground.openai_script import Request
from playground.page import About, PageServer, World
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from storage import open_database

WELCOME = """\
Threadline's playground: {address}

Slack and Telegram in your browser: the real bot against stand-ins on this machine. {note}
To use it for real set SLACK_BOT_TOKEN or TELEGRAM_BOT_TOKEN: README.md says how. Ctrl-C ends it.
"""
HOW_TO_SET = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for any other endpoint, and start again for a better one."
OPENAI = "https://api.openai.com/v1"
SCRIPTED = "scripted"
DRAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Upstream:
    """The model endpoint behind the tap, and what the page says about it."""

    url: str
    model: str | None
    about: About


def is_configured(settings: Settings) -> bool:
    """Whether there is a platform to serve."""
    return settings.slack_bot_token is not None or settings.telegram_bot_token is not None


async def play(settings: Settings, stop: asyncio.Event, write: Callable[[str], object]) -> None:
    """Serve the playground until `stop` is set, and say where it is. Raises CannotListen."""
    async with opened(settings) as (world, page):
        write(WELCOME.format(address=page.address, note=world.about.note))
        if sys.stdout.isatty() and has_screen():
            webbrowser.open(page.address)
        await stop.wait()


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[World, PageServer]]:
    """Start the stand-ins, the model, the bot and the page. Nothing of it is left afterwards."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(model_behind(settings))
        tap = await stack.enter_async_context(ModelTap(upstream.url))
        slack = await stack.enter_async_context(SlackStandIn())
        telegram = await stack.enter_async_context(TelegramStandIn())
        topics = await stack.enter_async_context(
            TelegramStandIn(username="threadline_topics_bot", topics_enabled=True, users_create_topics=True)
        )
        slack.install(manifest(settings))
        world = World(slack, telegram, topics, tap, upstream.about)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="threadline-")))
        own = behind_tap(settings, upstream, tap)
        first = {**of_slack(slack), **of_telegram(telegram)}
        await stack.enter_async_context(served(own, folder / "chats.db", first))
        await stack.enter_async_context(served(own, folder / "topics.db", of_telegram(topics)))
        yield world, await stack.enter_async_context(shown(world, settings))


@asynccontextmanager
async def model_behind(settings: Settings) -> AsyncIterator[Upstream]:
    """The person's own endpoint; else the local model; where that cannot run the scripted endpoint."""
    url = settings.openai_base_url
    if url != LOCAL and (url is not None or settings.openai_api_key is not None):
        note = "The answers are your own endpoint's."
        yield Upstream(url or OPENAI, None, About(settings.openai_model, "own", note))
        return
    try:
        local = await LocalModel.start()
    except LocalModelMissing as error:
        async with ScriptedEndpoint() as endpoint:
            endpoint.answer_with(scripted_answer)
            note = f"{str(error).partition(': set')[0]}, so the answers are from a script. {HOW_TO_SET}"
            yield Upstream(endpoint.base_url, SCRIPTED, About("No model", "scripted", note))
        return
    try:
        note = f"A tiny model on this machine's CPU: good to see the bot work, no useful assistant. {HOW_TO_SET}"
        yield Upstream(local.base_url, local.model, About("SmolLM2-135M", "local", note))
    finally:
        await local.close()


def scripted_answer(request: Request) -> str:
    """What is said where no model can run."""
    return (
        f"There is no model here, so this is **a script** that repeats your question:\n\n> {request.question}\n\n"
        "Everything else is real: this text streams in, the chat is remembered, and you can\n\n"
        "- ask again or stop,\n- rename the chat,\n- delete it.\n"
    )


def behind_tap(settings: Settings, upstream: Upstream, tap: ModelTap) -> Settings:
    """The person's settings with the model reached through the tap; what depends on the model is decided before."""
    local = settings.model_copy(update={"openai_base_url": LOCAL}) if upstream.model else settings
    models = {"openai_model": upstream.model, "title_model": upstream.model} if upstream.model else {}
    changes = {
        "openai_base_url": tap.base_url,
        "system_prompt": local.instructions,
        "history_tokens_given": local.history_tokens,
        "slack_bot_token": None,
        "telegram_bot_token": None,
        "telegram_webhook_url": None,
        "host": "127.0.0.1",
        "port": 0,
        "drain_seconds": DRAIN_SECONDS,
        **models,
    }
    return settings.model_copy(update=changes)


def of_slack(slack: SlackStandIn) -> dict[str, object]:
    return {
        "slack_bot_token": SecretStr(slack.bot_token),
        "slack_app_token": SecretStr(slack.app_token),
        "slack_api_url": slack.api_url,
    }


def of_telegram(telegram: TelegramStandIn) -> dict[str, object]:
    return {"telegram_bot_token": SecretStr(telegram.token), "telegram_api_url": telegram.api_url}


@asynccontextmanager
async def served(settings: Settings, file: Path, platforms: dict[str, object]) -> AsyncIterator[None]:
    """One bot, as `threadline run` would serve it."""
    own = settings.model_copy(update={**platforms, "database_url": f"sqlite:///{file}"})
    database = open_database(own.database_url)
    await database.migrate()
    service = open_service(own, database, await open_models(own))
    try:
        await service.start()
        yield
    finally:
        await service.stop()


@asynccontextmanager
async def shown(world: World, settings: Settings) -> AsyncIterator[PageServer]:
    page = await listening(world, settings)
    try:
        yield page
    finally:
        await page.stop()


async def listening(world: World, settings: Settings) -> PageServer:
    """Serve the page where the settings say; if nobody chose the port and it is taken, on any free one."""
    ports = [settings.port] if "port" in settings.model_fields_set else [settings.port, 0]
    for port in ports:
        page = PageServer(world, settings.host, port)
        try:
            await page.start()
            return page
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
    raise CannotListen(f"Cannot listen on {settings.host}:{settings.port}: {reason}. Set another PORT.")


def has_screen() -> bool:
    """Whether a browser can open a window here; without one some open in the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
