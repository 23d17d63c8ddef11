"""Bad days on demand: errors, broken connections and slow answers."""

import asyncio

import aiohttp
import pytest

from tests.playground.telegram_world import Refused, telegram_world


async def test_a_server_error_hits_as_often_as_planned_and_nothing_is_sent() -> None:
    async with telegram_world() as world:
        world.telegram.fail("sendMessage", 500, times=2)
        for _ in range(2):
            assert await world.refused_send() == "Internal Server Error"
        await world.send()
        assert len(world.telegram.bot_messages(world.chat)) == 1


async def test_a_broken_gateway_speaks_html() -> None:
    async with telegram_world() as world:
        world.telegram.fail("getMe", 502)
        async with world.bot.session.get(f"{world.bot.base}/getMe") as response:
            assert (response.status, response.content_type) == (502, "text/html")


async def test_an_error_may_come_although_the_call_took_effect() -> None:
    async with telegram_world() as world:
        world.telegram.fail("sendMessage", 500, applied=True)
        await world.refused_send("sent all the same")
        assert [message.text for message in world.telegram.bot_messages(world.chat)] == ["sent all the same"]


@pytest.mark.parametrize("applied", [True, False])
async def test_a_connection_breaks_before_or_after_the_call_took_effect(applied: bool) -> None:
    async with telegram_world() as world:
        world.telegram.reset("sendMessage", applied=applied)
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await world.send()
        assert len(world.telegram.bot_messages(world.chat)) == applied
        assert (world.telegram.calls[0].error, world.telegram.refused) == ("connection lost", [])


async def test_a_planned_429_closes_the_chat_like_a_real_one() -> None:
    async with telegram_world() as world:
        world.telegram.fail("editMessageText", 429, retry_after=30)
        sent = await world.send("one")
        edit = {"chat_id": world.chat.id, "message_id": sent["message_id"], "text": "two"}
        with pytest.raises(Refused) as refused:
            await world.bot.call("editMessageText", **edit)
        assert refused.value.parameters == {"retry_after": 30}
        await world.refused_send()
        assert [call.method for call in world.telegram.flood_violations] == ["sendMessage"]


async def test_a_fault_may_meet_one_chat_only() -> None:
    async with telegram_world() as world:
        bob = world.telegram.add_person("Bob")
        await world.telegram.send(bob, world.telegram.private_chat(bob), "hi")
        world.telegram.fail("sendMessage", 403, description="Forbidden: user is deactivated", chat=world.chat)
        await world.send(chat_id=bob.id)
        assert await world.refused_send() == "Forbidden: user is deactivated"


async def test_a_slow_answer_comes_late_on_the_stand_ins_clock() -> None:
    async with telegram_world() as world:
        world.telegram.slow("sendMessage", 6)
        sending = asyncio.create_task(world.send())
        await world.telegram.wait_for(lambda: world.telegram.bot_messages(world.chat))
        await world.clock.advance(5.9)
        assert not sending.done()
        await world.clock.advance(0.2)
        assert (await sending)["text"] == "hello"


async def test_a_call_can_be_held_until_the_test_lets_go() -> None:
    async with telegram_world() as world:
        gate = world.telegram.hold("sendMessage")
        sending = asyncio.create_task(world.send())
        await world.telegram.wait_for(lambda: world.telegram.calls)
        assert not world.telegram.calls[0].done
        assert world.telegram.bot_messages(world.chat) == []
        gate.set()
        await sending


async def test_large_groups_answer_edits_late_instead_of_refusing_them() -> None:
    async with telegram_world() as world:
        group = world.telegram.add_group("Team", [world.ann])
        world.telegram.flood.slow_edits = True
        sent = await world.send("0", chat_id=group.id)
        edit = {"chat_id": group.id, "message_id": sent["message_id"]}
        for number in range(1, 20):
            await world.bot.call("editMessageText", text=f"{number}", **edit)
        late = asyncio.create_task(world.bot.call("editMessageText", text="late", **edit))
        await world.telegram.wait_for(lambda: world.telegram.message(group, sent["message_id"]).text == "late")
        await world.clock.advance(5.9)
        assert not late.done()
        await world.clock.advance(0.2)
        assert (await late)["text"] == "late"


@pytest.mark.parametrize("status", [500, 502])
async def test_in_an_outage_every_call_fails_until_it_is_over_and_nothing_is_used_up(status: int) -> None:
    async with telegram_world() as world:
        world.telegram.fail("getMe", 403)
        world.telegram.outage = status
        for method in ("getMe", "sendMessage", "getUpdates", "getMe"):
            async with world.bot.session.post(f"{world.bot.base}/{method}") as response:
                assert response.status == status
        world.telegram.outage = 0
        assert await world.bot.refusal("getMe") == "Forbidden"
        await world.send()


@pytest.mark.parametrize("outage", [0, 502])
async def test_a_poll_that_waits_loses_its_connection_and_the_updates_stay(outage: int) -> None:
    async with telegram_world() as world:
        poll = asyncio.create_task(world.updates(timeout=30))
        await world.telegram.wait_for(lambda: world.telegram.calls_of("getUpdates"))
        if outage:
            world.telegram.outage = outage
        else:
            world.telegram.drop_connections()
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await poll
        await world.telegram.send(world.ann, world.chat, "still there")
        world.telegram.outage = 0
        assert [update["message"]["text"] for update in await world.updates(timeout=30)] == ["still there"]
