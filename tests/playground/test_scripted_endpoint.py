"""The scripted endpoint refuses what the real one refuses, and breaks in the ways in which real ones break."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from playground.clock import Clock
from playground.openai import ScriptedEndpoint
from playground.openai_script import Answer, Failure, Request

ASKED = {"model": "scripted", "messages": [{"role": "user", "content": "What is blue?"}]}


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as endpoint:
        yield endpoint


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def ask(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession, key: str | None = None, **body: Any) -> Any:
    """Status and body of one whole answer."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with http.post(f"{endpoint.base_url}/chat/completions", json=ASKED | body, headers=headers) as response:
        return response.status, await response.json()


async def stream(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession, **body: Any) -> list[Any]:
    """The events of one stream, as long as it lasts."""
    async with http.post(f"{endpoint.base_url}/chat/completions", json=ASKED | body | {"stream": True}) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        data = [line.decode().removeprefix("data: ").strip() async for line in response.content if line.strip()]
    return [event if event == "[DONE]" else json.loads(event) for event in data]


def text_of(events: list[Any]) -> str:
    chosen = [event["choices"][0] for event in events if event != "[DONE]" and event["choices"]]
    return "".join(choice["delta"].get("content", "") for choice in chosen)


# -- what it says


async def test_with_no_script_the_question_comes_back(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    status, answer = await ask(endpoint, http)
    assert status == 200
    assert answer["choices"][0]["message"]["content"] == "You said: What is blue?"
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] > 0


async def test_a_stream_has_deltas_a_finish_and_done(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    endpoint.say("The sky, 天空", size=3)
    events = await stream(endpoint, http)
    assert text_of(events) == "The sky, 天空"
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert events[-1] == "[DONE]"


async def test_the_usage_comes_last_without_choices_and_only_when_asked_for(
    endpoint: ScriptedEndpoint, http: aiohttp.ClientSession
) -> None:
    asked = await stream(endpoint, http, stream_options={"include_usage": True})
    assert asked[-2]["choices"] == []
    assert asked[-2]["usage"]["completion_tokens"] > 0
    assert not any("usage" in event for event in (await stream(endpoint, http))[:-1])


async def test_answers_come_in_the_order_in_which_they_were_told(
    endpoint: ScriptedEndpoint, http: aiohttp.ClientSession
) -> None:
    endpoint.say("one")
    endpoint.fail(503)
    endpoint.say("two")
    assert text_of(await stream(endpoint, http)) == "one"
    assert (await ask(endpoint, http))[0] == 503
    assert text_of(await stream(endpoint, http)) == "two"


async def test_titles_leave_the_queue_alone(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    """Title and answer are asked for side by side: whoever comes first must not take the other's text."""

    def titles(request: Request) -> str | None:
        return "On blue" if "title" in request.system else None

    endpoint.titles = titles
    endpoint.say("The sky")
    prompt = [{"role": "system", "content": "Give a title."}, {"role": "user", "content": "What is blue?"}]
    assert text_of(await stream(endpoint, http, messages=prompt)) == "On blue"
    assert text_of(await stream(endpoint, http)) == "The sky"


async def test_a_function_may_answer(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    endpoint.answer_with(lambda request: request.question.upper())
    assert text_of(await stream(endpoint, http)) == "WHAT IS BLUE?"


async def test_a_function_may_answer_with_everything_that_can_be_queued(
    endpoint: ScriptedEndpoint, http: aiohttp.ClientSession
) -> None:
    said: dict[str, Answer | Failure | None] = {
        "whole": Answer("Whole.", finish="length"),
        "busy": Failure(429),
        "cut": None,
    }
    endpoint.answer_with(lambda request: said[request.question])
    events = await stream(endpoint, http, messages=[{"role": "user", "content": "whole"}])
    assert (text_of(events), events[-2]["choices"][0]["finish_reason"]) == ("Whole.", "length")
    assert (await ask(endpoint, http, messages=[{"role": "user", "content": "busy"}]))[0] == 429
    with pytest.raises(aiohttp.ClientError):
        await ask(endpoint, http, messages=[{"role": "user", "content": "cut"}])


async def test_a_limit_of_tokens_cuts_the_answer(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    endpoint.say("x" * 100)
    events = await stream(endpoint, http, max_tokens=5)
    assert len(text_of(events)) == 20
    assert events[-2]["choices"][0]["finish_reason"] == "length"


class LeapingClock(Clock):
    """Time that passes only by sleeping, and at once."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def now(self) -> float:
        return self.passed

    async def sleep(self, seconds: float) -> None:
        self.passed += max(0.0, seconds)


async def test_text_flows_at_its_rate_on_the_clock(http: aiohttp.ClientSession) -> None:
    clock = LeapingClock()
    async with ScriptedEndpoint(clock) as endpoint:
        endpoint.say("x" * 40, delay=1, size=7, rate=10)
        assert len(text_of(await stream(endpoint, http))) == 40
    assert clock.passed == pytest.approx(1 + 40 / 10)


# -- what it refuses


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"messages": []}, 400, "empty_array"),
        ({"messages": "hello"}, 400, "invalid_type"),
        ({"messages": ["hello"]}, 400, "invalid_type"),
        ({"messages": [{"content": "hello"}]}, 400, "missing_required_parameter"),
        ({"messages": [{"role": "bot", "content": "hello"}]}, 400, "invalid_value"),
        ({"messages": [{"role": "user", "content": None}]}, 400, "invalid_type"),
        ({"model": ""}, 400, None),
        ({"max_tokens": 0}, 400, "integer_below_min_value"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, 400, None),
        ({"stream_options": {"include_usage": True}}, 400, None),
    ],
)
async def test_a_wrong_request_is_refused_with_the_real_error(
    endpoint: ScriptedEndpoint, http: aiohttp.ClientSession, body: dict[str, Any], status: int, code: str | None
) -> None:
    given, answer = await ask(endpoint, http, **body)
    assert (given, answer["error"]["code"]) == (status, code)
    assert answer["error"]["type"] == "invalid_request_error"
    assert (endpoint.requests, endpoint.refused) == ([], 1)


async def test_a_request_without_messages_is_refused(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{endpoint.base_url}/chat/completions", json={"model": "scripted"}) as response:
        assert response.status == 400
        assert (await response.json())["error"]["code"] == "missing_required_parameter"


async def test_a_message_may_come_in_parts(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    parts = [{"type": "text", "text": "What is "}, {"type": "text", "text": "blue?"}]
    await ask(endpoint, http, messages=[{"role": "user", "content": parts}])
    assert endpoint.requests[0].question == "What is blue?"


def test_an_answer_that_could_never_flow_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        ScriptedEndpoint().say("The sky", size=0)


async def test_a_body_that_is_no_json_is_refused(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{endpoint.base_url}/chat/completions", data=b"{") as response:
        assert response.status == 400


async def test_without_the_key_nobody_is_served(http: aiohttp.ClientSession) -> None:
    async with ScriptedEndpoint(key="sk-right") as endpoint:
        assert (await ask(endpoint, http))[0] == 401
        status, answer = await ask(endpoint, http, key="sk-wrong-key")
        assert (status, answer["error"]["code"]) == (401, "invalid_api_key")
        assert "sk-wrong-key" not in answer["error"]["message"]
        assert (await ask(endpoint, http, key="sk-right"))[0] == 200
        async with http.get(f"{endpoint.base_url}/models") as response:
            assert response.status == 401


async def test_a_strict_endpoint_knows_only_its_models(http: aiohttp.ClientSession) -> None:
    async with ScriptedEndpoint(models=("one", "two"), strict=True) as endpoint:
        status, answer = await ask(endpoint, http, model="three")
        assert (status, answer["error"]["code"]) == (404, "model_not_found")
        async with http.get(f"{endpoint.base_url}/models") as response:
            assert [model["id"] for model in (await response.json())["data"]] == ["one", "two"]


async def test_an_unknown_parameter_is_refused_where_it_was_told(
    endpoint: ScriptedEndpoint, http: aiohttp.ClientSession
) -> None:
    endpoint.refuses = ("max_tokens",)
    status, answer = await ask(endpoint, http, max_tokens=5)
    assert (status, answer["error"]["code"]) == (400, "unsupported_parameter")


async def test_a_prompt_beyond_the_limit_is_refused_and_logged(
    endpoint: ScriptedEndpoint, http: aiohttp.ClientSession
) -> None:
    endpoint.context_limit = len("What is blue?")
    assert (await ask(endpoint, http))[0] == 200
    endpoint.context_limit -= 1
    status, answer = await ask(endpoint, http)
    assert (status, answer["error"]["code"]) == (400, "context_length_exceeded")
    assert len(endpoint.requests) == 2


async def test_any_other_path_is_unknown(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{endpoint.base_url}/completions", json={}) as response:
        assert response.status == 404


# -- how it breaks


async def test_a_failure_has_its_status_code_and_wait(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    endpoint.fail(429, "Slow down", code="rate_limit_exceeded", retry_after=3)
    async with http.post(f"{endpoint.base_url}/chat/completions", json=ASKED) as response:
        assert (response.status, response.headers["Retry-After"]) == (429, "3")
        assert (await response.json())["error"]["code"] == "rate_limit_exceeded"


async def test_a_failure_may_have_any_body(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    endpoint.fail(502, body="<html>")
    async with http.post(f"{endpoint.base_url}/chat/completions", json=ASKED) as response:
        assert (response.status, await response.text()) == (502, "<html>")


async def test_it_breaks_off_at_a_character(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    endpoint.say("The sky and the sea", break_after=7)
    heard: list[bytes] = []

    async def listen() -> None:
        async with http.post(f"{endpoint.base_url}/chat/completions", json=ASKED | {"stream": True}) as response:
            heard.extend([line async for line in response.content])

    with pytest.raises(aiohttp.ClientPayloadError):
        await listen()
    assert endpoint.running == 0


async def test_it_drops_a_connection_before_any_answer(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    endpoint.drop()
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await ask(endpoint, http)


async def test_it_falls_silent_until_it_may_go_on(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    answer = endpoint.say("The sky and the sea", silent_after=7)
    task = asyncio.create_task(stream(endpoint, http))
    await asyncio.wait_for(answer.silent.wait(), 5)
    assert not task.done()
    answer.go.set()
    assert text_of(await asyncio.wait_for(task, 5)) == "The sky and the sea"


async def test_an_error_may_come_in_the_middle(endpoint: ScriptedEndpoint, http: aiohttp.ClientSession) -> None:
    endpoint.say("The sky and the sea", error_after=7)
    events = await stream(endpoint, http)
    assert events[-2]["error"]["type"] == "server_error"


async def test_a_caller_that_goes_is_counted_and_stops_the_answer(
    endpoint: ScriptedEndpoint, http: aiohttp.ClientSession
) -> None:
    endpoint.say("The sky", silent_after=3)
    async with http.post(f"{endpoint.base_url}/chat/completions", json=ASKED | {"stream": True}) as response:
        await response.content.readline()
        assert (endpoint.running, endpoint.closed_early) == (1, 0)
    await endpoint.wait_for(lambda: endpoint.closed_early == 1 and endpoint.running == 0)


async def test_stopping_the_endpoint_counts_nobody_as_gone(http: aiohttp.ClientSession) -> None:
    async with ScriptedEndpoint() as endpoint:
        answer = endpoint.say("The sky", silent_after=3)
        task = asyncio.create_task(stream(endpoint, http))
        await asyncio.wait_for(answer.silent.wait(), 5)
    with pytest.raises(aiohttp.ClientError):
        await task
    assert endpoint.closed_early == 0


async def test_waiting_for_what_never_comes_ends(endpoint: ScriptedEndpoint) -> None:
    with pytest.raises(TimeoutError):
        await endpoint.wait_for(lambda: False, timeout=0.01)
