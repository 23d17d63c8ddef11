"""Deliveries over signed HTTP: what is answered, and how the adapter starts and stops."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from adapters.slack import SlackAdapter, SlackConfig, SlackStartError
from bot.engine.chats import MessageRef
from bot.engine.errors import PlaceGone, StorageUnavailable
from bot.engine.testing import FakeClock
from tests.adapters.scripted_slack import Answer, refusal
from tests.adapters.slack_desk import NOW, TOKEN, CallMeter, Desk, SlackEngine, desk, signature
from tests.adapters.slack_payloads import GENERAL, ME, ROOT, names, payload

JSON = {"Content-Type": "application/json"}
KEY = ME.key(GENERAL, ROOT)


@pytest.fixture
async def slack() -> AsyncIterator[Desk]:
    async with desk() as running:
        yield running


@pytest.mark.parametrize("name", names())
async def test_every_delivery_is_received(slack: Desk, name: str) -> None:
    """Anything but 200 makes Slack repeat events and shows people an error for the rest."""
    status, _ = await slack.deliver(payload(name))
    assert (status, slack.engine.aside) == (200, [])


async def test_the_address_is_verified(slack: Desk) -> None:
    status, body = await slack.deliver({"type": "url_verification", "token": "x", "challenge": "c-123"})
    assert (status, "c-123" in body) == (200, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Signature": ""},
        signature(json.dumps(payload("app_mention")), secret="somebody else's"),
        signature(json.dumps(payload("app_mention")), timestamp=str(NOW - 301)),
        signature(json.dumps(payload("app_mention")), timestamp=str(NOW + 301)),
        signature(json.dumps(payload("app_mention")), timestamp="soon"),
        signature(json.dumps(payload("app_mention")), timestamp="-1"),
        signature(json.dumps(payload("app_mention")), timestamp="1" * 5000),
    ],
)
async def test_what_slack_did_not_sign_just_now_is_refused(slack: Desk, headers: dict[str, str]) -> None:
    status, _ = await slack.post(json.dumps(payload("app_mention")), **{**JSON, **headers})
    assert (status, slack.engine.taken, slack.engine.aside) == (401, [], [])


@pytest.mark.parametrize(
    "raw", ["{", "[]", "7", "", "payload=%7B", "payload=%5B%5D", "payload=7", '{"type":"event_callback","event":7}']
)
async def test_a_signed_body_in_no_known_shape_stores_nothing(slack: Desk, raw: str) -> None:
    status, _ = await slack.post(raw, **(JSON if not raw.startswith("payload") else {}))
    assert (status in (200, 400), slack.engine.taken) == (True, [])
    assert (await slack.deliver(payload("app_mention")))[0] == 200
    assert len(slack.engine.taken) == 1


@pytest.mark.parametrize(
    "change", [{"ts": None}, {"text": 7}, {"text": ["x"]}, {"channel": {"id": "C1"}}, {"files": 3}, {"ts": 1.5}]
)
async def test_a_broken_event_is_put_aside_and_blocks_nothing(slack: Desk, change: dict[str, Any]) -> None:
    body = payload("message_im_root")
    body["event"].update(change)
    broken, _ = await slack.deliver(body)
    sound, _ = await slack.deliver(payload("message_im_thread"))
    assert (broken, sound) == (200, 200)
    assert [event_id for event_id, _ in slack.engine.aside] == [f"slack:{body['event_id']}"]


async def test_a_broken_event_is_put_aside_without_its_content(slack: Desk) -> None:
    slack.engine.failures = [ValueError("secret words")]
    assert (await slack.deliver(payload("app_mention")))[0] == 200
    ((_, problem),) = slack.engine.aside
    assert problem.startswith("ValueError at ")
    assert "secret" not in problem


async def test_what_could_not_be_stored_is_not_received(slack: Desk) -> None:
    slack.engine.failures = [StorageUnavailable()]
    assert (await slack.deliver(payload("app_mention")))[0] == 503
    assert (await slack.deliver(payload("app_mention")))[0] == 200
    assert len(slack.engine.taken) == 1


async def test_what_could_not_even_be_put_aside_is_not_received(slack: Desk) -> None:
    slack.engine.failures = [ValueError(), StorageUnavailable()]
    assert (await slack.deliver(payload("app_mention")))[0] == 503


async def test_a_body_that_is_no_text_is_refused(slack: Desk) -> None:
    headers = {**JSON, **signature("")}
    async with aiohttp.ClientSession() as session, session.post(slack.address, data=b"\xff", headers=headers) as answer:
        assert answer.status == 401


async def test_a_delivery_is_received_only_after_the_engine_took_it(slack: Desk) -> None:
    slack.engine.gate.clear()
    delivery = asyncio.create_task(slack.deliver(payload("app_mention")))
    await slack.called("users.info")
    assert not delivery.done()
    slack.engine.gate.set()
    assert (await delivery)[0] == 200


async def test_before_the_start_slack_is_asked_to_come_again() -> None:
    async with desk(started=False) as slack:
        assert (await slack.deliver(payload("app_mention")))[0] == 503
        assert slack.adapter.ready() == "Slack: not started"


async def test_after_the_intake_is_stopped_slack_is_asked_to_come_again(slack: Desk) -> None:
    await slack.adapter.stop_intake()
    assert (await slack.deliver(payload("app_mention")))[0] == 503


async def test_stopping_waits_for_what_is_being_handled(slack: Desk) -> None:
    slack.engine.gate.clear()
    delivery = asyncio.create_task(slack.deliver(payload("app_mention")))
    await slack.called("users.info")
    stopping = asyncio.create_task(slack.adapter.stop_intake())
    slack.engine.gate.set()
    await stopping
    assert (await delivery)[0] == 200
    assert len(slack.engine.taken) == 1


async def test_stopping_waits_only_so_long(slack: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that hangs; Slack gets no answer and repeats."""
    monkeypatch.setattr("adapters.slack.intake.PATIENCE", 0.05)
    slack.engine.gate.clear()
    delivery = asyncio.create_task(slack.deliver(payload("app_mention")))
    await slack.called("users.info")
    await slack.adapter.stop_intake()
    assert not delivery.done()
    slack.engine.gate.set()
    await delivery


async def test_stopping_does_not_wait_for_connections_that_are_kept_open(slack: Desk) -> None:
    raw = json.dumps(payload("app_mention"))
    async with aiohttp.ClientSession() as session:
        answer = await session.post(slack.address, data=raw, headers={**JSON, **signature(raw)})
        assert answer.status == 200
        async with asyncio.timeout(2):
            await slack.adapter.stop_intake()


async def test_a_refused_token_is_one_clear_error() -> None:
    async with desk(started=False) as slack:
        slack.slack.answer("auth.test", refusal("invalid_auth"))
        with pytest.raises(
            SlackStartError, match=r"Slack refuses SLACK_BOT_TOKEN \(auth\.test: invalid_auth\)"
        ) as raised:
            await slack.adapter.start(slack.engine)
        assert "xoxb" not in str(raised.value)


async def test_the_doctor_finds_nothing_wrong(slack: Desk) -> None:
    assert await slack.adapter.check() == []


async def test_the_doctor_names_missing_scopes() -> None:
    async with desk(started=False) as slack:
        slack.slack.scopes = slack.slack.scopes.replace("users:read", "").replace("commands,", "")
        (problem,) = await slack.adapter.check()
        assert "commands, users:read" in problem


async def test_the_doctor_names_a_refused_token() -> None:
    async with desk(started=False) as slack:
        slack.slack.answer("auth.test", refusal("account_inactive"))
        (problem,) = await slack.adapter.check()
        assert "SLACK_BOT_TOKEN" in problem


async def test_a_token_that_dies_later_is_told() -> None:
    async with desk() as slack:
        slack.slack.answer("chat.delete", refusal("token_revoked"))
        with pytest.raises(PlaceGone):
            await slack.adapter.messenger.delete(MessageRef(KEY, "1.1"))
        assert "token_revoked" in (slack.adapter.ready() or "")
        await slack.adapter.messenger.delete(MessageRef(KEY, "1.1"))
        assert slack.adapter.ready() is None


async def test_without_a_way_in_the_adapter_says_which_setting_is_missing() -> None:
    adapter = SlackAdapter(SlackConfig(TOKEN), FakeClock(), CallMeter())
    with pytest.raises(SlackStartError, match=r"SLACK_APP_TOKEN .* or SLACK_SIGNING_SECRET"):
        await adapter.start(SlackEngine())


async def test_a_slack_that_is_not_there_is_asked_again_until_it_is() -> None:
    """An outage is no wrong setting: the other platform works meanwhile, and readiness tells."""
    async with desk(started=False) as slack:
        slack.slack.answer("auth.test", *[Answer("<html>", 503)] * 4)
        await slack.adapter.start(slack.engine)
        assert "cannot be reached" in (slack.adapter.ready() or "")
        assert (await slack.deliver(payload("app_mention")))[0] == 503
        assert [await slack.clock.advance_to_next() for _ in range(2)] == [2, 4]
        await slack.called("auth.test", 5)
        await until_ready(slack)
        assert (await slack.deliver(payload("app_mention")))[0] == 200


async def test_a_token_that_is_refused_after_an_outage_is_told_and_not_tried_again() -> None:
    async with desk(started=False) as slack:
        slack.slack.answer("auth.test", *[Answer("<html>", 503)] * 2, refusal("invalid_auth"))
        await slack.adapter.start(slack.engine)
        await slack.clock.advance_to_next()
        async with asyncio.timeout(5):
            while "SLACK_BOT_TOKEN" not in (slack.adapter.ready() or ""):
                await asyncio.sleep(0.001)
        assert len(slack.slack.calls_of("auth.test")) == 3


async def test_stopping_while_slack_cannot_be_reached_is_quick() -> None:
    async with desk(started=False) as slack:
        slack.slack.answer("auth.test", *[Answer("<html>", 503)] * 2)
        await slack.adapter.start(slack.engine)
        await asyncio.wait_for(slack.adapter.stop_intake(), 2)


async def until_ready(slack: Desk) -> None:
    async with asyncio.timeout(5):
        while slack.adapter.ready() is not None:
            await asyncio.sleep(0.001)
