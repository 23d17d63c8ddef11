"""Titles that chats get by themselves, beside the first answer."""

import asyncio

from bot.engine.chats import ChatKey, TitleSource
from bot.engine.errors import ModelUnreachable, PlaceGone, RateLimited
from tests.unit.world import HERE, World, open_world


async def title(world: World, key: ChatKey = HERE) -> str | None:
    chat = await world.chat(key)
    assert chat is not None
    return chat.title


async def test_the_title_is_there_before_the_first_answer_ends(world: World) -> None:
    world.title_llm.say('"Tea in China"')
    answer = world.llm.say("Slow answer", pause_after=0)
    await world.say("Where does tea come from?")
    await answer.paused.wait()
    await world.settle()
    assert await title(world) == "Tea in China"
    assert world.messenger.titles[HERE] == "Tea in China"
    answer.go.set()


async def test_a_slow_title_does_not_delay_the_answer(world: World) -> None:
    slow = world.title_llm.say("Tea", pause_after=0)
    await world.say("Where does tea come from?")
    await slow.paused.wait()
    await world.clock.advance(2)
    assert world.texts(HERE) == ["You said: Where does tea come from?"]
    slow.go.set()
    await world.quiet()
    assert await title(world) == "Tea"


async def test_the_question_serves_where_the_model_gives_no_title(world: World) -> None:
    world.title_llm.fail(ModelUnreachable("refused"))
    await world.say("Where does tea come from and since when?")
    await world.quiet()
    assert await title(world) == "Where does tea come from and since"


async def test_a_model_that_says_nothing_usable_leaves_it_to_the_question(world: World) -> None:
    world.title_llm.say("...")
    await world.say("Where does tea come from?")
    await world.quiet()
    assert await title(world) == "Where does tea come from?"


async def test_a_title_that_a_person_gave_meanwhile_stays(world: World) -> None:
    slow = world.title_llm.say("Tea", pause_after=0)
    await world.say("Where does tea come from?")
    await slow.paused.wait()
    await world.command("rename", "My title")
    slow.go.set()
    await world.quiet()
    chat = await world.chat()
    assert chat is not None
    assert (chat.title, chat.title_source) == ("My title", TitleSource.PERSON)
    assert world.messenger.titles[HERE] == "My title"


async def test_only_the_first_question_makes_a_title(world: World) -> None:
    for text in ("one", "two"):
        await world.say(text)
        await world.quiet()
    assert len(world.title_llm.prompts) == 1


async def test_the_model_is_stopped_after_one_line(world: World) -> None:
    answer = world.title_llm.say("Tea\n", "And now I will explain", " at length")
    await world.say("Where does tea come from?")
    await world.quiet()
    assert answer.closed.is_set()
    assert await title(world) == "Tea"


async def test_a_platform_that_wants_a_pause_gets_the_title_after_it(world: World) -> None:
    world.title_llm.say("Tea")
    world.messenger.fail("title", RateLimited(5))
    await world.say("Where does tea come from?")
    await world.quiet()
    assert world.messenger.titles[HERE] == "Tea"


async def test_a_title_that_cannot_be_shown_is_stored_all_the_same(world: World) -> None:
    world.title_llm.say("Tea")
    world.messenger.fail("title", PlaceGone("closed"))
    await world.say("Where does tea come from?")
    await world.quiet()
    assert await title(world) == "Tea"


async def test_a_title_cut_off_by_a_stop_is_made_at_the_next_start() -> None:
    first = World()
    slow = first.title_llm.say("Tea", pause_after=0)
    async with open_world(first):
        await first.say("Where does tea come from?")
        await slow.paused.wait()
        await asyncio.sleep(0)
    second = World(first.storage)
    second.title_llm.say("Tea")
    async with open_world(second):
        await second.titler.recover()
        await second.quiet()
    assert await title(second) == "Tea"


async def test_a_chat_in_which_nothing_was_asked_gets_no_title(world: World) -> None:
    await world.command("new")
    await world.titler.recover()
    await world.quiet()
    assert world.title_llm.prompts == []
