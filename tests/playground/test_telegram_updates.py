"""getUpdates: order, offsets, haste, a second poller, expiry and what is queued at all."""

import asyncio
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from tests.playground.telegram_world import Refused, World, telegram_world

OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


async def texts(world: World, **params: Any) -> list[str]:
    return [update["message"]["text"] for update in await world.updates(**params)]


async def say(world: World, *words: str) -> None:
    for word in words:
        await world.telegram.send(world.ann, world.chat, word)


async def polling(world: World, calls: int) -> None:
    """Wait until so many getUpdates calls have come in."""
    await world.telegram.wait_for(lambda: len(world.telegram.calls_of("getUpdates")) >= calls)


async def test_updates_stay_until_a_later_offset_confirms_them() -> None:
    async with telegram_world() as world:
        await say(world, "one", "two", "three")
        first = (await world.updates())[0]["update_id"]
        await world.clock.advance(5)
        assert await texts(world, offset=0, limit=2) == ["one", "two"]
        assert await texts(world, offset=first + 2) == ["three"]
        assert await texts(world, offset=first) == ["three"]


async def test_update_ids_grow_by_one() -> None:
    async with telegram_world() as world:
        await say(world, "one", "two")
        first, second = await world.updates()
        assert second["update_id"] == first["update_id"] + 1


async def test_a_negative_offset_keeps_the_last_ones_only() -> None:
    async with telegram_world() as world:
        await say(world, "one", "two", "three")
        assert await texts(world, offset=-1) == ["three"]
        assert await texts(world, offset=0) == ["three"]


async def test_an_offset_far_in_the_future_forgets_nothing() -> None:
    async with telegram_world() as world:
        await say(world, "one")
        assert await texts(world, offset=2_000_000_000) == ["one"]


async def test_a_long_poll_ends_when_something_comes() -> None:
    async with telegram_world() as world:
        poll = asyncio.create_task(texts(world, timeout=30))
        await polling(world, 1)
        await say(world, "here")
        assert await poll == ["here"]


async def test_a_long_poll_ends_empty_after_its_time_and_never_after_more_than_fifty_seconds() -> None:
    async with telegram_world() as world:
        poll = asyncio.create_task(texts(world, timeout=1000))
        await polling(world, 1)
        await world.clock.advance(49.9)
        assert not poll.done()
        await world.clock.advance(0.2)
        assert await poll == []


async def test_the_older_of_two_pollers_is_sent_away() -> None:
    async with telegram_world() as world:
        older = asyncio.create_task(world.updates(timeout=30))
        await polling(world, 1)
        newer = asyncio.create_task(texts(world, timeout=30))
        with pytest.raises(Refused) as refused:
            await older
        assert (refused.value.status, refused.value.description) == (409, OTHER_POLLER)
        await say(world, "for the newer")
        assert await newer == ["for the newer"]


async def test_a_second_conflict_within_three_seconds_is_held_back() -> None:
    async with telegram_world() as world:
        polls = []
        for number in range(3):
            polls.append(asyncio.create_task(world.updates(timeout=30, offset=number)))
            await polling(world, number + 1)
        with pytest.raises(Refused):
            await polls[0]
        await world.clock.advance(2.9)
        await world.bot.call("getMe")
        assert not polls[1].done()
        await world.clock.advance(0.2)
        with pytest.raises(Refused):
            await polls[1]
        await say(world, "last")
        await polls[2]


async def test_asking_the_same_again_at_once_gets_one_update_and_a_wait() -> None:
    async with telegram_world() as world:
        await say(world, "one", "two")
        assert await texts(world) == ["one", "two"]
        assert await texts(world) == ["one"]
        await world.drain()
        poll = asyncio.create_task(texts(world))
        await polling(world, 3)
        await world.clock.advance(2.9)
        assert not poll.done()
        await world.clock.advance(0.2)
        assert await poll == []


async def test_kinds_that_were_not_asked_for_are_never_made() -> None:
    """The list works when an update comes into being, so what it kept out does not come back with a wider one."""
    async with telegram_world() as world:
        await world.updates(allowed_updates=["callback_query"])
        await say(world, "unheard")
        await world.clock.advance(5)
        await world.updates(allowed_updates=["message"], offset=1)
        await say(world, "heard")
        await world.clock.advance(5)
        assert await texts(world) == ["heard"]


async def test_the_list_of_kinds_stays_until_another_is_given() -> None:
    async with telegram_world() as world:
        await world.updates(allowed_updates=["callback_query"])
        await world.updates(offset=1)
        await say(world, "unheard")
        assert world.telegram.pending_updates == []


async def test_a_list_of_unknown_kinds_means_the_usual_ones() -> None:
    async with telegram_world() as world:
        await world.updates(allowed_updates=["gossip"])
        await say(world, "heard")
        assert len(world.telegram.pending_updates) == 1


async def test_reactions_come_only_when_asked_for() -> None:
    async with telegram_world() as world:
        message_id = await world.telegram.send(world.ann, world.chat, "hi")
        await world.drain()
        await world.telegram.react(world.ann, world.chat, message_id, "👍")
        assert world.telegram.pending_updates == []
        await world.updates(allowed_updates=["message_reaction"])
        await world.telegram.react(world.ann, world.chat, message_id, "👍")
        assert "message_reaction" in world.telegram.pending_updates[0]


async def test_messages_expire_after_a_day_and_presses_after_150_seconds() -> None:
    async with telegram_world() as world:
        await say(world, "old")
        press = asyncio.create_task(world.telegram.press_data(world.ann, world.chat, 999, "x"))
        await world.telegram.wait_for(lambda: len(world.telegram.pending_updates) == 2)
        await world.clock.advance(149)
        assert await press is None
        assert len(world.telegram.pending_updates) == 2
        await world.clock.advance(2)
        assert [list(update)[1] for update in world.telegram.pending_updates] == ["message"]
        await world.clock.advance(86_400)
        assert world.telegram.pending_updates == []


async def test_one_answer_holds_at_most_four_megabytes() -> None:
    async with telegram_world() as world:
        for _ in range(5):
            world.telegram.push_raw({"message": {"text": "x" * (1 << 20)}})
        assert len(await world.updates()) == 3


async def test_an_update_can_be_delivered_again_after_it_was_confirmed() -> None:
    async with telegram_world() as world:
        await say(world, "again")
        seen = (await world.updates())[0]["update_id"]
        await world.updates(offset=seen + 1, timeout=0, limit=1)
        world.telegram.redeliver(seen)
        await say(world, "next")
        await world.clock.advance(5)
        assert await texts(world, offset=seen + 1) == ["again", "next"]
        await world.clock.advance(5)
        assert await texts(world, offset=seen + 1) == ["next"]


async def test_anything_can_be_put_into_the_queue() -> None:
    async with telegram_world() as world:
        update_id = world.telegram.push_raw({"message": "broken"})
        assert await world.updates() == [{"update_id": update_id, "message": "broken"}]


async def test_the_queue_and_the_port_outlive_a_restart() -> None:
    async with telegram_world() as world:
        await say(world, "before")
        url = world.telegram.api_url
        await world.telegram.stop()
        await world.telegram.start()
        assert world.telegram.api_url == url
        assert await texts(world) == ["before"]


async def test_a_poller_that_went_away_takes_nothing_with_it() -> None:
    """As after a kill: the connection is gone, the next poller gets everything and nobody sees a conflict."""
    async with telegram_world() as world:
        poll = asyncio.create_task(world.updates(timeout=50))
        await polling(world, 1)
        poll.cancel()
        await world.telegram.wait_for(lambda: world.telegram.calls[0].done)
        await say(world, "unseen")
        assert await texts(world, timeout=5) == ["unseen"]
        assert (world.telegram.calls[0].error, world.telegram.refused) == ("the client went away", [])


async def test_stopping_ends_a_long_poll() -> None:
    async with telegram_world() as world:
        poll = asyncio.create_task(world.updates(timeout=50))
        await polling(world, 1)
        async with asyncio.timeout(5):
            await world.telegram.stop()
        with pytest.raises(aiohttp.ClientError):
            await poll


async def test_with_duplicates_every_update_comes_once_more_after_it_was_confirmed() -> None:
    async with telegram_world() as world:
        world.telegram.account.queue.duplicates = 1
        await say(world, "one", "two")
        first, second = [update["update_id"] for update in await world.updates()]
        world.telegram.account.queue.duplicates = 0
        await say(world, "three")
        batch = await world.updates(offset=second + 1)
        assert [update["update_id"] for update in batch] == [first, second, second + 1]
        await world.clock.advance(5)
        assert await world.updates(offset=second + 2, limit=1) == []


async def test_an_update_of_more_than_512_kilobytes_is_lost() -> None:
    async with telegram_world() as world:
        for size in (512 << 10, 500 << 10):
            await world.telegram.send_service(world.ann, world.chat, sticker={"emoji": "x" * size})
        assert len(world.telegram.pending_updates) == 1


async def test_a_full_queue_loses_what_comes() -> None:
    async with telegram_world() as world:
        queue = world.telegram.account.queue
        large = {"text": "x" * (500 << 10)}
        made = [queue.push("message", large, "chat 1") for _ in range(263)]
        assert [update_id is None for update_id in made[-2:]] == [False, True]
        queue.clear()
        small: dict[str, str] = {}
        queue.waiting = [queue.made[made[0] or 0]] * 99_999
        assert queue.push("edited_message", small, "chat 1") is None
        queue.waiting = [replace(queue.made[made[0] or 0], size=9)] * 99_999
        assert queue.push("message", small, "chat 1") is not None
        assert queue.push("message", small, "chat 1") is None


async def test_after_a_week_without_updates_the_ids_begin_anew() -> None:
    async with telegram_world() as world:
        await say(world, "one")
        before = world.telegram.last_update_id
        await world.clock.advance(7 * 86_400)
        await say(world, "two")
        [update] = await world.updates(offset=before + 1, timeout=0)
        assert update["message"]["text"] == "two"
        assert update["update_id"] != before + 1
