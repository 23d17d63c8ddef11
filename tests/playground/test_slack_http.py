"""Signed HTTP in the stand-in: signatures, repeats, order."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_sdk.signature import Clock as SignatureClock
from slack_sdk.signature import SignatureVerifier

from playground.clock import ManualClock
from playground.slack import NotPossible
from playground.slack.subscriptions import Subscription
from tests.playground.slack_world import World, actions, button, world


@dataclass
class Got:
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Endpoint:
    """An app over HTTP that answers as told, else 200, and keeps what it got."""

    got: list[Got] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    gate: asyncio.Event | None = None
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        self.got.append(Got(dict(request.headers), await request.text()))
        if self.gate:
            await self.gate.wait()
        return self.answers.pop(0) if self.answers else web.Response()


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    made, app = Endpoint(), web.Application()
    app.router.add_post("/slack/events", made.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    yield made
    await runner.cleanup()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def w(endpoint: Endpoint, clock: ManualClock) -> AsyncIterator[World]:
    async with world(clock) as running:
        running.slack.deliver_to(endpoint.url)
        yield running


class StandingClock(SignatureClock):
    """Tells the SDK's verifier the time of the stand-in."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()


async def settled(w: World, count: int) -> None:
    """Wait until so many attempts are over."""
    await w.slack.wait_for(lambda: sum(d.status is not None for d in w.slack.deliveries) >= count)


async def test_every_delivery_is_signed_as_the_sdk_checks_it(w: World, endpoint: Endpoint, clock: ManualClock) -> None:
    await w.slack.post(w.ann, w.general, "héllo")
    await w.slack.slash(w.ann, w.general, "/chats", "ü & ö")
    await settled(w, 2)
    verifier = SignatureVerifier(w.slack.signing_secret, StandingClock(clock))
    assert all(verifier.is_valid_request(got.body, got.headers) for got in endpoint.got)
    assert not verifier.is_valid_request("forged", endpoint.got[0].headers)


async def test_the_challenge_comes_back_from_an_app_that_understands(w: World, endpoint: Endpoint) -> None:
    assert not await w.slack.verify_url()
    endpoint.answers = [web.json_response({"challenge": "something else"})]
    assert not await w.slack.verify_url()
    assert endpoint.got[-1].json["type"] == "url_verification"


@pytest.mark.parametrize("status", [404, 500, 302])
async def test_a_failure_is_repeated_with_headers_and_the_same_event_id(
    w: World, endpoint: Endpoint, clock: ManualClock, status: int
) -> None:
    endpoint.answers = [web.Response(status=status, headers={"Location": endpoint.url}) for _ in range(4)]
    await w.slack.post(w.ann, w.general, "hello")
    await settled(w, 2)
    await clock.advance(60)
    await settled(w, 3)
    await clock.advance(300)
    await settled(w, 4)
    numbers = [got.headers.get("X-Slack-Retry-Num") for got in endpoint.got]
    assert numbers == [None, "1", "2", "3"]
    assert {got.headers["X-Slack-Retry-Reason"] for got in endpoint.got[1:]} == {"http_error"}
    assert len({got.json["event_id"] for got in endpoint.got}) == 1
    assert [d.status for d in w.slack.deliveries] == [status] * 4


@pytest.mark.parametrize(("redirects", "status", "reason"), [(2, 200, ""), (3, 307, "too_many_redirects")])
async def test_two_redirects_are_followed_and_no_more(
    w: World, endpoint: Endpoint, redirects: int, status: int, reason: str
) -> None:
    endpoint.answers = [web.Response(status=307, headers={"Location": endpoint.url}) for _ in range(redirects)]
    await w.slack.post(w.ann, w.general, "hello")
    await settled(w, 1)
    assert (w.slack.deliveries[0].status, w.slack.deliveries[0].reason) == (status, reason)
    assert len(endpoint.got) >= 3
    repeats = [got.headers.get("X-Slack-Retry-Reason", "") for got in endpoint.got[3:]]
    assert set(repeats) <= {reason}


async def test_an_app_with_delayed_events_is_tried_every_hour_for_a_day(
    w: World, endpoint: Endpoint, clock: ManualClock
) -> None:
    w.slack.deliver_with(hourly=True)
    endpoint.answers = [web.Response(status=500) for _ in range(28)]
    await w.slack.post(w.ann, w.general, "hello")
    await settled(w, 2)
    for number, wait in enumerate((60, 300, *[3600] * 24), start=3):
        await clock.advance(wait)
        await settled(w, number)
    assert len(endpoint.got) == 28
    assert endpoint.got[-1].headers["X-Slack-Retry-Num"] == "27"


async def test_an_event_that_is_two_hours_late_is_not_sent_at_all(
    w: World, endpoint: Endpoint, clock: ManualClock
) -> None:
    w.slack.deliver_with(delay=7201)
    await w.slack.post(w.ann, w.general, "too late")
    await asyncio.sleep(0)
    w.slack.deliver_with(delay=1)
    await clock.advance(7201)
    await w.slack.post(w.ann, w.general, "in time")
    await asyncio.sleep(0)
    await clock.advance(1)
    await settled(w, 1)
    assert [got.json["event"]["text"] for got in endpoint.got] == ["in time"]


async def test_events_end_where_more_than_95_of_100_fail_unless_there_are_few(w: World, endpoint: Endpoint) -> None:
    subscription = w.slack.postman.subscription
    assert (subscription.exempt_below, subscription.on) == (1000, True)
    subscription.exempt_below = 40
    endpoint.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"}) for _ in range(39)]
    for number in range(40):
        await w.slack.post(w.ann, w.general, f"{number}")
    await settled(w, 40)
    assert not subscription.on
    await w.slack.post(w.ann, w.general, "unheard")
    assert len(w.slack.deliveries) == 40
    subscription.on = True
    await w.slack.post(w.ann, w.general, "heard")
    await settled(w, 41)
    assert endpoint.got[-1].json["event"]["text"] == "heard"


async def test_failures_that_are_an_hour_old_count_no_more(clock: ManualClock) -> None:
    subscription = Subscription(clock)
    subscription.exempt_below = 2
    subscription.note(failed=True)
    await clock.advance(3600)
    subscription.note(failed=True)
    assert subscription.on
    subscription.note(failed=True)
    assert not subscription.on


async def test_over_30000_events_an_hour_the_app_is_told_once_a_minute_instead(
    w: World, endpoint: Endpoint, clock: ManualClock
) -> None:
    subscription = w.slack.postman.subscription
    assert subscription.most == 30_000
    subscription.most = 2
    for number in range(4):
        await w.slack.post(w.ann, w.general, f"{number}")
    await settled(w, 3)
    (notice,) = [got.json for got in endpoint.got if got.json["type"] == "app_rate_limited"]
    assert notice["minute_rate_limited"] == int(clock.now() // 60 * 60)
    assert set(notice) == {"type", "token", "team_id", "api_app_id", "minute_rate_limited"}
    await clock.advance(60)
    await w.slack.post(w.ann, w.general, "still too many")
    await settled(w, 4)
    await clock.advance(3600)
    await w.slack.post(w.ann, w.general, "heard again")
    await settled(w, 5)
    assert [got.json["type"] for got in endpoint.got[3:]] == ["app_rate_limited", "event_callback"]


async def test_a_repeat_that_is_taken_is_the_last(w: World, endpoint: Endpoint, clock: ManualClock) -> None:
    endpoint.answers = [web.Response(status=500)]
    await w.slack.post(w.ann, w.general, "hello")
    await settled(w, 2)
    await clock.advance(400)
    assert [d.status for d in w.slack.deliveries] == [500, 200]


async def test_an_app_can_ask_for_no_repeats(w: World, endpoint: Endpoint, clock: ManualClock) -> None:
    endpoint.answers = [web.Response(status=500, headers={"X-Slack-No-Retry": "1"})]
    await w.slack.post(w.ann, w.general, "hello")
    await settled(w, 1)
    await clock.advance(400)
    await w.slack.post(w.ann, w.general, "next")
    await settled(w, 2)
    assert [got.json["event"]["text"] for got in endpoint.got] == ["hello", "next"]


async def test_an_answer_after_3_seconds_is_none(w: World, endpoint: Endpoint, clock: ManualClock) -> None:
    endpoint.gate = asyncio.Event()
    await w.slack.post(w.ann, w.general, "hello")
    await w.slack.wait_for(lambda: w.slack.deliveries)
    while not endpoint.got:
        await asyncio.sleep(0)
    endpoint.gate = None
    await clock.advance(3)
    await settled(w, 2)
    assert [d.status for d in w.slack.deliveries] == [0, 200]
    assert endpoint.got[1].headers["X-Slack-Retry-Reason"] == "http_timeout"


async def test_an_app_that_is_not_there_is_tried_again(w: World, endpoint: Endpoint) -> None:
    w.slack.deliver_to("http://127.0.0.1:9/slack/events")
    await w.slack.post(w.ann, w.general, "hello")
    await settled(w, 2)
    assert w.slack.deliveries[1].reason == "connection_failed"


async def test_a_press_that_fails_is_not_repeated(w: World, endpoint: Endpoint) -> None:
    ts = await w.post(blocks=[actions(button())])
    await settled(w, 1)
    endpoint.answers = [web.Response(status=500)]
    with pytest.raises(NotPossible, match="HTTP 500"):
        await w.slack.press(w.ann, w.general, ts, "stop")
    assert len(endpoint.got) == 2


async def test_any_payload_can_be_brought_to_the_app(w: World, endpoint: Endpoint) -> None:
    endpoint.answers = [web.Response(status=400)]
    assert (await w.slack.interact("interactive", {"type": "block_actions", "actions": []})).status == 400
    assert json.loads(parse_qs(endpoint.got[0].body)["payload"][0]) == {"type": "block_actions", "actions": []}


async def test_commands_are_forms_and_presses_json_in_a_form(w: World, endpoint: Endpoint) -> None:
    ts = await w.post(blocks=[actions(button())])
    await settled(w, 1)
    await w.slack.slash(w.ann, w.general, "/chats", "old ones")
    await w.slack.press(w.ann, w.general, ts, "stop")
    command, press = parse_qs(endpoint.got[1].body), parse_qs(endpoint.got[2].body)
    assert (command["command"], command["text"], command["user_id"]) == (["/chats"], ["old ones"], [w.ann.id])
    assert "thread_ts" not in command
    assert json.loads(press["payload"][0])["actions"][0]["value"] == "v"


async def test_the_reply_to_a_command_comes_with_the_answer(w: World, endpoint: Endpoint) -> None:
    endpoint.answers = [web.json_response({"response_type": "in_channel", "text": "for all"}), web.Response(text="you")]
    await w.slack.slash(w.ann, w.general, "/chats")
    assert [m.text for m in w.slack.messages(w.general)] == ["for all"]
    await w.slack.wait_for(lambda: len(endpoint.got) == 2)
    assert await w.slack.slash(w.ann, w.general, "/chats") == []


async def test_a_reply_that_slack_refuses_is_an_error_for_the_person(w: World, endpoint: Endpoint) -> None:
    endpoint.answers = [web.json_response({"text": "a", "blocks": [{"type": "nonsense"}]})]
    with pytest.raises(NotPossible, match="invalid_blocks"):
        await w.slack.slash(w.ann, w.general, "/chats")
    assert [call.error for call in w.slack.refused] == ["invalid_blocks"]


async def test_events_come_twice_late_in_another_order_or_only_as_a_repeat_when_asked(
    w: World, endpoint: Endpoint, clock: ManualClock
) -> None:
    w.slack.deliver_with(duplicate=1)
    await w.slack.post(w.ann, w.general, "twice")
    await settled(w, 2)
    w.slack.deliver_with(reorder=True)
    for text in ("first", "second"):
        await w.slack.post(w.ann, w.general, text)
    await asyncio.sleep(0)
    await clock.advance(0.5)
    await settled(w, 4)
    w.slack.deliver_with(drop=1)
    await w.slack.post(w.ann, w.general, "lost")
    await asyncio.sleep(0)
    await clock.advance(3)
    await settled(w, 6)
    w.slack.deliver_with(delay=5)
    await w.slack.post(w.ann, w.general, "late")
    await asyncio.sleep(0)
    await clock.advance(5)
    await settled(w, 7)
    texts = [got.json["event"]["text"] for got in endpoint.got]
    assert texts == ["twice", "twice", "second", "first", "lost", "late"]
    assert endpoint.got[4].headers["X-Slack-Retry-Num"] == "1"


async def test_the_last_events_are_delivered_again_on_demand(w: World, endpoint: Endpoint) -> None:
    for text in ("one", "two", "three"):
        await w.slack.post(w.ann, w.general, text)
    await settled(w, 3)
    w.slack.redeliver(2)
    await settled(w, 5)
    assert sorted(got.json["event"]["text"] for got in endpoint.got[3:]) == ["three", "two"]
    assert len({got.json["event_id"] for got in endpoint.got}) == 3
