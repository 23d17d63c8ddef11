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
from bot.engine.posts import Action, Button, Post, Reaction
from bot.engine.presses import read_data
from bot.engine.testing.model import last_question
from tests.unit.world import ANN, BOB, HERE, World

OTHER = ChatKey("memory", "w", "other", "9")
ROOM = replace(HERE, thread="")

moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))
cursors = st.builds(Cursor, st.booleans(), moments, st.integers(1, 2**63 - 1))
views = st.one_of(
    st.builds(ListView, st.booleans(), st.booleans()),
    st.builds(ListView, st.booleans(), st.booleans(), cursors, st.booleans()),
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
    return [button.label for row in post.rows for button in row if button.label != "⋯"]


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
    assert (labels(first)[0], labels(first)[-1]) == (f"question {PAGE + 1}", texts.OLDER.english)
    second = await press(world, first, Action.LIST)
    assert labels(second) == ["question 1", "question 0", texts.NEWER.english]
    assert labels(await press(world, second, Action.LIST)) == labels(first)


async def test_where_a_page_has_become_empty_the_first_one_is_shown(world: World) -> None:
    await ask(world, *(f"question {number}" for number in range(PAGE + 1)))
    first = await world.command("chats")
    oldest = await press(world, await press(world, first, Action.LIST), Action.CARD)
    await press(world, await press(world, oldest, Action.ASK_DELETE), Action.DELETE)
    assert len(labels(await press(world, first, Action.LIST))) == PAGE


async def test_in_private_the_list_has_all_of_the_persons_chats_and_nobody_elses(world: World) -> None:
    world.messenger.links[OTHER] = "https://example.org/9"
    await ask(world, "anns", key=OTHER)
    await world.say("bobs", BOB, HERE)
    await world.quiet()
    post = await world.command("chats", key=ROOM, private=True)
    assert labels(post) == ["anns"]
    assert button(post, Action.OPEN).url == "https://example.org/9"


async def test_in_a_room_the_list_has_the_persons_chats_of_the_room_only(world: World) -> None:
    await ask(world, "anns elsewhere", key=OTHER)
    await ask(world, "anns")
    await world.say("bobs", BOB, replace(HERE, thread="8"))
    await world.quiet()
    assert labels(await world.command("chats")) == ["anns"]
    assert labels(await world.command("chats", author=BOB)) == ["bobs"]


async def test_a_pinned_chat_is_on_top_until_it_is_unpinned(world: World) -> None:
    await ask(world, "older", "newer")
    card = await press(world, await world.command("chats"), Action.CARD, 1)
    pinned = await press(world, card, Action.PIN)
    assert texts.UNPIN.english in labels(pinned)
    shown = await press(world, pinned, Action.LIST)
    assert labels(shown) == ["📌 older", "newer"]
    unpinned = await press(world, await press(world, shown, Action.CARD), Action.UNPIN)
    assert labels(await press(world, unpinned, Action.LIST)) == ["newer", "older"]


async def test_what_is_put_away_is_in_the_archive_and_can_be_brought_back(world: World) -> None:
    await ask(world, "older", "newer")
    card = await press(world, await world.command("chats"), Action.CARD)
    away = await press(world, card, Action.ARCHIVE)
    shown = await world.command("chats")
    assert labels(shown) == ["older", texts.ARCHIVED.english]
    archive = await press(world, shown, Action.LIST)
    assert labels(archive) == ["newer", texts.BACK.english]
    assert labels(await press(world, away, Action.LIST)) == labels(archive)
    back = await press(world, await press(world, archive, Action.CARD), Action.UNARCHIVE)
    assert labels(await press(world, back, Action.LIST)) == ["newer", "older"]
    empty = await press(world, archive, Action.LIST)
    assert labels(empty) == ["newer", "older"]


async def test_the_new_title_is_the_persons_answer_to_the_message_that_asks_for_it(world: World) -> None:
    await ask(world, "older", "newer")
    card = await press(world, await world.command("chats"), Action.CARD, 1)
    assert (await world.press(button(card, Action.ASK_RENAME))).replace is None
    await world.quiet()
    asked = next(iter(reversed(world.messenger.posts)))
    assert "“older”" in world.messenger.posts[asked].text
    assert world.messenger.posts[asked].awaits is not None

    async def answer(text: str, author: Author = ANN) -> Post | None:
        ref = MessageRef(HERE, f"r-{text}")
        return await world.engine.accept(IncomingMessage(f"t-{text}", ref, author, text, reply_to=asked))

    assert await answer("Bob's title", BOB) is None
    assert await answer("Ann's *title*") == Post(texts.RENAMED_OTHER("", title=r"Ann's \*title\*"))
    assert await answer("Not a title any more") is None
    await world.quiet()
    assert "Ann's *title*" in labels(await world.command("chats"))


async def test_a_title_of_nothing_is_refused_and_is_no_question(world: World) -> None:
    await ask(world, "older")
    card = await press(world, await world.command("chats"), Action.CARD)
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
    chat = button(await world.command("chats"), Action.CARD).argument
    assert await world.press(Button("", action, chat), BOB) == Reaction(texts.NOT_YOURS.english)
    assert labels(await world.command("chats")) == ["anns"]
