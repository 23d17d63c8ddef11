"""The tap between the bot and its model: what it lets through, what it counts, what it slows."""

import asyncio
from collections.abc import AsyncIterator

import openai
import pytest
from aiohttp import web

from playground import model_tap
from playground.model_tap import ModelTap, delta_of
from playground.openai import ScriptedEndpoint
from tests.playground.rig import PATIENCE


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint(key="sk-right") as endpoint:
        yield endpoint


@pytest.fixture
async def tap(endpoint: ScriptedEndpoint) -> AsyncIterator[ModelTap]:
    async with ModelTap(endpoint.base_url) as tap:
        yield tap


async def asked(tap: ModelTap, key: str = "sk-right") -> str:
    """What a client of OpenAI's own gets as a stream."""
    async with openai.AsyncOpenAI(base_url=tap.base_url, api_key=key, max_retries=0) as client:
        stream = await client.chat.completions.create(
            model="scripted", messages=[{"role": "user", "content": "Hi"}], stream=True
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def test_a_streamed_answer_comes_through_as_it_is_and_is_counted(
    tap: ModelTap, endpoint: ScriptedEndpoint
) -> None:
    endpoint.say("Ärger über 🦊 und \n\n Zeilen.")
    assert await asked(tap) == "Ärger über 🦊 und \n\n Zeilen."
    (writing,) = tap.writings
    assert not writing.broken_off
    assert writing.text == "Ärger über 🦊 und \n\n Zeilen."
    assert writing.ended is not None
    assert [end for _, end in writing.marks][-1] == len(writing.text)
    assert writing.written_at(0) == writing.marks[0][0]
    assert writing.written_at(len(writing.text)) is None


async def test_the_key_goes_through_and_a_refusal_comes_back(tap: ModelTap) -> None:
    with pytest.raises(openai.AuthenticationError):
        await asked(tap, "sk-wrong")
    assert not tap.writings


async def test_a_wait_that_the_model_asks_for_comes_back(tap: ModelTap, endpoint: ScriptedEndpoint) -> None:
    endpoint.fail(429, retry_after=7)
    with pytest.raises(openai.RateLimitError) as refused:
        await asked(tap)
    assert refused.value.response.headers["Retry-After"] == "7"


async def test_other_requests_come_through(tap: ModelTap) -> None:
    async with openai.AsyncOpenAI(base_url=tap.base_url, api_key="sk-right") as client:
        assert [model.id async for model in client.models.list()] == ["scripted"]


async def test_a_model_that_breaks_off_breaks_off_here_too(tap: ModelTap, endpoint: ScriptedEndpoint) -> None:
    endpoint.say("Half of it and no more", break_after=8)
    with pytest.raises(openai.APIConnectionError):
        await asked(tap)
    await tap.changes.wait_for(lambda: not tap.running, PATIENCE)
    assert tap.writings[0].text == "Half of "


async def test_a_caller_who_goes_stops_the_model(tap: ModelTap, endpoint: ScriptedEndpoint) -> None:
    endpoint.say("On and on", silent_after=4)
    asking = asyncio.create_task(asked(tap))
    await tap.changes.wait_for(lambda: tap.running and tap.running[0].text, PATIENCE)
    asking.cancel()
    await endpoint.wait_for(lambda: endpoint.closed_early == 1, PATIENCE)
    await tap.changes.wait_for(lambda: not tap.running, PATIENCE)
    assert tap.writings[0].broken_off


async def test_a_model_that_is_away_is_an_error_of_the_server() -> None:
    async with ModelTap("http://127.0.0.1:9/v1") as tap:
        with pytest.raises(openai.InternalServerError, match="cannot be reached"):
            await asked(tap)


async def test_a_slow_model_takes_its_time_for_every_delta(
    tap: ModelTap, endpoint: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_tap, "SLOW_PAUSE", 0.02)
    tap.slow = True
    endpoint.say("12345678", size=4)
    assert await asked(tap) == "12345678"
    (first, _), (second, _) = tap.writings[0].marks
    assert second - first >= 0.02


async def test_events_may_end_as_some_servers_end_them() -> None:
    async def windows(_: web.Request) -> web.Response:
        events = 'data: {"choices": [{"delta": {"content": "%s"}}]}\r\n\r\n'
        return web.Response(text=events % "a" + events % "b", content_type="text/event-stream")

    app = web.Application()
    app.router.add_post("/v1/chat/completions", windows)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ModelTap(f"http://127.0.0.1:{runner.addresses[0][1]}/v1") as tap:
        await asked(tap)
    await runner.cleanup()
    assert [end for _, end in tap.writings[0].marks] == [1, 2]


@pytest.mark.parametrize(
    "event",
    [
        b"data: [DONE]\n\n",
        b": comment\n\n",
        b'data: {"choices": []}\n\n',
        b'data: {"choices": [{"delta": {}}]}\n\n',
        b'data: {"choices": [{"delta": {"content": null}}]}\n\n',
        b"data: 7\n\n",
        b"data: {broken\n\n",
    ],
)
def test_what_adds_nothing_counts_for_nothing(event: bytes) -> None:
    assert delta_of(event) == ""
