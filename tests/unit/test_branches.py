"""A chat that goes on from the middle of another one."""

from dataclasses import replace

import pytest

from bot.engine import texts
from bot.engine.chats import TitleSource
from bot.engine.incoming import Command
from bot.engine.posts import Post
from tests.unit.world import ANN, BOB, HERE, World

TOPIC = replace(HERE, thread="9")
TITLE = "Tides"


async def two_questions(world: World) -> None:
    world.title_llm.say(TITLE)
    for text in ("one", "two"):
        await world.say(text)
        await world.quiet()


async def branch(world: World, about: str | None = None, event: str = "branch") -> Post | None:
    return await world.engine.command(Command(event, "branch", "", HERE, ANN, source="m9", about=about))


async def test_a_branch_lives_in_a_place_of_its_own_and_remembers_what_was_said(world: World) -> None:
    await two_questions(world)
    world.messenger.opened = TOPIC
    told = texts.BRANCHED("", title=TITLE)
    assert await branch(world) == Post(told, place=TOPIC)
    chat = await world.chat(TOPIC)
    assert chat is not None
    assert (chat.title, chat.title_source, chat.owner) == (f"{TITLE} (branch)", TitleSource.AUTO, ANN.id)
    await world.say("three", key=TOPIC)
    await world.quiet()
    said = ["one", "You said: one", "two", "You said: two", "three"]
    assert [message.content for message in world.llm.prompts[-1]][1:] == said
    assert world.texts() == ["You said: one", "You said: two"]
    assert await branch(world) is None


async def test_it_begins_at_the_message_that_it_is_about(world: World) -> None:
    await two_questions(world)
    world.messenger.opened = TOPIC
    await branch(world, about=next(iter(world.messenger.posts)))
    assert [message.content for message in await world.messages(TOPIC)] == ["one", "You said: one"]


async def test_where_messages_begin_threads_it_lives_in_one(world: World) -> None:
    await two_questions(world)
    world.messenger.threads = True
    post = await branch(world, about="m1")
    [root] = [number for number, sent in world.messenger.posts.items() if sent.text.startswith("Branched")]
    thread = replace(HERE, thread=root)
    assert world.messenger.places[root] == replace(HERE, thread="")
    assert post == Post(texts.BRANCH_IS_THERE("", title=texts.escape(f"{TITLE} (branch)")))
    assert [message.content for message in await world.messages(thread)] == ["one", "You said: one"]
    await world.press(f"delete:{(await world.last_turn(thread)).chat_id}", key=thread)
    await world.quiet()
    assert root not in world.messenger.posts


async def test_without_places_of_their_own_it_becomes_the_current_chat(world: World) -> None:
    await two_questions(world)
    before = await world.chat()
    assert await branch(world) == Post(texts.BRANCHED("", title=TITLE), place=HERE)
    after = await world.chat()
    assert before is not None
    assert after is not None
    assert after.id != before.id


async def test_the_answer_that_stands_goes_along(world: World) -> None:
    world.llm.say("first")
    world.llm.say("second")
    await world.say("Why?")
    await world.quiet()
    await world.press(world.button(texts.ASK_AGAIN.english))
    await world.quiet()
    await world.press(world.button("‹"))
    await world.quiet()
    world.messenger.opened = TOPIC
    await branch(world)
    assert [message.content for message in await world.messages(TOPIC)] == ["Why?", "first"]


@pytest.mark.parametrize("author", [ANN, BOB])
async def test_without_an_answer_or_a_right_nothing_is_opened(world: World, author: object) -> None:
    answer = world.llm.say("Some words", pause_after=0)
    await world.say("Why?")
    await answer.paused.wait()
    world.messenger.opened = TOPIC
    who, refusal = (ANN, texts.NOTHING_TO_BRANCH) if author is ANN else (BOB, texts.NOT_YOURS)
    assert await world.command("branch", author=who) == Post(refusal.english)
    assert world.messenger.count("place") == 0
    answer.go.set()
