"""A person's chats in Telegram, listed and managed by buttons, through the whole service."""

from collections.abc import AsyncIterator

import pytest

from bot.engine import texts
from bot.engine.languages import Sentence
from tests.playground.rig import PATIENCE, telegram_rig
from tests.playground.telegram_room import Room


@pytest.fixture
async def room(database_url: str) -> AsyncIterator[Room]:
    """A private chat with a fresh service, on both databases."""
    async with telegram_rig(database_url) as (rig, telegram):
        yield Room(rig, telegram)
        assert telegram.refused == []
        assert telegram.flood_violations == []


async def begin(room: Room, *questions: str) -> None:
    """A chat for each, of which the last is open."""
    for question in questions:
        await room.say(f"/new {question}")
        await room.shows(f"You said: {question}")
        await room.telegram.wait_for(lambda: texts.STOP.english not in room.labels(), timeout=PATIENCE)


async def until(room: Room, *labels: str | Sentence) -> None:
    """Wait until the newest message with buttons has exactly these."""
    wanted = [label if isinstance(label, str) else label.english for label in labels]

    def shown() -> bool:
        found = [m.button_labels for m in room.telegram.bot_messages(room.chat) if m.button_labels]
        return bool(found) and found[-1] == wanted

    try:
        await room.telegram.wait_for(shown, timeout=PATIENCE)
    except TimeoutError:
        assert room.labels() == wanted
        raise


CARD = (texts.OPEN, texts.PIN, texts.RENAME, texts.TO_ARCHIVE, texts.EXPORT, texts.DELETE, texts.BACK)


async def test_chats_are_switched_pinned_put_away_renamed_and_deleted_by_buttons(room: Room) -> None:
    await begin(room, "Tea", "Cakes")
    await room.say("/chats")
    await until(room, "About Cakes", "About Tea", texts.MANAGE)
    await room.press(texts.MANAGE.english)
    await until(room, "About Cakes", "About Tea", texts.BACK)
    await room.press("About Tea")
    await until(room, *CARD)
    await room.press(texts.PIN.english)
    await until(room, texts.OPEN, texts.UNPIN, *CARD[2:])
    await room.press(texts.BACK.english)
    await until(room, "📌 About Tea", "About Cakes", texts.BACK)
    await room.press("About Cakes")
    await until(room, *CARD)
    await room.press(texts.TO_ARCHIVE.english)
    await until(room, texts.OPEN, texts.PIN, texts.RENAME, texts.UNARCHIVE, *CARD[4:])
    await room.say("/chats")
    await until(room, "📌 About Tea", texts.MANAGE, texts.ARCHIVED)
    await room.press("📌 About Tea")
    await room.shows(texts.OPENED("", title="About Tea"))
    await room.say("And milk?")
    await room.shows("You said: And milk?")
    assert [m["content"] for m in room.rig.endpoint.requests[-1].messages if m["role"] == "user"] == [
        "Tea", "And milk?",
    ]  # fmt: skip


async def test_a_chat_gets_its_new_title_by_the_reply_that_the_client_opens(room: Room) -> None:
    await begin(room, "Tea", "Cakes")
    await room.say("/chats")
    await until(room, "About Cakes", "About Tea", texts.MANAGE)
    await room.press(texts.MANAGE.english)
    await until(room, "About Cakes", "About Tea", texts.BACK)
    await room.press("About Tea")
    await until(room, *CARD)
    await room.press(texts.RENAME.english)
    asked = texts.ASK_RENAME("", title="About Tea")
    await room.shows(asked)
    message = next(m for m in room.telegram.bot_messages(room.chat) if m.text == asked)
    assert message.markup == {"force_reply": True}
    await room.telegram.send(room.person, room.chat, "All the tea", reply_to=message.message_id)
    await room.shows(texts.RENAMED_OTHER("", title="All the tea"))
    await room.say("/chats")
    await until(room, "About Cakes", "All the tea", texts.MANAGE)
    assert "All the tea" not in [request.question for request in room.rig.endpoint.requests]


async def test_a_model_and_instructions_are_chosen_for_a_chat(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url, settings={"models": ("scripted", "careful")}) as (rig, telegram):
        room = Room(rig, telegram)
        await begin(room, "Tea")
        await room.say("/model")
        await until(room, "✓ scripted", "careful")
        await room.press("careful")
        await until(room, texts.FOR_NEW_TOO)
        await room.say("/instructions Answer in French.")
        await room.shows(texts.INSTRUCTIONS_SET.english)
        await room.say("And milk?")
        await room.shows("You said: And milk?")
        asked = next(request for request in rig.endpoint.requests if request.question == "And milk?")
        assert asked.body["model"] == "careful"
        assert asked.system.endswith("Answer in French.")
        assert telegram.refused == []
