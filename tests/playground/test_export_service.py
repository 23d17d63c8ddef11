"""A chat goes out as a file and comes back, through the whole service on both platforms."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import import_into_database
from bot.engine import chat_file, texts
from bot.engine.chats import TitleSource
from bot.service.importing import read_files
from bot.service.settings import load_settings
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Chat
from tests.playground.rig import PATIENCE, slack_rig, telegram_rig
from tests.playground.telegram_room import Room as TelegramRoom
from tests.playground.test_slack_service import Room


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Room]:
    """A workspace with a fresh service, on both databases."""
    async with slack_rig(database_url) as (rig, slack):
        yield Room(rig, slack)
        assert slack.notified == []


@pytest.fixture
def import_file(room: Room, capsys: pytest.CaptureFixture[str]) -> Callable[[Path], Awaitable[str]]:
    """Does what `threadline import` does, beside the running service; what is said then."""

    async def import_file(file: Path) -> str:
        capsys.readouterr()
        settings = load_settings(None).model_copy(update={"database_url": room.rig.database_url})
        await import_into_database(settings, [file], read_files([file], None, {}))
        return capsys.readouterr().out

    return import_file


def files(room: Room, root: str) -> list[tuple[str, bytes]]:
    """The files in the thread, as people can fetch them."""
    stored = room.slack.workspace.files
    shown = [stored[file["id"]] for message in room.bot_posts(root) for file in message.files]
    return [(file.name, file.bytes) for file in shown if not file.deleted]


async def exported(room: Room, root: str, words: str = "export json") -> tuple[str, bytes]:
    before = len(files(room, root))
    await room.mention(words, root)
    await room.slack.wait_for(lambda: len(files(room, root)) > before, timeout=PATIENCE)
    return files(room, root)[-1]


async def ask_twice(room: Room) -> str:
    """A chat with a title, two questions of two people, and one answer that was asked for again."""
    root = await room.mention("I like tea")
    await room.sees(root, "You said: I like tea")
    room.rig.endpoint.say("**Coffee**, and\n\n```py\nprint('never closed')")
    await room.slack.post(room.bob, room.channel, "What do I like?", thread_ts=root)
    await room.slack.wait_for(lambda: room.shows(root, "never closed"), timeout=PATIENCE)
    room.rig.endpoint.say("Tea.")
    await room.mention("retry", root)
    await room.sees(root, "You said: I like tea", "Tea.")
    await room.mention("rename Ann's tea: all", root)
    await room.slack.wait_for(lambda: room.shows(root, "Ann's tea: all"), timeout=PATIENCE)
    return root


async def test_a_chat_in_slack_is_exported_deleted_imported_and_exported_the_same(
    room: Room, tmp_path: Path, import_file: Callable[[Path], Awaitable[str]]
) -> None:
    root = await ask_twice(room)
    name, content = await exported(room, root)
    assert name == "Ann-s-tea-all.json"
    chat = chat_file.read(content)
    assert (chat.place.channel, chat.place.thread, chat.owner) == (room.channel.id, root, room.ann.id)
    assert (chat.title, chat.title_source) == ("Ann's tea: all", TitleSource.PERSON)
    assert [(q.text, q.author.name if q.author else "") for q in chat.questions] == [
        ("I like tea", "Ann Lee"),
        ("What do I like?", "Bob Ray"),
    ]
    assert [answer.stands for answer in chat.questions[1].answers] == [False, True]
    file = tmp_path / name
    file.write_bytes(content)
    assert "nothing was changed" in await import_file(file)

    await room.mention("delete", root)
    await room.slack.wait_for(lambda: room.shows(root, "Delete “"), timeout=PATIENCE)
    await room.press(root, texts.DELETE.english)
    await room.sees(root, texts.DELETED("", title="Ann's tea: all"))
    assert files(room, root) == []

    assert "with 2 questions; it gets the next message there" in await import_file(file)
    assert await exported(room, root) == (name, content)
    assert "nothing was changed" in await import_file(file)
    await room.slack.post(room.ann, room.channel, "And I?", thread_ts=root)
    await room.slack.wait_for(lambda: room.shows(root, "And I?"), timeout=PATIENCE)
    asked = [m["content"] for m in room.rig.endpoint.requests[-1].messages if m["role"] != "system"]
    assert asked[-4:-1] == ["You said: I like tea", "Bob Ray: What do I like?", "Tea."]
    assert [call for call in room.slack.refused if call.method.startswith("files.")] == []


async def test_in_slack_a_text_to_read_comes_without_a_word_more(room: Room) -> None:
    root = await ask_twice(room)
    name, content = await exported(room, root, "export")
    assert name == "Ann-s-tea-all.md"
    text = content.decode()
    assert re.search(r"^## Bob Ray, \d{4}-\d\d-\d\d \d\d:\d\d UTC\n\n> What do I like\?\n\nTea\.\n", text, re.MULTILINE)
    assert "#### Earlier answer, " in text
    assert room.read(root)[-1] == texts.EXPORTED.english


async def test_a_stranger_cannot_export_somebody_elses_chat(sqlite_url: str) -> None:
    async with slack_rig(sqlite_url) as (rig, slack):
        room = Room(rig, slack)
        root = await room.mention("I like tea")
        await room.sees(root, "You said: I like tea")
        await room.mention("export json", root, room.bob)
        await room.sees(root, "You said: I like tea", texts.NOT_YOURS.english)
        assert files(room, root) == []


async def test_without_the_scope_people_are_told_whom_to_ask(sqlite_url: str) -> None:
    async with slack_rig(sqlite_url) as (rig, slack):
        room = Room(rig, slack)
        slack.app.scopes -= {"files:write"}
        root = await room.mention("I like tea")
        await room.sees(root, "You said: I like tea")
        await room.mention("export", root)
        await room.sees(root, "You said: I like tea", texts.EXPORT_FORBIDDEN.english)


def documents(telegram: TelegramStandIn, chat: Chat) -> list[tuple[str, bytes]]:
    shown = [m.extra["document"] for m in telegram.bot_messages(chat) if "document" in m.extra]
    return [(file["file_name"], telegram.account.files.stored[file["file_id"]].data) for file in shown]


@pytest.fixture(params=["polling", "webhook"])
async def chat(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[TelegramRoom]:
    """A private chat with a fresh service: over both intakes, on both databases."""
    async with telegram_rig(database_url, webhook=request.param == "webhook") as (rig, telegram):
        yield TelegramRoom(rig, telegram)
        assert telegram.refused == []
        assert telegram.flood_violations == []


async def test_a_chat_in_telegram_is_exported_in_both_shapes_and_goes_with_them(chat: TelegramRoom) -> None:
    await chat.say("Über Flüsse")
    await chat.sees("You said: Über Flüsse")
    await chat.telegram.wait_for(lambda: titled(chat), timeout=PATIENCE)
    await chat.say("/rename Flüsse")
    await chat.telegram.wait_for(lambda: texts.RENAMED("", title="Flüsse") in chat.read(), timeout=PATIENCE)
    found = [await exported_there(chat, words) for words in ("/export json", "/export", "/export markdown")]
    assert [name for name, _ in found] == ["Flüsse.json", "Flüsse.md", "Flüsse.md"]
    (question,) = chat_file.read(found[0][1]).questions
    assert (question.text, question.answers[0].text) == ("Über Flüsse", "You said: Über Flüsse")
    assert found[1][1].decode().startswith("# Flüsse\n")
    await chat.say("/export pdf")
    hint = texts.EXPORT_HOW.english.replace("`", "")
    await chat.telegram.wait_for(lambda: hint in chat.read(), timeout=PATIENCE)
    await chat.say("/delete")
    await chat.telegram.wait_for(lambda: texts.DELETE.english in chat.labels(), timeout=PATIENCE)
    await chat.press(texts.DELETE.english)
    await chat.sees(texts.DELETED("", title="Flüsse"))


async def exported_there(chat: TelegramRoom, words: str) -> tuple[str, bytes]:
    before = len(documents(chat.telegram, chat.chat))
    await chat.say(words)
    await chat.telegram.wait_for(lambda: len(documents(chat.telegram, chat.chat)) > before, timeout=PATIENCE)
    return documents(chat.telegram, chat.chat)[-1]


def titled(chat: TelegramRoom) -> bool:
    return any("You name conversations" in str(request.messages[0]) for request in chat.rig.endpoint.requests)


async def test_in_a_topic_the_file_comes_in_the_topic(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url, topics_enabled=True, users_create_topics=True) as (rig, telegram):
        room = TelegramRoom(rig, telegram)
        await room.say("/new about tea")
        await telegram.wait_for(lambda: "You said: about tea" in room.read(), timeout=PATIENCE)
        (topic,) = room.chat.topics.values()
        await room.say("/export json", thread=topic.thread)
        await telegram.wait_for(lambda: documents(telegram, room.chat), timeout=PATIENCE)
        (message,) = [m for m in telegram.bot_messages(room.chat) if "document" in m.extra]
        assert message.thread == topic.thread


async def test_in_a_group_a_stranger_cannot_export_what_others_said(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url) as (rig, telegram):
        ann, eve = telegram.add_person("Ann Lee"), telegram.add_person("Eve")
        group: Any = telegram.add_group("Team", [ann, eve])
        await telegram.send(ann, group, f"@{telegram.username} I like tea")
        await telegram.wait_for(lambda: telegram.bot_messages(group), timeout=PATIENCE)
        asked = await telegram.send(eve, group, "/export json")
        said = [texts.NOT_YOURS.english]
        await telegram.wait_for(
            lambda: [m.text for m in telegram.bot_messages(group) if m.reply_to == asked] == said, timeout=PATIENCE
        )
        assert documents(telegram, group) == []
        assert rig.endpoint.requests
