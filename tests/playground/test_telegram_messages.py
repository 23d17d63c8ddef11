"""Sending, editing and deleting: what the stand-in takes and what it refuses, in Telegram's words."""

from typing import Any

import pytest

from playground.telegram.errors import NOT_MODIFIED
from tests.playground.telegram_world import telegram_world


async def test_a_message_comes_back_as_telegram_shows_it() -> None:
    async with telegram_world() as world:
        sent = await world.bot.call("sendMessage", chat_id=world.chat.id, text="hi")
        assert sent["chat"] == {
            "id": world.ann.id,
            "first_name": "Ann",
            "last_name": "Lee",
            "username": "ann_lee",
            "type": "private",
        }
        assert (sent["from"]["is_bot"], sent["text"], sent["date"]) == (True, "hi", int(world.clock.now()))
        assert [message.text for message in world.telegram.messages(world.chat)] == ["/start", "hi"]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": "a" * 32769}, "text is too long"),
        ({"text": "half an emoji \ud83d"}, "strings must be encoded in UTF-8"),
        ({"text": "hi", "parse_mode": "bbcode"}, "unsupported parse_mode"),
        ({"text": "", "chat_id": 0, "reply_markup": "{"}, "message text is empty"),
        ({"chat_id": 0, "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"chat_id": ""}, "chat_id is empty"),
        ({"chat_id": 0}, "chat not found"),
        ({"chat_id": "not_a_chat"}, "chat not found"),
        ({"chat_id": "@nobody_here"}, "chat not found"),
        ({"message_thread_id": 999}, "message thread not found"),
        ({"reply_parameters": {"message_id": 999}}, "message to be replied not found"),
        ({"reply_parameters": "5"}, "object expected as reply parameters"),
        ({"link_preview_options": "true"}, "object expected as link preview options"),
        ({"business_connection_id": "x"}, "business connection not found"),
        ({"message_effect_id": "1"}, "EFFECT_ID_INVALID"),
        ({"allow_paid_broadcast": True}, "FLOODSKIP_NOT_ALLOWED"),
        ({"text": " \n\u200b\t"}, "text must be non-empty"),
        ({"text": "a" * 4097}, "message is too long"),
    ],
)
async def test_a_message_is_refused_for_the_first_thing_that_is_wrong(params: dict[str, Any], reason: str) -> None:
    async with telegram_world() as world:
        asked = {"chat_id": world.chat.id, "text": "hello"} | params
        assert await world.bot.refusal("sendMessage", **asked) == f"Bad Request: {reason}"
        assert len(world.telegram.messages(world.chat)) == 1


async def test_the_limit_counts_code_points_after_trimming() -> None:
    """Common belief has it that it counts UTF-16 units; 4096 emoji are 8192 of them, and are taken."""
    async with telegram_world() as world:
        sent = await world.send("😀" * 4096 + "  \n")
        assert len(sent["text"]) == 4096
        assert await world.refused_send("😀" * 4097) == "Bad Request: message is too long"


async def test_an_answer_may_go_without_the_message_it_answers_if_the_bot_says_so() -> None:
    async with telegram_world() as world:
        sent = await world.send(reply_parameters={"message_id": 999, "allow_sending_without_reply": True})
        assert "reply_to_message" not in sent


async def test_an_answer_quotes_only_what_the_message_says() -> None:
    async with telegram_world() as world:
        hers = await world.telegram.send(world.ann, world.chat, "one two")
        assert (await world.send(reply_parameters={"message_id": hers, "quote": "two"}))["reply_to_message"][
            "message_id"
        ] == hers
        assert await world.refused_send(reply_parameters={"message_id": hers, "quote": "three"}) == (
            "Bad Request: QUOTE_TEXT_INVALID"
        )


async def test_an_answer_shows_the_words_that_it_quotes_and_where_they_stand() -> None:
    async with telegram_world() as world:
        message_id = await world.telegram.send(world.ann, world.chat, "😀 cake, please")
        sent = await world.send(reply_parameters={"message_id": message_id, "quote": "cake"})
        assert sent["quote"] == {"text": "cake", "position": 3, "is_manual": True}


@pytest.mark.parametrize(
    "params", [{"link_preview_options": {"is_disabled": True}}, {"disable_web_page_preview": True}]
)
async def test_a_message_shows_that_its_links_have_no_preview(params: dict[str, Any]) -> None:
    async with telegram_world() as world:
        assert (await world.send(**params))["link_preview_options"] == {"is_disabled": True}


async def test_an_edit_keeps_the_history_and_sets_the_edit_date() -> None:
    async with telegram_world() as world:
        sent = await world.send("one")
        await world.clock.advance(5)
        edited = await world.bot.call(
            "editMessageText", chat_id=world.chat.id, message_id=sent["message_id"], text="two"
        )
        assert (edited["text"], edited["edit_date"] - edited["date"]) == ("two", 5)
        assert world.telegram.message(world.chat, sent["message_id"]).edits == ["one"]


async def test_an_edit_that_changes_nothing_is_refused() -> None:
    """What counts is the text as Telegram keeps it: trimmed, with the same entities and the same keyboard."""
    async with telegram_world() as world:
        sent = await world.send("same")
        edit: dict[str, Any] = {"chat_id": world.chat.id, "message_id": sent["message_id"]}
        assert await world.bot.refusal("editMessageText", text="same \n", **edit) == f"Bad Request: {NOT_MODIFIED}"
        bold = [{"type": "bold", "offset": 0, "length": 4}]
        assert (await world.bot.call("editMessageText", text="same", entities=bold, **edit))["entities"] == bold


async def test_an_edit_without_a_keyboard_takes_the_keyboard_away() -> None:
    async with telegram_world() as world:
        keyboard = {"inline_keyboard": [[{"text": "Stop", "callback_data": "stop"}]]}
        sent = await world.send("hi", reply_markup=keyboard)
        assert sent["reply_markup"] == keyboard
        edited = await world.bot.call(
            "editMessageText", chat_id=world.chat.id, message_id=sent["message_id"], text="hi"
        )
        assert "reply_markup" not in edited


async def test_only_the_bots_own_text_can_be_edited() -> None:
    async with telegram_world() as world:
        hers = await world.telegram.send(world.ann, world.chat, "hello")
        edit = {"chat_id": world.chat.id, "text": "x"}
        refusal = world.bot.refusal
        assert await refusal("editMessageText", message_id=hers, **edit) == "Bad Request: message can't be edited"
        assert await refusal("editMessageText", message_id=999, **edit) == "Bad Request: message to edit not found"
        assert (
            await refusal("editMessageText", message_id="abc", **edit)
            == "Bad Request: message identifier is not specified"
        )


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"text": "x"}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        (
            {"text": "x", "callback_data": ""},
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
        ({"text": "x", "callback_data": "ä" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "url": "not-a-url"}, "inline keyboard button URL 'not-a-url' is invalid: Wrong HTTP URL"),
        (
            {"text": "x", "url": "ftp://example.com"},
            "inline keyboard button URL 'ftp://example.com' is invalid: Unsupported URL protocol",
        ),
    ],
)
async def test_a_wrong_button_is_refused(button: dict[str, Any], reason: str) -> None:
    async with telegram_world() as world:
        assert await world.refused_send(reply_markup={"inline_keyboard": [[button]]}) == f"Bad Request: {reason}"


async def test_a_keyboard_has_at_most_a_hundred_buttons_and_eight_in_a_row() -> None:
    async with telegram_world() as world:
        row = [{"text": "x", "callback_data": "x"}]
        assert await world.refused_send(reply_markup={"inline_keyboard": [row] * 101}) == (
            "Bad Request: reply markup is too long"
        )
        assert await world.refused_send(reply_markup={"inline_keyboard": [row * 9]}) == (
            "Bad Request: reply markup is too long"
        )
        await world.send(reply_markup={"inline_keyboard": [row * 8] * 12})


async def test_a_bot_deletes_what_is_in_a_private_chat_for_two_days() -> None:
    async with telegram_world() as world:
        hers = await world.telegram.send(world.ann, world.chat, "hello")
        sent = await world.send()
        assert await world.bot.call("deleteMessage", chat_id=world.chat.id, message_id=hers)
        assert await world.bot.refusal("deleteMessage", chat_id=world.chat.id, message_id=hers) == (
            "Bad Request: message to delete not found"
        )
        await world.clock.advance(49 * 3600)
        assert await world.bot.refusal("deleteMessage", chat_id=world.chat.id, message_id=sent["message_id"]) == (
            "Bad Request: message can't be deleted"
        )


async def test_a_bot_without_rights_deletes_only_its_own_messages_in_a_group() -> None:
    async with telegram_world(privacy_mode=False) as world:
        group = world.telegram.add_group("Team", [world.ann])
        hers = await world.telegram.send(world.ann, group, "hello")
        mine = await world.send(chat_id=group.id)
        assert await world.bot.refusal("deleteMessage", chat_id=group.id, message_id=hers) == (
            "Bad Request: message can't be deleted"
        )
        assert await world.bot.call("deleteMessages", chat_id=group.id, message_ids=[mine["message_id"], 999])
        assert [message.message_id for message in world.telegram.messages(group)] == [hers]


async def test_message_ids_collide_between_a_private_chat_and_a_supergroup_but_not_within_an_account() -> None:
    async with telegram_world(privacy_mode=False) as world:
        team = world.telegram.add_group("Team", [world.ann])
        club = world.telegram.add_group("Club", [world.ann])
        assert (await world.send(chat_id=team.id))["message_id"] == (await world.send(chat_id=club.id))["message_id"]
        bob = world.telegram.add_person("Bob")
        his = await world.telegram.send(bob, world.telegram.private_chat(bob), "hi")
        assert (await world.send())["message_id"] == his + 1


async def test_a_bot_that_was_blocked_or_never_written_to_may_not_write() -> None:
    async with telegram_world() as world:
        bob = world.telegram.add_person("Bob")
        world.telegram.private_chat(bob)
        assert await world.refused_send(chat_id=bob.id) == "Bad Request: chat not found"
        world.telegram.add_group("Team", [bob])
        assert await world.refused_send(chat_id=bob.id) == ("Forbidden: bot can't initiate conversation with a user")
        await world.telegram.block(world.ann)
        assert await world.refused_send() == "Forbidden: bot was blocked by the user"
        await world.telegram.unblock(world.ann)
        await world.send()


async def test_a_bot_that_left_or_was_removed_may_not_write_to_the_group() -> None:
    async with telegram_world() as world:
        group = world.telegram.add_group("Team", [world.ann])
        await world.bot.call("leaveChat", chat_id=group.id)
        assert await world.refused_send(chat_id=group.id) == ("Forbidden: bot is not a member of the supergroup chat")
        await world.telegram.add_bot(world.ann, group)
        await world.send(chat_id=group.id)
        await world.telegram.remove_bot(world.ann, group)
        assert await world.refused_send(chat_id=group.id) == "Forbidden: bot was kicked from the supergroup chat"


async def test_a_group_that_became_a_supergroup_says_where_it_went() -> None:
    async with telegram_world() as world:
        group = world.telegram.add_group("Team", [world.ann], basic=True)
        new = await world.telegram.upgrade_group(world.ann, group)
        assert await world.refused_send(chat_id=group.id) == (
            "Bad Request: group chat was upgraded to a supergroup chat"
        )
        assert (await world.send(chat_id=new.id))["chat"]["type"] == "supergroup"


async def test_a_reaction_is_one_known_emoji() -> None:
    async with telegram_world() as world:
        sent = await world.send()
        react: dict[str, Any] = {"chat_id": world.chat.id, "message_id": sent["message_id"]}
        eyes, robot = {"type": "emoji", "emoji": "👀"}, {"type": "emoji", "emoji": "🤖"}
        assert await world.bot.call("setMessageReaction", reaction=[eyes], **react)
        assert world.telegram.message(world.chat, sent["message_id"]).reactions == [eyes]
        assert await world.bot.refusal("setMessageReaction", reaction=[robot], **react) == (
            "Bad Request: REACTION_INVALID"
        )


async def test_pinning_in_a_group_needs_the_right() -> None:
    async with telegram_world() as world:
        group = world.telegram.add_group("Team", [world.ann])
        sent = await world.send(chat_id=group.id)
        pin = {"chat_id": group.id, "message_id": sent["message_id"]}
        assert await world.bot.refusal("pinChatMessage", **pin) == (
            "Bad Request: not enough rights to manage pinned messages in the chat"
        )
        await world.telegram.promote_bot(world.ann, group, {"can_pin_messages"})
        assert await world.bot.call("pinChatMessage", **pin)
        assert group.pinned == [sent["message_id"]]
        assert await world.bot.call("unpinChatMessage", chat_id=group.id)
        assert group.pinned == []


async def test_an_unknown_chat_action_is_refused() -> None:
    async with telegram_world() as world:
        assert await world.bot.call("sendChatAction", chat_id=world.chat.id, action="typing")
        assert await world.bot.refusal("sendChatAction", chat_id=world.chat.id, action="dance") == (
            "Bad Request: wrong parameter action in request"
        )


async def test_edit_message_reply_markup_changes_the_keyboard_and_leaves_the_text() -> None:
    async with telegram_world() as world:
        sent = await world.send("text")
        edit = {"chat_id": world.chat.id, "message_id": sent["message_id"]}
        keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
        edited = await world.bot.call("editMessageReplyMarkup", reply_markup=keyboard, **edit)
        assert (edited["text"], edited["reply_markup"]) == ("text", keyboard)
        same = await world.bot.refusal("editMessageReplyMarkup", reply_markup=keyboard, **edit)
        assert "message is not modified" in same
        assert "reply_markup" not in await world.bot.call("editMessageReplyMarkup", **edit)
        assert "inline keyboard expected" in await world.bot.refusal(
            "editMessageReplyMarkup", reply_markup={"force_reply": True}, **edit
        )
