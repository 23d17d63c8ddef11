"""What becomes of a person's message."""

import asyncio

import pytest

from bot.engine import texts
from bot.engine.access import AccessList
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.engine import LONGEST_QUESTION
from bot.engine.errors import StorageUnavailable
from bot.engine.incoming import IncomingMessage
from bot.engine.posts import Post
from tests.unit.world import ANN, BOB, EVE, HERE, World


async def test_a_message_begins_a_chat_and_is_answered_in_its_place(world: World) -> None:
    world.llm.say("Hello ", "Ann.")
    assert await world.say("Hi there") is None
    await world.quiet()
    assert world.texts(HERE) == ["Hello Ann."]
    assert [(m.role, m.content) for m in await world.messages()] == [("user", "Hi there"), ("assistant", "Hello Ann.")]
    chat = await world.chat()
    assert chat is not None
    assert chat.owner == ANN.id


async def test_the_same_event_in_two_deliveries_is_answered_once(world: World) -> None:
    await asyncio.gather(*(world.say("Hi", event="slack:T:C:1") for _ in range(5)))
    await world.quiet()
    assert len(world.llm.prompts) == 1
    assert len(world.texts(HERE)) == 1


async def test_nothing_is_told_received_when_nothing_could_be_stored(world: World) -> None:
    world.storage.broken = True
    with pytest.raises(StorageUnavailable):
        await world.say("Hi", event="e")
    world.storage.broken = False
    assert await world.say("Hi", event="e") is None
    await world.quiet()
    assert len(world.texts(HERE)) == 1


async def test_messages_of_one_chat_are_answered_one_after_another_in_order(world: World) -> None:
    first = world.llm.say("one", pause_after=0)
    world.llm.say("two")
    await world.say("first")
    await world.say("second")
    await first.paused.wait()
    await world.settle()
    assert len(world.llm.prompts) == 1
    first.go.set()
    await world.quiet()
    assert world.texts(HERE) == ["one", "two"]
    assert [m.content for m in world.llm.prompts[1]][1:] == ["first", "one", "second"]


async def test_different_chats_are_answered_side_by_side(world: World) -> None:
    there = ChatKey("memory", "w", "c", "2")
    slow = world.llm.say("slow", pause_after=0)
    world.llm.say("quick")
    await world.say("first")
    await slow.paused.wait()
    await world.say("second", key=there)
    await world.clock.advance(1)
    assert world.texts(there) == ["quick"]
    slow.go.set()
    await world.quiet()
    assert world.texts(HERE) == ["slow"]


async def test_a_reply_in_a_thread_counts_only_where_a_chat_lives(world: World) -> None:
    assert await world.say("just talking", addressed=False) is None
    assert await world.chat() is None
    await world.say("question")
    await world.say("and another", BOB, addressed=False)
    await world.quiet()
    assert len(world.llm.prompts) == 2


async def test_several_people_in_one_thread_are_told_apart(world: World) -> None:
    await world.say("I like tea", ANN)
    await world.say("I like coffee", BOB, addressed=False)
    await world.quiet()
    assert [m.content for m in world.llm.prompts[1] if m.role == "user"] == ["Ann: I like tea", "Bob: I like coffee"]


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\x01\x02"])
async def test_an_empty_message_gets_a_hint_and_nothing_is_stored(world: World, text: str) -> None:
    assert await world.say(text) == Post(texts.EMPTY.english)
    assert await world.chat() is None


async def test_an_empty_message_that_was_not_meant_for_us_gets_nothing(world: World) -> None:
    await world.say("question")
    assert await world.say(" ", BOB, addressed=False) is None


async def test_a_file_without_words_gets_a_sentence(world: World) -> None:
    message = IncomingMessage("e", MessageRef(HERE, "m"), ANN, "", attachments=("photo",))
    assert await world.engine.accept(message) == Post(texts.NO_FILES.english)


async def test_a_message_that_is_too_long_gets_a_sentence_and_nothing_is_stored(world: World) -> None:
    refusal = await world.say("x" * 100_000)
    assert refusal is not None
    assert "100,000" in refusal.text
    assert f"{LONGEST_QUESTION:,}" in refusal.text
    assert await world.chat() is None


async def test_only_emoji_is_a_question_like_any_other(world: World) -> None:
    assert await world.say("🎉👩‍👩‍👧") is None
    await world.quiet()
    assert world.llm.prompts[0][-1].content == "🎉👩‍👩‍👧"


async def test_control_characters_do_not_reach_the_model(world: World) -> None:
    await world.say("a\x00b\x1bc")
    await world.quiet()
    assert world.llm.prompts[0][-1].content == "abc"


async def test_who_is_not_on_the_list_gets_one_polite_sentence_and_no_model_call(world: World) -> None:
    world.access["memory"] = AccessList(people=frozenset({ANN.id}))
    assert await world.say("Hi", EVE) == Post(texts.NOT_ALLOWED.english)
    assert await world.command("chats", author=EVE) == Post(texts.NOT_ALLOWED.english)
    assert (await world.press("stop:1", EVE)).note == texts.NOT_ALLOWED.english
    assert await world.chat() is None
    assert world.llm.prompts == []
    assert await world.say("Hi", ANN) is None


async def test_who_is_not_on_the_list_and_only_talks_in_a_thread_gets_nothing(world: World) -> None:
    world.access["memory"] = AccessList(people=frozenset({ANN.id}))
    await world.say("question", ANN)
    assert await world.say("chatter", EVE, addressed=False) is None
    await world.quiet()
    assert len(world.llm.prompts) == 1


async def test_a_channel_that_is_not_on_the_list_is_refused(world: World) -> None:
    world.access["memory"] = AccessList(channels=frozenset({"other"}))
    assert await world.say("Hi") == Post(texts.NOT_ALLOWED.english)
    assert await world.say("Hi", key=ChatKey("memory", "w", "other")) is None


async def test_a_broken_event_is_put_aside_by_its_id(world: World) -> None:
    await world.engine.put_aside("e1", "KeyError: 'text'")
    assert await world.say("Hi", event="e1") is None
    await world.quiet()
    assert world.llm.prompts == []


async def test_old_events_are_forgotten_and_young_ones_are_not(world: World) -> None:
    await world.say("Hi", event="old")
    await world.quiet()
    await world.clock.advance(2 * 24 * 3600)
    await world.engine.forget_old_events()
    await world.say("Hi", event="old")
    await world.clock.advance(2 * 24 * 3600)
    await world.engine.forget_old_events()
    await world.say("Hi", event="old")
    await world.quiet()
    assert len(world.llm.prompts) == 2
