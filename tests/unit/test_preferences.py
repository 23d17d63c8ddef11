"""Which model answers and what it is told, for a chat and for a person's new ones."""

from collections.abc import AsyncIterator

import pytest

from bot.engine import texts
from bot.engine.chats import ChatKey
from bot.engine.posts import Action, Button, Post, Reaction
from bot.engine.preferences import LONGEST_INSTRUCTIONS
from tests.unit.world import BOB, HERE, World, open_world

THERE = ChatKey("memory", "w", "c", "2")


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """With two models: "everyday" answers where nobody chose, "careful_one" may be chosen."""
    async with open_world(World(models=("everyday", "careful_one"))) as world:
        yield world


async def ask(world: World, text: str = "Hi", key: ChatKey = HERE) -> None:
    await world.say(text, key=key)
    await world.quiet()


def labels(post: Post | None) -> list[str]:
    assert post is not None
    return [button.label for row in post.rows for button in row]


def instructions(world: World) -> str:
    return world.llm.prompts[-1][0].content


async def test_a_model_is_chosen_by_a_button_for_this_chat_alone(world: World) -> None:
    await ask(world)
    shown = await world.command("model")
    assert labels(shown) == ["✓ everyday", "careful_one"]
    assert shown is not None
    reaction = await world.press(shown.rows[1][0])
    assert reaction.replace is not None
    assert reaction.replace.text == texts.MODEL_SET("", model=r"careful\_one")
    await ask(world)
    await ask(world, key=THERE)
    assert (len(world.llm.prompts), len(world.others["careful_one"].prompts)) == (2, 1)
    assert labels(await world.command("model")) == ["everyday", "✓ careful_one"]


@pytest.mark.parametrize("name", ["careful_one", "CAREFUL_ONE", " care "])
async def test_a_model_is_chosen_by_its_name_or_the_beginning_of_it(world: World, name: str) -> None:
    await ask(world)
    await world.command("model", name)
    await ask(world)
    assert len(world.others["careful_one"].prompts) == 1
    await world.command("model", "everyday")
    await ask(world)
    assert len(world.others["careful_one"].prompts) == 1


@pytest.mark.parametrize("name", ["other", "e\u0301", "everyday2"])
async def test_a_model_that_there_is_not_changes_nothing(world: World, name: str) -> None:
    await ask(world)
    known = "`everyday`, `careful_one`"
    assert await world.command("model", name) == Post(texts.NO_SUCH_MODEL("", name=name, models=known))
    assert labels(await world.command("model")) == ["✓ everyday", "careful_one"]


async def test_where_there_is_one_model_there_is_no_choice() -> None:
    async with open_world(World(models=("only",))) as world:
        assert await world.command("model") == Post(texts.ONLY_MODEL("", model="only"))


async def test_a_model_that_is_offered_no_more_gives_way_to_everybodys(world: World) -> None:
    await ask(world)
    await world.command("model", "careful_one")
    async with open_world(World(world.storage, models=("everyday", "newest"))) as later:
        await later.say("Hi", event="later")
        await later.quiet()
        assert len(later.llm.prompts) == 1
    chat = (await world.last_turn()).chat_id
    assert await world.press(Button("", Action.MODEL, chat, "0123456789ab")) == Reaction(texts.OUTDATED.english)


async def test_instructions_are_told_besides_the_operators_from_the_next_answer_on(world: World) -> None:
    await ask(world)
    assert instructions(world) == "Be kind."
    post = await world.command("instructions", "  Answer in French. ")
    assert post is not None
    assert post.text == texts.INSTRUCTIONS_SET.english
    await ask(world)
    assert instructions(world) == "Be kind.\n\nAnswer in French."
    await ask(world, key=THERE)
    assert instructions(world) == "Be kind."


async def test_instructions_are_shown_and_forgotten(world: World) -> None:
    await ask(world)
    assert await world.command("instructions") == Post(texts.INSTRUCTIONS_HOW.english)
    await world.command("instructions", "Answer *briefly*.")
    shown = await world.command("instructions")
    assert shown is not None
    assert shown.text == texts.INSTRUCTIONS_NOW("", text=r"Answer \*briefly\*.")
    await world.press(shown.rows[0][0])
    await ask(world)
    assert instructions(world) == "Be kind."


async def test_instructions_that_are_too_long_change_nothing(world: World) -> None:
    await ask(world)
    refused = texts.INSTRUCTIONS_TOO_LONG("", length=LONGEST_INSTRUCTIONS + 1, limit=LONGEST_INSTRUCTIONS)
    assert await world.command("instructions", "x" * (LONGEST_INSTRUCTIONS + 1)) == Post(refused)
    assert await world.command("instructions") == Post(texts.INSTRUCTIONS_HOW.english)


async def test_where_no_chat_lives_a_choice_is_for_the_persons_new_chats(world: World) -> None:
    assert await world.command("model", "careful_one") == Post(texts.MODEL_SET_FOR_NEW("", model=r"careful\_one"))
    assert await world.command("instructions", "Be brief.") == Post(texts.INSTRUCTIONS_SET_FOR_NEW.english)
    await ask(world)
    assert world.others["careful_one"].prompts[-1][0].content == "Be kind.\n\nBe brief."
    await world.say("Hi", BOB, THERE)
    await world.quiet()
    assert instructions(world) == "Be kind."


async def test_what_was_chosen_for_a_chat_can_be_used_for_new_ones_as_well(world: World) -> None:
    await ask(world)
    await world.command("instructions", "Be brief.")
    chosen = await world.command("model", "careful_one")
    assert chosen is not None
    assert await world.press(chosen.rows[0][0]) == Reaction(replace=Post(texts.USED_FOR_NEW.english))
    await ask(world, key=THERE)
    assert world.others["careful_one"].prompts[-1][0].content == "Be kind.\n\nBe brief."


@pytest.mark.parametrize("action", [Action.MODEL, Action.FORGET_INSTRUCTIONS, Action.FOR_NEW])
async def test_a_stranger_neither_sees_nor_changes_what_a_chat_prefers(world: World, action: Action) -> None:
    await ask(world)
    await world.command("instructions", "Be brief.")
    refused = Post(texts.NOT_YOURS.english)
    for name, argument in (("model", ""), ("model", "careful_one"), ("instructions", ""), ("instructions", "Be rude.")):
        assert await world.command(name, argument, BOB) == refused
    chat = (await world.last_turn()).chat_id
    assert await world.press(Button("", action, chat), BOB) == Reaction(texts.NOT_YOURS.english)
    await ask(world)
    assert instructions(world) == "Be kind.\n\nBe brief."
