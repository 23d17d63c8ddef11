"""The playground as a whole: the real bot between the stand-ins, reached by the page."""

import os
import socket
from pathlib import Path

import pytest

from bot.service import playground
from bot.service.local_model import LocalModel, LocalModelMissing
from bot.service.playground import HOW_TO_SET, is_configured, model_behind, opened
from bot.service.settings import LOCAL_SYSTEM_PROMPT, SYSTEM_PROMPT, Settings, load_settings
from playground.model_tap import ModelTap
from playground.openai import ScriptedEndpoint
from playground.page import About
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Chat
from tests.playground.rig import PATIENCE, only_titles


def settings_with(endpoint: ScriptedEndpoint) -> Settings:
    changes = {"openai_base_url": endpoint.base_url, "openai_model": "scripted", "port": 0}
    return load_settings(None).model_copy(update=changes)


async def answered(telegram: TelegramStandIn, chat: Chat) -> None:
    await telegram.wait_for(lambda: any("Answer to" in m.text for m in telegram.bot_messages(chat)), PATIENCE)


async def test_the_bot_answers_in_every_place_of_the_page() -> None:
    async with ScriptedEndpoint() as endpoint:
        endpoint.titles = only_titles
        endpoint.answer_with(lambda request: f"Answer to: {request.question}")
        async with opened(settings_with(endpoint)) as (world, _):
            ann = world.guests["ann"]
            dm = world.slack.open_dm(ann.slack)
            root = await world.slack.post(ann.slack, dm, "slack")
            private = world.telegram.private_chat(ann.telegram)
            await world.telegram.send(ann.telegram, private, "private")
            await world.telegram.send(ann.telegram, world.group, f"@{world.telegram.username} group")
            topics = world.topics.private_chat(ann.topics)
            await world.topics.send(ann.topics, topics, "topics")
            await world.slack.wait_for(lambda: len(world.slack.thread(dm, root)) == 2, PATIENCE)
            await answered(world.telegram, private)
            await answered(world.telegram, world.group)
            await answered(world.topics, topics)
            assert world.tap.writings
            assert not world.slack.refused


async def test_the_app_in_slack_is_the_one_of_the_manifest() -> None:
    async with ScriptedEndpoint() as endpoint, opened(settings_with(endpoint)) as (world, _):
        assert "/chats" in (world.slack.app.commands or ())


async def test_nothing_is_left_where_it_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with ScriptedEndpoint() as endpoint, opened(settings_with(endpoint)):
        pass
    assert not os.listdir(tmp_path)


async def test_the_persons_own_endpoint_goes_before_the_local_model() -> None:
    settings = load_settings(None).model_copy(update={"openai_base_url": "http://127.0.0.1:9/v1"})
    async with model_behind(settings) as upstream:
        assert (upstream.url, upstream.model, upstream.about.kind) == ("http://127.0.0.1:9/v1", None, "own")


async def test_where_the_local_model_cannot_run_the_script_answers_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def missing() -> LocalModel:
        raise LocalModelMissing("The local model's runner (xllamacpp) is missing here: set OPENAI_API_KEY.")

    monkeypatch.setattr(LocalModel, "start", missing)
    async with opened(load_settings(None).model_copy(update={"port": 0})) as (world, _):
        assert world.about.kind == "scripted"
        assert world.about.note == (
            f"The local model's runner (xllamacpp) is missing here, so the answers are from a script. {HOW_TO_SET}"
        )
        ann = world.guests["ann"].telegram
        chat = world.telegram.private_chat(ann)
        await world.telegram.send(ann, chat, "Why?")
        await world.telegram.wait_for(
            lambda: any("a script that repeats your question" in m.text for m in world.telegram.bot_messages(chat)),
            PATIENCE,
        )


async def test_the_local_model_is_the_default_and_gets_the_short_instructions() -> None:
    async with model_behind(load_settings(None)) as upstream, ModelTap(upstream.url) as tap:
        own = playground.behind_tap(load_settings(None), upstream, tap)
        assert upstream.about.kind == "local"
        assert "tiny model" in upstream.about.note
        assert own.openai_model == upstream.model
        assert own.instructions == LOCAL_SYSTEM_PROMPT
        assert own.openai_base_url == tap.base_url


def test_the_persons_own_model_gets_the_ordinary_instructions() -> None:
    settings = load_settings(None)
    upstream = playground.Upstream("http://127.0.0.1:9/v1", None, About("m", "own", ""))
    own = playground.behind_tap(settings, upstream, ModelTap(upstream.url))
    assert own.instructions == SYSTEM_PROMPT
    assert own.openai_model == settings.openai_model
    assert not is_configured(own)


async def test_a_port_that_nobody_chose_is_given_up_where_it_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        default = load_settings(None).model_copy(update={"openai_base_url": "http://127.0.0.1:9/v1"})
        default = default.model_construct(_fields_set=set(), **{**dict(default), "port": taken.getsockname()[1]})
        async with opened(default) as (_, page):
            assert not page.address.endswith(f":{taken.getsockname()[1]}/")
