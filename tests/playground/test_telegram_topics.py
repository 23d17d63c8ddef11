"""Topics in forums and in private chats."""

from typing import Any

import pytest

from tests.playground.telegram_world import World, telegram_world

GONE = "Bad Request: message thread not found"


async def topic_calls(world: World, chat_id: int, thread: int) -> list[str]:
    """Try everything that takes a thread and collect the refusals."""
    place = {"chat_id": chat_id, "message_thread_id": thread}
    return [
        await world.bot.refusal("sendMessage", text="x", **place),
        await world.bot.refusal("sendChatAction", action="typing", **place),
        await world.bot.refusal("editForumTopic", name="x", **place),
        await world.bot.refusal("deleteForumTopic", **place),
    ]


async def test_without_the_switch_a_private_chat_has_no_topics() -> None:
    async with telegram_world() as world:
        assert not (await world.bot.call("getMe"))["has_topics_enabled"]
        assert await world.bot.refusal("createForumTopic", chat_id=world.chat.id, name="x") == (
            "Bad Request: the chat is not a forum"
        )
        assert await world.refused_send(message_thread_id=5) == GONE


async def test_a_bot_makes_renames_and_deletes_topics_in_a_private_chat() -> None:
    async with telegram_world(topics_enabled=True) as world:
        topic = await world.bot.call("createForumTopic", chat_id=world.chat.id, name="Cooking")
        place = {"chat_id": world.chat.id, "message_thread_id": topic["message_thread_id"]}
        sent = await world.send(message_thread_id=topic["message_thread_id"])
        assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic["message_thread_id"], True)
        assert sent["reply_to_message"]["forum_topic_created"]["name"] == "Cooking"
        assert await world.bot.call("editForumTopic", name="Baking", **place)
        assert world.chat.topics[topic["message_thread_id"]].name == "Baking"
        assert await world.bot.call("deleteForumTopic", **place)
        assert await topic_calls(world, world.chat.id, topic["message_thread_id"]) == [GONE] * 4


async def test_what_is_typed_in_all_opens_a_topic_that_bears_its_words() -> None:
    async with telegram_world(topics_enabled=True, users_create_topics=True) as world:
        await world.telegram.send(world.ann, world.chat, "How do I bake bread?")
        message = (await world.updates())[-1]["message"]
        root = message["reply_to_message"]
        assert message["is_topic_message"]
        assert message["message_thread_id"] == root["message_id"]
        assert root["forum_topic_created"]["name"] == "How do I bake bread?"
        assert root["forum_topic_created"]["is_name_implicit"]


async def test_an_older_client_leaves_the_thread_out() -> None:
    async with telegram_world(topics_enabled=True, users_create_topics=True, wraps_all=False) as world:
        await world.telegram.send(world.ann, world.chat, "hello")
        assert "message_thread_id" not in (await world.updates())[-1]["message"]


async def test_a_topic_keeps_its_implicit_mark_after_a_rename() -> None:
    async with telegram_world(topics_enabled=True, users_create_topics=True) as world:
        await world.telegram.send(world.ann, world.chat, "hello")
        thread = (await world.updates())[-1]["message"]["message_thread_id"]
        await world.bot.call("editForumTopic", chat_id=world.chat.id, message_thread_id=thread, name="Greetings")
        await world.telegram.send(world.ann, world.chat, "more", thread=thread)
        root = world.telegram.pending_updates[-1]["message"]["reply_to_message"]
        assert root["forum_topic_created"]["is_name_implicit"]


async def test_a_rename_by_a_person_is_told_and_a_deletion_is_not() -> None:
    async with telegram_world(topics_enabled=True, users_create_topics=True) as world:
        thread = await world.telegram.create_topic(world.ann, world.chat, "Old")
        await world.telegram.rename_topic(world.ann, world.chat, thread, "New")
        told = [update["message"] for update in world.telegram.pending_updates]
        assert [list(message)[-1] for message in told] == ["forum_topic_created", "forum_topic_edited"]
        await world.telegram.delete_topic(world.ann, world.chat, thread)
        assert len(world.telegram.pending_updates) == 2
        assert await world.refused_send(message_thread_id=thread) == GONE


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"name": ""}, "name must be non-empty"),
        ({"name": "  "}, "name must be non-empty"),
        ({"name": "x", "icon_color": 1}, "invalid topic icon color specified"),
    ],
)
async def test_a_wrong_topic_is_refused(params: dict[str, Any], reason: str) -> None:
    async with telegram_world(topics_enabled=True) as world:
        assert await world.bot.refusal("createForumTopic", chat_id=world.chat.id, **params) == f"Bad Request: {reason}"


async def test_a_long_name_is_cut() -> None:
    async with telegram_world(topics_enabled=True) as world:
        assert len((await world.bot.call("createForumTopic", chat_id=world.chat.id, name="x" * 200))["name"]) == 128


async def test_in_a_forum_topics_need_the_right() -> None:
    async with telegram_world() as world:
        forum = world.telegram.add_group("Team", [world.ann], forum=True)
        hers = await world.telegram.create_topic(world.ann, forum, "Hers")
        place = {"chat_id": forum.id, "message_thread_id": hers}
        assert await world.bot.refusal("createForumTopic", chat_id=forum.id, name="x") == (
            "Bad Request: not enough rights to create a topic"
        )
        assert await world.bot.refusal("editForumTopic", name="x", **place) == (
            "Bad Request: not enough rights to manage the topic"
        )
        assert (
            await world.bot.refusal("deleteForumTopic", **place) == "Bad Request: not enough rights to delete a topic"
        )
        await world.telegram.promote_bot(world.ann, forum, {"can_manage_topics", "can_delete_messages"})
        assert await world.bot.call("editForumTopic", name="Ours", **place)
        assert await world.bot.call("deleteForumTopic", **place)


async def test_the_general_topic_is_named_by_leaving_it_out() -> None:
    """Typing is the exception: there it may be named."""
    async with telegram_world() as world:
        forum = world.telegram.add_group("Team", [world.ann], forum=True)
        assert await world.refused_send(chat_id=forum.id, message_thread_id=1) == GONE
        assert "message_thread_id" not in await world.send(chat_id=forum.id)
        assert await world.bot.call("sendChatAction", chat_id=forum.id, message_thread_id=1, action="typing")


async def test_a_closed_topic_takes_messages_of_administrators_only() -> None:
    async with telegram_world() as world:
        forum = world.telegram.add_group("Team", [world.ann], forum=True)
        thread = await world.telegram.create_topic(world.ann, forum, "Done")
        await world.telegram.close_topic(world.ann, forum, thread)
        assert await world.refused_send(chat_id=forum.id, message_thread_id=thread) == "Bad Request: TOPIC_CLOSED"
        await world.telegram.promote_bot(world.ann, forum, {"can_manage_topics"})
        await world.send(chat_id=forum.id, message_thread_id=thread)
        assert await world.bot.call("reopenForumTopic", chat_id=forum.id, message_thread_id=thread)
        assert await world.bot.refusal("reopenForumTopic", chat_id=forum.id, message_thread_id=thread) == (
            "Bad Request: TOPIC_NOT_MODIFIED"
        )


async def test_a_group_without_topics_takes_no_thread() -> None:
    async with telegram_world(privacy_mode=False) as world:
        group = world.telegram.add_group("Team", [world.ann])
        first = await world.telegram.send(world.ann, group, "first")
        await world.telegram.send(world.ann, group, "an answer", reply_to=first)
        answer = (await world.updates())[-1]["message"]
        assert (answer["message_thread_id"], "is_topic_message" in answer) == (first, False)
        assert await world.refused_send(chat_id=group.id, message_thread_id=first) == GONE


async def test_a_topic_is_closed_and_reopened_once_each() -> None:
    async with telegram_world() as world:
        forum = world.telegram.add_group("Team", [world.ann], forum=True, bot_rights={"can_manage_topics"})
        thread = await world.telegram.create_topic(world.ann, forum, "Plans")
        topic = {"chat_id": forum.id, "message_thread_id": thread}
        for method in ("closeForumTopic", "reopenForumTopic"):
            assert await world.bot.call(method, **topic)
            assert await world.bot.refusal(method, **topic) == "Bad Request: TOPIC_NOT_MODIFIED"


async def test_topics_of_a_private_chat_cannot_be_closed() -> None:
    async with telegram_world(topics_enabled=True) as world:
        topic = await world.bot.call("createForumTopic", chat_id=world.chat.id, name="Plans")
        place = {"chat_id": world.chat.id, "message_thread_id": topic["message_thread_id"]}
        assert await world.bot.refusal("closeForumTopic", **place) == (
            "Bad Request: the chat is not a supergroup forum"
        )


async def test_unpin_all_forum_topic_messages_leaves_the_pins_of_other_topics() -> None:
    async with telegram_world(topics_enabled=True) as world:
        pinned = []
        for name in ("One", "Two"):
            topic = await world.bot.call("createForumTopic", chat_id=world.chat.id, name=name)
            sent = await world.send(message_thread_id=topic["message_thread_id"])
            await world.bot.call("pinChatMessage", chat_id=world.chat.id, message_id=sent["message_id"])
            pinned.append(sent)
        place = {"chat_id": world.chat.id, "message_thread_id": pinned[0]["message_thread_id"]}
        await world.bot.call("unpinAllForumTopicMessages", **place)
        assert world.chat.pinned == [pinned[1]["message_id"]]


async def test_a_topic_that_was_deleted_a_moment_ago_may_still_be_known_to_the_service() -> None:
    """Until the service notices, what the bot sends there is taken and stands outside of all topics."""
    async with telegram_world(topics_enabled=True) as world:
        topic = await world.bot.call("createForumTopic", chat_id=world.chat.id, name="Plans")
        thread = topic["message_thread_id"]
        await world.telegram.delete_topic(world.ann, world.chat, thread, noticed_after=60)
        assert "message_thread_id" not in await world.send(message_thread_id=thread)
        await world.clock.advance(60)
        assert await world.refused_send(message_thread_id=thread) == "Bad Request: message thread not found"
