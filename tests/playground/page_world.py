"""The page's world with real stand-ins and a scripted model, and without a bot: tests call as the bot would."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from playground.clock import Clock
from playground.model_tap import ModelTap
from playground.openai import ScriptedEndpoint
from playground.page import About, World
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn

ABOUT = About("A model", "scripted", "It says what the test says.")


@asynccontextmanager
async def page_world(clock: Clock | None = None, upstream: str = "http://127.0.0.1:9/v1") -> AsyncIterator[World]:
    """A world whose stand-ins listen; the model is behind `upstream`."""
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackStandIn(clock))
        telegram = await stack.enter_async_context(TelegramStandIn(clock))
        topics = await stack.enter_async_context(
            TelegramStandIn(clock, username="topics_bot", topics_enabled=True, users_create_topics=True)
        )
        tap = await stack.enter_async_context(ModelTap(upstream))
        yield World(slack, telegram, topics, tap, ABOUT)


async def slack_call(world: World, method: str, **arguments: Any) -> dict[str, Any]:
    """Call Slack as the bot does."""
    headers = {"Authorization": f"Bearer {world.slack.bot_token}"}
    return await _answer(world.slack.api_url + method, arguments, headers)


async def telegram_call(telegram: TelegramStandIn, method: str, **arguments: Any) -> dict[str, Any]:
    """Call Telegram as a bot does."""
    return await _answer(f"{telegram.api_url}/bot{telegram.token}/{method}", arguments, {})


async def _answer(url: str, arguments: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """The answer with its HTTP status; a page instead of JSON leaves the status alone."""
    async with aiohttp.ClientSession(headers=headers) as http, http.post(url, json=arguments) as response:
        text = await response.text()
        answer: dict[str, Any] = json.loads(text) if response.content_type == "application/json" else {}
        return {"status": response.status, **answer}


@asynccontextmanager
async def scripted_world(clock: Clock | None = None) -> AsyncIterator[tuple[World, ScriptedEndpoint]]:
    """The same with a scripted endpoint behind the tap."""
    async with ScriptedEndpoint() as endpoint, page_world(clock, endpoint.base_url) as world:
        yield world, endpoint
