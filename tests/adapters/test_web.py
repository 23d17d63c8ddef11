"""The HTTP server, over real sockets."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence

import aiohttp
import pytest
from aiohttp import web

from adapters.web import CannotListen, Server, serve


class FakeHealth:
    """A health that tests choose."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.told: list[str] = []

    async def problems(self) -> Sequence[str]:
        return self.reasons

    def remarks(self) -> Sequence[str]:
        return self.told

    def metrics(self) -> bytes:
        return b"threadline_turns_total 7\n"


async def echo(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


@pytest.fixture
def health() -> FakeHealth:
    return FakeHealth()


@pytest.fixture
async def server(health: FakeHealth) -> AsyncIterator[Server]:
    server = await serve("127.0.0.1", 0, [web.post("/echo", echo)], health)
    yield server
    await server.close()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
        yield session


async def test_healthz_says_alive_whatever_else_is_wrong(client: aiohttp.ClientSession, health: FakeHealth) -> None:
    health.reasons = ["database: gone"]
    async with client.get("/healthz") as answer:
        assert answer.status == 200


async def test_readyz_is_200_when_nothing_is_wrong(client: aiohttp.ClientSession) -> None:
    async with client.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ready"})


async def test_readyz_tells_besides_what_is_no_reason_against_it(
    client: aiohttp.ClientSession, health: FakeHealth
) -> None:
    health.told = ["another replica polls"]
    async with client.get("/readyz") as answer:
        assert (answer.status, await answer.json()) == (200, {"status": "ready", "remarks": ["another replica polls"]})


async def test_readyz_is_503_with_the_reasons(client: aiohttp.ClientSession, health: FakeHealth) -> None:
    health.reasons = ["Telegram: cannot connect", "database: gone"]
    async with client.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["problems"] == ["Telegram: cannot connect", "database: gone"]


async def test_metrics_come_as_prometheus_text(client: aiohttp.ClientSession) -> None:
    async with client.get("/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert await answer.read() == b"threadline_turns_total 7\n"


async def test_platform_routes_are_served(client: aiohttp.ClientSession) -> None:
    async with client.post("/echo", data=b"x" * 1024 * 1024) as answer:
        assert (answer.status, len(await answer.read())) == (200, 1024 * 1024)


async def test_a_body_over_one_mebibyte_is_413(client: aiohttp.ClientSession) -> None:
    async with client.post("/echo", data=io.BytesIO(b"x" * (1024 * 1024 + 1))) as answer:
        assert answer.status == 413


async def test_an_unknown_path_is_404(client: aiohttp.ClientSession) -> None:
    async with client.get("/elsewhere") as answer:
        assert answer.status == 404


async def test_a_taken_port_is_one_sentence(server: Server, health: FakeHealth) -> None:
    with pytest.raises(CannotListen, match=rf"Cannot listen on 127\.0\.0\.1:{server.port}: "):
        await serve("127.0.0.1", server.port, [], health)


async def test_close_lets_a_running_request_end(health: FakeHealth) -> None:
    """A webhook that is being handled when SIGTERM comes is still answered."""
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: web.Request) -> web.Response:
        arrived.set()
        await go_on.wait()
        return web.Response(text="done")

    server = await serve("127.0.0.1", 0, [web.post("/slow", slow)], health)
    async with aiohttp.ClientSession() as session:
        request = asyncio.create_task(session.post(f"http://127.0.0.1:{server.port}/slow"))
        await arrived.wait()
        closing = asyncio.create_task(server.close())
        go_on.set()
        answer = await request
        assert await answer.text() == "done"
        await closing
