import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import groupby

import pytest
import structlog.testing

from bot.engine import live_reply
from bot.engine.budgets import Budgets, Urgency, Way
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.delivery import MAX_TRIES, Delivery
from bot.engine.errors import (
    MessageGone,
    PlaceGone,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
    StoppedByPerson,
    TakenOver,
    TooLong,
)
from bot.engine.ledger import LocalLedger
from bot.engine.live_reply import FIRST_WAIT, MOST_GONE, Earlier, LiveReply, NotWanted, close_fence
from bot.engine.pacing import Pacer
from bot.engine.pages import EditedPage
from bot.engine.ports import Kind, Page
from bot.engine.posts import Action, Button, Post
from bot.engine.testing.clock import FakeClock
from bot.engine.testing.messenger import MemoryMessenger

PLACE = ChatKey("memory", "w", "c")
LIVE = ((Button("Stop", Action.STOP, 1),),)
RETRY = ((Button("Retry", Action.RETRY, 1),),)


class Stage:
    """A live reply that runs, with everything around it in reach."""

    def __init__(self, gap: float = 1.0, page_size: int = 4000, *, drafts: bool = False) -> None:
        self.clock = FakeClock()
        self.messenger = MemoryMessenger(gap=gap, page_size=page_size, drafts=drafts)
        self.pacer = Pacer(LocalLedger(self.clock), self.clock)
        self.stops = 0
        self.kept: list[tuple[str, ...]] = []
        self.wanted = True
        self.holds = True
        self.task: asyncio.Task[None] | None = None

    def open(self, replies: Sequence[str] = (), unsure: bool = False) -> LiveReply:
        delivery = Delivery(self.messenger, self.pacer, self.clock)
        earlier, outside = Earlier(replies, unsure), (self._keep, lambda: self.holds, self._stop)
        live = LiveReply(delivery, self.clock, PLACE, None, "turn 1", earlier, LIVE, *outside)
        self.task = asyncio.create_task(live.run())
        return live

    async def _keep(self, replies: Sequence[str]) -> bool:
        self.kept.append(tuple(replies))
        return self.wanted

    def _stop(self) -> None:
        self.stops += 1

    async def until_it_stands(self) -> None:
        assert self.task is not None
        await self.clock.advance_until(self.task.done)
        await self.task

    @property
    def posts(self) -> list[Post]:
        return list(self.messenger.posts.values())


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    yield stage
    if stage.task is not None:
        stage.task.cancel()
        await asyncio.wait({stage.task})


async def test_the_first_words_are_shown_and_the_final_text_stands_without_buttons(stage: Stage) -> None:
    live = stage.open()
    live.write("Hello, here are some first words for you")
    await stage.clock.settle()
    assert stage.posts == [Post("Hello, here are some first words for you", LIVE, live=True)]
    live.write(" and the end.")
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post("Hello, here are some first words for you and the end.")]
    assert live.first_text_at is not None


async def test_a_few_letters_wait_for_company_but_not_long(stage: Stage) -> None:
    live = stage.open()
    live.write("Hi")
    await stage.clock.settle()
    assert stage.posts == []
    await stage.clock.advance(FIRST_WAIT)
    assert [post.text for post in stage.posts] == ["Hi"]


async def test_the_newest_text_wins_and_the_pace_is_kept(stage: Stage) -> None:
    live = stage.open()
    for second in range(10):
        for tenth in range(10):
            live.write(f"{second}{tenth} " * 10)
            await stage.clock.advance(0.1)
    live.finish()
    await stage.until_it_stands()
    assert len(stage.messenger.calls) <= 12
    assert stage.posts == [Post(live.text)]


async def test_writing_never_waits_while_the_network_hangs(stage: Stage) -> None:
    stage.messenger.gate.clear()
    live = stage.open()
    for _ in range(1000):
        live.write("more words ")
    await stage.clock.advance(60)
    assert len(stage.messenger.calls) == 1
    stage.messenger.gate.set()
    live.finish()
    await stage.until_it_stands()
    assert len(stage.messenger.calls) <= 4
    assert "".join(post.text for post in stage.posts) == live.text


async def test_a_full_page_is_closed_once_and_never_touched_again() -> None:
    stage = Stage(page_size=50)
    live = stage.open()
    for number in range(40):
        live.write(f"word{number:02} ")
        await stage.clock.advance(0.2)
    live.finish(rows=RETRY)
    await stage.until_it_stands()
    assert "".join(post.text for post in stage.posts) == live.text
    assert [post.rows for post in stage.posts][:-1] == [()] * (len(stage.posts) - 1)
    assert stage.posts[-1].rows == RETRY
    order = [int(call.message_id or 0) for call in stage.messenger.calls if call.name == "edit"]
    assert order == sorted(order)
    assert stage.kept[-1] == tuple(stage.messenger.posts)


async def test_text_that_comes_while_a_page_is_being_closed_goes_on_after_it() -> None:
    stage = Stage(page_size=50)
    stage.messenger.gate.clear()
    live = stage.open()
    live.write("a" * 70)
    await stage.clock.settle()
    live.write("b" * 10)
    stage.messenger.gate.set()
    live.finish()
    await stage.until_it_stands()
    assert "".join(post.text for post in stage.posts) == "a" * 70 + "b" * 10


async def test_after_a_429_nothing_is_asked_before_its_time_and_nothing_is_lost(stage: Stage) -> None:
    live = stage.open()
    stage.messenger.fail("edit", RateLimited(30))
    live.write("The first words of a long answer, ")
    await stage.clock.advance(2)
    live.write("and more.")
    await stage.clock.advance(2)
    calls = len(stage.messenger.calls)
    live.finish()
    await stage.clock.advance(25)
    assert len(stage.messenger.calls) == calls
    await stage.until_it_stands()
    assert stage.posts == [Post("The first words of a long answer, and more.")]


async def test_a_platform_without_answer_is_asked_again_with_growing_pauses(stage: Stage) -> None:
    stage.messenger.fail("send", PlatformUnavailable("502"), PlatformUnavailable("502"))
    live = stage.open()
    live.write("text")
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post("text")]
    assert stage.messenger.count("send") == 3


async def test_after_many_tries_without_an_answer_it_gives_up_with_the_cause(stage: Stage) -> None:
    stage.messenger.fail("send", *[PlatformUnavailable("502")] * MAX_TRIES)
    live = stage.open()
    live.write("text")
    live.finish()
    with pytest.raises(PlatformUnavailable):
        await stage.until_it_stands()


async def test_a_place_that_is_gone_ends_the_reply_at_once(stage: Stage) -> None:
    stage.messenger.fail("send", PlaceGone("blocked"))
    stage.open().write("some words that are long enough to show")
    with pytest.raises(PlaceGone):
        await stage.until_it_stands()


async def test_a_message_that_somebody_deleted_is_posted_anew(stage: Stage) -> None:
    live = stage.open()
    live.write("The first words of a long answer, ")
    await stage.clock.settle()
    stage.messenger.posts.clear()
    live.write("and the rest")
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post("The first words of a long answer, and the rest")]
    assert stage.kept[-1] == tuple(stage.messenger.posts)


async def test_a_second_try_goes_on_in_the_same_messages_and_takes_away_surplus_ones(stage: Stage) -> None:
    old = [await stage.messenger.send(PLACE, Post(f"old {n}")) for n in range(3)]
    live = stage.open([ref.id for ref in old])
    live.write("new")
    live.finish()
    await stage.until_it_stands()
    assert stage.messenger.posts == {old[0].id: Post("new")}
    assert stage.kept[-1] == (old[0].id,)


async def test_surplus_messages_that_are_gone_already_are_no_problem(stage: Stage) -> None:
    kept = await stage.messenger.send(PLACE, Post("old"))
    live = stage.open([kept.id, "404"])
    stage.messenger.fail("delete", MessageGone("gone"))
    live.write("new")
    live.finish()
    await stage.until_it_stands()
    assert stage.messenger.posts == {kept.id: Post("new")}


async def test_later_pages_are_sent_again_behind_a_page_that_had_to_be_posted_anew() -> None:
    stage = Stage(page_size=10)
    old = [await stage.messenger.send(PLACE, Post(f"old {n}")) for n in range(2)]
    await stage.messenger.delete(MessageRef(PLACE, old[0].id))
    live = stage.open([ref.id for ref in old])
    live.write("0123456789abcdef")
    live.finish()
    await stage.until_it_stands()
    assert [post.text for post in stage.posts] == ["0123456789", "abcdef"]


async def test_a_note_stands_under_the_text_even_if_a_code_block_was_left_open(stage: Stage) -> None:
    live = stage.open()
    live.write("```python\nprint(1)\n")
    live.finish("_Stopped._", RETRY)
    await stage.until_it_stands()
    assert stage.posts == [Post("```python\nprint(1)\n```\n\n_Stopped._", RETRY)]


async def test_a_note_stands_alone_where_there_is_no_text(stage: Stage) -> None:
    stage.open().finish("Something went wrong.", RETRY)
    await stage.until_it_stands()
    assert stage.posts == [Post("Something went wrong.", RETRY)]


async def test_blank_text_is_not_shown_and_costs_no_call(stage: Stage) -> None:
    old = await stage.messenger.send(PLACE, Post("old"))
    live = stage.open([old.id])
    live.write("\n")
    await stage.clock.advance(1)
    assert stage.posts == [Post("old")]
    live.write("The first words, which do not wait for the lane")
    await stage.clock.settle()
    assert [post.text.strip() for post in stage.posts] == ["The first words, which do not wait for the lane"]
    assert live.calls == 1


async def test_a_send_that_is_under_way_ends_before_the_reply_does_so_that_its_message_is_known(stage: Stage) -> None:
    live = stage.open()
    stage.messenger.gate.clear()
    live.write("some words that are long enough to show")
    await stage.clock.settle()
    assert stage.task is not None
    stage.task.cancel()
    await stage.clock.settle()
    stage.messenger.gate.set()
    await asyncio.wait({stage.task})
    assert stage.task.cancelled()
    assert stage.kept == [tuple(stage.messenger.posts)]
    assert live.replies == stage.kept[0]


async def test_a_last_send_that_fails_ends_like_any_other(stage: Stage) -> None:
    stage.messenger.fail("send", PlaceGone("blocked"))
    stage.messenger.gate.clear()
    stage.open().write("some words that are long enough to show")
    await stage.clock.settle()
    assert stage.task is not None
    stage.task.cancel()
    await stage.clock.settle()
    stage.messenger.gate.set()
    with structlog.testing.capture_logs() as logs:
        await asyncio.wait({stage.task})
    assert stage.task.cancelled()
    assert [entry["error"] for entry in logs] == ["PlaceGone"]


async def test_a_send_that_hangs_does_not_hold_the_end_for_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_reply, "LAST_SEND", 0.01)
    stage.messenger.gate.clear()
    stage.open().write("some words that are long enough to show")
    await stage.clock.settle()
    assert stage.task is not None
    stage.task.cancel()
    await asyncio.wait({stage.task}, timeout=5)
    assert stage.task.cancelled()


async def test_nothing_more_is_posted_for_a_turn_that_was_deleted(stage: Stage) -> None:
    live = stage.open()
    live.write("some words that are long enough to show")
    await stage.clock.settle()
    stage.wanted = False
    stage.messenger.posts.clear()
    live.finish("the end")
    with pytest.raises(NotWanted):
        await stage.until_it_stands()
    assert stage.posts == []


@pytest.mark.parametrize(
    ("source", "closed"),
    [
        ("plain", "plain"),
        ("```\na", "```\na\n```"),
        ("```\na\n```", "```\na\n```"),
        ("````md\n```\na\n```", "````md\n```\na\n```\n````"),
        ("~~~\n```", "~~~\n```\n~~~"),
        ("```\n```python", "```\n```python\n```"),
    ],
)
def test_an_open_code_block_is_closed_with_its_own_fence(source: str, closed: str) -> None:
    assert close_fence(source) == closed


async def test_a_send_whose_answer_was_lost_is_not_repeated_where_the_message_can_be_found(stage: Stage) -> None:
    stage.messenger.lose_answers(PlatformUnavailable("the connection broke"))
    live = stage.open()
    live.write("The whole answer, long enough to show.")
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post("The whole answer, long enough to show.")]
    assert stage.messenger.count("send") == 1
    assert stage.kept == [("1",)]


async def test_a_send_that_did_not_arrive_is_repeated(stage: Stage) -> None:
    stage.messenger.fail("send", PlatformUnavailable("the connection broke"))
    live = stage.open()
    live.write("The whole answer, long enough to show.")
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post("The whole answer, long enough to show.")]
    assert (stage.messenger.count("send"), stage.messenger.count("find")) == (2, 1)


async def test_a_message_that_a_dead_process_posted_without_storing_it_is_gone_on_with(stage: Stage) -> None:
    await stage.messenger.send(PLACE, Post("Half of it", LIVE, live=True), mark="turn 1.0")
    live = stage.open(unsure=True)
    live.write("The whole answer, long enough to show.")
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post("The whole answer, long enough to show.")]


async def test_only_the_page_that_may_have_been_posted_is_looked_for() -> None:
    stage = Stage(page_size=10)
    [first] = [await stage.messenger.send(PLACE, Post("0123456789"), mark="turn 1.0")]
    await stage.messenger.send(PLACE, Post("abcde"), mark="turn 1.1")
    live = stage.open([first.id], unsure=True)
    live.write("0123456789abcdefghijABCDEFGHIJ")
    live.finish()
    await stage.until_it_stands()
    assert [post.text for post in stage.posts] == ["0123456789", "abcdefghij", "ABCDEFGHIJ"]
    assert stage.messenger.count("find") == 1


async def test_while_the_platform_cannot_be_asked_nothing_is_posted(stage: Stage) -> None:
    stage.messenger.lose_answers(PlatformUnavailable("the connection broke"))
    stage.messenger.fail("find", RateLimited(60), PlatformUnavailable("502"))
    live = stage.open()
    live.write("The whole answer, long enough to show.")
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post("The whole answer, long enough to show.")]
    assert stage.messenger.count("find") == 3


async def test_who_loses_the_turn_while_he_looks_for_a_message_posts_none(stage: Stage) -> None:
    """Reading a thread may take a minute; meanwhile another worker has posted the answer."""
    stage.messenger.gate.clear()
    live = stage.open(unsure=True)
    live.write("Hello, here are some first words for you")
    await stage.clock.settle()
    assert stage.messenger.count("find") == 1
    stage.holds = False
    stage.messenger.gate.set()
    with pytest.raises(TakenOver):
        await stage.until_it_stands()
    assert stage.posts == []


async def test_where_messages_are_gone_again_and_again_the_rest_comes_at_the_end(stage: Stage) -> None:
    """Slack refuses every edit where a workspace forbids them: else each one would leave another copy."""
    stage.messenger.fail("edit", *[MessageGone("edit_window_closed")] * 100)
    live = stage.open()
    live.write("Hello, here are some first words for you")
    for _ in range(20):
        await stage.clock.advance(2)
        live.write(" and more")
    assert stage.messenger.count("send") == MOST_GONE
    live.finish()
    await stage.until_it_stands()
    assert stage.posts[MOST_GONE:] == [Post("Hello, here are some first words for you" + " and more" * 20)]


async def test_a_reply_that_grows_in_drafts_ends_as_one_message_and_no_draft_comes_after_it() -> None:
    stage = Stage(drafts=True)
    live = stage.open()
    for number in range(20):
        live.write(f"word{number} and some more of it ")
        await stage.clock.advance(0.3)
    assert stage.posts == []
    assert stage.messenger.draft[PLACE].text == live.text
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post(live.text)]
    assert [call.name for call in stage.messenger.calls] == ["draft"] * stage.messenger.count("draft") + ["send"]
    assert stage.kept == [tuple(stage.messenger.posts)]


async def test_each_full_page_of_a_reply_in_drafts_becomes_a_message_before_the_next_draft() -> None:
    stage = Stage(drafts=True, page_size=50)
    live = stage.open()
    for number in range(40):
        live.write(f"word{number:02} ")
        await stage.clock.advance(0.3)
    live.finish(rows=RETRY)
    await stage.until_it_stands()
    assert "".join(post.text for post in stage.posts) == live.text
    assert all(len(call.post.text) <= 50 for call in stage.messenger.calls if call.post is not None)
    assert stage.posts[-1].rows == RETRY


async def test_a_draft_that_is_lost_is_not_looked_for() -> None:
    stage = Stage(drafts=True)
    stage.messenger.fail("draft", PlatformUnavailable("502"))
    live = stage.open()
    live.write("The first words, long enough to show")
    await stage.clock.advance(5)
    live.finish()
    await stage.until_it_stands()
    assert stage.messenger.count("find") == 0
    assert stage.posts == [Post(live.text)]


async def test_where_drafts_are_refused_the_reply_grows_as_a_message_and_a_lost_one_is_found() -> None:
    stage = Stage(drafts=True)
    stage.messenger.fail("draft", PlatformRefused("TEXTDRAFT_PEER_INVALID"))
    stage.messenger.lose_answers(PlatformUnavailable("502"))
    live = stage.open()
    live.write("The first words, long enough to show")
    await stage.clock.advance(5)
    live.write(", and more")
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post(live.text)]
    assert [call.name for call in stage.messenger.calls][:3] == ["draft", "send", "find"]


async def test_a_draft_is_shown_again_before_it_vanishes_while_the_model_writes_nothing() -> None:
    stage = Stage(drafts=True)
    live = stage.open()
    live.write("The first words, long enough to show")
    await stage.clock.advance(19)
    assert stage.messenger.count("draft") == 1
    await stage.clock.advance(50)
    assert [call.post for call in stage.messenger.calls] == [Post(live.text, LIVE, live=True)] * 4
    live.write(", and more")
    await stage.clock.advance(19)
    assert stage.messenger.count("draft") == 5
    live.finish()
    await stage.until_it_stands()
    await stage.clock.advance(60)
    assert [call.name for call in stage.messenger.calls] == ["draft"] * 5 + ["send"]


async def test_a_whole_answer_that_comes_at_once_needs_no_draft() -> None:
    stage = Stage(drafts=True)
    live = stage.open()
    live.write("Yes.")
    live.finish()
    await stage.until_it_stands()
    assert [call.name for call in stage.messenger.calls] == ["send"]


async def test_the_end_does_not_wait_behind_a_preview_that_is_not_due_yet(stage: Stage) -> None:
    live = stage.open()
    for _ in range(3):
        live.write("Some words that are long enough to show, ")
        await stage.clock.advance(0.2)
    live.finish()
    start = stage.clock.now()
    await stage.until_it_stands()
    assert stage.clock.now() == start
    assert stage.posts == [Post(live.text)]


async def test_where_there_is_no_room_for_its_end_nothing_is_shown_before_it() -> None:
    stage = Stage(gap=60.0)
    live = stage.open()
    others = Way("edit", (), (), stage.messenger.budgets(PLACE, Kind.EDIT))
    for _ in range(2):
        stage.pacer.begin(others)
    live.write("Some words that are long enough to show, ")
    await stage.clock.advance(8)
    assert stage.posts == []
    live.finish()
    await stage.until_it_stands()
    assert [call.name for call in stage.messenger.calls] == ["send"]


async def test_a_page_that_the_platform_finds_too_long_is_split_more(stage: Stage) -> None:
    stage.messenger.fail("send", TooLong("msg_too_long"))
    live = stage.open()
    live.write("0123456789" * 300)
    live.finish()
    await stage.until_it_stands()
    assert "".join(post.text for post in stage.posts) == live.text
    assert [len(post.text) for post in stage.posts] == [2000, 1000]


async def test_a_page_that_is_too_long_however_short_it_is_ends_the_reply() -> None:
    stage = Stage()
    stage.messenger.fail("send", *[TooLong("msg_too_long")] * 9)
    stage.open().write("0123456789" * 300)
    with pytest.raises(TooLong):
        await stage.until_it_stands()


async def test_somebody_who_stops_by_the_platforms_own_means_is_heard_and_the_text_is_still_shown(stage: Stage) -> None:
    live = stage.open()
    live.write("Some words that are long enough to show, ")
    await stage.clock.settle()
    stage.messenger.fail("edit", StoppedByPerson("stopped_by_user"))
    live.write("and more")
    await stage.clock.advance(5)
    assert stage.stops == 1
    live.finish("_Stopped._", RETRY)
    await stage.until_it_stands()
    assert stage.posts == [Post(f"{live.text}\n\n_Stopped._", RETRY)]


async def test_a_reply_that_has_ended_counts_no_more(stage: Stage) -> None:
    live = stage.open()
    live.write("Some words that are long enough to show, ")
    await stage.clock.settle()
    [_, messages] = stage.messenger.budgets(PLACE, Kind.EDIT)
    account, now = stage.pacer.seen(messages)
    assert (account.ends(now), account.shares(now)) == (1, 1)
    live.finish()
    await stage.until_it_stands()
    assert (account.ends(now), account.shares(now)) == (0, 0)


async def test_a_reply_in_drafts_that_takes_long_goes_on_as_a_message_that_is_edited() -> None:
    """Drafts are quick for the time that most answers take; later edits are quicker."""
    stage = Stage(drafts=True)
    live, shown = stage.open(), []
    for second in range(300):
        live.write(f"word {second} ")
        await stage.clock.advance(0.1)
        shown.append(live.first_text_at is not None and len(stage.messenger.calls))
    steps = [len(list(group)) / 10 for _, group in groupby(shown)]
    assert max(steps) <= 2.0
    assert [post.rows for post in stage.posts] == [LIVE]
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post(live.text)]
    assert stage.messenger.count("send") == 1
    last_draft = max(number for number, call in enumerate(stage.messenger.calls) if call.name == "draft")
    assert next(call.name for call in stage.messenger.calls[last_draft + 1 :]) == "send"


async def test_where_the_best_way_has_no_room_now_a_reply_begins_in_another_at_once() -> None:
    stage = Stage(drafts=True)
    draft = stage.messenger.ways(PLACE)[0]
    waiting = [asyncio.create_task(stage.pacer.turn(draft.first, Urgency.FINAL)) for _ in range(20)]
    live = stage.open()
    live.write("Some words that are long enough to show, ")
    await stage.clock.settle()
    assert [call.name for call in stage.messenger.calls] == ["send"]
    await asyncio.gather(*waiting)


async def test_a_reply_whose_first_call_was_refused_chooses_its_way_anew() -> None:
    stage = Stage(drafts=True)
    stage.messenger.fail("draft", RateLimited(30))
    live = stage.open()
    live.write("Some words that are long enough to show, ")
    await stage.clock.settle()
    assert [call.name for call in stage.messenger.calls] == ["draft", "send"]
    live.finish()
    await stage.until_it_stands()
    assert stage.posts == [Post(live.text)]


async def test_a_reply_that_is_cancelled_in_the_moment_in_which_it_may_begin_counts_no_more(stage: Stage) -> None:
    await stage.pacer.close(stage.messenger.budgets(PLACE, Kind.SEND), 5, refused=False)
    stage.open().write("Some words that are long enough to show, ")
    await stage.clock.settle()
    assert stage.task is not None
    waking = asyncio.create_task(stage.clock.advance(5))
    account, now = stage.pacer.seen(stage.messenger.budgets(PLACE, Kind.EDIT)[-1])
    while not account.ends(now):
        await asyncio.sleep(0)
    stage.task.cancel()
    await asyncio.wait({stage.task, waking})
    assert account.ends(now) == 0


class Fickle(MemoryMessenger):
    """Its drafts end by a budget of their own; after the first they are given up for a message."""

    def ways(self, key: ChatKey) -> list[Way]:
        draft, edit = super().ways(key)
        return [replace(draft, end=draft.preview), edit]

    def page(self, key: ChatKey, way: Way, reply_to: str | None = None, mark: str | None = None) -> Page:
        return GivenUp(self, key, way) if way.fleeting else super().page(key, way, reply_to, mark)


class GivenUp(EditedPage):
    def __init__(self, messenger: MemoryMessenger, key: ChatKey, way: Way) -> None:
        super().__init__(messenger, key)
        self._way: Way | None = way

    def spends(self, last: bool) -> Budgets:
        return super().spends(last) if self._way is None else self._way.preview

    async def show(self, post: Post, last: bool) -> bool:
        if self._way is None:
            return await super().show(post, last)
        self._way = None
        return False


async def test_a_reply_whose_page_has_given_its_way_up_keeps_room_for_its_end_where_it_is_now() -> None:
    stage = Stage(drafts=True)
    stage.messenger = Fickle(gap=1.0, drafts=True)
    live = stage.open()
    live.write("Some words that are long enough to show, ")
    await stage.clock.settle()
    draft, edit = stage.messenger.ways(PLACE)
    (given_up, now), (kept, _) = (stage.pacer.seen(way.end[-1]) for way in (draft, edit))
    assert (given_up.ends(now), kept.ends(now)) == (0, 1)
    live.finish()
    await stage.until_it_stands()
    assert (given_up.ends(now), kept.ends(now)) == (0, 0)
    assert stage.posts == [Post(live.text)]
