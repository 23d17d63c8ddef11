"""Lists of chats, and what can be done with one of them, for whoever looks."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine import texts
from bot.engine.chat_lists import PAGE, ListView
from bot.engine.chats import Author, ChatKey, Cursor, MessageRef
from bot.engine.incoming import IncomingMessage
from bot.engine.languages import Sentence
from bot.engine.posts import Action, Button, Post, Reaction
from bot.engine.presses import read_data
from bot.engine.testing.model import last_question
from tests.unit.world import ANN, BOB, HERE, World

OTHER = ChatKey("memory", "w", "other", "9")
ROOM = replace(HERE, thread="")

moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
cursors = st.builds(Cursor, st.booleans(), moments, st.integers(1, 2**63 - 1))
views = st.one_of(
    st.builds(ListView, st.booleans(), st.booleans(), st.booleans()),
    st.builds(ListView, st.booleans(), st.booleans(), st.booleans(), cursors, st.booleans()),
)


@pytest.fixture(autouse=True)
def plain_titles(world: World) -> None:
    """Call every chat by its first question."""
    world.title_llm.when(lambda _: True, last_question)


async def ask(world: World, *questions: str, key: ChatKey = HERE) -> None:
    """A chat for each, the last one the newest."""
    for question in questions:
        await world.command("new", question, key=key)
        await world.quiet()
        await world.clock.advance(1)


def labels(post: Post | None) -> list[str]:
    assert post is not None
    return [button.label for row in post.rows for button in row]


def titles(post: Post | None) -> list[str]:
    """The chats on a page."""
    assert post is not None
    return [b.label for row in post.rows for b in row if b.action in (Action.OPEN, Action.CARD)]


async def card_of(world: World, number: int = 0) -> Post:
    """The card of a chat in the list."""
    managed = await follow(world, await world.command("chats"), texts.MANAGE)
    return await press(world, managed, Action.CARD, number)


async def follow(world: World, post: Post | None, label: Sentence) -> Post:
    """Press the button with this label."""
    assert post is not None
    found = next(button for row in post.rows for button in row if button.label == label.english)
    reaction = await world.press(found)
    assert reaction.replace is not None
    return reaction.replace


def button(post: Post | None, action: Action, number: int = 0) -> Button:
    assert post is not None
    return [button for row in post.rows for button in row if button.action is action][number]


async def press(world: World, post: Post | None, action: Action, number: int = 0) -> Post:
    reaction = await world.press(button(post, action, number))
    assert reaction.replace is not None
    return reaction.replace


@given(views)
def test_a_view_comes_back_from_its_button_which_fits_into_telegrams(view: ListView) -> None:
    data = view.button("Older").data
    assert len(data.encode()) <= 64
    read = read_data(data)
    assert read is not None
    assert ListView.of(read) == view


@pytest.mark.parametrize("text", ["", "p", "p>", "p>1", "x<1", "p>1x", ">1-5", "p>1" + "9" * 30, "a>10²"])
def test_a_button_without_a_spot_leads_to_the_first_page(text: str) -> None:
    view = ListView.of(Button("", Action.LIST, 7, text))
    assert view == ListView("p" in text, "a" in text)


async def test_a_list_is_paged_both_ways_newest_first(world: World) -> None:
    await ask(world, *(f"question {number}" for number in range(PAGE + 2)))
    first = await world.command("chats")
    assert titles(first) == [f"question {number}" for number in range(PAGE + 1, 1, -1)]
    second = await follow(world, first, texts.OLDER)
    assert titles(second) == ["question 1", "question 0"]
    assert texts.OLDER.english not in labels(second)
    assert await follow(world, second, texts.NEWER) == first


async def test_where_a_page_has_become_empty_the_first_one_is_shown(world: World) -> None:
    await ask(world, *(f"question {number}" for number in range(PAGE + 1)))
    first = await world.command("chats")
    oldest = button(await follow(world, first, texts.OLDER), Action.OPEN).argument
    await world.press(Button("", Action.DELETE, oldest))
    assert len(titles(await follow(world, first, texts.OLDER))) == PAGE


async def test_in_private_the_list_has_all_of_the_persons_chats_and_nobody_elses(world: World) -> None:
    world.messenger.links[OTHER] = "https://example.org/9"
    await ask(world, "anns", key=OTHER)
    await world.say("bobs", BOB, HERE)
    await world.quiet()
    post = await world.command("chats", key=ROOM, private=True)
    assert titles(post) == ["anns"]
    assert button(post, Action.OPEN).url == "https://example.org/9"
    managed = await follow(world, post, texts.MANAGE)
    assert titles(managed) == ["anns"]
    assert titles(await follow(world, await press(world, managed, Action.CARD), texts.BACK)) == ["anns"]


async def test_in_a_room_the_list_has_the_persons_chats_of_the_room_only(world: World) -> None:
    await ask(world, "anns elsewhere", key=OTHER)
    await ask(world, "anns")
    await world.say("bobs", BOB, replace(HERE, thread="8"))
    await world.quiet()
    assert titles(await world.command("chats")) == ["anns"]
    assert titles(await world.command("chats", author=BOB)) == ["bobs"]


async def test_a_pinned_chat_is_on_top_until_it_is_unpinned(world: World) -> None:
    await ask(world, "older", "newer")
    pinned = await follow(world, await card_of(world, 1), texts.PIN)
    assert titles(await follow(world, pinned, texts.BACK)) == ["📌 older", "newer"]
    await follow(world, pinned, texts.UNPIN)
    assert titles(await world.command("chats")) == ["newer", "older"]


async def test_what_is_put_away_is_in_the_archive_and_can_be_brought_back(world: World) -> None:
    await ask(world, "older", "newer")
    assert texts.ARCHIVED.english not in labels(await world.command("chats"))
    away = await follow(world, await card_of(world), texts.TO_ARCHIVE)
    shown = await world.command("chats")
    archive = await follow(world, shown, texts.ARCHIVED)
    assert (titles(shown), titles(archive)) == (["older"], ["newer"])
    assert titles(await follow(world, archive, texts.BACK)) == ["older"]
    managed = await follow(world, archive, texts.MANAGE)
    assert await follow(world, away, texts.BACK) == managed
    assert await follow(world, managed, texts.BACK) == archive
    await follow(world, await press(world, managed, Action.CARD), texts.UNARCHIVE)
    assert titles(await world.command("chats")) == ["newer", "older"]
    assert (await follow(world, shown, texts.ARCHIVED)).text == texts.EMPTY_ARCHIVE.english


async def test_the_new_title_is_the_persons_answer_to_the_message_that_asks_for_it(world: World) -> None:
    await ask(world, "older", "newer")
    card = await card_of(world, 1)
    assert (await world.press(button(card, Action.ASK_RENAME))).replace is None
    await world.quiet()
    asked = next(iter(reversed(world.messenger.posts)))
    assert "“older”" in world.messenger.posts[asked].text
    assert world.messenger.posts[asked].awaits == ANN.id

    async def answer(text: str, author: Author = ANN) -> Post | None:
        ref = MessageRef(HERE, f"r-{text}")
        return await world.engine.accept(IncomingMessage(f"t-{text}", ref, author, text, reply_to=asked))

    assert await answer("Bob's title", BOB) is None
    assert await answer("Ann's *title*") == Post(texts.RENAMED_OTHER("", title=r"Ann's \*title\*"))
    assert await answer("Not a title any more") is None
    await world.quiet()
    assert "Ann's *title*" in titles(await world.command("chats"))


async def test_a_title_of_nothing_is_refused_and_is_no_question(world: World) -> None:
    await ask(world, "older")
    card = await card_of(world)
    await world.press(button(card, Action.ASK_RENAME))
    await world.quiet()
    asked = next(iter(reversed(world.messenger.posts)))
    message = IncomingMessage("t1", MessageRef(HERE, "r1"), ANN, " \u200b ", reply_to=asked)
    assert await world.engine.accept(message) == Post(texts.RENAME_HOW.english)


@pytest.mark.parametrize(
    "action",
    [Action.CARD, Action.PIN, Action.UNPIN, Action.ARCHIVE, Action.UNARCHIVE, Action.ASK_RENAME, Action.OPEN],
)
async def test_a_stranger_can_do_nothing_with_somebodys_chat(world: World, action: Action) -> None:
    await ask(world, "anns")
    chat = button(await world.command("chats"), Action.OPEN).argument
    assert await world.press(Button("", action, chat), BOB) == Reaction(texts.NOT_YOURS.english)
    assert titles(await world.command("chats")) == ["anns"]
