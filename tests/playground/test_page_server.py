"""The page as a browser meets it: its files, who may use it, and one WebSocket each."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from playground.clock import Clock
from playground.page import PageServer, World
from playground.page.browser import NOT_UNDERSTOOD
from playground.page.server import STATIC, is_loopback
from tests.playground.page_world import page_world
from tests.playground.rig import PATIENCE


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with page_world(Clock()) as world:
        yield world


@pytest.fixture
async def page(world: World) -> AsyncIterator[PageServer]:
    page = PageServer(world)
    await page.start()
    yield page
    await page.stop()


@pytest.fixture
async def http(page: PageServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(page.address) as http:
        yield http


class Window:
    """A browser's half of the socket: what each part shows now, and what actions gave."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self.parts: dict[str, Any] = {}

    async def read(self) -> dict[str, Any]:
        message: dict[str, Any] = await self._socket.receive_json(timeout=PATIENCE)
        if "part" in message:
            self.parts[message["part"]] = message["data"]
        return message

    async def shows(self, part: str) -> Any:
        while part not in self.parts:
            await self.read()
        return self.parts[part]

    async def act(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        self._number += 1
        return await self.say(json.dumps({"id": self._number, "do": name, "args": arguments}))

    async def say(self, text: str) -> dict[str, Any]:
        await self._socket.send_str(text)
        while "part" in (message := await self.read()):
            pass
        return message


@asynccontextmanager
async def window(http: aiohttp.ClientSession, person: str = "") -> AsyncIterator[Window]:
    async with http.ws_connect("/ws", params={"person": person}) as socket:
        yield Window(socket)


async def test_the_page_and_all_its_files_come_from_here(http: aiohttp.ClientSession) -> None:
    async with http.get("/") as response:
        text = await response.text()
        assert (response.status, response.content_type) == (200, "text/html")
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    files = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".mjs", ".css")]
    assert len(files) > 10
    for path in files:
        async with http.get(f"/static/{path.relative_to(STATIC)}") as response:
            assert response.status == 200
            assert response.content_type in ("text/javascript", "application/javascript", "text/css")
    assert all("http://" not in line and "https://" not in line for line in text.splitlines())


async def test_no_file_of_the_page_names_another_host() -> None:
    own = [path for path in STATIC.rglob("*") if path.suffix in (".js", ".css", ".html")]
    for path in own:
        for line in path.read_text(encoding="utf-8").splitlines():
            assert "//cdn" not in line
            assert "url(http" not in line
            assert 'from "http' not in line


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.nip.io", "127.0.0.1@evil.example", "[::1", ""])
async def test_another_name_for_this_machine_is_refused(http: aiohttp.ClientSession, name: str) -> None:
    async with http.get("/", headers={"Host": name}) as response:
        assert response.status == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", ""])
async def test_a_page_from_elsewhere_may_not_open_the_socket(http: aiohttp.ClientSession, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with http.ws_connect("/ws", headers={"Origin": origin}):
            pass
    assert refused.value.status == 403


async def test_nothing_but_the_pages_files_is_served(http: aiohttp.ClientSession) -> None:
    async with http.get("/static/../server.py") as response:
        assert response.status in (403, 404)
    async with http.get("/static/%2e%2e/server.py") as response:
        assert response.status in (403, 404)


async def test_a_health_check_finds_it_alive(http: aiohttp.ClientSession) -> None:
    async with http.get("/healthz") as response:
        assert (response.status, await response.json()) == (200, {"status": "alive"})


async def test_every_part_is_shown_at_once(http: aiohttp.ClientSession) -> None:
    async with window(http) as ann:
        for part in ("people", "slack", "telegram", "strip"):
            await ann.shows(part)
        assert ann.parts["people"]["about"] == {
            "model": "A model",
            "kind": "scripted",
            "note": "It says what the test says.",
        }


async def test_several_browsers_are_several_people(http: aiohttp.ClientSession) -> None:
    async with window(http) as first, window(http) as second:
        assert (await first.shows("people"))["me"]["name"] == "Ann"
        assert (await second.shows("people"))["me"]["name"] == "Ben"


async def test_a_reload_brings_the_same_person_back(http: aiohttp.ClientSession) -> None:
    async with window(http, "cleo") as before:
        assert (await before.shows("people"))["me"]["name"] == "Cleo"
    async with window(http, "cleo") as after:
        assert (await after.shows("people"))["me"]["name"] == "Cleo"


async def test_who_is_here_is_told_to_the_others(http: aiohttp.ClientSession, world: World) -> None:
    async with window(http) as ann:
        await ann.shows("people")
        async with window(http, "ben"):
            while not any(guest["online"] for guest in ann.parts["people"]["guests"] if guest["id"] == "ben"):
                await ann.read()
        while any(guest["online"] for guest in ann.parts["people"]["guests"] if guest["id"] == "ben"):
            await ann.read()


async def test_somebody_new_can_join_everywhere(http: aiohttp.ClientSession, world: World) -> None:
    async with window(http) as ann:
        assert (await ann.act("people.add", name="  Ann   Lee  ")) == {"id": 1, "result": {"id": "annlee"}}
        assert world.guests["annlee"].slack.id in world.general.members
        assert world.guests["annlee"].telegram.id in world.group.members


@pytest.mark.parametrize("name", ["", "   ", "x" * 31, "ANN", "Threadline", "here", "\u200b", "\u202eevil", "a\x00"])
async def test_a_name_that_is_none_is_refused_with_a_sentence(http: aiohttp.ClientSession, name: Any) -> None:
    async with window(http) as ann:
        assert (await ann.act("people.add", name=name))["error"]


@pytest.mark.parametrize(
    "said",
    [
        r'{"id": 1, "do": "people.add", "args": {"name": "\ud800"}}',
        "[" * 100_000,
        "nonsense",
        "[]",
        '"x"',
        '{"id": 1}',
        '{"id": 1, "do": "people.remove"}',
        '{"do": [], "id": [], "args": 7}',
    ],
)
async def test_what_is_not_understood_is_answered_and_breaks_nothing(http: aiohttp.ClientSession, said: str) -> None:
    async with window(http) as ann:
        assert (await ann.say(said))["error"] == NOT_UNDERSTOOD
        assert (await ann.act("people.add", name="Dora"))["result"] == {"id": "dora"}


async def test_the_first_who_comes_finds_a_question_asked_in_both_panes(
    http: aiohttp.ClientSession, world: World
) -> None:
    async with window(http) as ann, window(http) as ben:
        await ann.shows("strip")
        await ben.shows("strip")
    (asked,) = world.slack.messages(world.general)
    assert world.slack.bot_user_id in asked.text
    assert len(world.telegram.messages(world.telegram.private_chat(world.guests["ann"].telegram))) == 1
    assert not world.telegram.messages(world.telegram.private_chat(world.guests["ben"].telegram))


async def test_trouble_is_switched_for_everybody(http: aiohttp.ClientSession, world: World) -> None:
    async with window(http) as ann, window(http) as ben:
        assert "error" not in await ann.act("trouble.set", name="slow_model", on=True)
        while not ben.parts.get("strip", {}).get("trouble", {}).get("slow_model"):
            await ben.read()
        assert world.tap.slow
        assert (await ann.act("trouble.set", name="earthquake", on=True))["error"] == NOT_UNDERSTOOD
        assert (await ann.act("trouble.set"))["error"] == NOT_UNDERSTOOD


def test_loopback_is_told_from_other_names() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "127.9.9.9")] == [True] * 4
    assert [is_loopback(host) for host in ("0.0.0.0", "10.0.0.1", "example.org", "")]  # noqa: S104 == [False] * 4
