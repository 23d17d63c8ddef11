"""A reply that grows as a native stream, against the strict stand-in: its text stands whole and once in the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest

from adapters.slack import budgets, markup
from adapters.slack.api import WebApi
from adapters.slack.config import Asker, Identity, SlackConfig, Streaming
from adapters.slack.messenger import SlackMessenger
from adapters.slack.side_calls import SideCalls
from adapters.slack.streams import ASK_AGAIN_AFTER, LONGEST_LIFE
from bot.engine import texts
from bot.engine.budgets import Ask, Budgets, Way
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.delivery import Delivery
from bot.engine.errors import DeliveryError, MessageGone, PlatformUnavailable, RateLimited, StoppedByPerson
from bot.engine.ledger import LocalLedger
from bot.engine.live_reply import Earlier, LiveReply
from bot.engine.pacing import Growth, Pacer
from bot.engine.ports import Page
from bot.engine.posts import Action, Button, Post
from playground.clock import ManualClock
from playground.slack import SlackStandIn
from tests.adapters.slack_desk import CallMeter
from tests.unit.answers import CONNECTIONS

IDLE = "agents.sessions.setStatus"
RETRY = ((Button("Retry", Action.RETRY, 7),),)
STOP = ((Button("Stop", Action.STOP, 7),),)
WHOLE = "Once upon a time there was a word, and then another one."
PARTS = ("Once upon a", "Once upon a time there was", "Once upon a time there was a word, and then")


class Room:
    """A person's Messages tab, a channel, and the messenger; the time stands still unless it is moved."""

    def __init__(self, slack: SlackStandIn, clock: ManualClock, streaming: Streaming = "auto") -> None:
        self.slack = slack
        self.clock = clock
        self.ann = slack.add_person("Ann Lee")
        self.channel = slack.add_channel("general", members=[self.ann])
        self.dm = slack.open_dm(self.ann)
        self.api = WebApi(SlackConfig(slack.bot_token, api_url=slack.api_url), CallMeter())
        self.messenger = self.messenger_of(streaming)

    def messenger_of(self, streaming: Streaming) -> SlackMessenger:
        """A messenger that knows nothing yet, as that of another process."""
        side_calls = SideCalls(Pacer(LocalLedger(self.clock), self.clock))
        messenger = SlackMessenger(self.api, self.clock, side_calls, streaming)
        slack = self.slack
        messenger.know(Identity(slack.team_id, slack.bot_user_id, slack.bot_id, "threadline", "https://x.slack.com/"))
        return messenger

    async def asked(self, place: Any = None, person: Any = None) -> ChatKey:
        """Somebody asks something; the thread of it."""
        channel = place or self.dm
        question = await self.slack.post(person or self.ann, channel, "Tell me")
        return ChatKey("slack", self.slack.team_id, channel.id, question)

    def reply(self, key: ChatKey, pacer: Pacer) -> LiveReply:
        delivery = Delivery(self.messenger, pacer, self.clock)
        return LiveReply(delivery, self.clock, key, key.thread, "turn 1", Earlier(), STOP, _keep)

    def page(self, key: ChatKey) -> Page:
        way = self.messenger.ways(key)[0]
        assert way.name == "stream"
        return self.messenger.page(key, way, key.thread, "turn 1.0")

    async def show(self, page: Page, text: str, *, last: bool = False) -> None:
        """Show it as the engine does: as often as it takes another call, each of which spends what was asked for."""
        post = Post(text, RETRY) if last else Post(text, STOP, live=True)
        for _ in range(9):
            spent, before = page.spends(last), len(self.slack.calls)
            stands = await page.show(post, last)
            called = {call.method for call in self.slack.calls[before:]}
            assert called <= {budget.name.rpartition(":")[2] for budget in spent}
            if stands:
                return
        raise AssertionError("it never stands")

    async def grow(self, page: Page) -> None:
        for text in PARTS:
            await self.show(page, text)

    def texts(self, key: ChatKey) -> list[str]:
        """What our messages at a place say."""
        channel = self.slack.workspace.channels[key.channel]
        ours = [message for message in self.slack.messages(channel) if message.user == self.slack.bot_user_id]
        return [self.slack.rendered(channel, message.ts).strip() for message in ours]

    def message(self, page: Page) -> Any:
        assert page.ref is not None
        return self.slack.message(self.slack.workspace.channels[page.ref.key.channel], page.ref.id)

    def methods(self) -> list[str]:
        return [call.method for call in self.slack.calls]

    def stands_whole(self, page: Page) -> None:
        """The one message says all of it, is no stream any more and has its buttons."""
        assert page.ref is not None
        assert self.texts(page.ref.key) == [WHOLE]
        message = self.message(page)
        assert message.streaming_state in ("", "completed")
        assert [element["text"]["text"] for block in message.blocks for element in block.get("elements", [])] == [
            "Retry"
        ]


@pytest.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    async with SlackStandIn(ManualClock()) as slack:
        slack.rates.enabled = False  # nobody paces the calls of these tests
        yield slack


@pytest.fixture
async def room(slack: SlackStandIn) -> AsyncIterator[Room]:
    clock = slack.clock
    assert isinstance(clock, ManualClock)
    room = Room(slack, clock)
    await room.api.open()
    yield room
    await room.api.close()
    assert slack.notified == []


async def test_a_reply_is_a_stream_that_ends_with_its_buttons_and_its_mark(room: Room) -> None:
    page = room.page(await room.asked())
    await room.grow(page)
    assert room.message(page).streaming_state == "in_progress"
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    assert room.methods() == ["chat.startStream", "chat.appendStream", "chat.appendStream", "chat.stopStream"]
    assert room.message(page).metadata["event_payload"] == {"mark": "turn 1.0"}
    assert room.slack.refused == []


async def test_a_stream_sets_the_threads_session_and_sets_it_back(room: Room) -> None:
    key = await room.asked()
    page = room.page(key)
    await room.messenger.show_working(key)
    await room.grow(page)
    session = room.slack.session(room.dm, key.thread)
    assert session is not None
    assert session.state == "processing"
    await room.show(page, WHOLE, last=True)
    assert session.state == "active"
    await room.messenger.show_idle(key)
    assert len(room.slack.calls_of("agents.sessions.setStatus")) == 1


async def test_where_nothing_new_is_settled_no_call_is_made(room: Room) -> None:
    page = room.page(await room.asked())
    await room.show(page, "**Once")
    assert room.methods() == []
    await room.show(page, "Once upon a time. ")
    await room.show(page, "Once upon a time. **There")
    assert room.methods() == ["chat.startStream"]


async def test_a_text_that_is_whole_before_it_was_shown_is_posted(room: Room) -> None:
    page = room.page(await room.asked())
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    assert room.methods() == ["chat.postMessage"]


async def test_a_whole_that_does_not_continue_what_stands_there_takes_its_place(room: Room) -> None:
    page = room.page(await room.asked())
    await room.show(page, "Quite another beginning of it")
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    assert room.methods() == ["chat.startStream", "chat.stopStream", "chat.update"]


async def test_a_growing_text_that_does_not_continue_goes_on_by_edits_in_the_same_message(room: Room) -> None:
    page = room.page(await room.asked())
    await room.show(page, "Quite another beginning of it")
    await room.grow(page)
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    assert room.methods()[:3] == ["chat.startStream", "chat.stopStream", "chat.update"]


async def test_angles_and_marks_are_escaped_and_the_whole_page_fits_into_a_stream(room: Room) -> None:
    text = "a < b * c & <!channel> <@U1> _x_ " * 2000
    head, rest = room.messenger.split(text)
    page = room.page(await room.asked())
    for end in range(1000, len(head), 1000):
        await room.show(page, head[:end])
    await room.show(page, head, last=True)
    assert rest
    assert room.slack.refused == []
    assert "chat.update" not in room.methods()


@pytest.mark.parametrize("step", [7, 60])
async def test_an_answer_with_everything_in_it_is_streamed_to_its_end(room: Room, step: int) -> None:
    page = room.page(await room.asked())
    for end in range(step, len(CONNECTIONS), step):
        await room.show(page, CONNECTIONS[:end])
    await room.show(page, CONNECTIONS, last=True)
    assert set(room.methods()) == {"chat.startStream", "chat.appendStream", "chat.stopStream"}
    assert room.message(page).stream.text == markup.render_stream(CONNECTIONS + "\n\n")


@pytest.mark.parametrize("applied", [True, False])
async def test_an_append_whose_answer_was_lost_is_not_repeated(room: Room, applied: bool) -> None:
    """Nobody knows whether it stands there: so the stream is ended, and the message shows the whole."""
    page = room.page(await room.asked())
    await room.show(page, PARTS[0])
    room.slack.reset("chat.appendStream", applied=applied)
    with pytest.raises(PlatformUnavailable):
        await room.show(page, PARTS[1])
    await room.show(page, PARTS[2])
    assert room.methods()[-2:] == ["chat.stopStream", "chat.update"]
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("lost", [1, 2])
async def test_an_end_whose_answer_was_lost_is_repaired(room: Room, applied: bool, lost: int) -> None:
    page = room.page(await room.asked())
    await room.grow(page)
    room.slack.reset("chat.stopStream", applied=applied, times=lost)
    for _ in range(1 if applied else lost):
        with pytest.raises(PlatformUnavailable):
            await room.show(page, WHOLE, last=True)
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)


@pytest.mark.parametrize("page_knows", [True, False])
async def test_a_stream_that_began_unknown_is_found_and_goes_on_by_edits(room: Room, page_knows: bool) -> None:
    key = await room.asked()
    page = room.page(key)
    room.slack.reset("chat.startStream")
    with pytest.raises(PlatformUnavailable):
        await room.show(page, PARTS[0])
    assert page.unsure
    messenger = room.messenger if page_knows else room.messenger_of("auto")
    found = await messenger.find(key, "turn 1.0", key.thread)
    assert found is not None
    page = messenger.page_of(found)
    await room.show(page, PARTS[1])
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)


async def test_a_start_that_did_not_arrive_is_not_found_and_made_again(room: Room) -> None:
    key = await room.asked()
    page = room.page(key)
    room.slack.fail("chat.startStream", status=503)
    with pytest.raises(PlatformUnavailable):
        await room.show(page, PARTS[0])
    assert await room.messenger.find(key, "turn 1.0", key.thread) is None
    await room.grow(page)
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    assert not page.unsure


async def test_an_ended_stream_is_found_by_its_mark_alone(room: Room) -> None:
    key = await room.asked()
    page = room.page(key)
    await room.grow(page)
    await room.show(page, WHOLE, last=True)
    assert await room.messenger.find(key, "turn 1.0", key.thread) == page.ref
    assert await room.messenger.find(key, "turn 1.1", key.thread) is None


@pytest.mark.parametrize("died", [True, False])
async def test_a_stream_that_went_on_by_edits_is_found_by_its_mark(room: Room, died: bool) -> None:
    """It may stand unknown still: where its number could not be stored before the process died."""
    key = await room.asked()
    page = room.page(key)
    await room.show(page, PARTS[0])
    await room.clock.advance(301 if died else LONGEST_LIFE)
    await room.show(page, PARTS[1])
    assert await room.messenger_of("auto").find(key, "turn 1.0", key.thread) == page.ref
    assert await room.messenger_of("auto").find(key, "turn 1.1", key.thread) is None


@pytest.mark.parametrize("method", ["chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize(
    "code",
    [
        "message_not_in_streaming_state",
        "streaming_mode_mismatch",
        "msg_too_long",
        "invalid_blocks",
        "message_not_owned_by_app",
        "something_new",
    ],
)
async def test_a_stream_that_slack_does_not_go_on_with_is_repaired(room: Room, method: str, code: str) -> None:
    page = room.page(await room.asked())
    await room.show(page, PARTS[0])
    room.slack.fail(method, code)
    await room.show(page, PARTS[1])
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize("seconds", [2, 30, 150])
async def test_a_stream_that_is_limited_waits_and_goes_on(room: Room, method: str, seconds: int) -> None:
    page = room.page(await room.asked())
    room.slack.fail(method, status=429, retry_after=seconds)
    for text, last in ((PARTS[0], False), (PARTS[1], False), (WHOLE, True)):
        if method == {PARTS[0]: "chat.startStream", PARTS[1]: "chat.appendStream", WHOLE: "chat.stopStream"}[text]:
            with pytest.raises(RateLimited) as limited:
                await room.show(page, text, last=last)
            assert limited.value.retry_after == seconds
        await room.show(page, text, last=last)
    room.stands_whole(page)
    assert room.methods().count("chat.update") == 0


async def test_who_presses_slacks_stop_stops_the_reply_which_ends_by_an_edit(room: Room) -> None:
    key = await room.asked()
    page = room.page(key)
    await room.show(page, PARTS[0])
    await room.slack.press_stop(room.ann, room.dm, key.thread)
    with pytest.raises(StoppedByPerson):
        await room.show(page, PARTS[1])
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)


async def test_of_slacks_stop_we_are_told_and_append_nothing_more(room: Room) -> None:
    key = await room.asked()
    page = room.page(key)
    await room.show(page, PARTS[0])
    room.messenger.note_over(key, await room.slack.press_stop(room.ann, room.dm, key.thread))
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    assert room.slack.refused == []


@pytest.mark.parametrize("last", [False, True])
async def test_a_stream_whose_message_is_gone_is_gone(room: Room, last: bool) -> None:
    page = room.page(await room.asked())
    await room.show(page, PARTS[0])
    del room.dm.messages[page.ref.id if page.ref else ""]
    with pytest.raises(MessageGone):
        await room.show(page, WHOLE, last=last)


async def test_a_stream_is_ended_before_slack_does_so_and_goes_on_by_edits_with_buttons(room: Room) -> None:
    key = await room.asked()
    page = room.page(key)
    await room.show(page, PARTS[0])
    await room.clock.advance(LONGEST_LIFE)
    await room.show(page, PARTS[1])
    assert room.methods() == ["chat.startStream", "chat.stopStream", "chat.update"]
    assert [e["text"]["text"] for block in room.message(page).blocks for e in block.get("elements", [])] == ["Stop"]
    session = room.slack.session(room.dm, key.thread)
    assert session is not None
    assert session.state == "processing"
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    await room.messenger.show_idle(key)
    assert session.state == "active"
    assert room.slack.refused == []


async def test_an_old_stream_whose_text_has_ended_ends_with_it(room: Room) -> None:
    page = room.page(await room.asked())
    await room.show(page, PARTS[0])
    await room.clock.advance(LONGEST_LIFE)
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    assert room.methods() == ["chat.startStream", "chat.stopStream"]


async def test_a_stream_that_slack_has_closed_while_the_model_was_silent_is_repaired(room: Room) -> None:
    page = room.page(await room.asked())
    await room.show(page, PARTS[0])
    await room.clock.advance(301)
    await room.show(page, PARTS[1])
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)


async def test_a_stream_that_a_dead_process_left_open_goes_on_by_edits(room: Room) -> None:
    key = await room.asked()
    page = room.page(key)
    await room.show(page, PARTS[0])
    assert page.ref is not None
    messenger = room.messenger_of("auto")
    page = messenger.page_of(page.ref)
    await room.show(page, PARTS[1])
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    await messenger.show_idle(key)
    session = room.slack.session(room.dm, key.thread)
    assert session is not None
    assert session.state == "active"
    assert room.methods() == ["chat.startStream", "chat.update", "chat.stopStream", "chat.update", "chat.update", IDLE]


async def test_a_conflict_that_does_not_end_is_an_error(room: Room) -> None:
    page = room.page(await room.asked())
    await room.show(page, PARTS[0])
    assert page.ref is not None
    room.slack.fail("chat.update", "streaming_state_conflict", times=9)
    with pytest.raises(DeliveryError, match="streaming_state_conflict"):
        await room.show(room.messenger.page_of(page.ref), PARTS[1])


@pytest.mark.parametrize("known", [True, False])
async def test_an_open_stream_can_be_edited_and_deleted(room: Room, known: bool) -> None:
    key = await room.asked()
    first, second = room.page(key), room.page(key)
    messenger = room.messenger if known else room.messenger_of("auto")
    for page in (first, second):
        await room.show(page, PARTS[0])
    assert first.ref is not None
    assert second.ref is not None
    await messenger.edit(first.ref, Post(WHOLE))
    await messenger.delete(second.ref)
    assert room.texts(key) == [WHOLE]
    with pytest.raises(MessageGone):
        await messenger.delete(second.ref)


NO_STREAMS = ["feature_not_enabled", "unknown_method", "method_deprecated", "missing_scope"]
NO_STREAMS_HERE = [
    "channel_type_not_supported",
    "missing_recipient_user_id",
    "missing_recipient_team_id",
    "team_not_found",
    "user_not_found",
    "something_new",
]


@pytest.mark.parametrize("code", NO_STREAMS + NO_STREAMS_HERE)
async def test_where_slack_takes_no_stream_a_reply_grows_by_edits_and_no_other_tries(room: Room, code: str) -> None:
    key = await room.asked()
    page = room.page(key)
    room.slack.fail("chat.startStream", code)
    await room.grow(page)
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    assert room.methods() == ["chat.startStream", "chat.postMessage", *["chat.update"] * 3]
    bob = room.slack.add_person("Bob Ray")
    elsewhere = await room.asked(room.slack.open_dm(bob), bob)
    assert [way.name for way in room.messenger.ways(key)] == ["edit"]
    assert len(room.messenger.ways(elsewhere)) == (1 if code in NO_STREAMS else 2)
    await room.clock.advance(ASK_AGAIN_AFTER)
    assert [way.name for way in room.messenger.ways(key)] == ["stream", "edit"]


@pytest.mark.parametrize("code", ["msg_too_long", "messaging_processing_failed", "message_limit_exceeded"])
async def test_a_text_that_slack_does_not_take_says_nothing_of_other_streams(room: Room, code: str) -> None:
    key = await room.asked()
    room.slack.fail("chat.startStream", code)
    page = room.page(key)
    await room.grow(page)
    assert [way.name for way in room.messenger.ways(key)] == ["stream", "edit"]


async def test_a_reply_whose_thread_is_gone_stands_outside_of_it(room: Room) -> None:
    key = await room.asked()
    page = room.page(key)
    await room.slack.delete_message(room.ann, room.dm, key.thread)
    await room.grow(page)
    await room.show(page, WHOLE, last=True)
    assert room.texts(key) == [f"{texts.THREAD_GONE.english}\n\n{WHOLE}"]
    assert [way.name for way in room.messenger.ways(key)] == ["edit"]
    assert len(room.messenger.ways(await room.asked())) == 2


@pytest.mark.parametrize(
    ("streaming", "direct", "channel"),
    [
        ("auto", ["stream", "edit"], ["edit"]),
        ("native", ["stream", "edit"], ["stream", "edit"]),
        ("edit", ["edit"], ["edit"]),
    ],
)
async def test_the_setting_says_where_streams_are(
    room: Room, streaming: Streaming, direct: list[str], channel: list[str]
) -> None:
    messenger = room.messenger_of(streaming)
    tab, thread = await room.asked(), await room.asked(room.channel)

    def names(key: ChatKey) -> list[str]:
        return [way.name for way in messenger.ways(key)]

    assert (names(tab), names(thread)) == (direct, ["edit"])
    messenger.note_asker(MessageRef(thread, thread.thread), Asker(room.ann.id, room.slack.team_id))
    assert (names(tab), names(thread)) == (direct, channel)
    assert names(ChatKey("slack", room.slack.team_id, room.dm.id)) == ["edit"]


async def test_a_stream_in_a_channel_is_shown_to_who_asked_there(slack: SlackStandIn, room: Room) -> None:
    room.messenger = room.messenger_of("native")
    key = await room.asked(room.channel)
    bob = slack.add_person("Bob Ray")
    room.channel.members[bob.id] = bob
    room.messenger.note_asker(MessageRef(key, key.thread), Asker(room.ann.id, slack.team_id))
    room.messenger.note_asker(MessageRef(key, "1790000001.000100"), Asker(bob.id, slack.team_id))
    page = room.page(key)
    await room.grow(page)
    await room.show(page, WHOLE, last=True)
    room.stands_whole(page)
    assert slack.calls_of("chat.startStream")[0].args["recipient_user_id"] == room.ann.id


async def test_ten_at_once_use_both_of_slacks_budgets(room: Room) -> None:
    """An append costs a hundredth of a minute's budget, an edit a fiftieth: so two in three are streams."""
    pacer = Pacer(LocalLedger(room.clock), room.clock)
    ways: list[Way] = []
    for _ in range(10):
        way = pacer.best(room.messenger.ways(await room.asked()))
        pacer.begin(way)
        ways.append(way)
        await asyncio.sleep(0)
    assert Growth(room.clock).behind_since
    assert sorted(way.name for way in ways) == ["edit"] * 3 + ["stream"] * 7


async def test_a_text_of_which_nothing_can_stand_yet_spends_none_of_the_starts(room: Room) -> None:
    """Else a few answers that begin with an open mark would use up the streams of the whole workspace."""
    key, clock = await room.asked(), room.clock
    pacer = Pacer(LocalLedger(clock), clock)
    reply = room.reply(key, pacer)
    running = asyncio.create_task(reply.run())
    for word in ("**Once upon a time there was a word", " and", " then", " another", " one."):
        reply.write(word)
        await clock.advance(1.0)
        await _settle()
    assert (room.methods(), reply.first_text_at) == ([], None)
    reply.write("** And")
    await room.slack.wait_for(lambda: room.methods() == ["chat.startStream"])
    reply.finish()
    await running
    (starts,) = budgets.starts(key)
    assert len(pacer.seen(starts)[0].calls) == 1


async def _keep(replies: Sequence[str]) -> bool:
    return True


async def _settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_an_end_that_overtakes_a_preview_spends_what_it_takes(room: Room) -> None:
    """The text may end between the moment in which an append is let out and that in which it is made."""
    key, ledger = await room.asked(), Overtaken(room.clock)
    pacer = Pacer(ledger, room.clock)
    reply = room.reply(key, pacer)
    running = asyncio.create_task(reply.run())
    reply.write(WHOLE[:40])
    await room.slack.wait_for(lambda: room.methods() == ["chat.startStream"])
    ledger.overtake[budgets.appends(key)] = reply.finish
    reply.write(WHOLE[40:])
    await until_done(running, room.clock)
    (stops,) = budgets.stops(key)
    assert room.methods().count("chat.stopStream") == len(pacer.seen(stops)[0].calls) == 1


async def test_a_stream_that_is_too_old_is_ended_with_the_call_that_was_kept_for_its_end(room: Room) -> None:
    """With twenty streams alive there is no other."""
    key = await room.asked()
    pacer = Pacer(LocalLedger(room.clock), room.clock)
    for way in [budgets.by_stream(key), budgets.by_edits(key)] * 19:
        pacer.begin(way)
    reply = room.reply(key, pacer)
    running = asyncio.create_task(reply.run())
    reply.write(WHOLE[:40])
    while not reply.replies:
        await asyncio.sleep(0)
    await room.clock.advance(LONGEST_LIFE)
    reply.write(WHOLE[40:])
    await until_done(asyncio.create_task(room.slack.wait_for(lambda: "chat.update" in room.methods())), room.clock)
    assert room.methods()[-2:] == ["chat.stopStream", "chat.update"]
    reply.finish()
    await until_done(running, room.clock)
    assert room.texts(key) == [WHOLE]


class Overtaken(LocalLedger):
    """What is to `overtake` is done right after such calls are let out, before anybody makes them."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.overtake: dict[Budgets, Callable[[], None]] = {}

    async def ask(self, asks: Sequence[Ask]) -> list[float]:
        waits = await super().ask(asks)
        for ask, wait in zip(asks, waits, strict=True):
            if wait <= 0 and ask.budgets in self.overtake:
                asyncio.get_running_loop().call_soon(self.overtake.pop(ask.budgets))
        return waits


async def until_done(task: asyncio.Task[None], clock: ManualClock) -> None:
    """Let the time pass until it is."""
    for _ in range(200):
        await clock.advance(0.5)
        await asyncio.wait({task}, timeout=0.01)
        if task.done():
            return task.result()
    raise AssertionError("it is never done")
