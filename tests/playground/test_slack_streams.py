"""Streams open, grow and end in the stand-in as they do in Slack."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from playground.clock import ManualClock
from playground.slack import NotPossible
from tests.playground.slack_world import Json, World, actions, button, text_block, world


class StreamWorld(World):
    """Knows how to stream into the thread of one question."""

    clock: ManualClock
    root: str

    def recipients(self) -> Json:
        return {"recipient_user_id": self.ann.id, "recipient_team_id": self.slack.team_id}

    def start_args(self, **args: Any) -> Json:
        return {"channel": self.general.id, "thread_ts": self.root, **self.recipients(), **args}

    async def start(self, **args: Any) -> str:
        return str((await self.call("chat.startStream", **self.start_args(**args)))["ts"])

    async def append(self, ts: str, **args: Any) -> str:
        return await self.refusal("chat.appendStream", channel=self.general.id, ts=ts, **args)

    async def end(self, ts: str, **args: Any) -> str:
        return await self.refusal("chat.stopStream", channel=self.general.id, ts=ts, **args)

    def shown(self, ts: str) -> str:
        return self.slack.rendered(self.general, ts)


@pytest.fixture
async def w() -> AsyncIterator[StreamWorld]:
    clock = ManualClock()
    async with world(clock) as running:
        streaming = StreamWorld(running.slack)
        streaming.general, streaming.dm, streaming.clock = running.general, running.dm, clock
        streaming.ann = running.ann
        streaming.root = await running.slack.post(running.ann, running.general, "Tell me a story")
        yield streaming


def task(**fields: Any) -> Json:
    return {"type": "task_update", "id": "t1", "title": "Search", "status": "in_progress", **fields}


async def test_a_stream_grows_and_is_completed_with_blocks(w: StreamWorld) -> None:
    ts = await w.start(markdown_text="Once ")
    assert await w.append(ts, markdown_text="upon ") == ""
    assert w.shown(ts) == "Once upon "
    assert w.slack.message(w.general, ts).streaming_state == "in_progress"
    assert await w.end(ts, markdown_text="a time", blocks=[actions(button())]) == ""
    message = w.slack.message(w.general, ts)
    assert (message.streaming_state, w.shown(ts)) == ("completed", "Once upon a time")
    assert message.wire()["streaming_state"] == "completed"
    assert await w.append(ts, markdown_text="more") == "message_not_in_streaming_state"
    assert await w.end(ts) == "message_not_in_streaming_state"


async def test_the_sdks_helper_streams_into_the_stand_in(w: StreamWorld) -> None:
    streamer = await w.client.chat_stream(channel=w.general.id, thread_ts=w.root, buffer_size=5, **w.recipients())
    await streamer.append(markdown_text="Once upon")
    await streamer.append(markdown_text=" a time")
    await streamer.stop()
    (message,) = [m for m in w.slack.thread(w.general, w.root) if m.stream]
    assert (w.shown(message.ts), message.streaming_state) == ("Once upon a time", "completed")


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ({"thread_ts": ""}, "invalid_arguments"),
        ({"thread_ts": None}, "invalid_arguments"),
        ({"recipient_user_id": None}, "missing_recipient_user_id"),
        ({"recipient_team_id": None}, "missing_recipient_team_id"),
        ({"recipient_team_id": "T0FOREIGN"}, "team_not_found"),
        ({"recipient_user_id": "U0NOBODY"}, "user_not_found"),
        ({"markdown_text": "a", "chunks": []}, "cannot_provide_both_markdown_text_and_chunks"),
        ({"markdown_text": "a" * 12_001}, "msg_too_long"),
        ({"chunks": "nonsense"}, "invalid_chunks"),
        ({"chunks": [{"type": "nonsense"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "markdown_text"}]}, "invalid_chunks"),
        ({"chunks": [task(title="a" * 257)]}, "invalid_chunks"),
        ({"chunks": [task(details="a" * 257)]}, "invalid_chunks"),
        ({"chunks": [task(status="nearly")]}, "invalid_chunks"),
        ({"chunks": [{"type": "plan_update", "title": "a" * 257}]}, "invalid_chunks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "divider"}] * 51}]}, "invalid_chunks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "nonsense"}]}]}, "invalid_blocks"),
        ({"chunks": [task(sources=[{"type": "url", "url": "https://example.com"}])]}, "invalid_chunks"),
        ({"chunks": [task(sources=7)]}, "invalid_chunks"),
        ({"chunks": [task(status=["complete"])]}, "invalid_chunks"),
        ({"chunks": [task(nonsense=1)]}, "invalid_chunks"),
        ({"chunks": [1]}, "invalid_chunks"),
        ({"chunks": [{"type": "markdown_text", "text": "a" * 6001}] * 2}, "msg_too_long"),
        ({"task_display_mode": "sideways"}, "invalid_arguments"),
        ({"icon_emoji": ":robot_face:"}, "missing_scope"),
    ],
)
async def test_what_slack_refuses_to_start_is_refused(w: StreamWorld, args: Json, error: str) -> None:
    given = {name: value for name, value in w.start_args(**args).items() if value is not None}
    assert await w.refusal("chat.startStream", **given) == error


async def test_recipients_are_not_needed_in_a_dm_and_group_dms_have_no_streams(w: StreamWorld) -> None:
    root = await w.slack.post(w.ann, w.dm, "hello")
    assert await w.refusal("chat.startStream", channel=w.dm.id, thread_ts=root) == ""
    group = w.slack.add_group_dm([w.ann])
    root = await w.slack.post(w.ann, group, "hello")
    assert await w.refusal("chat.startStream", channel=group.id, thread_ts=root) == "channel_type_not_supported"


async def test_text_and_chunks_do_not_mix_in_one_stream(w: StreamWorld) -> None:
    text, chunks = await w.start(markdown_text="a"), await w.start(chunks=[task()])
    assert await w.append(text, chunks=[task()]) == "streaming_mode_mismatch"
    assert await w.append(chunks, markdown_text="a") == "streaming_mode_mismatch"
    assert await w.end(chunks, markdown_text="a") == "streaming_mode_mismatch"
    assert await w.append(chunks, chunks=[{"type": "markdown_text", "text": "b"}]) == ""


async def test_a_card_is_updated_under_its_id(w: StreamWorld) -> None:
    ts = await w.start(chunks=[task()])
    await w.append(ts, chunks=[task(status="complete", output="12 found")])
    stream = w.slack.message(w.general, ts).stream
    assert stream is not None
    assert [card["status"] for card in stream.cards.values()] == ["complete"]
    assert w.shown(ts) == "Search\n12 found"


async def test_a_stream_holds_about_13790_characters_and_a_refused_piece_leaves_no_trace(w: StreamWorld) -> None:
    ts = await w.start(markdown_text="a" * 12_000)
    assert await w.append(ts, markdown_text="b" * 1791) == "msg_too_long"
    assert await w.append(ts, markdown_text="b" * 1790) == ""
    assert w.shown(ts) == "a" * 12_000 + "b" * 1790


async def test_blocks_are_at_most_50_at_the_end_and_50_on_the_way(w: StreamWorld) -> None:
    rows = [{"type": "divider"}]
    ts = await w.start(chunks=[{"type": "blocks", "blocks": rows * 50}])
    assert await w.append(ts, chunks=[{"type": "blocks", "blocks": rows}]) == "msg_blocks_too_many"
    assert await w.end(ts, blocks=rows * 51) == "invalid_blocks"
    assert await w.end(ts, blocks=rows * 50) == ""


async def test_a_stream_that_says_nothing_cannot_be_stopped_or_appended_to_with_nothing(w: StreamWorld) -> None:
    ts = await w.start()
    assert await w.append(ts) == "no_text"
    assert await w.end(ts) == "no_text"


async def test_slack_closes_a_stream_after_five_minutes_and_an_update_repairs_it(w: StreamWorld) -> None:
    ts = await w.start(markdown_text="a")
    await w.clock.advance(299)
    assert await w.append(ts, markdown_text="b") == ""
    await w.clock.advance(1)
    await w.slack.wait_for(lambda: w.slack.message(w.general, ts).streaming_state == "expired")
    assert await w.append(ts, markdown_text="c") == "message_not_in_streaming_state"
    assert await w.end(ts) == "message_not_in_streaming_state"
    assert await w.refusal("chat.update", channel=w.general.id, ts=ts, markdown_text="abc") == ""
    assert w.shown(ts) == "abc"


async def test_a_live_stream_can_be_neither_updated_nor_deleted(w: StreamWorld) -> None:
    ts = await w.start(markdown_text="a")
    assert await w.refusal("chat.update", channel=w.general.id, ts=ts, text="b") == "streaming_state_conflict"
    assert await w.refusal("chat.delete", channel=w.general.id, ts=ts) == "cant_delete_message"


async def test_only_own_streams_grow(w: StreamWorld) -> None:
    ordinary = await w.post()
    assert await w.append(w.root, markdown_text="a") == "message_not_owned_by_app"
    assert await w.append(ordinary, markdown_text="a") == "message_not_in_streaming_state"
    assert await w.append("1790000000.000001", markdown_text="a") == "message_not_found"


async def test_slacks_stop_ends_the_stream_and_tells_the_app_afterwards(w: StreamWorld) -> None:
    ts = await w.start(markdown_text="a")
    assert await w.slack.press_stop(w.ann, w.general, w.root) == [ts]
    assert await w.append(ts, markdown_text="b") == "stopped_by_user"
    assert await w.end(ts) == "message_not_in_streaming_state"
    events = [d.event for d in w.slack.deliveries if d.event["type"] == "agent_session_stopped"]
    assert [event["streaming_message_ts"] for event in events] == [[ts]]
    session = w.slack.session(w.general, w.root)
    assert session is not None
    assert session.state == "processing"


async def test_without_the_subscription_there_is_no_stop(w: StreamWorld) -> None:
    w.slack.app.events.discard("agent_session_stopped")
    args = w.start_args(is_stoppable=True)
    assert await w.refusal("chat.startStream", **args) == "not_subscribed_to_message_stream_stopped"
    await w.start(markdown_text="a")
    with pytest.raises(NotPossible):
        await w.slack.press_stop(w.ann, w.general, w.root)


async def test_streaming_moves_the_threads_session(w: StreamWorld) -> None:
    def state() -> str:
        session = w.slack.session(w.general, w.root)
        return session.state if session else ""

    ts = await w.start(markdown_text="a")
    assert state() == "processing"
    assert await w.end(ts, session_status="nonsense") == "invalid_arguments"
    await w.end(ts, session_status="suspended")
    assert state() == "suspended"


async def test_the_app_hears_of_a_stream_when_it_starts_and_when_it_ends_but_not_of_what_is_appended(
    w: StreamWorld,
) -> None:
    ts = await w.start(markdown_text="a")
    await w.append(ts, markdown_text="b")
    await w.end(ts)
    await w.slack.wait_for(lambda: len(own_events(w, ts)) == 2)
    first, last = own_events(w, ts)
    assert (first["streaming_state"], first["text"]) == ("in_progress", "")
    assert (last["message"]["streaming_state"], last["message"]["text"]) == ("completed", "ab")
    assert last["previous_message"]["text"] == ""


def own_events(w: StreamWorld, ts: str) -> list[Json]:
    events = [d.event for d in w.slack.deliveries]
    return [e for e in events if ts in (e.get("ts"), e.get("message", {}).get("ts"))]


async def test_a_stream_notifies_even_where_a_mention_is_spread_over_pieces(w: StreamWorld) -> None:
    ts = await w.start(markdown_text="hi <!chan")
    await w.append(ts, markdown_text="nel>")
    await w.append(ts, markdown_text=" bye")
    assert [(note.who, note.via) for note in w.slack.notified] == [("!channel", "chat.appendStream")]


async def test_a_plan_and_blocks_are_part_of_what_is_read(w: StreamWorld) -> None:
    plan, blocks = {"type": "plan_update", "title": "Plan"}, {"type": "blocks", "blocks": [text_block("in a block")]}
    ts = await w.start(chunks=[plan, {"type": "markdown_text", "text": "*a*"}, blocks])
    assert w.shown(ts) == "Plan\n*a*\nin a block"
