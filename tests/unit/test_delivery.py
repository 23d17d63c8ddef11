import asyncio
from dataclasses import replace

import pytest

from bot.engine.background import Background
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.delivery import LONGEST_PAUSE, MAX_TRIES, Delivery, pause_after
from bot.engine.errors import PlaceGone, PlatformUnavailable, RateLimited
from bot.engine.paces import LocalPaces
from bot.engine.ports import Limits
from bot.engine.posts import Action, Button, Post
from bot.engine.testing import FakeClock, MemoryMessenger

PLACE = ChatKey("memory", "w", "c")


async def test_calls_in_one_lane_keep_their_distance_and_other_lanes_do_not_wait() -> None:
    clock = FakeClock()
    paces, taken = LocalPaces(clock), []

    async def take(lane: str) -> None:
        await paces.turn(lane, 1.0)
        taken.append((lane, clock.now()))

    start = clock.now()
    tasks = [asyncio.create_task(take(lane)) for lane in ("a", "a", "a", "b")]
    await clock.advance_until(lambda: len(taken) == 4)
    await asyncio.gather(*tasks)
    assert sorted((lane, at - start) for lane, at in taken) == [("a", 0), ("a", 1), ("a", 2), ("b", 0)]


async def test_a_closed_lane_is_not_used_before_its_time() -> None:
    clock = FakeClock()
    paces, start = LocalPaces(clock), clock.now()
    await paces.close("a", 30)
    await paces.close("a", 5)
    waiting = asyncio.create_task(paces.turn("a", 1.0))
    await clock.advance_until(waiting.done)
    assert clock.now() - start == 30


async def test_who_cannot_wait_so_long_is_told_how_long_it_would_be() -> None:
    clock = FakeClock()
    paces = LocalPaces(clock)
    await paces.close("a", 30)
    with pytest.raises(RateLimited) as refused:
        await paces.turn("a", 1.0, patience=5)
    assert refused.value.retry_after == 30
    await clock.advance(26)
    waiting = asyncio.create_task(paces.turn("a", 1.0, patience=5))
    await clock.advance_until(waiting.done)
    waiting.result()


async def test_a_place_that_is_closed_for_everything_gets_no_sign_of_work() -> None:
    paces, messenger = LocalPaces(FakeClock()), MemoryMessenger()
    messenger.closes_whole = True
    await paces.close(messenger.limits(PLACE).send_lane, 30)
    with pytest.raises(RateLimited):
        await Delivery(messenger, paces).show_working(PLACE)
    assert messenger.calls == []


@pytest.mark.parametrize("sign", ["working", "waiting"])
async def test_a_refused_sign_closes_a_place_that_is_closed_for_everything(sign: str) -> None:
    clock, messenger = FakeClock(), MemoryMessenger()
    messenger.closes_whole = True
    delivery, lane = Delivery(messenger, paces := LocalPaces(clock)), messenger.limits(PLACE).send_lane
    messenger.fail(sign, RateLimited(30))
    showing = delivery.show_working(PLACE) if sign == "working" else delivery.show_waiting(MessageRef(PLACE, "1"), True)
    task = asyncio.create_task(showing)
    await clock.advance(0)
    with pytest.raises(RateLimited):
        await paces.turn(lane, 0.0, patience=29)
    await clock.advance(31)
    await asyncio.wait({task})
    assert messenger.count(sign) == (1 if sign == "working" else 2)


async def test_a_new_chat_that_shares_the_place_waits_for_no_lane() -> None:
    """The platform waits to be told that the command is received, and an answer may be on its way in the lane."""
    paces, messenger = LocalPaces(FakeClock()), MemoryMessenger()
    await paces.close(messenger.limits(PLACE).send_lane, 30)
    assert await Delivery(messenger, paces).new_place(PLACE, "New chat") is None
    assert messenger.calls == []


async def test_lanes_that_are_free_again_are_forgotten() -> None:
    clock = FakeClock()
    paces = LocalPaces(clock)
    for number in range(10_001):
        await paces.turn(f"lane {number}", 1.0)
    await clock.advance(5)
    await paces.turn("a", 1.0)
    assert paces.known == 1


def test_pauses_grow_up_to_a_minute() -> None:
    assert [pause_after(tries) for tries in (1, 2, 3)] == [2, 4, 8]
    assert pause_after(30) == LONGEST_PAUSE
    assert pause_after(5_000) == LONGEST_PAUSE


async def test_a_post_too_long_for_one_page_goes_on_and_has_its_buttons_at_the_end() -> None:
    messenger = MemoryMessenger(page_size=5)
    rows = ((Button("OK", Action.KEEP, 1),),)
    refs = await Delivery(messenger, LocalPaces(FakeClock())).send(PLACE, Post("0123456789ab", rows))
    assert [messenger.posts[ref.id] for ref in refs] == [Post("01234"), Post("56789"), Post("ab", rows)]


async def test_a_send_waits_as_long_as_the_platform_asks() -> None:
    clock, messenger = FakeClock(), MemoryMessenger()
    messenger.fail("send", RateLimited(7), PlatformUnavailable("502"))
    start = clock.now()
    sending = asyncio.create_task(Delivery(messenger, LocalPaces(clock)).send(PLACE, Post("text")))
    await clock.advance_until(sending.done)
    assert clock.now() - start == 9
    assert messenger.texts(PLACE) == ["text"]


async def test_a_send_gives_up_when_waiting_does_not_help() -> None:
    clock, messenger = FakeClock(), MemoryMessenger()
    delivery = Delivery(messenger, LocalPaces(clock))
    messenger.fail("send", PlaceGone("kicked"))
    with pytest.raises(PlaceGone):
        await delivery.send(PLACE, Post("text"))
    messenger.fail("send", *[PlatformUnavailable("502")] * MAX_TRIES)
    sending = asyncio.create_task(delivery.send(PLACE, Post("text")))
    await clock.advance_until(sending.done)
    with pytest.raises(PlatformUnavailable):
        await sending


async def test_deleting_what_is_gone_already_is_fine() -> None:
    await Delivery(MemoryMessenger(), LocalPaces(FakeClock())).delete(MessageRef(PLACE, "404"))


async def test_a_job_that_breaks_ends_alone() -> None:
    background, done = Background(), asyncio.Event()

    async def broken(error: Exception) -> None:
        raise error

    async def good() -> None:
        done.set()

    for error in (PlaceGone("kicked"), ValueError("bug")):
        background.start(broken(error), "broken")
    background.start(good(), "good")
    assert background.runs("good")
    await background.idle()
    assert done.is_set()
    assert not background.busy


async def test_jobs_that_do_not_end_in_time_are_cancelled() -> None:
    background, ended = Background(), asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    await background.close(0)
    background.start(endless(), "endless")
    await asyncio.sleep(0)
    await background.close(0)
    assert ended.is_set()


@pytest.mark.parametrize(("counts", "waits"), [(False, 0.0), (True, 3.0)])
async def test_a_title_makes_an_answer_wait_only_where_it_counts_as_a_message(counts: bool, waits: float) -> None:
    class Titled(MemoryMessenger):
        def limits(self, key: ChatKey) -> Limits:
            return replace(super().limits(key), title_counts=counts)

    clock, messenger = FakeClock(), Titled(gap=3.0)
    delivery, start = Delivery(messenger, LocalPaces(clock)), clock.now()
    await delivery.show_title_once(PLACE, "A title", patience=0)
    sending = asyncio.create_task(delivery.send(PLACE, Post("An answer")))
    await clock.advance_until(sending.done)
    assert clock.now() - start == waits
