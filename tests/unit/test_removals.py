"""What becomes of a question that is deleted on the platform."""

from bot.engine.chats import MessageRef
from bot.engine.incoming import Removed
from tests.unit.world import HERE, World


async def remove(world: World, message: str, event: str = "r1") -> None:
    await world.engine.removed(Removed(event, MessageRef(HERE, message)))


def asked(world: World) -> list[str]:
    """What the model was told last, but for its instructions."""
    return [message.content for message in world.llm.prompts[-1][1:]]


async def test_a_deleted_question_goes_with_its_answer_there_and_here(world: World) -> None:
    await world.say("one")
    await world.say("two")
    await world.quiet()
    await remove(world, "m1")
    await world.quiet()
    assert world.texts() == ["You said: two"]
    await world.say("three")
    await world.quiet()
    assert asked(world) == ["two", "You said: two", "three"]


async def test_all_answers_to_it_go(world: World) -> None:
    await world.say("one")
    await world.quiet()
    await world.command("retry")
    await world.quiet()
    await remove(world, "m1")
    await world.quiet()
    assert world.texts() == []
    assert not world.storage.rows.turns
    assert not world.storage.rows.docs or all(doc[1] is None for doc in world.storage.rows.docs.values())


async def test_an_answer_that_is_being_written_ends_and_goes(world: World) -> None:
    answer = world.llm.say("Some words that are long enough", "and more", pause_after=1)
    await world.say("one")
    await answer.paused.wait()
    await world.clock.advance(1)
    await remove(world, "m1")
    await world.quiet()
    assert answer.closed.is_set()
    assert world.texts() == []


async def test_one_that_waits_is_not_answered_and_what_runs_goes_on(world: World) -> None:
    answer = world.llm.say("Some words that are long enough", "and more", pause_after=1)
    await world.say("one")
    await answer.paused.wait()
    await world.say("two")
    await remove(world, "m2")
    answer.go.set()
    await world.quiet()
    assert len(world.llm.prompts) == 1
    assert not answer.closed.is_set()


async def test_what_was_no_question_and_what_is_told_twice_changes_nothing(world: World) -> None:
    await world.say("one")
    await world.quiet()
    await remove(world, "m9")
    await remove(world, "m1", "r2")
    await remove(world, "m1", "r2")
    await world.quiet()
    assert world.texts() == []
