"""Messages whose sends were applied and never answered, against the strict stand-in: found, and none is spoilt."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.telegram.message_ids import BEYOND, MOST, MessageIds
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import PlatformUnavailable, RateLimited
from bot.engine.posts import Action, Button, Post
from playground.telegram import Chat
from tests.adapters.telegram_stage import World, world

MARK = "turn 12.0"
LIVE = Post("The moon pulls", ((Button("Stop", Action.STOP, 12),),), live=True)
WHOLE = Post("The **moon** pulls.")
PRIVATE, GROUP, FORUM = 700, -1001, -1_001_000_000_001


@pytest.fixture
async def anns() -> AsyncIterator[World]:
    async with world() as made:
        await made.telegram.send(made.ann, made.chat, "hi")
        await made.taken(1)
        yield made


async def lost(anns: World, post: Post, key: ChatKey | None = None, after: str | None = None) -> None:
    """Send it; it is applied, and the answer is lost."""
    anns.telegram.reset("sendMessage", applied=True)
    with pytest.raises(PlatformUnavailable):
        await anns.adapter.messenger.send(key or anns.key, post, after, MARK)


async def find(anns: World, key: ChatKey | None = None, after: str | None = None) -> MessageRef | None:
    return await anns.adapter.messenger.find(key or anns.key, MARK, after)


def texts(anns: World, chat: Chat | None = None) -> list[str]:
    return [message.text for message in anns.telegram.bot_messages(chat or anns.chat)]


@pytest.mark.parametrize("post", [LIVE, WHOLE])
async def test_a_message_whose_answer_was_lost_is_found(anns: World, post: Post) -> None:
    await lost(anns, post)
    (message,) = anns.telegram.bot_messages(anns.chat)
    assert await find(anns) == MessageRef(anns.key, str(message.message_id))
    assert (message.edits, message.edit_date) == ([], None)
    assert len(anns.telegram.calls_of("editMessageCaption")) == 1


async def test_it_is_found_once(anns: World) -> None:
    await lost(anns, LIVE)
    assert await find(anns) is not None
    assert await find(anns) is None


async def test_one_that_did_not_arrive_is_not_found_after_few_looks(anns: World) -> None:
    anns.telegram.reset("sendMessage", applied=False)
    with pytest.raises(PlatformUnavailable):
        await anns.adapter.messenger.send(anns.key, LIVE, None, MARK)
    assert await find(anns) is None
    assert len(anns.telegram.calls_of("editMessageCaption")) == BEYOND
    assert anns.telegram.calls_of("editMessageText") == []


async def test_what_was_never_sent_is_not_looked_for(anns: World) -> None:
    assert await find(anns) is None
    assert anns.telegram.calls_of("editMessageCaption") == []


async def test_it_is_found_between_what_other_chats_say_meanwhile(anns: World) -> None:
    """Every private chat takes its numbers from the same row."""
    others = [anns.telegram.add_person(f"Person {number}") for number in range(8)]
    for other in others[:4]:
        await anns.telegram.send(other, anns.telegram.private_chat(other), "before")
    await lost(anns, WHOLE)
    for other in others:
        await anns.telegram.send(other, anns.telegram.private_chat(other), "after")
    await anns.taken(13)
    for other in others:
        await anns.adapter.messenger.send(ChatKey("telegram", anns.key.workspace, str(other.id)), Post("Mine, too"))
    found = await find(anns)
    assert found is not None
    assert anns.telegram.message(anns.chat, int(found.id)).text == "The moon pulls."
    assert len(anns.telegram.calls_of("editMessageCaption")) <= MOST
    assert anns.telegram.calls_of("setMessageReaction") == []


async def test_what_else_we_said_in_the_chat_is_left_as_it_is(anns: World) -> None:
    messenger = anns.adapter.messenger
    await messenger.send(anns.key, Post("Before"))
    await lost(anns, WHOLE)
    await messenger.send(anns.key, Post("After"))
    await anns.telegram.send(anns.ann, anns.chat, "and I")
    await anns.taken(2)
    found = await find(anns)
    assert found is not None
    assert texts(anns) == ["Before", "The moon pulls.", "After"]
    assert [len(message.edits) for message in anns.telegram.bot_messages(anns.chat)] == [0, 0, 0]


async def test_a_message_of_ours_that_is_just_being_sent_is_not_taken_for_it(anns: World) -> None:
    """Its number is not known yet, and no other chat has it."""
    anns.telegram.reset("sendMessage", applied=False)
    with pytest.raises(PlatformUnavailable):
        await anns.adapter.messenger.send(anns.key, WHOLE, None, MARK)
    gate = anns.telegram.hold("sendMessage", applied=True)
    sending = asyncio.create_task(anns.adapter.messenger.send(anns.key, Post("Another answer")))
    await anns.telegram.wait_for(lambda: texts(anns) == ["Another answer"])
    finding = asyncio.create_task(find(anns))
    await anns.telegram.wait_for(lambda: anns.telegram.calls_of("editMessageCaption"))
    gate.set()
    await sending
    assert await finding is None
    assert texts(anns) == ["Another answer"]


async def test_what_a_person_says_in_that_moment_is_not_taken_for_it(anns: World) -> None:
    gate = anns.engine.gate
    gate.clear()  # their message is not taken in yet
    anns.telegram.reset("sendMessage", applied=False)
    with pytest.raises(PlatformUnavailable):
        await anns.adapter.messenger.send(anns.key, LIVE, None, MARK)
    said = await anns.telegram.send(anns.ann, anns.chat, "The moon pulls")
    assert await find(anns) is None
    assert anns.telegram.message(anns.chat, said).text == "The moon pulls"
    gate.set()


@pytest.mark.parametrize("basic", [True, False])
async def test_in_a_group_it_is_found_too(anns: World, basic: bool) -> None:
    """Basic groups count with the private chats, each supergroup for itself."""
    group = anns.telegram.add_group("Team", [anns.ann], basic=basic)
    asked = await anns.telegram.send(anns.ann, group, f"@{anns.telegram.username} hello")
    await anns.taken(2)
    key = anns.in_group(group)
    await lost(anns, LIVE, key, str(asked))
    found = await find(anns, key, str(asked))
    assert found is not None
    assert texts(anns, group) == ["The moon pulls"]


async def test_after_a_restart_nothing_is_known_and_nothing_touched(anns: World) -> None:
    await lost(anns, LIVE)
    await anns.restart()
    assert await find(anns) is None
    assert anns.telegram.calls_of("editMessageCaption") == []


@pytest.mark.parametrize("method", ["editMessageCaption", "editMessageText"])
async def test_while_telegram_cannot_say_it_is_not_given_up(anns: World, method: str) -> None:
    await lost(anns, LIVE)
    anns.telegram.fail(method, 500)
    with pytest.raises(PlatformUnavailable):
        await find(anns)
    anns.telegram.fail(method, 429, retry_after=3)
    with pytest.raises(RateLimited):
        await find(anns)
    await anns.clock.sleep(3)
    assert await find(anns) is not None


async def test_one_that_was_moved_out_of_its_topic_keeps_saying_so() -> None:
    async with world(topics=True) as anns:
        await anns.telegram.send(anns.ann, anns.chat, "How do tides work?")
        await anns.taken(1)
        place = await anns.adapter.messenger.new_place(anns.key, "Tides")
        assert place is not None
        await anns.telegram.delete_topic(anns.ann, anns.chat, int(place.thread))
        anns.telegram.fail("sendMessage", 400, description="Bad Request: message thread not found")
        await lost(anns, LIVE, place)
        found = await find(anns, place)
        assert found is not None
        await anns.adapter.messenger.edit(found, WHOLE)
        assert texts(anns) == ["(moved here: the topic is gone)\n\nThe moon pulls."]


def test_unknown_numbers_are_those_that_nobody_told_of() -> None:
    ids = MessageIds()
    assert ids.unknown(PRIVATE, 0) == [1, 2, 3]
    for number in (105, 107, 108):
        ids.note(PRIVATE, number)
    ids.note(FORUM, 300)
    assert ids.highest(PRIVATE) == ids.highest(GROUP) == 108
    assert ids.unknown(PRIVATE, 104) == [106, 109, 110, 111]
    assert ids.unknown(GROUP, 108) == [109, 110, 111]
    assert ids.unknown(FORUM, 299) == [301, 302, 303]
    assert ids.unknown(FORUM - 1, 7) == [8, 9, 10]
    assert len(ids.unknown(PRIVATE, 5)) == MOST
