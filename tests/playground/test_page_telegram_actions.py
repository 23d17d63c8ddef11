"""What a person does in Telegram on the page: it reaches the bot as that person's, or is refused with a sentence."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from playground.clock import ManualClock
from playground.page import World
from playground.page.actions import Refused, Visit
from playground.page.telegram_actions import ACTIONS, BLOCKED, GONE
from playground.page.telegram_places import NO_SUCH_CHAT, NO_SUCH_TOPIC
from playground.page.telegram_view import telegram_part
from playground.telegram import Chat, TelegramStandIn
from tests.playground.page_world import page_world, telegram_call

NONSENSE: tuple[Any, ...] = (None, True, -1, 10**30, 1.5, "", "x", "👍", [], {}, ["bot"], {"chat": "bot"})


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with page_world(ManualClock()) as world:
        yield world


@pytest.fixture
def ann(world: World) -> Visit:
    return Visit(world, world.guests["ann"])


@pytest.fixture
def ben(world: World) -> Visit:
    return Visit(world, world.guests["ben"])


async def act(visit: Visit, action: str, /, **arguments: Any) -> Any:
    return await ACTIONS[f"telegram.{action}"](visit, **arguments)


def private(visit: Visit) -> Chat:
    return visit.world.telegram.private_chat(visit.guest.telegram)


def updates(telegram: TelegramStandIn, kind: str) -> list[dict[str, Any]]:
    return [update[kind] for update in telegram.pending_updates if kind in update]


async def asked(visit: Visit, text: str = "hi") -> int:
    await act(visit, "post", chat="bot", text=text)
    return next(reversed(private(visit).messages))


async def with_button(visit: Visit, **button: Any) -> int:
    """Let the bot ask with a button under its message."""
    await asked(visit)
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go", **button}]]}
    sent = await telegram_call(
        visit.world.telegram, "sendMessage", chat_id=private(visit).id, text="?", reply_markup=keyboard
    )
    return int(sent["result"]["message_id"])


async def test_a_message_reaches_the_bot_as_its_writers(ann: Visit, world: World) -> None:
    assert await act(ann, "post", chat="bot", text=" hello ") == {"chat": "bot", "thread": None}
    (message,) = updates(world.telegram, "message")
    assert (message["text"], message["from"]["first_name"], message["chat"]["type"]) == ("hello", "Ann", "private")


async def test_a_message_in_all_opens_a_topic_and_says_which(ann: Visit, world: World) -> None:
    place = await act(ann, "post", chat="topics", text="Where to go")
    (message,) = [message for message in updates(world.topics, "message") if "text" in message]
    assert (place["chat"], place["thread"]) == ("topics", message["message_thread_id"])


async def test_a_message_in_a_topic_stays_there(ann: Visit) -> None:
    thread = (await act(ann, "create_topic", chat="topics", name="  My   plans "))["thread"]
    assert await act(ann, "post", chat="topics", text="so", thread=thread) == {"chat": "topics", "thread": thread}
    await act(ann, "open", chat="topics", thread=thread)
    shown = telegram_part(ann)["open"]
    assert (shown["thread"], shown["topics"], shown["messages"][-1]["text"]) == (
        thread,
        [{"id": thread, "name": "My plans"}],
        "so",
    )


async def test_an_answer_in_all_goes_to_the_topic_of_what_it_answers(ann: Visit) -> None:
    thread = (await act(ann, "post", chat="topics", text="one"))["thread"]
    first = telegram_part(Visit(ann.world, ann.guest, telegram={"chat": "topics", "thread": thread}))["open"][
        "messages"
    ][-1]
    assert (await act(ann, "post", chat="topics", text="two", reply_to=first["id"]))["thread"] == thread


async def test_an_answer_names_what_it_answers(ann: Visit, world: World) -> None:
    first = await asked(ann, "one")
    await act(ann, "post", chat="bot", text="two", reply_to=first)
    assert updates(world.telegram, "message")[-1]["reply_to_message"]["text"] == "one"


async def test_an_own_message_can_be_edited(ann: Visit, world: World) -> None:
    first = await asked(ann, "one")
    await act(ann, "edit", chat="bot", message=first, text="two")
    assert updates(world.telegram, "message")[-1]["message_id"] == first
    assert telegram_part(ann)["open"]["messages"][-1]["text"] == "two"
    assert telegram_part(ann)["open"]["messages"][-1]["edited"] is True


async def test_saving_without_a_change_edits_nothing(ann: Visit) -> None:
    first = await asked(ann, "one")
    await act(ann, "edit", chat="bot", message=first, text="one")
    assert "edited" not in telegram_part(ann)["open"]["messages"][-1]


async def test_nobody_edits_or_deletes_what_others_wrote_in_a_group(ann: Visit, ben: Visit, world: World) -> None:
    await act(ann, "post", chat="group", text="mine")
    message = next(reversed(world.group.messages))
    for name, rest in (("edit", {"text": "hers"}), ("delete", {})):
        with pytest.raises(Refused, match="Only your own"):
            await act(ben, name, chat="group", message=message, **rest)
    assert world.group.messages[message].text == "mine"


async def test_an_edit_is_no_longer_than_a_message(ann: Visit) -> None:
    with pytest.raises(Refused, match="4096"):
        await act(ann, "edit", chat="bot", message=await asked(ann), text="x" * 4097)


async def test_in_a_private_chat_the_bots_messages_can_be_deleted_too(ann: Visit) -> None:
    message = await with_button(ann)
    await act(ann, "delete", chat="bot", message=message)
    assert message not in private(ann).messages
    with pytest.raises(Refused, match=GONE):
        await act(ann, "delete", chat="bot", message=message)


@pytest.mark.parametrize("alert", [False, True])
async def test_a_press_waits_for_the_bots_answer(ann: Visit, world: World, alert: bool) -> None:
    message = await with_button(ann)
    press = asyncio.create_task(act(ann, "press", chat="bot", message=message, data="go"))
    await world.telegram.wait_for(lambda: updates(world.telegram, "callback_query"))
    (query,) = updates(world.telegram, "callback_query")
    assert (query["data"], query["from"]["first_name"]) == ("go", "Ann")
    answer = {"callback_query_id": query["id"], "text": "Done", "show_alert": alert}
    await telegram_call(world.telegram, "answerCallbackQuery", **answer)
    assert await press == {"text": "Done", "alert": alert, "url": ""}


async def test_a_press_without_an_answer_spins_for_fifteen_seconds(ann: Visit, world: World) -> None:
    message = await with_button(ann)
    press = asyncio.create_task(act(ann, "press", chat="bot", message=message, data="go"))
    await world.telegram.wait_for(lambda: updates(world.telegram, "callback_query"))
    clock = world.telegram.clock
    assert isinstance(clock, ManualClock)
    await clock.advance(16)
    assert await press is None


async def test_a_button_of_a_rich_message_can_be_pressed(ann: Visit, world: World) -> None:
    await asked(ann)
    row = {"type": "buttons", "buttons": [{"text": "Go", "callback_data": "rich"}]}
    sent = await telegram_call(
        world.telegram, "sendRichMessage", chat_id=private(ann).id, rich_message={"blocks": [row]}
    )
    press = asyncio.create_task(act(ann, "press", chat="bot", message=sent["result"]["message_id"], data="rich"))
    await world.telegram.wait_for(lambda: updates(world.telegram, "callback_query"))
    press.cancel()


async def test_only_a_button_that_is_there_can_be_pressed(ann: Visit) -> None:
    message = await with_button(ann)
    for data in ("other", *NONSENSE):
        with pytest.raises(Refused, match="button"):
            await act(ann, "press", chat="bot", message=message, data=data)


async def test_nobody_presses_buttons_in_chats_of_others(ann: Visit, ben: Visit) -> None:
    message = await with_button(ann)
    with pytest.raises(Refused, match=GONE):
        await act(ben, "press", chat="bot", message=message, data="go")


async def test_stop_ends_the_draft_and_the_bot_hears_of_it(ann: Visit, world: World) -> None:
    await asked(ann)
    drafting = {"chat_id": private(ann).id, "draft_id": 4, "text": "well", "can_stop": True}
    await telegram_call(world.telegram, "sendMessageDraft", **drafting)
    await act(ann, "stop", chat="bot")
    assert telegram_part(ann)["open"]["drafts"] == []
    assert [stopped["draft_id"] for stopped in updates(world.telegram, "stopped_message_generation")] == ["4"]


async def test_who_blocks_the_bot_cannot_write_until_unblocking(ann: Visit, world: World) -> None:
    await asked(ann)
    await act(ann, "block", chat="bot")
    await act(ann, "block", chat="bot")
    assert telegram_part(ann)["open"]["blocked"] is True
    with pytest.raises(Refused, match=BLOCKED):
        await act(ann, "post", chat="bot", text="hello?")
    assert (await telegram_call(world.telegram, "sendMessage", chat_id=private(ann).id, text="x"))["status"] == 403
    await act(ann, "unblock", chat="bot")
    await act(ann, "unblock", chat="bot")
    await asked(ann)
    changes = updates(world.telegram, "my_chat_member")
    assert [change["new_chat_member"]["status"] for change in changes] == ["kicked", "member"]


async def test_the_bot_is_put_out_taken_in_and_raised(ann: Visit, world: World) -> None:
    standings = []
    for standing in ("out", "out", "administrator", "member", "administrator"):
        await act(ann, "set_standing", chat="group", standing=standing)
        standings.append(world.group.bot_status)
    assert standings == ["kicked", "kicked", "administrator", "member", "administrator"]
    assert len(updates(world.telegram, "my_chat_member")) == 4


@pytest.mark.parametrize(("name", "chat"), [("block", "group"), ("unblock", "group"), ("set_standing", "bot")])
async def test_what_is_for_the_other_kind_of_chat_is_refused(ann: Visit, name: str, chat: str) -> None:
    rest = {"standing": "out"} if name == "set_standing" else {}
    with pytest.raises(Refused, match="That is for"):
        await act(ann, name, chat=chat, **rest)


async def test_a_topic_is_renamed_and_the_bot_hears_of_it(ann: Visit, world: World) -> None:
    thread = (await act(ann, "create_topic", chat="topics", name="Plans"))["thread"]
    await act(ann, "rename_topic", chat="topics", thread=thread, name="Ideas")
    assert updates(world.topics, "message")[-1]["forum_topic_edited"] == {"name": "Ideas"}


async def test_a_deleted_topic_is_gone(ann: Visit) -> None:
    thread = (await act(ann, "create_topic", chat="topics", name="Plans"))["thread"]
    await act(ann, "delete_topic", chat="topics", thread=thread)
    for name, rest in (("open", {}), ("post", {"text": "x"}), ("rename_topic", {"name": "x"}), ("delete_topic", {})):
        with pytest.raises(Refused, match=NO_SUCH_TOPIC):
            await act(ann, name, chat="topics", thread=thread, **rest)


@pytest.mark.parametrize("name", ["", "  \n", "x" * 129, None, 5])
async def test_a_topic_needs_a_name(ann: Visit, name: object) -> None:
    with pytest.raises(Refused, match="1 to 128"):
        await act(ann, "create_topic", chat="topics", name=name)


async def test_topics_are_only_where_people_may_make_them(ann: Visit) -> None:
    with pytest.raises(ValueError, match="topics"):
        await act(ann, "create_topic", chat="bot", name="x")


@pytest.mark.parametrize("text", ["", " \n ", None, 5, ["x"]])
async def test_nothing_is_not_sent(ann: Visit, text: object) -> None:
    with pytest.raises(Refused):
        await act(ann, "post", chat="bot", text=text)


ARGUMENTS = {
    "open": ("chat", "thread"),
    "post": ("chat", "text", "thread", "reply_to"),
    "edit": ("chat", "message", "text"),
    "delete": ("chat", "message"),
    "press": ("chat", "message", "data"),
    "stop": ("chat", "thread"),
    "block": ("chat",),
    "unblock": ("chat",),
    "set_standing": ("chat", "standing"),
    "create_topic": ("chat", "name"),
    "rename_topic": ("chat", "thread", "name"),
    "delete_topic": ("chat", "thread"),
}


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
async def test_nonsense_is_refused_and_breaks_nothing(ann: Visit, name: str) -> None:
    assert {f"telegram.{one}" for one in ARGUMENTS} == ACTIONS.keys()
    for nonsense in NONSENSE:
        with pytest.raises(Refused, match=NO_SUCH_CHAT):
            await act(ann, name, **dict.fromkeys(ARGUMENTS[name], nonsense))
        for place in ("bot", "topics", "group"):
            given = {argument: place if argument == "chat" else nonsense for argument in ARGUMENTS[name]}
            with suppress(ValueError, LookupError):
                await act(ann, name, **given)
            assert telegram_part(ann)["open"]["id"] in ("bot", "topics", "group")
