"""What people do and what the bot gets to know of it."""

import asyncio

import pytest

from playground.telegram import Toast
from tests.playground.telegram_world import World, telegram_world

STOP_KEYBOARD = {"inline_keyboard": [[{"text": "Stop", "callback_data": "stop:1"}]]}


def heard(world: World) -> list[str]:
    """Give the texts of the messages that reached the bot."""
    return [update["message"].get("text", "") for update in world.telegram.pending_updates if "message" in update]


async def next_query(world: World) -> str:
    await world.telegram.wait_for(lambda: world.telegram.pending_updates)
    return str(world.telegram.pending_updates[-1]["callback_query"]["id"])


async def test_a_long_text_goes_out_in_pieces_as_clients_send_it() -> None:
    async with telegram_world() as world:
        await world.telegram.send(world.ann, world.chat, "x" * 100_000)
        assert [len(text) for text in heard(world)] == [4096] * 24 + [1696]


@pytest.mark.parametrize("text", ["", " \n ", "\u200b"])
async def test_a_client_sends_no_empty_message(text: str) -> None:
    async with telegram_world() as world:
        with pytest.raises(ValueError, match="empty"):
            await world.telegram.send(world.ann, world.chat, text)
        assert heard(world) == []


async def test_only_members_write_in_a_group() -> None:
    async with telegram_world() as world:
        bob = world.telegram.add_person("Bob")
        group = world.telegram.add_group("Team", [world.ann])
        with pytest.raises(ValueError, match="cannot write"):
            await world.telegram.send(bob, group, "hi")


async def test_in_privacy_mode_the_bot_hears_only_what_is_meant_for_it() -> None:
    async with telegram_world() as world:
        group = world.telegram.add_group("Team", [world.ann])
        say = world.telegram.send
        hers = await say(world.ann, group, "just talking")
        await say(world.ann, group, "an answer to herself", reply_to=hers)
        await say(world.ann, group, "/new")
        await say(world.ann, group, "/new@other_bot")
        await say(world.ann, group, "/new@threadline_bot")
        await say(world.ann, group, "hey @Threadline_Bot what is up")
        await say(world.ann, group, "mail me@threadline_bot.com")
        await say(world.ann, group, "dear Threadline", mentions={"Threadline": world.telegram.bot})
        mine = await world.send(chat_id=group.id)
        await say(world.ann, group, "an answer", reply_to=mine["message_id"])
        await say(world.ann, group, "/new")
        assert heard(world) == [
            "/new@threadline_bot",
            "hey @Threadline_Bot what is up",
            "dear Threadline",
            "an answer",
            "/new",
        ]


@pytest.mark.parametrize("admin", [True, False])
async def test_an_administrator_or_a_bot_without_privacy_mode_hears_everything(admin: bool) -> None:
    async with telegram_world(privacy_mode=admin) as world:
        group = world.telegram.add_group("Team", [world.ann])
        if admin:
            await world.telegram.promote_bot(world.ann, group, {"can_delete_messages"})
        await world.telegram.send(world.ann, group, "just talking")
        assert heard(world) == ["just talking"]


async def test_an_edit_keeps_the_id_and_is_told() -> None:
    async with telegram_world() as world:
        message_id = await world.telegram.send(world.ann, world.chat, "teh")
        await world.clock.advance(2)
        await world.telegram.edit(world.ann, world.chat, message_id, "the")
        edited = world.telegram.pending_updates[-1]["edited_message"]
        assert (edited["message_id"], edited["text"], edited["edit_date"] - edited["date"]) == (message_id, "the", 2)


async def test_a_press_shows_the_answer_of_the_bot() -> None:
    async with telegram_world() as world:
        sent = await world.send(reply_markup=STOP_KEYBOARD)
        press = asyncio.create_task(world.telegram.press(world.ann, world.chat, sent["message_id"], "Stop"))
        query_id = await next_query(world)
        query = world.telegram.pending_updates[-1]["callback_query"]
        assert (query["data"], query["message"]["message_id"], query["from"]["id"]) == (
            "stop:1",
            sent["message_id"],
            world.ann.id,
        )
        await world.bot.call("answerCallbackQuery", callback_query_id=query_id, text="Stopped", show_alert=True)
        assert await press == Toast("Stopped", alert=True)


async def test_a_press_is_answered_once_and_within_fifteen_seconds() -> None:
    too_old = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    async with telegram_world() as world:
        for seconds in (0, 15.5):
            press = asyncio.create_task(world.telegram.press_data(world.ann, world.chat, 999, "x"))
            query_id = await next_query(world)
            await world.clock.advance(seconds)
            if not seconds:
                await world.bot.call("answerCallbackQuery", callback_query_id=query_id)
            assert await world.bot.refusal("answerCallbackQuery", callback_query_id=query_id) == too_old
            assert await press == (None if seconds else Toast())
            await world.drain()


async def test_the_message_of_a_press_may_be_gone() -> None:
    async with telegram_world() as world:
        press = asyncio.create_task(world.telegram.press_data(world.ann, world.chat, 999, "old:data"))
        query_id = await next_query(world)
        assert world.telegram.pending_updates[-1]["callback_query"]["message"]["date"] == 0
        await world.bot.call("answerCallbackQuery", callback_query_id=query_id)
        await press


async def test_a_button_that_is_not_there_cannot_be_pressed() -> None:
    async with telegram_world() as world:
        sent = await world.send(reply_markup=STOP_KEYBOARD)
        with pytest.raises(LookupError, match="Stop"):
            await world.telegram.press(world.ann, world.chat, sent["message_id"], "Go")


async def test_blocking_and_unblocking_are_told() -> None:
    async with telegram_world() as world:
        await world.telegram.block(world.ann)
        await world.telegram.send(world.ann, world.chat, "I am back")
        changes = [update["my_chat_member"] for update in world.telegram.pending_updates[:2]]
        assert [(change["old_chat_member"]["status"], change["new_chat_member"]["status"]) for change in changes] == [
            ("member", "kicked"),
            ("kicked", "member"),
        ]


async def test_waiting_for_something_that_never_comes_ends() -> None:
    async with telegram_world() as world:
        with pytest.raises(TimeoutError):
            await world.telegram.wait_for(lambda: False, timeout=0.01)
