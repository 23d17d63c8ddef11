"""A question that comes during an answer shows that it was heard, until its turn comes."""

from bot.engine.errors import PlatformRefused, RateLimited
from bot.engine.testing.model import ScriptedAnswer
from tests.unit.world import World


async def during_an_answer(world: World) -> ScriptedAnswer:
    """An answer to m1 is being written; `go` lets it end."""
    first = world.llm.say("A long answer that goes on", " and on", pause_after=1)
    await world.say("Hi")
    await first.paused.wait()
    await world.clock.advance(2)
    return first


async def test_a_message_during_an_answer_is_marked_until_its_own_turn_comes(world: World) -> None:
    first = await during_an_answer(world)
    second = world.llm.say("The second answer", " has an end.", pause_after=1)
    await world.say("And?")
    await world.clock.advance(2)
    assert world.messenger.waiting == {"m2"}
    first.go.set()
    await second.paused.wait()
    await world.clock.advance(2)
    assert world.messenger.waiting == set()
    second.go.set()
    await world.quiet()
    assert world.texts() == ["A long answer that goes on and on", "The second answer has an end."]


async def test_a_message_that_waits_for_nobody_is_not_marked(world: World) -> None:
    world.llm.say("An answer.")
    await world.say("Hi")
    await world.quiet()
    assert world.messenger.count("waiting") == 0


async def test_a_mark_that_comes_too_late_is_taken_away_again(world: World) -> None:
    """Race: the platform is slow with the mark, and the turn begins meanwhile."""
    first = await during_an_answer(world)
    world.llm.say("The second answer.")
    world.messenger.fail("waiting", RateLimited(30))
    await world.say("And?")
    await world.settle()
    first.go.set()
    await world.quiet()
    await world.clock.advance(60)
    assert world.messenger.count("waiting") == 2
    assert world.messenger.waiting == set()


async def test_a_message_that_is_dropped_with_its_chat_loses_its_mark(world: World) -> None:
    await during_an_answer(world)
    await world.say("And?")
    await world.clock.advance(2)
    chat = await world.chat()
    assert chat is not None
    await world.press(f"delete:{chat.id}", on="none of ours")
    await world.quiet()
    assert world.messenger.waiting == set()
    assert world.texts() == []


async def test_a_platform_that_refuses_the_mark_answers_all_the_same(world: World) -> None:
    first = await during_an_answer(world)
    world.llm.say("The second answer.")
    world.messenger.fail("waiting", PlatformRefused("missing_scope"))
    world.messenger.fail("not waiting", PlatformRefused("missing_scope"))
    await world.say("And?")
    await world.settle()
    first.go.set()
    await world.quiet()
    assert world.texts()[1] == "The second answer."
