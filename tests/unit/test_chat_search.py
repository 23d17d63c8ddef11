"""Looking through one's chats, by a command and by buttons."""

from dataclasses import replace

import pytest

from bot.engine import texts
from bot.engine.chat_lists import PAGE
from bot.engine.chat_search import SearchView
from bot.engine.chats import ChatKey
from bot.engine.posts import Action, Post
from bot.engine.presses import read_data
from bot.engine.testing.model import last_question
from tests.unit.test_chat_lists import button, press
from tests.unit.world import BOB, HERE, World

OTHER = ChatKey("memory", "w", "other", "9")


@pytest.fixture(autouse=True)
def plain_titles(world: World) -> None:
    """Call every chat by its first question."""
    world.title_llm.when(lambda _: True, last_question)


def labels(post: Post | None) -> list[str]:
    """Those of all buttons but the ones that lead to a chat's card."""
    assert post is not None
    return [button.label for row in post.rows for button in row if button.label != "⋯"]


async def ask(world: World, *questions: str, key: ChatKey = HERE) -> None:
    for question in questions:
        await world.command("new", question, key=key)
        await world.quiet()
        await world.clock.advance(1)


@pytest.mark.parametrize("name", ["search", "chats"])
async def test_hits_are_shown_with_the_piece_and_open_their_chat(world: World, name: str) -> None:
    await ask(world, "Where do *red* apples grow?", "And pears?")
    post = await world.command(name, "apples")
    assert post is not None
    assert "**apples**" in post.text
    assert r"\*red\*" in post.text
    assert labels(post) == ["1. Where do *red* apples grow?"]
    assert (await press(world, post, Action.OPEN)).text == texts.OPENED("", title=r"Where do \*red\* apples grow?")
    assert labels(await press(world, post, Action.CARD))[0] == texts.OPEN.english


async def test_the_list_without_words_is_the_list(world: World) -> None:
    await ask(world, "apples")
    assert await world.command("chats", " ") == await world.command("chats")


@pytest.mark.parametrize("words", ["", "-apples", "👍"])
async def test_a_search_for_nothing_is_refused_with_how_to_search(world: World, words: str) -> None:
    assert await world.command("search", words) == Post(texts.SEARCH_HOW.english)


async def test_in_private_all_of_the_persons_chats_are_looked_through_else_those_of_the_room(world: World) -> None:
    world.messenger.links[OTHER] = "https://example.org/9"
    await ask(world, "red apples", key=OTHER)
    nothing = Post(texts.NOTHING_FOUND("", words="apples"))
    assert await world.command("search", "apples") == nothing
    everywhere = await world.command("search", "apples", private=True)
    assert button(everywhere, Action.OPEN).url == "https://example.org/9"
    assert await world.command("search", "apples", author=BOB, private=True) == nothing


async def test_further_pages_are_behind_a_button(world: World) -> None:
    await ask(world, *(f"apples {number}" for number in range(PAGE + 1)))
    first = await world.command("search", "apples", private=True)
    assert labels(first)[-1] == texts.OLDER.english
    second = await press(world, first, Action.FIND)
    assert labels(second) == ["1. apples 0"]
    await world.press(button(second, Action.CARD), BOB)
    gone = await press(world, await press(world, second, Action.CARD), Action.ASK_DELETE)
    await press(world, gone, Action.DELETE)
    assert (await press(world, first, Action.FIND)).text == texts.NO_MORE_FOUND("", words="apples")


async def test_words_that_fit_on_no_button_give_one_page(world: World) -> None:
    long = "apples " * 12
    await ask(world, *(f"{long} {number}" for number in range(PAGE + 1)))
    assert len(labels(await world.command("search", long))) == PAGE


async def test_what_is_in_the_archive_is_marked(world: World) -> None:
    await ask(world, "red apples")
    card = await press(world, await world.command("search", "apples"), Action.CARD)
    await press(world, card, Action.ARCHIVE)
    post = await world.command("search", "apples")
    assert post is not None
    assert f"({texts.ARCHIVED.english})" in post.text


async def test_a_deleted_chat_is_found_no_more(world: World) -> None:
    await ask(world, "red apples")
    card = await press(world, await world.command("search", "apples"), Action.CARD)
    await press(world, await press(world, card, Action.ASK_DELETE), Action.DELETE)
    assert await world.command("search", "apples") == Post(texts.NOTHING_FOUND("", words="apples"))


def test_a_view_comes_back_from_its_button() -> None:
    for view in (SearchView('red: "apples"', everywhere=True, before=7), SearchView("p", everywhere=False)):
        read = read_data(view.button("Older").data)
        assert read is not None
        assert SearchView.of(read) == view
        assert SearchView.of(replace(read, text="")).words == ""
