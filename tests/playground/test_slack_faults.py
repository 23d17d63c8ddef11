"""Trouble that a test asks for in the stand-in."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from playground.clock import Clock
from tests.playground.slack_world import World, world


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world() as running:
        yield running


@pytest.mark.parametrize("applied", [False, True])
async def test_a_call_fails_before_or_after_it_took_effect(w: World, applied: bool) -> None:
    w.slack.fail("chat.postMessage", "fatal_error", applied=applied)
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="a") == "fatal_error"
    assert len(w.slack.messages(w.general)) == int(applied)
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="b") == ""


@pytest.mark.parametrize("applied", [False, True])
async def test_a_connection_breaks_off_before_or_after_the_call_took_effect(w: World, applied: bool) -> None:
    w.slack.reset("chat.postMessage", applied=applied)
    with pytest.raises(aiohttp.ClientError):
        await w.post()
    assert len(w.slack.messages(w.general)) == int(applied)
    assert [call.injected for call in w.slack.refused] == [True]


@pytest.mark.parametrize("status", [500, 503])
async def test_an_outage_is_a_page_and_no_json(w: World, status: int) -> None:
    w.slack.fail("*", status=status, retry_after=7)
    address = f"{w.slack.api_url}auth.test"
    headers = {"Authorization": f"Bearer {w.slack.bot_token}"}
    async with aiohttp.ClientSession() as http, http.post(address, headers=headers) as response:
        assert (response.status, response.content_type, response.headers["Retry-After"]) == (status, "text/html", "7")


async def test_a_limit_can_be_used_up_on_demand(w: World) -> None:
    w.slack.fail("chat.update", status=429, retry_after=9)
    with pytest.raises(SlackApiError) as caught:
        await w.client.chat_update(channel=w.general.id, ts="1790000000.000001", text="a")
    assert caught.value.response.headers["Retry-After"] == "9"


async def test_a_call_is_held_until_it_is_let_go(w: World) -> None:
    gate = w.slack.hold("chat.postMessage")
    posting = asyncio.create_task(w.post("held"))
    await w.slack.wait_for(lambda: w.slack.calls_of("chat.postMessage"))
    assert w.slack.messages(w.general) == []
    gate.set()
    await posting
    assert [m.text for m in w.slack.messages(w.general)] == ["held"]


async def test_a_slow_answer_takes_its_time_on_the_clock() -> None:
    async with world(Clock(speed=1000.0)) as w:
        w.slack.slow("chat.postMessage", 30.0)
        before = w.slack.clock.now()
        await w.post()
        assert w.slack.clock.now() - before >= 30.0


async def test_calls_are_kept_with_their_arguments_and_without_the_token(w: World) -> None:
    await w.post("a")
    (call,) = w.slack.calls_of("chat.postMessage")
    assert (call.args, call.error, call.status) == ({"channel": w.general.id, "text": "a"}, None, 200)
    assert call.response["ok"]


async def test_stopping_and_starting_again_keeps_port_and_messages(w: World) -> None:
    ts, address = await w.post("kept"), w.slack.api_url
    await w.slack.stop()
    await w.slack.start()
    assert w.slack.api_url == address
    assert await w.refusal("chat.update", channel=w.general.id, ts=ts, text="changed") == ""


async def test_waiting_for_what_does_not_happen_ends(w: World) -> None:
    with pytest.raises(TimeoutError):
        await w.slack.wait_for(lambda: False, timeout=0.01)


async def test_in_an_outage_every_call_fails_and_afterwards_none(w: World) -> None:
    w.slack.outage(True)
    methods = ("chat.postMessage", "auth.test", "chat.nonsense", "apps.connections.open")
    async with aiohttp.ClientSession() as http:
        for method in methods * 2:
            async with http.post(f"{w.slack.api_url}{method}") as response:
                assert (response.status, response.content_type) == (503, "text/html")
    assert [call.injected for call in w.slack.calls] == [True] * len(methods) * 2
    w.slack.outage(False)
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="a") == ""


async def test_a_response_address_answers_nothing_in_an_outage(w: World) -> None:
    w.slack.outage(True)
    address = f"{w.slack.workspace.base_url}/response/R0"
    async with aiohttp.ClientSession() as http, http.post(address, json={"text": "a"}) as response:
        assert response.status == 503


async def test_a_call_can_succeed_with_a_warning(w: World) -> None:
    w.slack.warn("chat.postMessage", "superfluous_charset")
    answer = await w.call("chat.postMessage", channel=w.general.id, text="a")
    assert (answer["ok"], answer["warning"]) == (True, "superfluous_charset")
    assert "warning" not in await w.call("chat.postMessage", channel=w.general.id, text="b")


@pytest.mark.parametrize(
    "error", ["internal_error", "fatal_error", "rate_limited", "token_revoked", "ekm_access_denied"]
)
async def test_any_word_of_slack_can_be_asked_for(w: World, error: str) -> None:
    w.slack.fail("chat.postMessage", error)
    assert await w.refusal("chat.postMessage", channel=w.general.id, text="a") == error
