"""Looking through one's chats on both platforms, over real sockets: who asked finds it, until it is deleted."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.engine import texts
from tests.playground.rig import PATIENCE, slack_rig, telegram_rig
from tests.playground.telegram_room import Room as TelegramRoom
from tests.playground.test_slack_service import Room as SlackRoom


@pytest.fixture
async def telegram(database_url: str) -> AsyncIterator[TelegramRoom]:
    async with telegram_rig(database_url) as (rig, stand_in):
        yield TelegramRoom(rig, stand_in)
        assert stand_in.refused == []


@pytest.fixture
async def slack(database_url: str) -> AsyncIterator[SlackRoom]:
    async with slack_rig(database_url) as (rig, stand_in):
        yield SlackRoom(rig, stand_in)


async def says(room: TelegramRoom, text: str) -> None:
    await room.telegram.wait_for(lambda: any(text in said for said in room.read()), timeout=PATIENCE)


async def test_in_telegram_a_chat_is_found_until_it_is_deleted(telegram: TelegramRoom) -> None:
    telegram.rig.endpoint.say("They grow on *trees*.")
    await telegram.say("Where do red apples grow?")
    await telegram.shows("They grow on trees.")
    await telegram.say("/search tree*")
    await says(telegram, texts.FOUND("", words="tree*"))
    shown = next(said for said in telegram.read() if texts.FOUND("", words="tree*") in said)
    assert "They grow on *trees*." in shown
    assert "⋯" in telegram.labels()
    await telegram.say("/search pears")
    await says(telegram, texts.NOTHING_FOUND("", words="pears"))
    await telegram.say("/delete")
    await telegram.telegram.wait_for(lambda: texts.DELETE.english in telegram.labels(), timeout=PATIENCE)
    await telegram.press(texts.DELETE.english)
    await says(telegram, "Deleted.")
    await telegram.say('/search "red apples"')
    await says(telegram, texts.NOTHING_FOUND("", words='"red apples"'))


async def search(room: SlackRoom, words: str, person: Any, expected: str) -> list[str]:
    root = await room.mention(f"!search {words}", person=person)
    await room.slack.wait_for(lambda: room.shows(root, expected), timeout=PATIENCE)
    return room.read(root)


async def test_in_slack_a_chat_is_found_by_who_asked_until_it_is_deleted(slack: SlackRoom) -> None:
    slack.rig.endpoint.say("They grow on trees.")
    root = await slack.mention("Where do red apples grow?")
    await slack.slack.wait_for(lambda: slack.shows(root, "They grow on trees."), timeout=PATIENCE)
    found = await search(slack, "trees", slack.ann, texts.FOUND("", words="trees"))
    assert any("They grow on" in said for said in found)
    await search(slack, "trees", slack.bob, texts.NOTHING_FOUND("", words="trees"))
    await slack.mention("delete", thread=root)
    await slack.slack.wait_for(lambda: slack.shows(root, "Delete “"), timeout=PATIENCE)
    await slack.press(root, texts.DELETE.english)
    await slack.slack.wait_for(lambda: not slack.shows(root, "They grow on trees."), timeout=PATIENCE)
    await search(slack, '"red apples"', slack.ann, texts.NOTHING_FOUND("", words='"red apples"'))
