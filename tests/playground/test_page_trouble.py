"""The switches for trouble: what each does to the bot's calls and deliveries."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from playground.clock import Clock, ManualClock
from playground.page import World
from playground.page.trouble import CUT_EVERY, OUTAGE_SECONDS
from tests.playground.page_world import page_world, slack_call, telegram_call
from tests.playground.rig import PATIENCE


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with page_world(Clock()) as world:
        yield world
        await world.trouble.close()


async def say(world: World) -> int:
    """Let Ann write, so that the bot may; gives the chat's id."""
    ann = world.guests["ann"].telegram
    await world.telegram.send(ann, world.telegram.private_chat(ann), "Hi")
    return ann.id


async def test_tight_limits_refuse_what_is_allowed_otherwise(world: World) -> None:
    chat = await say(world)
    world.trouble.set("rate_limits", True)
    statuses = [(await telegram_call(world.telegram, "sendMessage", chat_id=chat, text="x"))["status"] for _ in "ab"]
    assert statuses == [200, 429]
    for _ in range(12):
        await slack_call(world, "reactions.add", channel="C0", name="eyes", timestamp="1.0")
    assert world.slack.calls[-1].error == "ratelimited"
    world.trouble.set("rate_limits", False)
    assert (await slack_call(world, "auth.test"))["ok"]


async def test_an_outage_is_over_after_ten_seconds() -> None:
    clock = ManualClock()
    async with page_world(clock) as world:
        chat = await say(world)
        world.trouble.set("outage", True)
        assert (await slack_call(world, "auth.test"))["status"] == 503
        assert (await telegram_call(world.telegram, "sendMessage", chat_id=chat, text="x"))["status"] == 502
        assert (await telegram_call(world.topics, "getMe"))["status"] == 502
        await clock.advance(OUTAGE_SECONDS)
        await world.changes.wait_for(lambda: not world.trouble.on, PATIENCE)
        assert (await slack_call(world, "auth.test"))["ok"]
        assert (await telegram_call(world.telegram, "sendMessage", chat_id=chat, text="x"))["ok"]


async def test_an_outage_can_be_ended_by_hand(world: World) -> None:
    world.trouble.set("outage", True)
    world.trouble.set("outage", False)
    assert (await telegram_call(world.telegram, "getMe"))["ok"]


async def test_everything_is_delivered_twice(world: World) -> None:
    world.trouble.set("duplicates", True)
    await say(world)
    first = (await telegram_call(world.telegram, "getUpdates"))["result"]
    again = (await telegram_call(world.telegram, "getUpdates", offset=first[0]["update_id"] + 1))["result"]
    assert first == again
    await world.slack.post(world.guests["ann"].slack, world.general, "Hello")
    await world.slack.wait_for(lambda: len(world.slack.deliveries) >= 2, PATIENCE)
    assert len({delivery.event_id for delivery in world.slack.deliveries[:2]}) == 1


async def test_connections_break_off_again_and_again() -> None:
    clock = ManualClock()
    async with page_world(clock) as world:
        for _ in range(2):
            polling = asyncio.create_task(telegram_call(world.telegram, "getUpdates", timeout=50))
            await world.telegram.wait_for(lambda: not world.telegram.calls[-1].done if world.telegram.calls else False)
            if "lost_connection" in world.trouble.on:
                await clock.advance(CUT_EVERY)
            else:
                world.trouble.set("lost_connection", True)
            with pytest.raises(aiohttp.ServerDisconnectedError):
                await asyncio.wait_for(polling, PATIENCE)
        await world.trouble.close()


async def test_the_model_is_slow_while_the_switch_is_on(world: World) -> None:
    world.trouble.set("slow_model", True)
    assert world.tap.slow
    await world.trouble.close()
    assert not world.tap.slow
    assert not world.trouble.on


async def test_a_switch_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(KeyError):
        world.trouble.set("earthquake", True)
    assert not world.trouble.on
