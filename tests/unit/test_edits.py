"""What becomes of a question that its author changes."""

from dataclasses import replace

from bot.engine import texts
from bot.engine.posts import Action, Button, Post, Reaction
from tests.unit.world import BOB, HERE, World


def asked(world: World) -> list[str]:
    """The last thing that each prompt says."""
    return [prompt[-1].content for prompt in world.llm.prompts]


async def test_an_edited_question_is_answered_anew_in_the_same_message(world: World) -> None:
    await world.say("Why?")
    await world.quiet()
    assert await world.edit("m1", "Why not?") is None
    await world.quiet()
    assert world.texts() == ["You said: Why not?"]
    assert asked(world) == ["Why?", "Why not?"]
    assert [button.label for button in world.messenger.buttons(HERE)][:3] == ["‹", "2/2", "›"]


async def test_an_answer_that_is_being_written_ends_for_the_edited_question(world: World) -> None:
    answer = world.llm.say("Some words that are long enough", "and more", pause_after=1)
    await world.say("Why?")
    await answer.paused.wait()
    await world.clock.advance(1)
    await world.edit("m1", "Why not?")
    await world.quiet()
    assert answer.closed.is_set()
    assert world.texts() == ["You said: Why not?"]
    await world.press(world.button("‹"))
    await world.quiet()
    assert world.texts() == [f"Some words that are long enough\n\n{texts.STOPPED.english}"]


async def test_an_answer_of_which_nothing_is_shown_yet_leaves_one_message(world: World) -> None:
    answer = world.llm.say("Some words that are long enough", "and more", pause_after=0)
    await world.say("Why?")
    await answer.paused.wait()
    for text in ("Why not?", "When?"):
        await world.edit("m1", text)
    await world.quiet()
    assert world.texts() == ["You said: When?"]
    assert asked(world) == ["Why?", "When?"]


async def test_a_question_that_waits_only_changes(world: World) -> None:
    answer = world.llm.say("Some words that are long enough", "and more", pause_after=1)
    await world.say("one")
    await answer.paused.wait()
    await world.say("two")
    await world.say("three")
    await world.edit("m2", "two and a half")
    answer.go.set()
    await world.quiet()
    assert asked(world) == ["one", "two and a half", "three"]


async def test_an_earlier_question_stays_as_it_was(world: World) -> None:
    for text in ("one", "two"):
        await world.say(text)
        await world.quiet()
    offer = Button(texts.BRANCH_HERE.english, Action.BRANCH_EDIT, 1)
    assert await world.edit("m1", "zero") == Post(texts.EDITED_EARLIER.english, ((offer,),))
    await world.quiet()
    assert world.texts() == ["You said: one", "You said: two"]
    assert next(message.content for message in await world.messages()) == "one"


async def test_what_is_no_change_of_ones_own_question_does_nothing(world: World) -> None:
    await world.say("one")
    await world.quiet()
    await world.edit("m1", "mine now", BOB)
    await world.edit("m1", " one ")
    await world.edit("m1", " ")
    await world.edit("m77", "never asked")
    await world.quiet()
    assert asked(world) == ["one"]


async def test_an_edit_that_is_repeated_counts_once(world: World) -> None:
    await world.say("one")
    await world.quiet()
    await world.edit("m1", "two", event="e")
    await world.quiet()
    await world.edit("m1", "three")
    await world.quiet()
    await world.edit("m1", "two", event="e")
    await world.quiet()
    assert asked(world) == ["one", "two", "three"]


async def test_an_earlier_question_that_was_changed_is_asked_in_a_branch_when_its_author_wants_that(
    world: World,
) -> None:
    for text in ("one", "two", "three"):
        await world.say(text)
        await world.quiet()
    world.messenger.opened = replace(HERE, thread="9")
    await world.edit("m2", "two and a half")
    button = Button("", Action.BRANCH_EDIT, 2)
    assert (await world.press(button, BOB)).note == texts.NOT_YOURS.english
    assert (await world.press(button, event="twice")).replace is not None
    assert await world.press(button, event="twice") == Reaction()
    await world.quiet()
    assert [message.content for message in world.llm.prompts[-1]][1:] == ["one", "You said: one", "two and a half"]
    assert world.texts(world.messenger.opened) == ["You said: two and a half"]
    assert world.messenger.count("place") == 1


async def test_the_offer_of_a_branch_for_a_question_that_nobody_changed_is_out_of_date(world: World) -> None:
    await world.say("one")
    await world.quiet()
    assert (await world.press(Button("", Action.BRANCH_EDIT, 1))).note == texts.OUTDATED.english
