"""The adapter against the strict stand-in for Telegram, over real sockets."""

from collections.abc import AsyncIterator

import pytest

from adapters.telegram.app import TelegramAdapter
from adapters.telegram.connection import TelegramConfig
from bot.engine.chats import MessageRef
from bot.engine.errors import DeliveryError, MessageGone, PermissionMissing, PlaceGone, PlatformUnavailable, TooLong
from bot.engine.incoming import Command, IncomingMessage, TitleChange
from bot.engine.posts import Action, Button, Post, Reaction
from tests.adapters.telegram_set_up import CountingMeter
from tests.adapters.telegram_stage import World, world


@pytest.fixture(params=["polling", "webhook"])
async def anns(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with world(webhook=request.param == "webhook") as made:
        yield made


@pytest.fixture
async def topics() -> AsyncIterator[World]:
    async with world(topics=True) as made:
        yield made


async def test_a_private_message_comes_in_either_way(anns: World) -> None:
    message_id = await anns.telegram.send(anns.ann, anns.chat, "How do tides work?")
    await anns.taken(1)
    (taken,) = anns.engine.taken
    assert isinstance(taken, IncomingMessage)
    assert (taken.ref, taken.author, taken.text) == (
        MessageRef(anns.key, str(message_id)), anns.author, "How do tides work?",
    )  # fmt: skip


async def test_a_reply_is_sent_edited_and_deleted(anns: World) -> None:
    await anns.telegram.send(anns.ann, anns.chat, "hi")
    await anns.taken(1)
    messenger = anns.adapter.messenger
    ref = await messenger.send(anns.key, Post("The **moo", live=True, rows=((Button("Stop", Action.STOP, 1),),)))
    shown = anns.telegram.message(anns.chat, int(ref.id))
    assert (anns.telegram.html(anns.chat, int(ref.id)), shown.button_labels) == ("The <b>moo</b>", ["Stop"])
    await messenger.edit(ref, Post("The **moon** pulls."))
    await messenger.edit(ref, Post("The **moon** pulls."))
    assert (anns.telegram.html(anns.chat, int(ref.id)), shown.button_labels) == ("The <b>moon</b> pulls.", [])
    await messenger.delete(ref)
    with pytest.raises(MessageGone):
        await messenger.edit(ref, Post("too late"))


async def test_a_press_shows_the_note_and_the_new_face(anns: World) -> None:
    await anns.telegram.send(anns.ann, anns.chat, "hi")
    await anns.taken(1)
    buttons = ((Button("Delete", Action.DELETE, 1, danger=True),),)
    ref = await anns.adapter.messenger.send(anns.key, Post("Delete this chat?", rows=buttons))
    anns.engine.reaction = Reaction("Deleted.", Post("This chat is deleted."))
    toast = await anns.telegram.press(anns.ann, anns.chat, int(ref.id), "Delete")
    assert toast is not None
    assert toast.text == "Deleted."
    await anns.telegram.wait_for(lambda: anns.telegram.rendered(anns.chat, int(ref.id)) == "This chat is deleted.")


async def test_the_same_update_twice_is_taken_once(anns: World) -> None:
    await anns.telegram.send(anns.ann, anns.chat, "one")
    await anns.taken(1)
    anns.telegram.redeliver(anns.telegram.last_update_id)
    await anns.telegram.send(anns.ann, anns.chat, "two")
    await anns.taken(2)
    assert anns.engine.texts == ["one", "two"]


async def test_a_broken_update_does_not_block_the_next(anns: World) -> None:
    update_id = anns.telegram.push_raw({"message": {"message_id": "x", "chat": None, "from": {"id": 1}, "text": "?"}})
    await anns.telegram.send(anns.ann, anns.chat, "next")
    await anns.taken(1)
    await anns.engine.wait_for(lambda: bool(anns.engine.aside))
    assert anns.engine.aside == [(f"telegram:{anns.telegram.bot_id}:{update_id}", "TypeError")]


async def test_messages_written_while_the_bot_was_away_are_taken_in_order() -> None:
    async with world() as anns:
        await anns.telegram.send(anns.ann, anns.chat, "one")
        await anns.taken(1)
        await anns.adapter.close()
        await anns.telegram.send(anns.ann, anns.chat, "two")
        await anns.telegram.send(anns.ann, anns.chat, "three")
        await anns.restart()
        await anns.taken(3)
        assert anns.engine.texts == ["one", "two", "three"]


async def test_in_a_group_mention_reply_and_command_are_heard(anns: World) -> None:
    bob = anns.telegram.add_person("Bob")
    group = anns.telegram.add_group("Team", [anns.ann, bob])
    name = anns.telegram.username
    asked = await anns.telegram.send(anns.ann, group, f"😀 @{name.upper()} what's a fjord?")
    await anns.taken(1)
    ref = await anns.adapter.messenger.send(anns.in_group(group), Post("A long inlet."), str(asked))
    assert anns.telegram.message(group, int(ref.id)).reply_to == asked
    await anns.telegram.send(bob, group, "Lunch?")
    await anns.telegram.send(bob, group, "And in Norway?", reply_to=int(ref.id))
    await anns.telegram.send(bob, group, f"/rename@{name} Fjords")
    await anns.taken(3)
    assert anns.engine.texts == ["😀 what's a fjord?", "And in Norway?"]
    assert isinstance(anns.engine.taken[2], Command)
    assert (anns.engine.taken[2].name, anns.engine.taken[2].argument) == ("rename", "Fjords")


async def test_a_forum_topic_is_a_place_of_its_own(anns: World) -> None:
    forum = anns.telegram.add_group("Forum", [anns.ann], forum=True)
    thread = await anns.telegram.create_topic(anns.ann, forum, "Planning")
    await anns.telegram.send(anns.ann, forum, f"@{anns.telegram.username} plan the week", thread=thread)
    await anns.taken(1)
    (taken,) = anns.engine.taken
    assert isinstance(taken, IncomingMessage)
    assert taken.ref.key == anns.in_group(forum, thread)
    ref = await anns.adapter.messenger.send(taken.ref.key, Post("Monday: rest."), taken.ref.id)
    assert anns.telegram.message(forum, int(ref.id)).thread == thread


async def test_somebody_who_blocked_the_bot_is_gone(anns: World) -> None:
    await anns.telegram.send(anns.ann, anns.chat, "hi")
    await anns.taken(1)
    await anns.telegram.block(anns.ann)
    with pytest.raises(PlaceGone):
        await anns.adapter.messenger.send(anns.key, Post("hello?"))


async def test_a_long_answer_goes_out_on_pages_that_telegram_takes(anns: World) -> None:
    await anns.telegram.send(anns.ann, anns.chat, "hi")
    await anns.taken(1)
    rest = "```python\n" + "print('a < b', 2*3*4)  # 😀\n" * 300 + "```\n\n| a | b |\n|---|---|\n| 1 | **2** |\n"
    while rest:
        page, rest = anns.adapter.messenger.split(rest)
        await anns.adapter.messenger.send(anns.key, Post(page))
    shown = [message.text for message in anns.telegram.bot_messages(anns.chat)]
    assert sum(text.count("print('a < b', 2*3*4)  # 😀") for text in shown) == 300
    assert anns.telegram.refused == []


async def test_a_message_in_all_begins_a_topic_which_gets_the_title(topics: World) -> None:
    """Clients wrap a message written in "All" into a topic named by it."""
    await topics.telegram.send(topics.ann, topics.chat, "How do tides work?")
    await topics.taken(1)
    (taken,) = topics.engine.taken
    assert isinstance(taken, IncomingMessage)
    place = taken.ref.key
    assert place.thread
    await topics.adapter.messenger.send(place, Post("The moon."))
    await topics.adapter.messenger.show_title(place, "Tides and the moon")
    await topics.telegram.rename_topic(topics.ann, topics.chat, int(place.thread), "Moon")
    await topics.taken(2)
    assert isinstance(topics.engine.taken[1], TitleChange)
    assert (topics.engine.taken[1].key, topics.engine.taken[1].title) == (place, "Moon")


async def test_a_new_place_is_a_topic_that_can_be_written_to(topics: World) -> None:
    await topics.telegram.send(topics.ann, topics.chat, "hi")
    await topics.taken(1)
    place = await topics.adapter.messenger.new_place(topics.key, "New chat")
    assert place is not None
    ref = await topics.adapter.messenger.send(place, Post("Ask away."))
    assert topics.telegram.message(topics.chat, int(ref.id)).thread == int(place.thread)


async def test_an_answer_to_a_deleted_topic_is_not_lost(topics: World) -> None:
    await topics.telegram.send(topics.ann, topics.chat, "How do tides work?")
    await topics.taken(1)
    (taken,) = topics.engine.taken
    assert isinstance(taken, IncomingMessage)
    await topics.telegram.delete_topic(topics.ann, topics.chat, int(taken.ref.key.thread))
    ref = await topics.adapter.messenger.send(taken.ref.key, Post("The moon."))
    shown = topics.telegram.message(topics.chat, int(ref.id))
    assert (shown.thread, shown.text) == (None, "(moved here: the topic is gone)\n\nThe moon.")


async def test_a_file_answers_in_a_group_and_goes_beside_a_topic_that_is_gone(anns: World) -> None:
    forum = anns.telegram.add_group("Forum", [anns.ann], forum=True)
    thread = await anns.telegram.create_topic(anns.ann, forum, "Planning")
    asked = await anns.telegram.send(anns.ann, forum, "/export", thread=thread)
    place, messenger = anns.in_group(forum, thread), anns.adapter.messenger
    ref = await messenger.send_file(place, "plan.json", b"{}", "All of it", str(asked))
    message = anns.telegram.message(forum, int(ref.id))
    assert (message.thread, message.reply_to, message.extra["caption"]) == (thread, asked, "All of it")
    await anns.telegram.delete_topic(anns.ann, forum, thread)
    outside = await messenger.send_file(place, "plan.json", b"{}", "All of it", str(asked))
    assert outside.key == place
    assert anns.telegram.message(forum, int(outside.id)).thread is None


@pytest.mark.parametrize(
    ("status", "description", "kind"),
    [
        (400, "Bad Request: not enough rights to send documents to the chat", PermissionMissing),
        (400, "Bad Request: CHAT_SEND_DOCS_FORBIDDEN", PermissionMissing),
        (413, "Request Entity Too Large", TooLong),
        (502, "Bad Gateway", PlatformUnavailable),
    ],
)
async def test_why_a_file_is_not_taken_is_told(
    anns: World, status: int, description: str, kind: type[DeliveryError]
) -> None:
    await anns.telegram.send(anns.ann, anns.chat, "hi")
    anns.telegram.fail("sendDocument", status, description=description)
    with pytest.raises(kind):
        await anns.adapter.messenger.send_file(anns.key, "plan.json", b"{}", "All of it")


async def test_the_doctor_finds_nothing_wrong(anns: World) -> None:
    assert await anns.adapter.check() == []


async def test_the_doctor_names_a_wrong_token_and_a_wrong_address(anns: World) -> None:
    for token, address, word in (
        ("12345:" + "x" * 35, anns.telegram.api_url, "TELEGRAM_BOT_TOKEN"),
        (anns.telegram.token, "http://127.0.0.1:1", "TELEGRAM_API_URL"),
    ):
        config = TelegramConfig(token, address)
        adapter = TelegramAdapter(config, anns.storage, anns.clock, CountingMeter())
        (problem,) = await adapter.check()
        assert word in problem
        await adapter.close()
