"""Nobody gets at a chat that they take no part in, whatever they write, press or forge."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.engine import texts
from bot.engine.chat_lists import ListView
from bot.engine.posts import Action, Button, Post
from bot.engine.testing.rows import Rows
from tests.unit.world import ANN, EVE, HERE, World, open_world

SECRETS = ("Ann's secret", "What is a secret?", "It stays one.", "Keep it.")

REFUSED = {texts.NOT_YOURS.english, texts.OUTDATED.english, texts.EXPORT_HOW.english, texts.SEARCH_HOW.english}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    """With a chat of Ann's, in a room that Eve can see, too."""
    async with open_world(World(models=("everyday", "careful"))) as world:
        world.llm.say("It stays one.")
        await world.say("What is a secret?")
        await world.quiet()
        await world.command("rename", "Ann's secret")
        await world.command("instructions", "Keep it.")
        await world.quiet()
        yield world


def kept(world: World) -> Rows:
    """What is stored, but for the events that were taken in, and what Eve has for herself."""
    rows = world.storage.rows.copy()
    rows.events, rows.last_ids = {}, {}
    rows.preferred = {whose: wish for whose, wish in rows.preferred.items() if EVE.id not in whose}
    return rows


def reveals(post: Post | None) -> list[str]:
    said = "" if post is None else f"{post.text} {[button.label for row in post.rows for button in row]}"
    return [secret for secret in SECRETS if secret.casefold() in said.casefold()]


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("argument", ["", "secret", "careful", "json"])
@pytest.mark.parametrize("name", sorted({*texts.COMMANDS} - {"new"}))
async def test_no_command_tells_or_changes_anything(world: World, name: str, argument: str, private: bool) -> None:
    for key in (HERE, replace(HERE, thread="")):
        before, shown = kept(world), dict(world.messenger.posts)
        assert reveals(await world.command(name, argument, EVE, key, private=private)) == []
        await world.quiet()
        assert kept(world) == before
        assert world.messenger.posts == shown
        assert not world.messenger.count("file")


@pytest.mark.parametrize("action", Action)
async def test_no_button_does_however_it_is_forged(world: World, action: Action) -> None:
    chat, turn = 1, (await world.last_turn()).id
    for argument in {chat, turn}:
        for text in ("", "p", "pa", "A title", "1"):
            before, shown = kept(world), dict(world.messenger.posts)
            reaction = await world.press(Button("", action, argument, text), EVE, on="m1")
            assert reveals(reaction.replace) == []
            assert reaction.note in {None, *REFUSED}
            assert reaction.note is not None or reaction.replace is not None
            await world.quiet()
            assert kept(world) == before
            assert world.messenger.posts == shown


async def test_no_list_and_no_sidebar_shows_it(world: World) -> None:
    for archived in (True, False):
        for everywhere in (True, False):
            sidebar = await world.engine.sidebar(HERE, EVE, ListView(everywhere, archived), 20)
            assert sidebar is not None
            assert (list(sidebar.page.chats), sidebar.page.has_archive, sidebar.instructions) == ([], False, "")


async def test_the_one_whose_chat_it_is_gets_at_it(world: World) -> None:
    """Else the tests above would prove nothing."""
    assert reveals(await world.command("chats", author=ANN)) == ["Ann's secret"]
    assert reveals(await world.command("instructions", author=ANN)) == ["Keep it."]
    assert (await world.press(Button("", Action.PIN, 1), ANN)).note is None
