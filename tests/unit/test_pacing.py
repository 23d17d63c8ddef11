"""Who may call when, with a clock that is moved by hand."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Any

import pytest

from bot.engine.budgets import Ask, Bucket, Budget, Urgency, Way, Window
from bot.engine.errors import RateLimited
from bot.engine.ledger import LocalLedger
from bot.engine.pacing import PREVIEWS_A_SECOND, Growth, Pacer, Ticket
from bot.engine.testing import FakeClock

GATE = Budget("gate")
POSTS = Budget("posts", (Window(300, 60.0),))
UPDATES = Budget("updates", (Window(50, 60.0),), quickest=0.25)
EDITS = Way("edit", (POSTS,), (UPDATES,), (UPDATES,))
APPENDS = Budget("appends", (Window(100, 60.0),), quickest=0.12)
STARTS, STOPS = (Budget(name, (Window(20, 60.0),)) for name in ("starts", "stops"))
STREAMS = Way("stream", (STARTS,), (APPENDS,), (STOPS,))


class Crowd:
    """Replies that grow for ten seconds side by side, and what is seen of them."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.ledger = LocalLedger(self.clock)
        self.pacer = Pacer(self.ledger, self.clock)
        self.start = self.clock.now()
        self.calls: list[tuple[str, int, float]] = []
        self.tasks: list[asyncio.Task[None]] = []

    def reply(self, who: int, way: Way = EDITS, seconds: float = 10.0) -> None:
        self.tasks.append(asyncio.create_task(self._reply(who, way, seconds)))

    async def until_all_stand(self) -> None:
        await self.clock.advance_until(lambda: all(task.done() for task in self.tasks))
        await asyncio.gather(*self.tasks)

    def made(self, name: str, who: int | None = None) -> list[float]:
        return [round(at, 2) for kind, whose, at in self.calls if kind == name and who in (None, whose)]

    async def call(self, name: str, who: int, ask: Ask, growth: Growth | None = None) -> bool:
        granted = await self.pacer.ticket(ask, growth).granted
        if granted:
            self.calls.append((name, who, self.clock.now() - self.start))
        return granted

    async def _reply(self, who: int, way: Way, seconds: float) -> None:
        growth = Growth(self.clock)
        growth.wrote()
        end = asyncio.create_task(self.clock.sleep(seconds))
        began = await self._until(end, Ask(way.first, Urgency.FIRST, way), growth, "first", who)
        while began and await self._until(end, Ask(way.preview, Urgency.PREVIEW), growth, "preview", who):
            pass
        await self.call("final", who, Ask(way.end if began else EDITS.first, Urgency.FINAL))
        if began:
            self.pacer.end(way)

    async def _until(self, end: "asyncio.Task[None]", ask: Ask, growth: Growth, name: str, who: int) -> bool:
        growth.wrote()
        ticket = self.pacer.ticket(ask, growth)
        waiting: set[asyncio.Future[Any]] = {end, ticket.granted}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        ticket.withdraw()
        if ticket.granted.result():
            growth.took()
            growth.shown()
            self.calls.append((name, who, self.clock.now() - self.start))
        return ticket.granted.result()


@pytest.fixture
async def crowd() -> AsyncIterator[Crowd]:
    crowd = Crowd()
    yield crowd
    for task in crowd.tasks:
        task.cancel()
    await asyncio.gather(*crowd.tasks, return_exceptions=True)


def age(crowd: Crowd, who: int, seconds: float = 10.0) -> float:
    """How many seconds the screen of one person was behind, on average over the time."""
    shown = [0.0, *crowd.made("preview", who), seconds]
    return sum((after - before) ** 2 / 2 for before, after in pairwise(shown)) / seconds


async def test_who_is_alone_is_shown_what_is_written_quickly_and_the_end_at_once(crowd: Crowd) -> None:
    crowd.reply(1)
    await crowd.until_all_stand()
    assert crowd.made("first") == [0.0]
    assert age(crowd, 1) <= 0.14
    assert crowd.made("final") == [10.0]


@pytest.mark.parametrize(("people", "best"), [(1, 0.1), (5, 0.5), (10, 1.0), (50, 5.0)])
async def test_people_who_share_a_budget_are_behind_hardly_more_than_they_must_be(
    crowd: Crowd, people: int, best: float
) -> None:
    """At best 50 updates are spread over ten seconds, one for each reply kept for its end."""
    for who in range(people):
        crowd.reply(who)
    await crowd.until_all_stand()
    assert sum(age(crowd, who) for who in range(people)) / people <= 1.3 * best
    assert crowd.made("final") == [10.0] * people
    assert len(crowd.made("preview")) + people <= 50


async def test_where_not_all_could_end_in_time_some_begin_when_they_end(crowd: Crowd) -> None:
    for who in range(80):
        crowd.reply(who)
    await crowd.until_all_stand()
    assert len(crowd.made("first")) == 50
    assert crowd.made("final") == [10.0] * 80


async def test_two_ways_are_used_together_when_many_replies_grow(crowd: Crowd) -> None:
    ways = []
    for who in range(10):
        ways.append(crowd.pacer.best((STREAMS, EDITS)))
        crowd.reply(who, ways[-1])
        await crowd.clock.settle()
    await crowd.until_all_stand()
    assert ways[0] is STREAMS
    assert {ways.count(STREAMS), ways.count(EDITS)} <= {3, 4, 6, 7}
    assert sum(age(crowd, who) for who in range(10)) / 10 <= 0.45
    assert crowd.made("final") == [10.0] * 10


async def test_a_way_that_cannot_begin_now_is_not_taken(crowd: Crowd) -> None:
    await crowd.pacer.close((STARTS,), 30, refused=True)
    assert crowd.pacer.best((STREAMS, EDITS)) is EDITS
    await crowd.pacer.close((POSTS,), 30, refused=True)
    assert crowd.pacer.best((STREAMS, EDITS)) is EDITS


@pytest.mark.parametrize(("later", "patience"), [(0.0, 0.0), (0.0, 0.5), (4.8, 0.0), (4.8, 0.5)])
@pytest.mark.parametrize("live", range(4))
@pytest.mark.parametrize("used", range(20))
async def test_the_way_that_is_best_can_begin_that_soon_or_is_the_last(
    live: int, used: int, later: float, patience: float
) -> None:
    """Who was refused chooses anew: with the same way again he would go round and round. A draft ends with a frame."""
    clock = FakeClock()
    pacer = Pacer(LocalLedger(clock), clock)
    frames, messages = Budget("frames", (Window(19, 5.0), Window(38, 30.0))), Budget("messages", bucket=Bucket(5, 1.05))
    drafts = Way("draft", (frames,), (frames,), (frames, messages), fleeting=True)
    edits = Way("edit", (messages,), (messages,), (messages,))
    for _ in range(used):
        await pacer.turn((frames,), Urgency.FINAL, patience=0)
    for _ in range(live):
        pacer.begin(drafts)
    await clock.advance(later)
    best = pacer.best((drafts, edits), patience)
    begun = pacer.ticket(Ask(best.first, Urgency.FIRST, best), None, patience if best is drafts else 9.0)
    await clock.advance(patience + 0.01)
    assert best is edits or await begun.granted
    begun.withdraw()


async def test_final_text_goes_before_first_text_and_that_before_previews_and_signs(crowd: Crowd) -> None:
    one = Budget("one", bucket=Bucket(1, 1.0))
    await crowd.pacer.close((one,), 5, refused=False)
    urgencies = [Urgency.STATUS, Urgency.PREVIEW, Urgency.FIRST, Urgency.FINAL, Urgency.FINAL]
    for who, urgency in enumerate(urgencies):
        crowd.tasks.append(asyncio.create_task(_one(crowd, str(urgency), who, Ask((one,), urgency))))
    await crowd.until_all_stand()
    assert [who for _, who, _ in crowd.calls] == [3, 4, 2, 1, 0]
    assert [at for _, _, at in crowd.calls] == pytest.approx([5, 6, 7, 8, 9])


async def test_of_previews_the_one_whose_screen_is_most_behind_goes_first(crowd: Crowd) -> None:
    one = Budget("one", bucket=Bucket(1, 1.0))
    await crowd.pacer.close((one,), 5, refused=False)
    growths = {}
    for who in (2, 0, 1):
        growths[who] = Growth(crowd.clock)
        growths[who].behind_since = crowd.start + who
    for who, growth in growths.items():
        crowd.tasks.append(asyncio.create_task(_one(crowd, "preview", who, Ask((one,), Urgency.PREVIEW), growth)))
    await crowd.until_all_stand()
    assert [who for _, who, _ in crowd.calls] == [0, 1, 2]


async def _one(crowd: Crowd, name: str, who: int, ask: Ask, growth: Growth | None = None) -> None:
    await crowd.call(name, who, ask, growth)


async def test_who_waits_heeds_a_budget_that_is_closed_meanwhile(crowd: Crowd) -> None:
    one = Budget("one", bucket=Bucket(1, 2.0))
    await crowd.pacer.turn((one,), Urgency.FIRST)
    crowd.tasks.append(asyncio.create_task(_one(crowd, "first", 1, Ask((one,), Urgency.FIRST))))
    await crowd.clock.advance(1)
    await crowd.pacer.close((one,), 30, refused=True)
    await crowd.until_all_stand()
    assert crowd.made("first") == [pytest.approx(31)]


async def test_who_cannot_wait_so_long_is_told_how_long_it_would_be(crowd: Crowd) -> None:
    await crowd.pacer.close((GATE,), 30, refused=False)
    with pytest.raises(RateLimited) as refused:
        await crowd.pacer.turn((GATE,), Urgency.STATUS, patience=5)
    assert refused.value.retry_after == pytest.approx(30)
    await crowd.clock.advance(26)
    waiting = asyncio.create_task(crowd.pacer.turn((GATE,), Urgency.STATUS, patience=5))
    await crowd.clock.advance_until(waiting.done)
    waiting.result()


async def test_who_gives_up_waiting_leaves_the_way_to_the_others(crowd: Crowd) -> None:
    one = Budget("one", bucket=Bucket(1, 1.0))
    await crowd.pacer.turn((one,), Urgency.FIRST)
    waiting = [asyncio.create_task(crowd.pacer.turn((one,), Urgency.FIRST)) for _ in range(2)]
    await crowd.clock.advance(0.5)
    waiting[0].cancel()
    await crowd.clock.advance(0.5)
    assert waiting[1].done()


async def test_a_ticket_that_is_withdrawn_spends_nothing(crowd: Crowd) -> None:
    one = Budget("one", bucket=Bucket(1, 1.0))
    await crowd.pacer.close((one,), 1, refused=False)
    ticket: Ticket = crowd.pacer.ticket(Ask((one,), Urgency.PREVIEW), None)
    ticket.withdraw()
    assert not await ticket.granted
    await crowd.clock.advance(1)
    await crowd.pacer.turn((one,), Urgency.FIRST, patience=0)


async def test_where_the_clock_is_put_back_previews_go_on() -> None:
    clock = SettableClock()
    pacer, growth = Pacer(LocalLedger(clock), clock), Growth(clock)
    pacer.begin(EDITS)
    growth.wrote()
    growth.shown()
    clock.ahead = -3600.0
    ticket = pacer.ticket(Ask(EDITS.preview, Urgency.PREVIEW), growth)
    await clock.advance(2.0)
    assert ticket.was_granted


async def test_how_long_answers_take_is_learned_so_that_the_budget_lasts(crowd: Crowd) -> None:
    for _ in range(20):
        growth = Growth(crowd.clock)
        growth.wrote()
        await crowd.clock.advance(40)
        crowd.pacer.learn(growth)
    crowd.start = crowd.clock.now()
    crowd.reply(1, seconds=40.0)
    await crowd.until_all_stand()
    assert age(crowd, 1, 40.0) <= 0.5


async def test_an_answer_that_comes_at_once_teaches_nothing(crowd: Crowd) -> None:
    for _ in range(20):
        crowd.pacer.learn(Growth(crowd.clock))
        growth = Growth(crowd.clock)
        growth.wrote()
        crowd.pacer.learn(growth)
    crowd.reply(1)
    await crowd.until_all_stand()
    assert age(crowd, 1) <= 0.14


async def test_a_process_with_very_many_replies_shows_each_less_often(crowd: Crowd) -> None:
    ways = [Way("draft", (mine := Budget(f"chat {who}", quickest=0.1),), (mine,), (mine,)) for who in range(400)]
    for who, way in enumerate(ways):
        crowd.reply(who, way)
    await crowd.until_all_stand()
    assert len(crowd.made("preview")) <= 10 * PREVIEWS_A_SECOND


class SettableClock(FakeClock):
    """Somebody may put it on or back; who sleeps wakes all the same."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


class SlowLedger(LocalLedger):
    """Answers when it is told to, as a database does."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.gate = asyncio.Event()

    async def ask(self, asks: Sequence[Ask]) -> list[float]:
        await self.gate.wait()
        return await super().ask(asks)


@pytest.mark.parametrize("gives_up", ["withdrawn", "cancelled"])
async def test_a_reply_that_is_given_up_while_the_ledger_is_asked_counts_no_more(gives_up: str) -> None:
    clock = FakeClock()
    ledger = SlowLedger(clock)
    pacer = Pacer(ledger, clock)
    ticket = pacer.ticket(Ask(EDITS.first, Urgency.FIRST, EDITS), None)
    await clock.settle()
    ticket.withdraw() if gives_up == "withdrawn" else ticket.granted.cancel()
    ledger.gate.set()
    await clock.settle()
    account, now = pacer.seen(UPDATES)
    assert (account.ends(now), account.shares(now)) == (0, 0)
