"""Several answers to one question, of which one stands."""

import pytest

from bot.engine import texts
from bot.engine.errors import PlatformUnavailable
from bot.engine.posts import Action, Button, Reaction
from tests.unit.world import BOB, HERE, World, open_world

LONG = "one two three four five six seven eight nine ten eleven twelve"


async def two_answers(world: World, first: str = "first", second: str = "second") -> None:
    world.llm.say(first)
    world.llm.say(second)
    await world.say("Why?")
    await world.quiet()
    await world.press(world.button(texts.ASK_AGAIN.english))
    await world.quiet()


def labels(world: World) -> list[str]:
    return [button.label for button in world.messenger.buttons(HERE)]


async def test_an_answer_asked_again_keeps_the_one_before(world: World) -> None:
    await two_answers(world)
    assert (world.texts(), labels(world)) == (["second"], ["‹", "2/2", "›", texts.ASK_AGAIN.english])
    assert await world.press(world.button("‹")) == Reaction()
    await world.quiet()
    assert (world.texts(), labels(world)) == (["first"], ["‹", "1/2", "›", texts.ASK_AGAIN.english])
    await world.press(world.button("‹"))
    await world.quiet()
    assert (world.texts(), labels(world)) == (["second"], ["‹", "2/2", "›", texts.ASK_AGAIN.english])


async def test_the_model_is_told_the_answer_that_stands(world: World) -> None:
    await two_answers(world)
    await world.press(world.button("‹"))
    await world.quiet()
    world.llm.say("third")
    await world.say("And then?")
    await world.quiet()
    assert [message.content for message in world.llm.prompts[-1]][1:] == ["Why?", "first", "And then?"]


async def test_a_variant_with_other_pages_takes_more_or_fewer_messages() -> None:
    async with open_world(World(page_size=30)) as world:
        await two_answers(world, LONG, "short")
        assert world.texts() == ["short"]
        await world.press(world.button("‹"))
        await world.quiet()
        assert "".join(world.texts()) == LONG
        await world.press(world.button("›"))
        await world.quiet()
        assert world.texts() == ["short"]


async def test_what_stands_is_asked_again_and_every_answer_stays(world: World) -> None:
    await two_answers(world)
    world.llm.say("third")
    await world.press(world.button("‹"))
    await world.quiet()
    await world.press(world.button(texts.ASK_AGAIN.english))
    await world.quiet()
    assert (world.texts(), labels(world)[1]) == (["third"], "3/3")


async def test_the_number_in_the_middle_and_a_repeat_change_nothing(world: World) -> None:
    await two_answers(world)
    assert await world.press(world.button("2/2")) == Reaction()
    button = world.button("‹")
    await world.press(button, event="twice")
    await world.quiet()
    await world.press(button, event="twice")
    await world.quiet()
    assert world.texts() == ["first"]


async def test_nothing_is_switched_while_an_answer_is_written(world: World) -> None:
    await two_answers(world)
    switch = world.button("‹")
    answer = world.llm.say("third and some more words", "end", pause_after=1)
    await world.press(world.button(texts.ASK_AGAIN.english))
    await answer.paused.wait()
    assert await world.press(switch) == Reaction(texts.STILL_WRITING.english)
    answer.go.set()
    await world.quiet()
    assert world.texts() == ["third and some more wordsend"]


async def test_only_the_newest_question_shows_its_other_answers(world: World) -> None:
    await two_answers(world)
    switch = world.button("‹")
    world.llm.say("new")
    await world.say("And then?")
    await world.quiet()
    assert await world.press(switch) == Reaction(texts.ONLY_LAST_SWITCHES.english)
    assert world.texts() == ["second", "new"]


async def test_only_who_may_manage_the_chat_switches(world: World) -> None:
    await two_answers(world)
    assert await world.press(world.button("‹"), BOB) == Reaction(texts.NOT_YOURS.english)
    assert await world.press(Button("", Action.STAND, 99)) == Reaction(texts.OUTDATED.english)


async def test_a_failed_answer_leads_back_to_the_one_before(world: World) -> None:
    world.llm.say("first")
    await world.say("Why?")
    await world.quiet()
    world.llm.say()
    await world.press(world.button(texts.ASK_AGAIN.english))
    await world.quiet()
    assert labels(world) == ["‹", "2/2", "›", texts.RETRY.english]
    await world.press(world.button("‹"))
    await world.quiet()
    assert (world.texts(), labels(world)) == (["first"], [texts.ASK_AGAIN.english])


@pytest.mark.parametrize("trouble", [0, 2])
async def test_a_switch_outlives_the_process(trouble: int) -> None:
    """It died after the commit: the next one finds an ended turn that is not shown, and shows it."""
    async with open_world() as first:
        await two_answers(first)
        switch = first.button("‹")
    await first.press(switch)
    assert first.texts() == ["second"]
    async with open_world(World(first.storage)) as second:
        second.messenger.posts.update(first.messenger.posts)
        second.messenger.places.update(first.messenger.places)
        second.messenger.fail("edit", *[PlatformUnavailable("502")] * trouble)
        await second.quiet()
        assert second.texts() == ["first"]
