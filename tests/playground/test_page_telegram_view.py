"""What a person sees of Telegram: their own chats, as they stand."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from playground.clock import ManualClock
from playground.page import World
from playground.page.actions import Visit
from playground.page.telegram_view import MOST_MESSAGES, telegram_part
from playground.telegram import Chat
from tests.playground.page_world import page_world, telegram_call

Json = dict[str, Any]
PRIVATE = {"type": "all_private_chats"}
GROUPS = {"type": "all_group_chats"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def world(clock: ManualClock) -> AsyncIterator[World]:
    async with page_world(clock) as world:
        world.telegram.flood.enabled = world.topics.flood.enabled = False
        yield world


@pytest.fixture
def ann(world: World) -> Visit:
    return Visit(world, world.guests["ann"])


def private(visit: Visit) -> Chat:
    return visit.world.telegram.private_chat(visit.guest.telegram)


def topics(visit: Visit) -> Chat:
    return visit.world.topics.private_chat(visit.guest.topics)


async def say(visit: Visit, text: str, chat: Chat | None = None) -> int:
    return await visit.world.telegram.send(visit.guest.telegram, chat or private(visit), text)


async def bot_call(visit: Visit, method: str, **arguments: Any) -> Any:
    """Call as the bot does, in the visitor's private chat unless another is named."""
    answer = await telegram_call(visit.world.telegram, method, **{"chat_id": private(visit).id, **arguments})
    assert answer["ok"], answer
    return answer["result"]


def opened(visit: Visit, chat: str = "bot", thread: int | None = None) -> Json:
    visit.telegram = {"chat": chat, "thread": thread}
    shown: Json = telegram_part(visit)["open"]
    return shown


def last(visit: Visit, chat: str = "bot") -> Json:
    shown: Json = opened(visit, chat)["messages"][-1]
    return shown


async def test_a_newcomer_sees_three_chats_and_the_first_is_open(ann: Visit) -> None:
    part = telegram_part(ann)
    assert [chat["name"] for chat in part["chats"]] == ["Threadline", "Threadline · topics", "Weekend trip"]
    assert (part["open"]["id"], part["open"]["messages"], part["open"]["started"]) == ("bot", [], False)


async def test_nobody_sees_the_private_chats_of_others(ann: Visit, world: World) -> None:
    ben = Visit(world, world.guests["ben"])
    await say(ben, "my secret")
    await world.topics.send(ben.guest.topics, topics(ben), "my secret")
    for chat in ("bot", "topics", "group"):
        opened(ann, chat)
        assert "secret" not in str(telegram_part(ann))


async def test_a_message_says_who_wrote_it_and_when(ann: Visit, clock: ManualClock) -> None:
    await say(ann, "hello *there*")
    assert last(ann) == {
        "id": 101,
        "author": "Ann",
        "bot": False,
        "mine": True,
        "colour": ann.guest.telegram.id % 7,
        "time": int(clock.now()),
        "html": "hello *there*",
        "line": "hello *there*",
        "text": "hello *there*",
        "deletable": True,
    }


async def test_the_list_shows_each_last_line(ann: Visit, world: World) -> None:
    await say(ann, "one\ntwo " + "x" * 100)
    await say(Visit(world, world.guests["ben"]), "to all", world.group)
    lines = [chat["line"] for chat in telegram_part(ann)["chats"]]
    assert lines == ["You: one two " + "x" * 71 + "…", "", "Ben: to all"]


async def test_what_the_bot_formats_is_shown_so(ann: Visit) -> None:
    await say(ann, "hi")
    await bot_call(ann, "sendMessage", text="<b>bold</b>", parse_mode="HTML")
    shown = last(ann)
    assert (shown["html"], shown["author"], shown["bot"], shown["mine"]) == ("<b>bold</b>", "Threadline", True, False)


async def test_a_growing_message_says_so_until_it_rests(ann: Visit, clock: ManualClock) -> None:
    await say(ann, "hi")
    sent = await bot_call(ann, "sendMessage", text="a")
    assert "busy" not in last(ann)
    await bot_call(ann, "editMessageText", message_id=sent["message_id"], text="a b")
    assert (last(ann)["busy"], last(ann)["edited"]) == (True, True)
    await clock.advance(4)
    assert "busy" not in last(ann)


async def test_buttons_stand_in_rows(ann: Visit) -> None:
    await say(ann, "hi")
    rows = [
        [{"text": "Yes", "callback_data": "y", "style": "danger"}, {"text": "Site", "url": "https://a.bc"}],
        [{"text": "Copy", "copy_text": {"text": "x"}}],
    ]
    await bot_call(ann, "sendMessage", text="?", reply_markup={"inline_keyboard": rows})
    assert last(ann)["rows"] == [
        [{"label": "Yes", "data": "y", "style": "danger"}, {"label": "Site", "url": "https://a.bc/"}],
        [{"label": "Copy"}],
    ]


async def test_an_answer_shows_what_it_answers(ann: Visit) -> None:
    asked = await say(ann, "a question")
    await bot_call(ann, "sendMessage", text="so", reply_parameters={"message_id": asked})
    assert last(ann)["reply"] == {"id": asked, "author": "Ann", "line": "a question"}
    await ann.world.telegram.delete_message(private(ann), asked)
    assert last(ann)["reply"] == {"author": "", "line": "Deleted message"}


async def test_reactions_and_pins_are_shown(ann: Visit) -> None:
    asked = await say(ann, "hi")
    await bot_call(ann, "setMessageReaction", message_id=asked, reaction=[{"type": "emoji", "emoji": "👍"}])
    await bot_call(ann, "pinChatMessage", message_id=asked)
    shown = opened(ann)["messages"][0]
    assert (shown["reactions"], shown["pinned"]) == (["👍"], True)


async def test_a_file_is_a_box_with_its_caption(ann: Visit) -> None:
    await ann.world.telegram.send_file(
        ann.guest.telegram, private(ann), "document", b"x" * 2048, name="a.pdf", caption="read #this"
    )
    shown = last(ann)
    assert shown["attachment"] == {"kind": "File", "about": "a.pdf, 2.0 kB"}
    assert shown["html"] == 'read <span class="tg-mark">#this</span>'


async def test_a_rich_message_shows_its_blocks(ann: Visit) -> None:
    await say(ann, "hi")
    await bot_call(ann, "sendRichMessage", rich_message={"markdown": "# Title\n\ntext"})
    shown = last(ann)
    assert (">Title</p><p>text</p>" in shown["html"], shown["line"]) == (True, "Title text")


async def test_only_the_newest_messages_are_shown(ann: Visit) -> None:
    for number in range(MOST_MESSAGES + 5):
        await say(ann, str(number))
    shown = opened(ann)["messages"]
    assert (len(shown), shown[-1]["text"]) == (MOST_MESSAGES, str(MOST_MESSAGES + 4))


async def test_a_draft_is_shown_with_its_stop_button(ann: Visit, clock: ManualClock) -> None:
    await say(ann, "hi")
    await bot_call(ann, "sendMessageDraft", draft_id=1, text="I think", can_stop=True)
    assert opened(ann)["drafts"] == [{"thread": None, "html": "I think", "stop": True}]
    await clock.advance(31)
    assert opened(ann)["drafts"] == []


async def test_a_rich_draft_shows_its_blocks(ann: Visit) -> None:
    await say(ann, "hi")
    await bot_call(ann, "sendRichMessageDraft", draft_id=1, rich_message={"markdown": "**so**"})
    assert "<b>so</b>" in opened(ann)["drafts"][0]["html"]


async def test_typing_is_shown_for_five_seconds(ann: Visit, clock: ManualClock) -> None:
    await say(ann, "hi")
    assert opened(ann)["typing"] is False
    await bot_call(ann, "sendChatAction", action="typing")
    assert opened(ann)["typing"] is True
    assert opened(ann, "group")["typing"] is False
    await clock.advance(5.1)
    assert opened(ann)["typing"] is False


async def test_a_message_ends_the_typing(ann: Visit) -> None:
    await say(ann, "hi")
    await bot_call(ann, "sendChatAction", action="typing")
    await bot_call(ann, "sendMessage", text="there")
    assert opened(ann)["typing"] is False


async def test_a_topic_shows_its_messages_and_all_shows_those_of_every_topic(ann: Visit, world: World) -> None:
    person, chat = ann.guest.topics, topics(ann)
    plans = await world.topics.create_topic(person, chat, "Plans")
    await world.topics.create_topic(person, chat, "Food")
    await world.topics.send(person, chat, "where", thread=plans)
    shown = opened(ann, "topics", plans)
    assert [message.get("service") or message["text"] for message in shown["messages"]] == [
        "Topic “Plans” created",
        "where",
    ]
    everything = opened(ann, "topics")
    assert (everything["thread"], [topic["name"] for topic in everything["topics"]]) == (None, ["Plans", "Food"])
    assert everything["messages"][-1]["topic"] == {"id": plans, "name": "Plans"}


async def test_a_topic_that_was_deleted_is_not_open_any_more(ann: Visit, world: World) -> None:
    plans = await world.topics.create_topic(ann.guest.topics, topics(ann), "Plans")
    await world.topics.delete_topic(ann.guest.topics, topics(ann), plans)
    shown = opened(ann, "topics", plans)
    assert (shown["thread"], shown["topics"], shown["messages"]) == (None, [], [])


async def test_drafts_of_every_topic_are_seen_in_all(ann: Visit, world: World) -> None:
    plans = await world.topics.create_topic(ann.guest.topics, topics(ann), "Plans")
    await world.topics.send(ann.guest.topics, topics(ann), "hi", thread=plans)
    drafting = {"chat_id": topics(ann).id, "message_thread_id": plans, "draft_id": 3, "text": "so"}
    assert (await telegram_call(world.topics, "sendMessageDraft", **drafting))["ok"]
    assert [draft["thread"] for draft in opened(ann, "topics")["drafts"]] == [plans]
    assert [draft["html"] for draft in opened(ann, "topics", plans)["drafts"]] == ["so"]


async def test_service_messages_are_sentences(ann: Visit, world: World) -> None:
    await world.telegram.remove_bot(ann.guest.telegram, world.group)
    await world.telegram.add_bot(ann.guest.telegram, world.group)
    assert last(ann, "group")["service"] == "Ann added Threadline"


async def test_a_group_says_who_is_in_it_and_what_the_bot_sees(ann: Visit, world: World) -> None:
    shown = opened(ann, "group")
    assert (shown["about"], shown["privacy"]) == ("4 members: Ann, Ben, Cleo, Threadline", True)
    await world.telegram.promote_bot(ann.guest.telegram, world.group, {"can_pin_messages"})
    assert (opened(ann, "group")["bot"]["standing"], opened(ann, "group")["privacy"]) == ("administrator", False)
    await world.telegram.remove_bot(ann.guest.telegram, world.group)
    assert opened(ann, "group")["about"] == "3 members: Ann, Ben, Cleo"


async def commands(visit: Visit, name: str, scope: Json | None = None, language: str = "") -> None:
    about = {"commands": [{"command": name, "description": "does it"}], "language_code": language}
    await bot_call(visit, "setMyCommands", **about, **({"scope": scope} if scope else {}))


def offered(visit: Visit, chat: str = "bot") -> list[str]:
    return [command["command"] for command in opened(visit, chat)["commands"]]


async def test_commands_of_the_narrowest_scope_are_offered(ann: Visit, world: World) -> None:
    await say(ann, "hi")
    await commands(ann, "everywhere")
    assert (offered(ann), offered(ann, "group")) == (["everywhere"], ["everywhere"])
    await commands(ann, "private", PRIVATE)
    await commands(ann, "grouped", GROUPS)
    assert (offered(ann), offered(ann, "group")) == (["private"], ["grouped"])
    await commands(ann, "here", {"type": "chat", "chat_id": private(ann).id})
    assert (offered(ann), offered(Visit(world, world.guests["ben"]))) == (["here"], ["private"])


async def test_commands_in_the_persons_language_come_first(ann: Visit) -> None:
    await commands(ann, "any", PRIVATE)
    await commands(ann, "english", PRIVATE, "en")
    await commands(ann, "german", PRIVATE, "de")
    assert offered(ann) == ["english"]


async def test_commands_for_administrators_are_for_them(ann: Visit, world: World) -> None:
    ben, cleo = (Visit(world, world.guests[name]) for name in ("ben", "cleo"))
    await commands(ann, "all", GROUPS)
    await commands(ann, "rule", {"type": "all_chat_administrators"})
    assert (offered(ann, "group"), offered(ben, "group")) == (["rule"], ["all"])
    await commands(ann, "own", {"type": "chat_administrators", "chat_id": world.group.id})
    assert (offered(ann, "group"), offered(ben, "group")) == (["own"], ["all"])
    member = {"type": "chat_member", "chat_id": world.group.id, "user_id": ben.guest.telegram.id}
    await commands(ann, "bens", member)
    assert (offered(ben, "group"), offered(cleo, "group")) == (["bens"], ["all"])


async def test_the_menu_button_lists_commands_where_the_bot_wants_it(ann: Visit) -> None:
    assert opened(ann)["menu"] is False
    await commands(ann, "any")
    assert (opened(ann)["menu"], opened(ann, "group")["menu"]) == (True, False)
    await say(ann, "hi")
    app = {"type": "web_app", "text": "App", "web_app": {"url": "https://a.bc"}}
    await bot_call(ann, "setChatMenuButton", menu_button=app)
    assert opened(ann)["menu"] is False
    await bot_call(ann, "setChatMenuButton", menu_button={"type": "default"})
    assert opened(ann)["menu"] is True
