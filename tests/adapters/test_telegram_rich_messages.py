"""Answers as rich messages, where that is wanted, against the strict stand-in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.engine.chats import MessageRef
from bot.engine.errors import PlatformUnavailable, RateLimited
from bot.engine.posts import Action, Button, Post
from tests.adapters.telegram_stage import World, adapter_for, world

TABLE = "# Tides\n\n| where | high |\n|---|--:|\n| Brest | 4 m |"
RETRY = ((Button("Retry", Action.RETRY, 7),),)


@asynccontextmanager
async def rich_world() -> AsyncIterator[World]:
    async with world() as anns:
        await anns.telegram.send(anns.ann, anns.chat, "hi")
        await anns.taken(1)
        await anns.adapter.close()
        anns.adapter = adapter_for(anns.telegram, anns.storage, anns.clock, rich=True)
        await anns.adapter.start(anns.engine)
        yield anns


@pytest.fixture
async def anns() -> AsyncIterator[World]:
    async with rich_world() as made:
        yield made


def methods(anns: World) -> list[str]:
    wanted = ("sendRichMessage", "sendMessage", "editMessageText")
    return [call.method for call in anns.telegram.calls_of(*wanted)]


def kinds(anns: World, ref: MessageRef) -> list[str]:
    rich = anns.telegram.message(anns.chat, int(ref.id)).extra.get("rich_message", {})
    return [block["type"] for block in rich.get("blocks", [])]


async def test_a_finished_answer_with_a_table_is_a_rich_message_with_its_buttons(anns: World) -> None:
    ref = await anns.adapter.messenger.send(anns.key, Post(TABLE, RETRY))
    assert kinds(anns, ref) == ["heading", "table"]
    assert anns.telegram.message(anns.chat, int(ref.id)).button_labels == ["Retry"]
    assert anns.telegram.refused == []


async def test_what_a_classic_message_shows_as_well_and_what_still_grows_is_none(anns: World) -> None:
    await anns.adapter.messenger.send(anns.key, Post("Just **words**."))
    ref = await anns.adapter.messenger.send(anns.key, Post(TABLE, live=True))
    await anns.adapter.messenger.edit(ref, Post(TABLE + "\n| Cork", live=True))
    assert methods(anns) == ["sendMessage", "sendMessage", "editMessageText"]
    assert kinds(anns, ref) == []


async def test_a_message_that_grew_becomes_rich_at_its_end_and_classic_again_when_it_is_written_anew(
    anns: World,
) -> None:
    messenger = anns.adapter.messenger
    ref = await messenger.send(anns.key, Post("# Tides", live=True))
    await messenger.edit(ref, Post(TABLE))
    await messenger.edit(ref, Post(TABLE))
    assert kinds(anns, ref) == ["heading", "table"]
    await messenger.edit(ref, Post("Once more", live=True))
    assert (kinds(anns, ref), anns.telegram.message(anns.chat, int(ref.id)).text) == ([], "Once more")


@pytest.mark.parametrize("description", ["RICH_MESSAGE_EMAIL_INVALID", "can't parse entities: Unsupported start tag"])
async def test_what_telegram_refuses_is_sent_as_a_classic_message(anns: World, description: str) -> None:
    anns.telegram.fail("sendRichMessage", 400, description=f"Bad Request: {description}")
    ref = await anns.adapter.messenger.send(anns.key, Post(TABLE))
    assert (methods(anns), kinds(anns, ref)) == (["sendRichMessage", "sendMessage"], [])
    anns.telegram.fail("editMessageText", 400, description=f"Bad Request: {description}")
    await anns.adapter.messenger.edit(ref, Post(TABLE + "\n| Cork | 3 m |"))
    assert kinds(anns, ref) == []
    assert "Cork" in anns.telegram.message(anns.chat, int(ref.id)).text


async def test_a_server_that_knows_no_rich_messages_is_asked_once(anns: World) -> None:
    anns.telegram.fail("sendRichMessage", 404, description="Not Found: method not found")
    for _ in range(2):
        await anns.adapter.messenger.send(anns.key, Post(TABLE))
    assert methods(anns) == ["sendRichMessage", "sendMessage", "sendMessage"]


@pytest.mark.parametrize(
    ("status", "error"), [(429, RateLimited), (500, PlatformUnavailable), (0, PlatformUnavailable)]
)
async def test_a_429_or_a_lost_answer_is_no_reason_for_a_classic_message_beside_it(
    anns: World, status: int, error: type[Exception]
) -> None:
    anns.telegram.fail("sendRichMessage", status, retry_after=3)
    with pytest.raises(error):
        await anns.adapter.messenger.send(anns.key, Post(TABLE))
    assert methods(anns) == ["sendRichMessage"]


async def test_a_rich_message_whose_answer_was_lost_is_found(anns: World) -> None:
    anns.telegram.reset("sendRichMessage", applied=True)
    await anns.telegram.send(anns.ann, anns.chat, "and?")
    await anns.taken(2)
    with pytest.raises(PlatformUnavailable):
        await anns.adapter.messenger.send(anns.key, Post(TABLE), None, "turn 7.0")
    found = await anns.adapter.messenger.find(anns.key, "turn 7.0", None)
    assert found is not None
    assert kinds(anns, found) == ["heading", "table"]


async def test_without_the_setting_there_are_none() -> None:
    async with world() as anns:
        await anns.telegram.send(anns.ann, anns.chat, "hi")
        await anns.taken(1)
        await anns.adapter.messenger.send(anns.key, Post(TABLE))
        assert methods(anns) == ["sendMessage"]
