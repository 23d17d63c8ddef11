"""Deliveries over Socket Mode, on a real WebSocket."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack.app import SlackStartError
from bot.engine.errors import StorageUnavailable
from bot.engine.posts import Post
from tests.adapters.scripted_slack import Answer, refusal
from tests.adapters.slack_desk import APP_TOKEN, TOKEN, Desk, desk
from tests.adapters.slack_payloads import names, payload

KINDS = {"event_callback": "events_api", "app_rate_limited": "events_api", None: "slash_commands"}


def kind_of(body: dict[str, Any]) -> str:
    return KINDS.get(body.get("type"), "interactive")


@pytest.fixture
async def slack() -> AsyncIterator[Desk]:
    async with desk(socket=True) as running:
        yield running


async def test_the_app_token_opens_the_connection_and_the_bot_token_does_the_rest(slack: Desk) -> None:
    used = dict(zip([name for name, _ in slack.slack.calls], slack.slack.tokens, strict=True))
    assert used == {"auth.test": f"Bearer {TOKEN}", "apps.connections.open": f"Bearer {APP_TOKEN}"}
    assert slack.adapter.ready() is None
    assert slack.adapter.routes() == []


async def test_every_delivery_is_acknowledged(slack: Desk) -> None:
    for name in names():
        await slack.slack.deliver(kind_of(payload(name)), payload(name), name)
    await slack.slack.wait_for(lambda: len(slack.slack.acks) == len(names()))
    assert {ack["envelope_id"] for ack in slack.slack.acks} == set(names())
    assert slack.engine.aside == []


async def test_an_event_is_acknowledged_only_after_the_engine_took_it(slack: Desk) -> None:
    slack.engine.gate.clear()
    await slack.slack.deliver("events_api", payload("app_mention"))
    await slack.slack.wait_for(lambda: bool(slack.slack.calls_of("users.info")))
    assert slack.slack.acks == []
    slack.engine.gate.set()
    await slack.slack.wait_for(lambda: slack.slack.acks == [{"envelope_id": "e1"}])


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(slack: Desk) -> None:
    """Slack repeats with a new envelope id and the same event id."""
    slack.engine.failures = [StorageUnavailable()]
    await slack.slack.deliver("events_api", payload("app_mention"), "first")
    await slack.engine.wait_for(lambda: not slack.engine.failures)
    await slack.slack.deliver("events_api", payload("app_mention"), "second")
    await slack.slack.wait_for(lambda: bool(slack.slack.acks))
    assert slack.slack.acks == [{"envelope_id": "second"}]
    assert len(slack.engine.taken) == 1


async def test_a_slash_command_is_answered_in_the_acknowledgement(slack: Desk) -> None:
    slack.engine.post = Post("Your chats")
    await slack.slack.deliver("slash_commands", payload("slash_chats"))
    await slack.slack.wait_for(lambda: bool(slack.slack.acks))
    answer = slack.slack.acks[0]["payload"]
    assert (answer["response_type"], answer["text"]) == ("ephemeral", "Your chats")


async def test_a_modal_is_answered_in_the_acknowledgement(slack: Desk) -> None:
    slack.engine.post = Post("Renamed.")
    await slack.slack.deliver("interactive", payload("submit_rename"))
    await slack.slack.wait_for(lambda: bool(slack.slack.acks))
    assert slack.slack.acks[0]["payload"]["response_action"] == "update"


async def test_a_broken_envelope_blocks_nothing(slack: Desk) -> None:
    await slack.slack.deliver("events_api", {"type": "event_callback", "event": 7}, "broken")
    await slack.slack.deliver("events_api", payload("app_mention"), "sound")
    await slack.slack.wait_for(lambda: {"envelope_id": "sound"} in slack.slack.acks)


async def test_a_closed_connection_is_opened_anew(slack: Desk) -> None:
    """Slack closes each connection after a few hours."""
    await slack.slack.drop_connections()
    await slack.slack.wait_for(lambda: slack.slack.connections == [False, True])
    assert len(slack.slack.calls_of("apps.connections.open")) == 2
    await slack.slack.deliver("events_api", payload("app_mention"))
    await slack.slack.wait_for(lambda: slack.slack.acks == [{"envelope_id": "e1"}])


async def test_a_connection_that_breaks_off_is_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.slack.socket_mode.PING_INTERVAL", 0.5)  # it is looked after at this pace
    async with desk(socket=True) as slack:
        slack.slack.cut_connections()
        await slack.slack.wait_for(lambda: len(slack.slack.connections) == 2)
        await slack.slack.deliver("events_api", payload("app_mention"))
        await slack.slack.wait_for(lambda: slack.slack.acks == [{"envelope_id": "e1"}])
        assert slack.adapter.ready() is None


async def test_of_two_connections_one_takes_deliveries_while_slack_closes_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Slack closes each after some hours; until it is open again, deliveries come over the other one."""
    monkeypatch.setattr("adapters.slack.socket_mode.PING_INTERVAL", 60)  # the first is looked after again much later
    async with desk(socket=True, connections=2) as slack:
        assert slack.slack.connections == [True, True]
        slack.slack.cut_connection(0)
        await slack.slack.wait_for(lambda: slack.slack.connections == [False, True])
        assert slack.adapter.ready() is None
        await slack.slack.deliver("events_api", payload("app_mention"))
        await slack.slack.wait_for(lambda: slack.slack.acks == [{"envelope_id": "e1"}])


async def test_where_the_second_connection_is_refused_the_first_is_closed_and_both_are_tried_again() -> None:
    async with desk(socket=True, connections=2, started=False) as slack:
        opened = Answer({"ok": True, "url": slack.slack.ticket()})
        slack.slack.answer("apps.connections.open", opened, Answer("<html>", 503))
        await slack.adapter.start(slack.engine)
        assert "cannot be reached" in (slack.adapter.ready() or "")
        await slack.slack.wait_for(lambda: slack.slack.connections == [False])
        await slack.clock.advance_to_next()
        await slack.slack.wait_for(lambda: slack.slack.connections == [False, True, True])
        await slack.slack.deliver("events_api", payload("app_mention"))
        await slack.slack.wait_for(lambda: slack.slack.acks == [{"envelope_id": "e1"}])
        assert slack.adapter.ready() is None


async def test_a_ticket_that_was_used_in_vain_is_not_used_again(
    slack: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK's client would try the same address for ever."""
    client = slack.adapter._sockets._sockets[0]._client  # type: ignore[union-attr]  # Socket Mode was asked for
    assert client is not None
    monkeypatch.setattr(client, "ping_interval", 0.01)  # its pause between two tries
    slack.slack.refuse_tickets = 1
    caplog.set_level(logging.CRITICAL, "adapters.slack.socket")
    await slack.slack.drop_connections()
    await slack.slack.wait_for(lambda: slack.slack.connections == [False, True])
    assert len(slack.slack.calls_of("apps.connections.open")) == 3
    await slack.slack.deliver("events_api", payload("app_mention"))
    await slack.slack.wait_for(lambda: slack.slack.acks == [{"envelope_id": "e1"}])
    assert slack.adapter.ready() is None


async def test_stopping_lets_what_is_handled_be_acknowledged(slack: Desk) -> None:
    slack.engine.gate.clear()
    await slack.slack.deliver("events_api", payload("app_mention"))
    await slack.slack.wait_for(lambda: bool(slack.slack.calls_of("users.info")))
    stopping = asyncio.create_task(slack.adapter.stop_intake())
    await asyncio.sleep(0)
    slack.engine.gate.set()
    await stopping
    await slack.slack.wait_for(lambda: slack.slack.connections == [False])
    assert slack.slack.acks == [{"envelope_id": "e1"}]
    assert slack.adapter.ready() is not None


async def test_a_refused_app_token_is_one_clear_error() -> None:
    async with desk(socket=True, started=False) as slack:
        slack.slack.answer("apps.connections.open", refusal("invalid_auth"))
        with pytest.raises(SlackStartError, match="SLACK_APP_TOKEN") as raised:
            await slack.adapter.start(slack.engine)
        assert "xapp" not in str(raised.value)


async def test_a_connection_that_cannot_be_had_yet_is_asked_for_again() -> None:
    async with desk(socket=True, started=False) as slack:
        slack.slack.answer("apps.connections.open", Answer("<html>", 503))
        await slack.adapter.start(slack.engine)
        assert "cannot be reached" in (slack.adapter.ready() or "")
        await slack.clock.advance_to_next()
        await slack.slack.wait_for(lambda: slack.slack.connections == [True])
        await slack.slack.deliver("events_api", payload("app_mention"))
        await slack.engine.wait_for(lambda: len(slack.engine.taken) == 1)
        assert slack.adapter.ready() is None


async def test_the_doctor_names_a_refused_app_token() -> None:
    async with desk(socket=True, started=False) as slack:
        slack.slack.answer("apps.connections.open", refusal("not_allowed_token_type"))
        (problem,) = await slack.adapter.check()
        assert "SLACK_APP_TOKEN" in problem


async def test_no_log_has_a_token_or_what_people_wrote(slack: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """At the lowest level, the SDK and Bolt write whole payloads."""
    caplog.set_level(logging.DEBUG)
    body = payload("message_im_root")
    body["event"]["text"] = "secret words"
    await slack.slack.deliver("events_api", body)
    await slack.slack.wait_for(lambda: bool(slack.slack.acks))
    assert not [record for record in caplog.records if "secret words" in record.getMessage()]
    assert not [record for record in caplog.records if TOKEN in record.getMessage() or APP_TOKEN in record.getMessage()]


async def test_who_only_sends_learns_who_it_is_and_opens_no_connection() -> None:
    async with desk(socket=True, started=False) as slack:
        slack.slack.answer("auth.test", refusal("internal_error", 503))
        await slack.adapter.start_sending()
        await slack.clock.advance_until(lambda: slack.adapter.ready() is None)
        assert {name for name, _ in slack.slack.calls} == {"auth.test"}


async def test_who_only_sends_does_not_start_with_a_refused_token() -> None:
    async with desk(socket=True, started=False) as slack:
        slack.slack.answer("auth.test", refusal("invalid_auth"))
        with pytest.raises(SlackStartError, match="SLACK_BOT_TOKEN"):
            await slack.adapter.start_sending()
