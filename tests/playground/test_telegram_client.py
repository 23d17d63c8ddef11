"""python-telegram-bot works against the stand-in as it does against Telegram: the stand-in is honest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity, ReplyParameters
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter

from tests.playground.telegram_world import World, telegram_world


@asynccontextmanager
async def client(world: World) -> AsyncIterator[Bot]:
    async with Bot(world.telegram.token, base_url=f"{world.telegram.api_url}/bot") as bot:
        yield bot


async def test_the_client_reads_messages_updates_and_presses() -> None:
    async with telegram_world() as world, client(world) as bot:
        asked = await world.telegram.send(world.ann, world.chat, "/ask @ann_lee about https://example.com")
        update = (await bot.get_updates(timeout=5))[0]
        assert update.message is not None
        assert [entity.type for entity in update.message.entities] == ["bot_command", "mention", "url"]
        sent = await bot.send_message(
            world.chat.id,
            "👍 done",
            entities=[MessageEntity("bold", 3, 4)],
            reply_parameters=ReplyParameters(asked),
            reply_markup=InlineKeyboardMarkup([[InlineKeyboardButton("Again", callback_data="again")]]),
        )
        assert world.telegram.html(world.chat, sent.message_id) == "👍 <b>done</b>"
        press = asyncio.create_task(world.telegram.press(world.ann, world.chat, sent.message_id, "Again"))
        query = (await bot.get_updates(offset=update.update_id + 1, timeout=5))[0].callback_query
        assert query is not None
        await query.answer("One moment")
        toast = await press
        assert toast is not None
        assert toast.text == "One moment"


async def test_the_client_edits_and_deletes() -> None:
    async with telegram_world() as world, client(world) as bot:
        sent = await bot.send_message(world.chat.id, "one")
        edited = await bot.edit_message_text("two", world.chat.id, sent.message_id)
        assert not isinstance(edited, bool)
        assert edited.text == "two"
        with pytest.raises(BadRequest, match="Message is not modified"):
            await bot.edit_message_text("two", world.chat.id, sent.message_id)
        assert await bot.delete_message(world.chat.id, sent.message_id)


async def test_the_client_knows_every_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # else the client warns that it will change, and warnings are errors
    async with telegram_world() as world, client(world) as bot:
        with pytest.raises(BadRequest, match="Chat not found"):
            await bot.send_message(1, "hi")
        world.telegram.flood.close(world.chat.id, 20)
        with pytest.raises(RetryAfter) as flooded:
            await bot.send_message(world.chat.id, "hi")
        assert flooded.value.retry_after == timedelta(seconds=40)
        await world.telegram.block(world.ann)
        with pytest.raises(Forbidden, match="bot was blocked by the user"):
            await bot.send_message(world.chat.id, "hi")
        with pytest.raises(InvalidToken):
            async with Bot("1:" + "A" * 35, base_url=f"{world.telegram.api_url}/bot"):
                pass


async def test_the_client_sees_a_second_poller() -> None:
    async with telegram_world() as world, client(world) as bot, client(world) as other:
        older = asyncio.create_task(bot.get_updates(timeout=30))
        await world.telegram.wait_for(lambda: world.telegram.calls_of("getUpdates"))
        newer = asyncio.create_task(other.get_updates(timeout=30))
        with pytest.raises(Conflict):
            await older
        await world.telegram.send(world.ann, world.chat, "hi")
        assert len(await newer) == 1


async def test_the_client_makes_topics_and_drafts() -> None:
    async with telegram_world(topics_enabled=True) as world, client(world) as bot:
        topic = await bot.create_forum_topic(world.chat.id, "Cooking")
        await bot.send_message_draft(world.chat.id, 5, "On", message_thread_id=topic.message_thread_id)
        frame = world.telegram.draft(world.chat, topic.message_thread_id)
        assert frame is not None
        sent = await bot.send_message(world.chat.id, "Once", message_thread_id=topic.message_thread_id)
        assert sent.is_topic_message
        assert await bot.edit_forum_topic(world.chat.id, topic.message_thread_id, name="Baking")
