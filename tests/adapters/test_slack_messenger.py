"""The outgoing half, against a server on loopback."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.slack.api import WebApi
from adapters.slack.config import SlackConfig
from adapters.slack.messenger import SlackMessenger
from adapters.slack.sessions import ASK_AGAIN_AFTER
from adapters.slack.side_calls import MOST_TRIES, SideCalls
from bot.engine import texts
from bot.engine.chats import MessageRef
from bot.engine.delivery import Delivery
from bot.engine.errors import (
    DeliveryError,
    MessageGone,
    PlaceGone,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
    TooLong,
)
from bot.engine.ledger import LocalLedger
from bot.engine.pacing import Pacer
from bot.engine.ports import Kind
from bot.engine.posts import Action, Button, Post
from bot.engine.testing import FakeClock
from tests.adapters.scripted_slack import Answer, ScriptedSlack, refusal
from tests.adapters.slack_desk import TOKEN, CallMeter
from tests.adapters.slack_payloads import ANN, GENERAL, ME, ROOT

KEY = ME.key(GENERAL, ROOT)
REF = MessageRef(KEY, "1790000100.000100")


class Out:
    """A messenger and what it talks to."""

    def __init__(self, slack: ScriptedSlack) -> None:
        self.slack = slack
        self.meter = CallMeter()
        self.clock = FakeClock()
        self.api = WebApi(SlackConfig(TOKEN, api_url=slack.api_url), self.meter)
        self.pacer = Pacer(LocalLedger(self.clock), self.clock)
        self.messenger = SlackMessenger(self.api, self.clock, SideCalls(self.pacer))
        self.messenger.know(ME)


@pytest.fixture
async def out() -> AsyncIterator[Out]:
    slack = ScriptedSlack()
    await slack.start()
    out = Out(slack)
    await out.api.open()
    yield out
    await out.api.close()
    await slack.stop()


async def test_a_post_goes_into_the_thread_and_notifies_nobody(out: Out) -> None:
    ref = await out.messenger.send(KEY, Post("Hello", ((Button("Stop", Action.STOP, 7),),)))
    (sent,) = out.slack.calls_of("chat.postMessage")
    assert ref == REF
    assert (sent["channel"], sent["thread_ts"], sent["parse"]) == (GENERAL, ROOT, "none")
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)
    assert [block["type"] for block in sent["blocks"]] == ["markdown", "actions"]


async def test_a_post_outside_of_threads_names_no_thread(out: Out) -> None:
    """Slack answers an empty thread_ts with invalid_thread_ts."""
    await out.messenger.send(ME.key(GENERAL), Post("Hello"))
    assert "thread_ts" not in out.slack.calls_of("chat.postMessage")[0]


async def test_an_edit_says_parse_none_again(out: Out) -> None:
    """chat.update has another default than chat.postMessage."""
    await out.messenger.edit(REF, Post("Better"))
    (sent,) = out.slack.calls_of("chat.update")
    assert (sent["channel"], sent["ts"], sent["parse"]) == (GENERAL, REF.id, "none")


async def test_a_deletion_names_the_message(out: Out) -> None:
    await out.messenger.delete(REF)
    assert out.slack.calls_of("chat.delete") == [{"channel": GENERAL, "ts": REF.id}]


@pytest.mark.parametrize(
    ("answer", "error", "outcome"),
    [
        (refusal("ratelimited", 429, **{"Retry-After": "17"}), RateLimited, "rate_limited"),
        (refusal("rate_limited"), RateLimited, "rate_limited"),
        (refusal("internal_error"), PlatformUnavailable, "unavailable"),
        (refusal("fatal_error"), PlatformUnavailable, "unavailable"),
        (refusal("service_unavailable", 503), PlatformUnavailable, "unavailable"),
        (refusal("update_failed"), PlatformUnavailable, "unavailable"),
        (refusal("team_added_to_org"), PlatformUnavailable, "unavailable"),
        (refusal("external_channel_migrating"), PlatformUnavailable, "unavailable"),
        (Answer("<html>bad gateway</html>", 502), PlatformUnavailable, "unavailable"),
        (Answer("<html>fine?</html>"), PlatformUnavailable, "unavailable"),
        (refusal("message_not_found"), MessageGone, "gone"),
        (refusal("edit_window_closed"), MessageGone, "gone"),
        (refusal("cant_update_message"), MessageGone, "gone"),
        (refusal("channel_not_found"), PlaceGone, "gone"),
        (refusal("is_archived"), PlaceGone, "gone"),
        (refusal("restricted_action_read_only_channel"), PlaceGone, "gone"),
        (refusal("token_revoked"), PlaceGone, "gone"),
        (refusal("msg_too_long"), TooLong, "refused"),
        (refusal("msg_blocks_too_long"), TooLong, "refused"),
        (refusal("no_text"), PlatformRefused, "refused"),
    ],
)
async def test_slacks_errors_become_ours(out: Out, answer: Answer, error: type[DeliveryError], outcome: str) -> None:
    out.slack.answer("chat.update", answer)
    with pytest.raises(error):
        await out.messenger.edit(REF, Post("secret words"))
    assert out.meter.calls == [("slack", "chat.update", outcome)]


async def test_a_rate_limit_says_how_long(out: Out) -> None:
    out.slack.answer("chat.postMessage", refusal("ratelimited", 429, **{"Retry-After": "17"}))
    with pytest.raises(RateLimited) as raised:
        await out.messenger.send(KEY, Post("x"))
    assert raised.value.retry_after == 17


async def test_an_error_carries_no_text_of_people(out: Out) -> None:
    out.slack.answer("chat.update", refusal("no_text"))
    with pytest.raises(PlatformRefused, match=r"^chat\.update: no_text$"):
        await out.messenger.edit(REF, Post("secret words"))


@pytest.mark.parametrize("answer", [refusal("internal_error"), Answer("", 503), refusal("ratelimited", 429)])
async def test_a_post_is_never_repeated_by_itself(out: Out, answer: Answer) -> None:
    """Slack may have applied the call: repeating is decided where the reply's reference is kept."""
    out.slack.answer("chat.postMessage", answer)
    with pytest.raises(DeliveryError):
        await out.messenger.send(KEY, Post("x"))
    assert len(out.slack.calls_of("chat.postMessage")) == 1


async def test_a_read_that_slack_limits_is_left_to_the_budgets(out: Out) -> None:
    """Repeated behind their back, others would ask the method before its time."""
    out.slack.answer("conversations.replies", refusal("ratelimited", 429, **{"Retry-After": "1"}))
    with pytest.raises(RateLimited):
        await out.api.read("conversations.replies")
    assert len(out.slack.calls_of("conversations.replies")) == 1


async def test_a_look_for_a_message_that_slack_limits_again_and_again_goes_on_and_closes_nothing_else(out: Out) -> None:
    """Apps outside the Marketplace may ask once a minute; who looks would else close the workspace's posts."""
    out.slack.answer("conversations.replies", *[refusal("ratelimited", 429, **{"Retry-After": "60"})] * MOST_TRIES)
    looking = asyncio.create_task(out.messenger.find(KEY, "turn 1.0", ROOT))
    await out.clock.advance_until(looking.done)
    assert looking.result() is None
    assert len(out.slack.calls_of("conversations.replies")) == MOST_TRIES + 1


async def test_a_read_that_failed_is_repeated_once(out: Out) -> None:
    out.slack.answer("conversations.replies", Answer("", 503))
    await out.api.read("conversations.replies")
    assert len(out.slack.calls_of("conversations.replies")) == 2


async def test_a_server_that_is_not_there_is_unavailable(out: Out) -> None:
    await out.slack.stop()
    with pytest.raises(PlatformUnavailable):
        await out.messenger.send(KEY, Post("x"))


async def test_sends_share_a_channel_and_edits_the_workspace(out: Out) -> None:
    key, other = KEY, ME.key(GENERAL, "2.2")
    assert out.messenger.budgets(key, Kind.SEND) == out.messenger.budgets(other, Kind.SEND)
    assert out.messenger.budgets(key, Kind.EDIT) == out.messenger.budgets(ME.key("C9", "2.2"), Kind.EDIT)
    assert out.messenger.budgets(key, Kind.SEND) != out.messenger.budgets(ME.key("C9", "2.2"), Kind.SEND)


async def test_markup_that_slack_refuses_is_shown_plainly_at_once_and_that_message_so_from_then_on(out: Out) -> None:
    out.slack.answer("chat.postMessage", refusal("invalid_blocks"))
    text = "| a | b\n" * 700
    ref = await out.messenger.send(KEY, Post(text, ((Button("Stop", Action.STOP, 7),),)), mark="turn 1.0")
    refused, sent = out.slack.calls_of("chat.postMessage")
    assert (refused["thread_ts"], refused["metadata"]) == (sent["thread_ts"], sent["metadata"])
    assert [block["type"] for block in sent["blocks"]] == ["section", "section", "actions"]
    assert "".join(block["text"]["text"] for block in sent["blocks"][:-1]) == text.strip()
    assert {block["text"]["type"] for block in sent["blocks"][:-1]} == {"plain_text"}
    await out.messenger.edit(ref, Post("**more**"))
    (edited,) = out.slack.calls_of("chat.update")
    assert edited["blocks"][0]["text"]["text"] == "**more**"


@pytest.mark.parametrize("code", ["invalid_blocks", "thread_not_found"])
async def test_a_post_that_is_made_otherwise_after_a_refusal_waits_for_its_second_in_the_channel(
    out: Out, code: str
) -> None:
    out.slack.answer("chat.postMessage", refusal(code))
    start = out.clock.now()
    sending = asyncio.create_task(Delivery(out.messenger, out.pacer, out.clock).send(KEY, Post("Hello")))
    await out.clock.advance_until(sending.done)
    assert [ref.id for ref in sending.result()] == [REF.id]
    assert out.clock.now() - start > 1


async def test_a_plain_post_that_is_limited_is_made_again_plain(out: Out) -> None:
    limited = refusal("ratelimited", 429, **{"Retry-After": "7"})
    out.slack.answer("chat.postMessage", refusal("invalid_blocks"), limited)
    start = out.clock.now()
    sending = asyncio.create_task(out.messenger.send(KEY, Post("Hello")))
    await out.clock.advance_until(sending.done)
    assert sending.result() == REF
    kinds = [call["blocks"][0]["type"] for call in out.slack.calls_of("chat.postMessage")]
    assert kinds == ["markdown", "section", "section"]
    assert out.clock.now() - start >= 7


async def test_what_slack_refuses_plainly_too_is_refused(out: Out) -> None:
    out.slack.answer("chat.update", refusal("invalid_blocks"), refusal("invalid_blocks"))
    with pytest.raises(PlatformRefused):
        await out.messenger.edit(REF, Post("x"))
    assert len(out.slack.calls_of("chat.update")) == 2


@pytest.mark.parametrize("code", ["thread_not_found", "invalid_thread_ts", "cannot_reply_to_message"])
async def test_a_post_whose_thread_is_gone_stands_in_the_channel_and_says_so(out: Out, code: str) -> None:
    out.slack.answer("chat.postMessage", refusal(code))
    ref = await out.messenger.send(KEY, Post("Hello"), mark="turn 1.0")
    _, sent = out.slack.calls_of("chat.postMessage")
    assert "thread_ts" not in sent
    assert sent["blocks"][0]["text"] == f"{texts.THREAD_GONE.english}\n\nHello"
    assert sent["metadata"]["event_payload"] == {"mark": "turn 1.0"}
    await out.messenger.edit(ref, Post("Hello, you"))
    assert out.slack.calls_of("chat.update")[0]["blocks"][0]["text"] == f"{texts.THREAD_GONE.english}\n\nHello, you"
    await out.messenger.send(KEY, Post("And more"))
    assert len(out.slack.calls_of("chat.postMessage")) == 3


async def test_a_growing_text_is_notified_of_with_its_beginning_and_the_whole_with_all_of_it(out: Out) -> None:
    text = "word and word. " * 100
    await out.messenger.send(KEY, Post(text, live=True))
    await out.messenger.edit(REF, Post(text))
    first, whole = out.slack.calls_of("chat.postMessage") + out.slack.calls_of("chat.update")
    assert len(first["text"]) < 300 < len(whole["text"])
    assert len(first["blocks"][0]["text"]) == len(whole["blocks"][0]["text"])


@pytest.mark.parametrize("tightness", [1, 2, 3])
async def test_pages_are_half_as_long_with_each_step_where_slack_finds_them_too_long(out: Out, tightness: int) -> None:
    head, rest = out.messenger.split("word and word. " * 2000, tightness)
    assert 3000 >> tightness < len(head) <= 12_000 >> tightness
    assert rest


async def test_a_long_text_is_split_within_slacks_12000_characters(out: Out) -> None:
    head, rest = out.messenger.split("word and word. " * 2000)
    assert 6000 < len(head) <= 12_000
    assert rest


async def test_working_is_shown_under_the_thread(out: Out) -> None:
    await out.messenger.show_working(KEY)
    assert out.slack.calls_of("assistant.threads.setStatus") == [
        {"channel_id": GENERAL, "thread_ts": ROOT, "status": "is thinking…"}
    ]


async def test_working_gives_the_thread_slacks_own_stop_until_the_answer_stands(out: Out) -> None:
    await out.messenger.show_working(KEY)
    await out.messenger.show_idle(KEY)
    place = {"channel_id": GENERAL, "thread_ts": ROOT}
    assert out.slack.calls_of("agents.sessions.setStatus") == [
        {**place, "status": "processing"},
        {**place, "status": "active"},
    ]


async def test_working_that_is_shown_again_costs_the_line_alone(out: Out) -> None:
    for _ in range(2):
        (line,) = out.messenger.budgets(KEY, Kind.WORKING)
        assert line.name.endswith("assistant.threads.setStatus")
        await out.messenger.show_working(KEY)
    assert len(out.slack.calls_of("assistant.threads.setStatus")) == 2
    assert len(out.slack.calls_of("agents.sessions.setStatus")) == 1


async def test_of_many_at_once_all_have_the_line_and_some_slacks_own_stop_with_room_to_take_it_back(out: Out) -> None:
    for number in range(50):
        working = asyncio.create_task(out.messenger.show_working(ME.key(GENERAL, f"17900000{number:02}.000100")))
        await out.clock.advance_until(working.done)
    assert len(out.slack.calls_of("assistant.threads.setStatus")) == 50
    assert len(out.slack.calls_of("agents.sessions.setStatus")) == 20


async def test_a_session_that_was_not_set_is_not_set_back(out: Out) -> None:
    (spent,) = out.messenger.budgets(KEY, Kind.IDLE)
    await out.messenger.show_idle(KEY)
    assert out.slack.calls == []
    assert (spent.windows, spent.bucket) == ((), None)


async def test_an_end_of_a_session_that_was_not_answered_is_asked_for_once_more(out: Out) -> None:
    """Else its thread would look busy for an hour."""
    await out.messenger.show_working(KEY)
    out.slack.answer("agents.sessions.setStatus", Answer("", 503))
    await out.messenger.show_idle(KEY)
    states = [call["status"] for call in out.slack.calls_of("agents.sessions.setStatus")]
    assert states == ["processing", "active", "active"]
    await out.messenger.show_idle(KEY)
    assert len(out.slack.calls_of("agents.sessions.setStatus")) == 3


async def test_an_end_of_a_session_that_is_not_answered_is_left_to_the_next_turn(out: Out) -> None:
    await out.messenger.show_working(KEY)
    out.slack.answer("agents.sessions.setStatus", Answer("", 503), Answer("", 503))
    await out.messenger.show_idle(KEY)
    await out.messenger.show_idle(KEY)
    assert len(out.slack.calls_of("agents.sessions.setStatus")) == 4


async def test_a_session_whose_end_was_refused_for_now_is_ended_when_asked_again(out: Out) -> None:
    await out.messenger.show_working(KEY)
    out.slack.answer("agents.sessions.setStatus", refusal("ratelimited", 429, **{"Retry-After": "3"}))
    with pytest.raises(RateLimited):
        await out.messenger.show_idle(KEY)
    await out.messenger.show_idle(KEY)
    assert [call["status"] for call in out.slack.calls_of("agents.sessions.setStatus")] == [
        "processing",
        "active",
        "active",
    ]


async def test_working_that_slack_limits_is_told_so_that_nobody_asks_again_too_early(out: Out) -> None:
    out.slack.answer("assistant.threads.setStatus", refusal("ratelimited", 429, **{"Retry-After": "3"}))
    with pytest.raises(RateLimited):
        await out.messenger.show_working(KEY)
    assert len(out.slack.calls) == 1


async def test_working_that_cannot_be_shown_is_no_error(out: Out) -> None:
    out.slack.answer("assistant.threads.setStatus", refusal("missing_scope"))
    out.slack.answer("agents.sessions.setStatus", refusal("internal_error"))
    await out.messenger.show_working(KEY)


async def test_a_title_names_the_session_and_leaves_its_state(out: Out) -> None:
    await out.messenger.show_title(KEY, "x" * 300)
    assert out.slack.calls == [
        ("agents.sessions.rename", {"channel_id": GENERAL, "thread_ts": ROOT, "title": "x" * 200})
    ]


@pytest.mark.parametrize("code", ["session_not_found", "not_authorized"])
async def test_a_title_makes_the_session_where_there_is_none(out: Out, code: str) -> None:
    out.slack.answer("agents.sessions.rename", refusal(code))
    await out.messenger.show_title(KEY, "Plans")
    place = {"channel_id": GENERAL, "thread_ts": ROOT}
    assert out.slack.calls == [
        ("agents.sessions.rename", {**place, "title": "Plans"}),
        ("agents.sessions.setStatus", {**place, "status": "active"}),
        ("agents.sessions.rename", {**place, "title": "Plans"}),
    ]


async def test_a_title_that_slack_does_not_take_is_no_error(out: Out) -> None:
    out.slack.answer("agents.sessions.rename", refusal("name_taken"))
    await out.messenger.show_title(KEY, "Plans")
    await out.messenger.show_title(KEY, "Plans")
    assert len(out.slack.calls_of("agents.sessions.rename")) == 2


async def test_a_workspace_without_sessions_is_asked_again_after_an_hour(out: Out) -> None:
    out.slack.answer("agents.sessions.rename", refusal("feature_disabled"))
    for _ in range(3):
        await out.messenger.show_title(KEY, "Plans")
        await out.messenger.show_idle(KEY)
    assert len(out.slack.calls) == 1
    await out.clock.advance(ASK_AGAIN_AFTER)
    await out.messenger.show_title(KEY, "Plans")
    assert len(out.slack.calls_of("agents.sessions.rename")) == 2


async def test_a_workspace_without_sessions_gets_the_line_alone(out: Out) -> None:
    out.slack.answer("agents.sessions.setStatus", refusal("feature_disabled"))
    for _ in range(2):
        await out.messenger.show_working(KEY)
        await out.messenger.show_idle(KEY)
    assert len(out.slack.calls_of("agents.sessions.setStatus")) == 1
    assert len(out.slack.calls_of("assistant.threads.setStatus")) == 2


async def test_a_title_waits_for_the_platform_like_everything_else(out: Out) -> None:
    out.slack.answer("agents.sessions.rename", refusal("ratelimited", 429, **{"Retry-After": "3"}))
    with pytest.raises(RateLimited):
        await out.messenger.show_title(KEY, "Plans")


async def test_an_answer_through_a_response_url_that_ran_out_is_refused(out: Out) -> None:
    """Five uses within 30 minutes."""
    out.slack.answer("response_url", refusal("used_url", 404))
    with pytest.raises(PlatformRefused, match="response_url: HTTP 404"):
        await out.api.respond(f"{out.slack.url}/respond", {"text": "x"})


async def test_an_answer_through_a_response_url_keeps_its_pace(out: Out) -> None:
    """Once a second."""
    out.slack.answer("response_url", refusal("ratelimited", 429, **{"Retry-After": "2"}))
    with pytest.raises(RateLimited) as raised:
        await out.api.respond(f"{out.slack.url}/respond", {"text": "x"})
    assert raised.value.retry_after == 2


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/gone", "no address"])
async def test_an_answer_through_a_response_url_that_leads_nowhere_is_unavailable(out: Out, address: str) -> None:
    with pytest.raises(PlatformUnavailable):
        await out.api.respond(address, {"text": "x"})


async def test_a_closed_session_is_not_opened_behind_our_back(out: Out) -> None:
    await out.api.close()
    with pytest.raises(PlatformUnavailable):
        await out.api.respond(f"{out.slack.url}/respond", {"text": "x"})


async def test_a_place_without_thread_has_no_session(out: Out) -> None:
    await out.messenger.show_working(ME.key(GENERAL))
    await out.messenger.show_idle(ME.key(GENERAL))
    await out.messenger.show_title(ME.key(GENERAL), "Plans")
    assert out.slack.calls == []


async def test_a_note_is_for_one_person(out: Out) -> None:
    await out.messenger.whisper(KEY, ANN.id, "a < b")
    (sent,) = out.slack.calls_of("chat.postEphemeral")
    assert (sent["user"], sent["thread_ts"], sent["text"]) == (ANN.id, ROOT, "a &lt; b")


async def test_a_link_leads_to_the_thread(out: Out) -> None:
    assert out.messenger.link(KEY) == (
        f"https://example.slack.com/archives/{GENERAL}/p1790000001000100?thread_ts={ROOT}&cid={GENERAL}"
    )


async def test_a_new_place_is_a_thread_that_we_begin(out: Out) -> None:
    place = await out.messenger.new_place(KEY, "Plans *B*")
    (sent,) = out.slack.calls_of("chat.postMessage")
    assert (sent["channel"], sent.get("thread_ts")) == (GENERAL, None)
    assert sent["blocks"][0]["text"] == r"**Plans \*B\***"
    assert place is not None
    assert out.messenger.opening(place) == place.thread
    assert out.messenger.holds_chats(place)
    assert not out.messenger.holds_chats(replace(place, thread=""))


async def test_a_new_place_of_a_person_is_in_their_messages_tab(out: Out) -> None:
    out.slack.answer("conversations.open", Answer({"ok": True, "channel": {"id": "D0ANNDM001"}}))
    place = await out.messenger.new_place(replace(KEY, channel="U0ANN00001", thread=""), "Plans")
    assert out.slack.calls_of("conversations.open") == [{"users": "U0ANN00001"}]
    assert place is not None
    assert place.channel == "D0ANNDM001"


def test_a_secret_is_not_in_the_configurations_text() -> None:
    assert TOKEN not in repr(SlackConfig(TOKEN, "xapp-x", "secret"))
