import asyncio

import pytest

from bot.engine.background import Background
from bot.engine.budgets import Urgency
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.delivery import LONGEST_PAUSE, MAX_TRIES, Delivery, pause_after
from bot.engine.errors import PlaceGone, PlatformUnavailable, RateLimited
from bot.engine.ledger import LocalLedger
from bot.engine.pacing import Pacer
from bot.engine.ports import Kind
from bot.engine.posts import Action, Button, Post
from bot.engine.testing import FakeClock, MemoryMessenger

PLACE = ChatKey("memory", "w", "c")


def out(messenger: MemoryMessenger, clock: FakeClock | None = None) -> Delivery:
    """The way out through this messenger."""
    clock = clock or FakeClock()
    return Delivery(messenger, Pacer(LocalLedger(clock), clock), clock)


async def test_a_closed_place_is_not_used_before_its_time() -> None:
    clock, messenger = FakeClock(), MemoryMessenger()
    delivery, start = out(messenger, clock), clock.now()
    await delivery.pacer.close(messenger.budgets(PLACE, Kind.SEND), 30, refused=True)
    await delivery.pacer.close(messenger.budgets(PLACE, Kind.SEND), 5, refused=True)
    sending = asyncio.create_task(delivery.send(PLACE, Post("text")))
    await clock.advance_until(sending.done)
    assert clock.now() - start == pytest.approx(30)


async def test_a_place_that_is_closed_for_everything_gets_no_sign_of_work() -> None:
    messenger = MemoryMessenger()
    delivery = out(messenger)
    await delivery.pacer.close(messenger.budgets(PLACE, Kind.SEND), 30, refused=True)
    with pytest.raises(RateLimited):
        await delivery.show_working(PLACE)
    assert messenger.calls == []


@pytest.mark.parametrize("sign", ["working", "waiting"])
async def test_a_refused_sign_closes_a_place_that_is_closed_for_everything(sign: str) -> None:
    clock, messenger = FakeClock(), MemoryMessenger()
    delivery = out(messenger, clock)
    messenger.fail(sign, RateLimited(30))
    showing = delivery.show_working(PLACE) if sign == "working" else delivery.show_waiting(MessageRef(PLACE, "1"), True)
    task = asyncio.create_task(showing)
    await clock.advance(0)
    with pytest.raises(RateLimited) as refused:
        await delivery.pacer.turn(messenger.budgets(PLACE, Kind.EDIT), Urgency.FINAL, patience=29)
    assert refused.value.retry_after == pytest.approx(30)
    await clock.advance(31)
    await asyncio.wait({task})
    assert messenger.count(sign) == (1 if sign == "working" else 2)


async def test_a_file_waits_as_long_as_it_is_asked_to_and_is_never_sent_twice() -> None:
    clock, messenger = FakeClock(), MemoryMessenger()
    delivery, start = out(messenger, clock), clock.now()
    messenger.fail("file", RateLimited(30), PlatformUnavailable("502"))
    for count in (2, 3):
        sending = asyncio.create_task(delivery.send_file(PLACE, "a.md", b"a", "All of it"))
        await clock.advance_until(sending.done)
        assert messenger.count("file") == count
        if count == 2:
            with pytest.raises(PlatformUnavailable):
                sending.result()
    assert clock.now() - start == pytest.approx(30)
    assert list(messenger.files.values()) == [("a.md", b"a")]


async def test_a_new_chat_that_shares_the_place_waits_for_nothing() -> None:
    """The platform waits to be told that the command is received, and an answer may be on its way there."""
    messenger = MemoryMessenger()
    delivery = out(messenger)
    await delivery.pacer.close(messenger.budgets(PLACE, Kind.PLACE), 30, refused=True)
    assert await delivery.new_place(PLACE, "New chat") is None
    assert messenger.calls == []


def test_pauses_grow_up_to_a_minute() -> None:
    assert [pause_after(tries) for tries in (1, 2, 3)] == [2, 4, 8]
    assert pause_after(30) == LONGEST_PAUSE
    assert pause_after(5_000) == LONGEST_PAUSE


async def test_a_post_too_long_for_one_page_goes_on_and_has_its_buttons_at_the_end() -> None:
    messenger = MemoryMessenger(page_size=5)
    rows = ((Button("OK", Action.KEEP, 1),),)
    refs = await out(messenger).send(PLACE, Post("0123456789ab", rows))
    assert [messenger.posts[ref.id] for ref in refs] == [Post("01234"), Post("56789"), Post("ab", rows)]


async def test_a_send_waits_as_long_as_the_platform_asks() -> None:
    clock, messenger = FakeClock(), MemoryMessenger()
    messenger.fail("send", RateLimited(7), PlatformUnavailable("502"))
    start = clock.now()
    sending = asyncio.create_task(out(messenger, clock).send(PLACE, Post("text")))
    await clock.advance_until(sending.done)
    assert clock.now() - start == pytest.approx(9)
    assert messenger.texts(PLACE) == ["text"]


async def test_a_send_gives_up_when_waiting_does_not_help() -> None:
    clock, messenger = FakeClock(), MemoryMessenger()
    delivery = out(messenger, clock)
    messenger.fail("send", PlaceGone("kicked"))
    with pytest.raises(PlaceGone):
        await delivery.send(PLACE, Post("text"))
    messenger.fail("send", *[PlatformUnavailable("502")] * MAX_TRIES)
    sending = asyncio.create_task(delivery.send(PLACE, Post("text")))
    await clock.advance_until(sending.done)
    with pytest.raises(PlatformUnavailable):
        await sending


async def test_deleting_what_is_gone_already_is_fine() -> None:
    await out(MemoryMessenger()).delete(MessageRef(PLACE, "404"))


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


async def test_a_title_does_not_wait_longer_than_it_may() -> None:
    clock, messenger = FakeClock(), MemoryMessenger(gap=3.0)
    delivery = out(messenger, clock)
    for number in range(2):
        await delivery.send(PLACE, Post(f"An answer {number}"))
    with pytest.raises(RateLimited) as refused:
        await delivery.show_title_once(PLACE, "A title", patience=2.0)
    assert refused.value.retry_after == pytest.approx(3.0)
    showing = asyncio.create_task(delivery.show_title_once(PLACE, "A title", patience=4.0))
    await clock.advance_until(showing.done)
    assert messenger.titles == {PLACE: "A title"}
