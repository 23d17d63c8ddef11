"""Orders for the platforms: carried out until they stand or are refused for good, by whatever process."""

import asyncio
from dataclasses import replace

import pytest

from bot.engine.chats import Chat, MessageRef, TitleSource
from bot.engine.delivery import MAX_TRIES
from bot.engine.errors import PlaceGone, PlatformRefused, PlatformUnavailable, RateLimited
from bot.engine.outbox import LEASE, LONGEST_PAUSE, LOOK, PATIENCE
from bot.engine.posts import Action, Button
from tests.unit.world import HERE, World, open_world


async def a_chat(world: World) -> Chat:
    """A chat with an answer and a title on the platform."""
    world.llm.say("An answer.")
    await world.say("Hi")
    await world.quiet()
    chat = await world.chat()
    assert chat is not None
    return chat


async def delete(world: World, chat: Chat) -> None:
    await world.press(Button("", Action.DELETE, chat.id), on="none of ours")


async def rename(world: World, chat: Chat, title: str) -> None:
    async with world.storage() as work:
        await work.chats.rename(chat.id, title, TitleSource.PERSON)
        await world.outbox.show_title(work, chat.id)
        await work.commit()


async def test_a_deletion_waits_as_long_as_the_platform_asks(world: World) -> None:
    chat = await a_chat(world)
    world.messenger.fail("delete", RateLimited(150))
    await delete(world, chat)
    await world.clock.advance(149)
    assert world.messenger.count("delete") == 1
    assert world.texts() == ["An answer."]
    await world.clock.advance(2 + LOOK)
    assert world.texts() == []
    assert world.storage.rows.orders == {}


async def test_a_deletion_goes_on_in_another_process_when_the_first_one_dies() -> None:
    first = World()
    async with open_world(first):
        chat = await a_chat(first)
        first.messenger.gate.clear()
        await delete(first, chat)
        await first.settle()
        assert first.messenger.count("delete") == 1
    second = World(first.storage)
    second.messenger.posts.update(first.messenger.posts)
    second.messenger.places.update(first.messenger.places)
    async with open_world(second):
        await second.clock.advance(LEASE.total_seconds() + LOOK)
    assert second.texts() == []
    assert second.storage.rows.orders == {}


async def test_a_platform_that_is_away_is_asked_again_for_as_long_as_it_takes(world: World) -> None:
    chat = await a_chat(world)
    world.messenger.fail("delete", *[PlatformUnavailable("502")] * (MAX_TRIES * 2))
    await delete(world, chat)
    await world.clock.advance(LONGEST_PAUSE)
    assert world.messenger.count("delete") < MAX_TRIES * 2
    await world.clock.advance(LONGEST_PAUSE * MAX_TRIES * 2)
    assert world.texts() == []
    assert world.storage.rows.orders == {}


@pytest.mark.parametrize("refusal", [PlatformRefused("too old"), PlaceGone("kicked")])
async def test_what_is_refused_for_good_is_given_up_and_the_rest_is_not(
    world: World, refusal: PlaceGone | PlatformRefused
) -> None:
    chat = await a_chat(world)
    world.llm.say("Another one.")
    await world.say("And?")
    await world.quiet()
    world.messenger.fail("delete", refusal)
    await delete(world, chat)
    await world.quiet()
    assert len(world.texts()) == 1
    assert world.storage.rows.orders == {}


async def test_of_many_titles_the_newest_one_is_shown(world: World) -> None:
    chat = await a_chat(world)
    world.messenger.gate.clear()
    await rename(world, chat, "First")
    await world.settle()
    calls = world.messenger.count("title")
    await rename(world, chat, "Second")
    await rename(world, chat, "Third")
    world.messenger.gate.set()
    await world.quiet()
    assert world.messenger.titles[HERE] == "Third"
    assert world.messenger.count("title") == calls + 1


async def test_no_title_is_shown_of_a_chat_that_was_deleted(world: World) -> None:
    chat = await a_chat(world)
    world.messenger.fail("title", RateLimited(30))
    await rename(world, chat, "A title")
    await world.settle()
    calls = world.messenger.count("title")
    await delete(world, chat)
    await world.clock.advance(60)
    assert world.messenger.count("title") == calls
    assert world.storage.rows.orders == {}


async def test_orders_wait_for_a_database_that_is_away(world: World) -> None:
    chat = await a_chat(world)
    world.messenger.gate.clear()
    await delete(world, chat)
    await world.settle()
    world.storage.broken = True
    world.messenger.gate.set()
    await world.clock.advance(3 * LOOK)
    world.storage.broken = False
    await world.clock.advance(LEASE.total_seconds() + LOOK)
    assert world.texts() == []
    assert world.storage.rows.orders == {}


async def test_stopping_waits_for_the_order_in_hand_and_takes_no_other(world: World) -> None:
    chat = await a_chat(world)
    world.messenger.gate.clear()
    await delete(world, chat)
    await world.settle()
    stopping = asyncio.create_task(world.outbox.stop(30))
    await world.settle()
    assert not stopping.done()
    world.messenger.gate.set()
    await world.clock.advance_until(stopping.done)
    assert world.storage.rows.orders == {}
    async with world.storage() as work:
        await world.outbox.delete_post(work, MessageRef(HERE, "404"))
        await work.commit()
    await world.settle()
    assert len(world.storage.rows.orders) == 1


async def test_stopping_waits_for_every_order_in_hand_also_where_the_end_of_one_could_not_be_stored(
    world: World,
) -> None:
    """Else the adapters would be closed while it makes its call."""
    there = replace(HERE, thread="2")
    world.messenger.fail("send", RateLimited(PATIENCE - 1))
    await world.say("Hi", key=there)
    await world.clock.advance(1)
    world.messenger.gate.clear()
    async with world.storage() as work:
        for place in (HERE, there):
            await world.outbox.delete_post(work, MessageRef(place, "404"))
        await work.commit()
    await world.settle()
    world.storage.broken = True
    world.messenger.gate.set()
    await world.settle()
    world.storage.broken = False
    stopping = asyncio.create_task(world.outbox.stop(30))
    await world.settle()
    assert not stopping.done()
    await world.clock.advance_until(stopping.done)
    assert world.messenger.count("delete") == 2
