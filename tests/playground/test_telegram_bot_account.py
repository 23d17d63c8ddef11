"""Methods about the bot itself: commands, texts, standing, leaving."""

import asyncio
from typing import Any

import pytest

from tests.playground.telegram_world import telegram_world
from tests.playground.test_telegram_webhook import receiver

HELP = {"command": "help", "description": "What I can do"}


async def test_get_me_tells_what_botfather_has_switched() -> None:
    async with telegram_world(topics_enabled=True, privacy_mode=False) as world:
        me = await world.bot.call("getMe")
        assert (me["username"], me["has_topics_enabled"], me["allows_users_to_create_topics"]) == (
            "threadline_bot",
            True,
            False,
        )
        assert me["can_read_all_group_messages"]


async def test_commands_are_kept_by_scope_and_language() -> None:
    async with telegram_world() as world:
        await world.bot.call("setMyCommands", commands=[HELP])
        await world.bot.call("setMyCommands", commands=[], scope={"type": "all_group_chats"}, language_code="de")
        assert await world.bot.call("getMyCommands") == [HELP]
        assert await world.bot.call("getMyCommands", language_code="de") == []
        await world.bot.call("deleteMyCommands")
        assert await world.bot.call("getMyCommands") == []


@pytest.mark.parametrize(
    ("commands", "reason"),
    [
        ([HELP] * 101, "BOT_COMMANDS_TOO_MUCH"),
        ([{"command": "Help", "description": "x"}], "BOT_COMMAND_INVALID"),
        ([{"command": "chat-rename", "description": "x"}], "BOT_COMMAND_INVALID"),
        ([{"command": "x" * 33, "description": "x"}], "command length must not exceed 32"),
        ([{"command": "help", "description": ""}], "command description must be non-empty"),
        ([{"command": "help", "description": "x" * 257}], "command description length must not exceed 256"),
        ("[", "can't parse commands JSON object"),
    ],
)
async def test_wrong_commands_are_refused(commands: Any, reason: str) -> None:
    async with telegram_world() as world:
        assert await world.bot.refusal("setMyCommands", commands=commands) == f"Bad Request: {reason}"


async def test_the_texts_about_the_bot_have_limits() -> None:
    async with telegram_world() as world:
        assert await world.bot.call("setMyDescription", description="Talk to me")
        assert await world.bot.call("getMyDescription") == {"description": "Talk to me"}
        assert await world.bot.refusal("setMyShortDescription", short_description="x" * 121) == (
            "Bad Request: BOT_SHORT_DESCRIPTION_INVALID"
        )
        assert await world.bot.refusal("setMyName", name="x" * 65) == "Bad Request: BOT_TITLE_INVALID"


async def test_the_menu_button_is_one_of_three() -> None:
    async with telegram_world() as world:
        assert await world.bot.call("setChatMenuButton", menu_button={"type": "commands"})
        assert await world.bot.refusal("setChatMenuButton", menu_button={"type": "belly"}) == (
            "Bad Request: MenuButton has unsupported type"
        )


async def test_standing_in_a_group_can_be_asked() -> None:
    async with telegram_world() as world:
        bob, eve = world.telegram.add_person("Bob"), world.telegram.add_person("Eve")
        group = world.telegram.add_group("Team", [world.ann, bob], bot_rights={"can_manage_topics"})

        async def member(user_id: int) -> Any:
            return await world.bot.call("getChatMember", chat_id=group.id, user_id=user_id)

        assert [(await member(person.id))["status"] for person in (world.ann, bob, eve)] == [
            "creator",
            "member",
            "left",
        ]
        mine = await member(world.telegram.bot_id)
        assert (mine["status"], mine["can_manage_topics"], mine["can_delete_messages"]) == (
            "administrator",
            True,
            False,
        )
        assert await world.bot.refusal("getChatMember", chat_id=group.id, user_id=1) == "Bad Request: user not found"


async def test_a_bot_that_logged_out_is_answered_no_more() -> None:
    async with telegram_world() as world:
        assert await world.bot.call("logOut")
        assert await world.bot.refusal("getMe") == "Bad Request: Logged out"


async def test_get_chat_tells_of_a_chat_that_the_bot_is_in_and_of_no_other() -> None:
    async with telegram_world() as world:
        forum = world.telegram.add_group("Team", [world.ann], forum=True, username="the_team")
        shown = await world.bot.call("getChat", chat_id="@the_team")
        assert (shown["id"], shown["title"], shown["is_forum"]) == (forum.id, "Team", True)
        left = world.telegram.add_group("Other", [world.ann], bot_in=False)
        assert await world.bot.refusal("getChat", chat_id=left.id) == (
            "Forbidden: bot is not a member of the supergroup chat"
        )
        for chat_id, reason in ((5, "chat not found"), ("", "chat_id is empty")):
            assert await world.bot.refusal("getChat", chat_id=chat_id) == f"Bad Request: {reason}"


async def test_a_chat_has_the_usual_menu_button_until_it_gets_its_own() -> None:
    async with telegram_world() as world:
        button = {"type": "web_app", "text": "App", "web_app": {"url": "https://example.com"}}
        await world.bot.call("setChatMenuButton", chat_id=world.chat.id, menu_button=button)
        assert await world.bot.call("getChatMenuButton", chat_id=world.chat.id) == button
        assert await world.bot.call("getChatMenuButton") == {"type": "commands"}


@pytest.mark.parametrize(
    ("setter", "getter", "field"),
    [
        ("setMyName", "getMyName", "name"),
        ("setMyDescription", "getMyDescription", "description"),
        ("setMyShortDescription", "getMyShortDescription", "short_description"),
    ],
)
async def test_a_text_about_the_bot_counts_in_every_language_without_its_own(
    setter: str, getter: str, field: str
) -> None:
    async with telegram_world() as world:
        await world.bot.call(setter, **{field: "Hello"})
        await world.bot.call(setter, **{field: "Hallo"}, language_code="de")
        texts = [(await world.bot.call(getter, language_code=code))[field] for code in ("", "de", "fr")]
        assert texts == ["Hello", "Hallo", "Hello"]


async def test_close_ends_the_poll_and_is_refused_while_there_is_a_webhook() -> None:
    async with telegram_world() as world, receiver() as hook:
        poll = asyncio.create_task(world.bot.refusal("getUpdates", timeout=30))
        await world.telegram.wait_for(lambda: world.telegram.calls_of("getUpdates"))
        assert await world.bot.call("close")
        assert await poll == "Conflict: terminated by close request"
        await world.bot.call("setWebhook", url=hook.url)
        assert "can't be closed" in await world.bot.refusal("close")
