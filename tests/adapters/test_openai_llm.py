"""What the client does with servers that differ, break or leak."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest

from adapters.openai import OpenAIModel
from bot.engine.chats import Role
from bot.engine.errors import ContentFiltered, ModelBusy, ModelError, ModelRefused, ModelSilent, ModelUnreachable
from bot.engine.replies import Finish, ModelMessage, ReplyEvent, TextDelta, Usage
from playground.openai import ScriptedEndpoint
from playground.openai_script import error_of

KEY = "sk-test-1234567890"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint(key=KEY, strict=True) as endpoint:
        yield endpoint


@pytest.fixture
async def llm(endpoint: ScriptedEndpoint) -> AsyncIterator[OpenAIModel]:
    llm = OpenAIModel(endpoint.base_url, KEY, "scripted", silence=1.0)
    yield llm
    await llm.close()


async def hear(llm: OpenAIModel, max_tokens: int | None = None) -> list[ReplyEvent]:
    async with aclosing(llm.stream([ModelMessage(Role.USER, "What is blue?")], max_tokens=max_tokens)) as events:
        return [event async for event in events]


async def text_from(llm: OpenAIModel, max_tokens: int | None = None) -> str:
    return "".join(event.text for event in await hear(llm, max_tokens) if isinstance(event, TextDelta))


@asynccontextmanager
async def answering(*parts: bytes, pause: float = 0.0) -> AsyncIterator[OpenAIModel]:
    """A model behind a server that sends these bytes, with pauses, and then lets go."""
    gone = asyncio.Event()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)
            writer.close()
            await writer.wait_closed()
        gone.set()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        llm = OpenAIModel(f"http://127.0.0.1:{port}/v1", KEY, "scripted", silence=0.2)
        yield llm
        await llm.close()
        await gone.wait()


def unused_port() -> int:
    """A port where nobody listens: 1 (tcpmux) is never in use on loopback."""
    return 1


# -- servers that differ


async def test_a_server_without_stream_options_is_asked_once_with_them(
    endpoint: ScriptedEndpoint, llm: OpenAIModel
) -> None:
    endpoint.refuses = ("stream_options",)
    assert await text_from(llm) == "You said: What is blue?"
    assert not any(isinstance(event, Usage) for event in await hear(llm))
    assert ["stream_options" in request.body for request in endpoint.requests] == [False, False]
    assert endpoint.refused == 1


@pytest.mark.parametrize(
    ("refuses", "name"),
    [
        pytest.param(("max_tokens",), "max_completion_tokens", id="OpenAI's newer models"),
        pytest.param(("max_completion_tokens",), "max_tokens", id="older servers"),
    ],
)
async def test_the_limit_goes_out_under_the_name_that_the_server_knows(
    endpoint: ScriptedEndpoint, llm: OpenAIModel, refuses: tuple[str, ...], name: str
) -> None:
    endpoint.refuses = refuses
    for _ in range(2):
        await hear(llm, max_tokens=40)
    assert [request.body[name] for request in endpoint.requests] == [40, 40]
    assert endpoint.refused <= 1


async def test_a_server_that_knows_no_limit_is_asked_without_one(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.refuses = ("max_tokens", "max_completion_tokens", "stream_options")
    assert await text_from(llm, max_tokens=40) == "You said: What is blue?"


async def test_a_refusal_of_something_else_is_not_tried_again(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.fail(400, "This model needs a higher tier.", code="tier_too_low")
    with pytest.raises(ModelRefused, match="tier_too_low"):
        await hear(llm, max_tokens=40)
    assert len(endpoint.requests) == 1


async def test_thoughts_are_no_text(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.say("The sky", reasoning="Let me think. Blue is a colour.")
    assert await text_from(llm) == "The sky"


async def test_a_stream_that_just_ends_after_text_is_an_answer(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.say("The sky", finish=None)
    assert Finish() in await hear(llm)


async def test_a_stream_that_ends_before_it_began_is_none(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.say("", finish=None)
    with pytest.raises(ModelUnreachable):
        await hear(llm)


async def test_events_of_odd_shapes_are_passed_over(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    """A list as content are Mistral's thoughts; the rest are a gateway's slips."""
    shapes = [
        "null", "7", '{"choices": {"a": 1}}', '{"choices": [null], "usage": "none"}', '{"choices": [{"delta": 7}]}',
        '{"choices": [{"delta": {"content": [{"type": "thinking"}]}}]}', '{"usage": {"prompt_tokens": null}}',
        '{"choices": [{"delta": {"content": "The sky"}}]}',
    ]  # fmt: skip
    endpoint.fail(200, body="".join(f"data: {shape}\n\n" for shape in shapes))
    assert await hear(llm) == [TextDelta("The sky"), Usage(0, 0), Finish()]


@pytest.mark.parametrize("body", ["<html>Welcome</html>", '{"choices": []}', "data: {no json}\n\n", "data: \xff"])
async def test_a_page_instead_of_a_stream_is_no_answer(endpoint: ScriptedEndpoint, llm: OpenAIModel, body: str) -> None:
    endpoint.fail(200, body=body)
    with pytest.raises(ModelUnreachable):
        await hear(llm)


# -- servers that break


async def test_a_broken_connection_is_tried_once_more_at_once(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    """A kept connection that the server closed in the meantime must not cost a person an error."""
    endpoint.drop()
    endpoint.say("The sky")
    assert await text_from(llm) == "The sky"


async def test_a_second_break_is_an_error(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.drop()
    endpoint.drop()
    with pytest.raises(ModelUnreachable, match=r"^Connection error.*[Dd]isconnected"):
        await hear(llm)


async def test_after_the_first_delta_nothing_is_tried_again(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    """A second answer would not go on where the first one ended."""
    endpoint.say("The sky and the sea", break_after=7)
    with pytest.raises(ModelUnreachable, match=r"^Connection error"):
        await hear(llm)
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_server_in_trouble_is_not_asked_again(
    endpoint: ScriptedEndpoint, llm: OpenAIModel, status: int
) -> None:
    endpoint.fail(status)
    with pytest.raises(ModelError):
        await hear(llm)
    assert len(endpoint.requests) == 1


async def test_nobody_listening_is_unreachable() -> None:
    llm = OpenAIModel(f"http://127.0.0.1:{unused_port()}/v1", None, "scripted")
    with pytest.raises(ModelUnreachable):
        await hear(llm)
    with pytest.raises(ModelUnreachable):
        await llm.check()
    await llm.close()


async def test_a_busy_server_says_how_long(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.fail(429, "Rate limit reached", code="rate_limit_exceeded", retry_after=7)
    with pytest.raises(ModelBusy) as caught:
        await hear(llm)
    assert caught.value.retry_after == 7


async def test_an_account_without_credit_will_not_get_better_by_waiting(
    endpoint: ScriptedEndpoint, llm: OpenAIModel
) -> None:
    endpoint.fail(429, "You exceeded your current quota.", code="insufficient_quota")
    with pytest.raises(ModelRefused):
        await hear(llm)


async def test_silence_before_the_first_delta_counts(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.say("The sky", silent_after=0)
    with pytest.raises(ModelSilent, match="for 1 s"):
        await hear(llm)


async def test_a_slow_model_is_not_silent(endpoint: ScriptedEndpoint) -> None:
    """Eight deltas, each well within the limit, together beyond it."""
    llm = OpenAIModel(endpoint.base_url, KEY, "scripted", silence=0.9)
    endpoint.say("The sky and the sea, too", size=3, rate=20)
    assert await text_from(llm) == "The sky and the sea, too"
    await llm.close()


async def test_a_server_that_only_says_that_it_is_still_there_is_silent() -> None:
    """Some send comments for as long as they have no room for a question, which may be for ever."""
    async with answering(HEAD, *[b"b\r\n: waiting\n\n\r\n"] * 10, pause=0.05) as llm:
        with pytest.raises(ModelSilent):
            await hear(llm)


async def test_what_breaks_after_the_last_event_breaks_nothing() -> None:
    said = b'data: {"choices": [{"delta": {"content": "The sky"}}]}\n\ndata: [DONE]\n\n'
    async with answering(HEAD, b"%x\r\n%b\r\n" % (len(said), said)) as llm:  # the chunk of length 0 is missing
        assert await text_from(llm) == "The sky"


async def test_a_slow_listener_is_not_silence(endpoint: ScriptedEndpoint) -> None:
    """The clock runs only while the model is waited for, not while the text is being shown."""
    llm = OpenAIModel(endpoint.base_url, KEY, "scripted", silence=0.5)
    text = ""
    async with aclosing(llm.stream([ModelMessage(Role.USER, "What is blue?")])) as events:
        async for event in events:
            if not text:
                await asyncio.sleep(0.6)  # longer than the limit, busy with something else
            text += event.text if isinstance(event, TextDelta) else ""
    await llm.close()
    assert text == "You said: What is blue?"


async def test_a_filter_ends_the_answer_with_an_error(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.say("The", finish="content_filter")
    with pytest.raises(ContentFiltered):
        await hear(llm)


# -- the key


def everything_printed(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error)


async def test_the_key_is_sent_and_stands_in_no_error(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    """Some gateways repeat the key that they refuse."""
    endpoint.lists_models = False
    endpoint.fail(401, f"Key {KEY} is not known", code="invalid_api_key")
    with pytest.raises(ModelRefused) as caught:
        await llm.check()
    assert endpoint.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    assert KEY not in everything_printed(caught.value)
    assert "[key] is not known" in str(caught.value)


@pytest.mark.parametrize(
    ("how", "outline"),
    [
        (
            {"status": 400, "message": "Invalid: What is blue?", "code": "bad_value"},
            "HTTP 400 (bad_value, server_error)",
        ),
        ({"status": 422, "body": '{"detail": [{"input": "What is blue?"}]}'}, "HTTP 422"),
        ({"status": 400, "message": "No.", "code": "What is blue?"}, "HTTP 400 (server_error)"),
        ({"status": 429, "message": "You asked What is blue?", "kind": "requests"}, "HTTP 429 (requests)"),
        ({"status": 500, "body": "<html>What is blue?</html>"}, "HTTP 500"),
    ],
)
async def test_the_servers_words_about_a_persons_prompt_are_not_repeated(
    endpoint: ScriptedEndpoint, llm: OpenAIModel, how: dict[str, Any], outline: str
) -> None:
    """Servers on FastAPI answer 422 with the whole prompt in it."""
    endpoint.fail(**how)
    with pytest.raises(ModelError) as caught:
        await hear(llm)
    assert str(caught.value) == outline


async def test_the_words_of_an_error_in_the_stream_are_not_repeated(
    endpoint: ScriptedEndpoint, llm: OpenAIModel
) -> None:
    endpoint.say("The sky", error_after=3, error=error_of("broke at What is blue?", "server_error"))
    with pytest.raises(ModelUnreachable) as caught:
        await hear(llm)
    assert str(caught.value) == "an error in the stream (server_error)"


@pytest.mark.parametrize("key", ["sk-tést-1234567890", "sk-test-\n1234567890", "sk-test-1234567890\n"])
async def test_a_key_that_no_header_can_carry_stands_in_no_error(endpoint: ScriptedEndpoint, key: str) -> None:
    llm = OpenAIModel(endpoint.base_url, key, "unknown")
    with pytest.raises(ModelError) as caught:
        await hear(llm)
    await llm.close()
    assert key.strip() not in everything_printed(caught.value)
    assert "1234567890" not in everything_printed(caught.value)


async def test_the_key_stands_in_no_error_behind_the_error() -> None:
    """The HTTP client's error about an answer that is no HTTP has the headers of the request in it."""
    async with answering(b"Hello, this is no HTTP\r\n\r\n") as llm:
        with pytest.raises(ModelUnreachable, match="this is no HTTP") as caught:
            await hear(llm)
    link: BaseException | None = caught.value
    while link is not None:
        assert KEY not in f"{everything_printed(link)} {link.args}"
        link = link.__cause__ or link.__context__


async def test_the_password_of_the_address_stands_in_no_error() -> None:
    llm = OpenAIModel(f"http://me:secret@127.0.0.1:{unused_port()}/v1", "\u00e9", "scripted")
    with pytest.raises(ModelError) as caught:
        await hear(llm)
    await llm.close()
    assert "secret" not in everything_printed(caught.value)


async def test_a_name_and_a_password_in_the_address_go_out_instead_of_the_key() -> None:
    """They are for a proxy before the endpoint, and a request has one such header."""
    async with ScriptedEndpoint(key="Basic bWU6c0BjcmV0") as guarded:
        llm = OpenAIModel(guarded.base_url.replace("//", "//me:s%40cret@"), KEY, "scripted")
        assert await text_from(llm) == "You said: What is blue?"
        await llm.check()
        await llm.close()


# -- the doctor


async def test_a_good_endpoint_passes_the_check(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    await llm.check()
    assert endpoint.requests == []


async def test_the_check_tells_a_refused_key(endpoint: ScriptedEndpoint) -> None:
    llm = OpenAIModel(endpoint.base_url, "sk-wrong", "scripted")
    with pytest.raises(ModelRefused, match="Incorrect API key"):
        await llm.check()
    await llm.close()


async def test_the_check_names_the_models_that_there_are(endpoint: ScriptedEndpoint) -> None:
    llm = OpenAIModel(endpoint.base_url, KEY, "gpt-0")
    with pytest.raises(ModelRefused, match=r"gpt-0.*scripted"):
        await llm.check()
    await llm.close()


@pytest.mark.parametrize("listed", ["llama3", "llama3:latest", "*", "openai/*"])
async def test_the_check_knows_a_model_by_its_tag_or_a_wildcard(listed: str) -> None:
    async with ScriptedEndpoint(models=(listed,)) as endpoint:
        llm = OpenAIModel(endpoint.base_url, None, "llama3")
        await llm.check()
        await llm.close()


async def test_a_server_without_a_list_is_checked_with_a_word(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> None:
    endpoint.lists_models = False
    await llm.check()
    assert len(endpoint.requests) == 1


async def test_an_address_without_its_path_fails_the_check(endpoint: ScriptedEndpoint) -> None:
    llm = OpenAIModel(endpoint.base_url.removesuffix("/v1"), KEY, "scripted")
    with pytest.raises(ModelRefused, match="404"):
        await llm.check()
    await llm.close()
