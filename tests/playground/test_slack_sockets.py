"""Socket Mode in the stand-in: tickets, envelopes, acknowledgements, repeats, ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from playground.clock import ManualClock
from playground.slack import NotPossible
from tests.playground.slack_world import Json, World, world

PATIENCE = 10.0


class Link:
    """A connection of the app, by hand."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def read(self) -> Json:
        frame = json.loads(await self.socket.receive_str(timeout=PATIENCE))
        assert isinstance(frame, dict)
        return frame

    async def acknowledge(self, frame: Json, payload: Any = None) -> None:
        body = {"envelope_id": frame["envelope_id"]}
        await self.socket.send_str(json.dumps(body if payload is None else {**body, "payload": payload}))

    async def is_closed(self) -> bool:
        message = await self.socket.receive(timeout=PATIENCE)
        return message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


class Linked:
    """A workspace whose app opens connections by hand."""

    def __init__(self, w: World, http: aiohttp.ClientSession, clock: ManualClock) -> None:
        self.w = w
        self.slack = w.slack
        self.http = http
        self.clock = clock

    async def address(self) -> str:
        client = self.w.client_with(self.slack.app_token)
        return str((await client.apps_connections_open(app_token=self.slack.app_token))["url"])

    async def connect(self) -> Link:
        """A connection that has said hello."""
        link = Link(await self.http.ws_connect(await self.address()))
        assert (await link.read())["type"] == "hello"
        return link

    async def say(self, text: str = "hello") -> str:
        return await self.slack.post(self.w.ann, self.w.general, text)


@pytest.fixture
async def linked() -> AsyncIterator[Linked]:
    clock = ManualClock()
    async with world(clock) as w, aiohttp.ClientSession() as http:
        yield Linked(w, http, clock)


@asynccontextmanager
async def refused_connection(linked: Linked, address: str) -> AsyncIterator[int]:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await linked.http.ws_connect(address)
    yield caught.value.status


async def test_a_connection_begins_with_hello(linked: Linked) -> None:
    first = await linked.connect()
    link = Link(await linked.http.ws_connect(await linked.address()))
    hello = await link.read()
    assert (hello["type"], hello["num_connections"]) == ("hello", 2)
    assert not first.socket.closed
    assert hello["connection_info"]["app_id"] == linked.slack.app.app_id


async def test_a_ticket_is_good_for_one_connection(linked: Linked) -> None:
    address = await linked.address()
    await linked.http.ws_connect(address)
    async with refused_connection(linked, address) as status:
        assert status == 401
    async with refused_connection(linked, address.partition("?")[0]) as status:
        assert status == 401


async def test_slack_pings_and_ends_what_does_not_answer(linked: Linked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.slack.sockets.PING_EVERY", 0.05)
    socket = await linked.http.ws_connect(await linked.address(), autoping=False)
    assert (await socket.receive(timeout=PATIENCE)).type == aiohttp.WSMsgType.TEXT
    assert (await socket.receive(timeout=PATIENCE)).type == aiohttp.WSMsgType.PING
    await linked.slack.wait_for(lambda: linked.slack.sockets.open == [])


async def test_an_event_comes_in_an_envelope_and_is_done_when_acknowledged(linked: Linked) -> None:
    link = await linked.connect()
    ts = await linked.say()
    frame = await link.read()
    assert (frame["type"], frame["payload"]["event"]["ts"]) == ("events_api", ts)
    assert "retry_attempt" not in frame
    await link.acknowledge(frame)
    (delivery,) = linked.slack.deliveries
    await linked.slack.wait_for(lambda: delivery.status == 200)


async def test_what_is_not_acknowledged_in_3_seconds_comes_again_at_once_after_1_and_after_5_minutes(
    linked: Linked,
) -> None:
    link = await linked.connect()
    await linked.say()
    frames = [await link.read()]
    for wait in (3.0, 3.0 + 60, 3.0 + 300):
        await linked.clock.advance(3.0)
        if wait > 3.0:
            await linked.slack.wait_for(lambda: linked.slack.deliveries[-1].status == 0)
            await linked.clock.advance(wait - 3.0)
        frames.append(await link.read())
    await linked.clock.advance(3.0)
    assert [frame.get("retry_attempt") for frame in frames] == [None, 1, 2, 3]
    assert {frame.get("retry_reason") for frame in frames[1:]} == {"timeout"}
    assert len({frame["envelope_id"] for frame in frames}) == 4
    assert len({frame["payload"]["event_id"] for frame in frames}) == 1


async def test_repeats_come_as_quickly_as_a_test_wants(linked: Linked) -> None:
    linked.slack.postman.repeats = (1.0, 5.0)
    link = await linked.connect()
    await linked.say()
    await link.read()
    for number, wait in ((1, 1.0), (2, 5.0)):
        await linked.clock.advance(3.0)
        await linked.slack.wait_for(lambda: linked.slack.deliveries[-1].status == 0)
        await linked.clock.advance(wait)
        assert (await link.read())["retry_attempt"] == number


async def test_an_acknowledgement_that_comes_too_late_counts_for_nothing(linked: Linked) -> None:
    link = await linked.connect()
    await linked.say()
    first = await link.read()
    await linked.clock.advance(3.0)
    second = await link.read()
    await link.acknowledge(first)
    await linked.slack.wait_for(lambda: linked.slack.sockets.unknown_acks)
    assert linked.slack.deliveries[-1].status is None
    await link.acknowledge(second)
    await linked.slack.wait_for(lambda: linked.slack.deliveries[-1].status == 200)


async def test_an_acknowledgement_over_another_connection_counts_for_nothing(linked: Linked) -> None:
    first = await linked.connect()
    await linked.say()
    frame = await first.read()
    await (await linked.connect()).acknowledge(frame)
    await linked.slack.wait_for(lambda: linked.slack.sockets.unknown_acks)
    assert linked.slack.deliveries[-1].status is None


async def test_each_envelope_goes_over_one_of_the_connections(linked: Linked) -> None:
    links = [await linked.connect() for _ in range(3)]
    collecting = [asyncio.create_task(texts_until_the_end(link)) for link in links]
    for number in range(30):
        await linked.say(str(number))
    await linked.slack.wait_for(lambda: [d.status for d in linked.slack.deliveries] == [200] * 30)
    for connection in linked.slack.sockets.open:
        await linked.slack.sockets.disconnect(connection, "link_disabled")
    got = await asyncio.gather(*collecting)
    assert all(got)
    assert sorted((text for texts in got for text in texts), key=int) == [str(number) for number in range(30)]


async def texts_until_the_end(link: Link) -> list[str]:
    """Acknowledge everything; the texts of the messages that came."""
    texts = []
    while (frame := await link.read())["type"] != "disconnect":
        texts.append(str(frame["payload"]["event"]["text"]))
        await link.acknowledge(frame)
    return texts


async def test_an_eleventh_connection_ends_the_oldest(linked: Linked) -> None:
    links = [await linked.connect() for _ in range(11)]
    assert (await links[0].read())["reason"] == "too_many_websockets"
    assert await links[0].is_closed()
    assert len(linked.slack.sockets.open) == 10


async def test_a_connection_is_warned_ten_seconds_before_it_is_refreshed(linked: Linked) -> None:
    link = await linked.connect()
    client = linked.w.client_with(linked.slack.app_token)
    answer = await client.api_call(
        "apps.connections.open",
        headers={"Authorization": f"Bearer {linked.slack.app_token}"},
        params={"debug_reconnects": "true"},
    )
    short = Link(await linked.http.ws_connect(str(answer["url"])))
    assert (await short.read())["debug_info"]["approximate_connection_time"] == 360
    await linked.clock.advance(350)
    assert (await short.read())["reason"] == "warning"
    await linked.clock.advance(10)
    assert (await short.read())["reason"] == "refresh_requested"
    assert await short.is_closed()
    assert not link.socket.closed


async def test_an_event_waits_for_a_connection_and_goes_on_to_the_next_one(linked: Linked) -> None:
    await linked.say()
    link = await linked.connect()
    await link.read()
    linked.slack.cut_sockets()
    assert await link.is_closed()
    await linked.clock.advance(3.0)
    assert (await (await linked.connect()).read())["retry_attempt"] == 1


async def test_a_press_that_is_not_acknowledged_fails_and_does_not_come_again(linked: Linked) -> None:
    link = await linked.connect()
    command = linked.slack.slash(linked.w.ann, linked.w.general, "/chats")
    linked.slack.workspace.tasks.start(advance_after(linked, link), "clock")
    with pytest.raises(NotPossible, match="operation_timeout"):
        await command
    assert [d.attempt for d in linked.slack.deliveries] == [0]


async def advance_after(linked: Linked, link: Link) -> None:
    await link.read()
    await linked.clock.advance(3.0)


async def test_an_acknowledgement_carries_the_reply_to_a_command(linked: Linked) -> None:
    link = await linked.connect()

    async def reply() -> None:
        frame = await link.read()
        assert (frame["type"], frame["accepts_response_payload"]) == ("slash_commands", True)
        await link.acknowledge(frame, {"text": "your chats"})

    linked.slack.workspace.tasks.start(reply(), "reply")
    assert await linked.slack.slash(linked.w.ann, linked.w.general, "/chats") == [{"text": "your chats"}]
    assert [m.text for m in linked.slack.ephemerals(linked.w.ann)] == ["your chats"]


async def test_all_connections_are_refreshed_on_demand(linked: Linked) -> None:
    link = await linked.connect()
    linked.slack.workspace.tasks.start(linked.slack.refresh_sockets(), "refresh")
    assert (await link.read())["reason"] == "warning"
    await linked.say("still here")
    await link.acknowledge(await link.read())
    await linked.slack.wait_for(lambda: linked.slack.deliveries[-1].status == 200)
    await linked.clock.advance(10)
    assert (await link.read())["reason"] == "refresh_requested"
    assert linked.slack.sockets.open == []


async def test_nonsense_from_the_app_disturbs_nothing(linked: Linked) -> None:
    link = await linked.connect()
    for nonsense in ("{", "[]", '{"envelope_id": "unknown"}', '{"envelope_id": 7}'):
        await link.socket.send_str(nonsense)
    await link.socket.send_bytes(b"\x00")
    linked.slack.deliver_raw({"type": "event_callback", "event": "broken"})
    await link.acknowledge(await link.read())
    await linked.slack.wait_for(lambda: linked.slack.deliveries[-1].status == 200)
    assert linked.slack.sockets.unknown_acks == ["unknown", "7"]
