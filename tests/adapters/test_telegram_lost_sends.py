"""Messages whose sends were applied and never answered, against the strict stand-in: found, and none is spoilt."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.telegram.message_ids import BEYOND, MOST, MessageIds
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import PlatformUnavailable, RateLimited
from bot.engine.posts import Action, Button, Post
from playground.telegram import Chat
from tests.adapters.telegram_stage import World, adapter_for, world

MARK = "turn 12.0"


def stop(turn: int) -> tuple[tuple[Button, ...], ...]:
    return ((Button("Stop", Action.STOP, turn),),)


LIVE = Post("The moon pulls", stop(12), live=True)
WHOLE = Post("The **moon** pulls.")
PRIVATE, GROUP, FORUM = 700, -1001, -1_001_000_000_001


@pytest.fixture
async def anns() -> AsyncIterator[World]:
    async with world() as made:
        await made.telegram.send(made.ann, made.chat, "hi")
        await made.taken(1)
        yield made


async def lost(
    anns: World, post: Post, key: ChatKey | None = None, after: str | None = None, mark: str | None = MARK
) -> None:
    """Send it; it is applied, and the answer is lost."""
    anns.telegram.reset("sendMessage", applied=True)
    with pytest.raises(PlatformUnavailable):
        await anns.adapter.messenger.send(key or anns.key, post, after, mark)


async def find(anns: World, key: ChatKey | None = None, after: str | None = None) -> MessageRef | None:
    return await anns.adapter.messenger.find(key or anns.key, MARK, after)


def texts(anns: World, chat: Chat | None = None) -> list[str]:
    return [message.text for message in anns.telegram.bot_messages(chat or anns.chat)]


@pytest.mark.parametrize("post", [LIVE, WHOLE])
async def test_a_message_whose_answer_was_lost_is_found(anns: World, post: Post) -> None:
    await lost(anns, post)
    (message,) = anns.telegram.bot_messages(anns.chat)
    assert await find(anns) == MessageRef(anns.key, str(message.message_id))
    assert message.edits == []
    assert message.button_labels == [button.label for row in post.rows for button in row]
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
    assert anns.telegram.calls_of("editMessageText", "editMessageReplyMarkup") == []


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


@pytest.mark.parametrize("found_first", [0, 1])
@pytest.mark.parametrize("whole", [True, False])
async def test_of_two_that_were_lost_in_one_chat_each_is_found(anns: World, whole: bool, found_first: int) -> None:
    """Two topics of a chat can lose theirs in the same moment: an answer must not come to stand in the other one."""
    posts = [Post(f"Answer {turn}", () if whole else stop(turn), live=not whole) for turn in (12, 13)]
    for turn, post in enumerate(posts, 12):
        await lost(anns, post, mark=f"turn {turn}.0")
    numbers = [str(message.message_id) for message in anns.telegram.bot_messages(anns.chat)]
    for which in (found_first, 1 - found_first):
        await anns.clock.sleep(2)  # so long the engine waits at least
        found = await anns.adapter.messenger.find(anns.key, f"turn {12 + which}.0", None)
        assert found == MessageRef(anns.key, numbers[which])
    assert texts(anns) == ["Answer 12", "Answer 13"]
    labels = [message.button_labels for message in anns.telegram.bot_messages(anns.chat)]
    assert labels == [[] if whole else ["Stop"]] * 2


@pytest.mark.parametrize("whole", [True, False])
async def test_a_look_whose_answer_was_lost_proves_nothing(anns: World, whole: bool) -> None:
    """The buttons that it asks by may come from it."""
    for turn in (12, 13):
        await lost(anns, Post(f"Answer {turn}", () if whole else stop(turn), live=not whole), mark=f"turn {turn}.0")
    anns.telegram.reset("editMessageReplyMarkup", applied=True)
    with pytest.raises(PlatformUnavailable):
        await anns.adapter.messenger.find(anns.key, "turn 13.0", None)
    messages = anns.telegram.bot_messages(anns.chat)
    for turn, message in zip((13, 12), reversed(messages), strict=True):
        await anns.clock.sleep(5)
        found = await anns.adapter.messenger.find(anns.key, f"turn {turn}.0", None)
        assert found == MessageRef(anns.key, str(message.message_id))
        assert message.button_labels == ([] if whole else ["Stop"])


async def test_one_that_was_lost_and_has_no_mark_is_not_taken_for_another(anns: World) -> None:
    rows = ((Button("Older", Action.LIST, 1),),)
    await lost(anns, Post("Your chats", rows), mark=None)
    await lost(anns, WHOLE)
    await anns.clock.sleep(2)
    assert await find(anns) is not None
    assert texts(anns) == ["Your chats", "The moon pulls."]
    assert anns.telegram.bot_messages(anns.chat)[0].button_labels == ["Older"]


async def test_the_text_of_another_replica_is_left_as_it_is(anns: World) -> None:
    """Nobody tells this one of the other's messages in the same chat."""
    other = adapter_for(anns.telegram, anns.storage, anns.clock)
    await other.messenger.send(anns.key, Post("Another answer"))
    await lost(anns, LIVE)
    found = await find(anns)
    await other.close()
    assert texts(anns) == ["Another answer", "The moon pulls"]
    assert [message.button_labels for message in anns.telegram.bot_messages(anns.chat)] == [[], ["Stop"]]
    assert found == MessageRef(anns.key, str(anns.telegram.bot_messages(anns.chat)[1].message_id))


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


@pytest.mark.parametrize("method", ["editMessageCaption", "editMessageReplyMarkup"])
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
