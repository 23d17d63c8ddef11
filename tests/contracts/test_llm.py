"""What every port `LLM` promises, held against the scripted fake and against the client of a real server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import pytest

from adapters.openai import OpenAIModel
from bot.engine.chats import Role
from bot.engine.errors import (
    ContentFiltered,
    ContextTooLong,
    ModelBusy,
    ModelError,
    ModelRefused,
    ModelSilent,
    ModelUnreachable,
)
from bot.engine.ports import LLM
from bot.engine.replies import Finish, ModelMessage, ReplyEvent, TextDelta, Usage
from bot.engine.testing import ScriptedLLM
from playground.openai import ScriptedEndpoint

QUESTION = [ModelMessage(Role.SYSTEM, "Be brief."), ModelMessage(Role.USER, "What is blue?")]
PATIENCE = 5.0
Condition = Callable[[], bool]


@dataclass
class Rig:
    """A model with the means to script it, the same for every kind."""

    llm: LLM
    say: Callable[[str], None]
    say_cut: Callable[[str], None]
    hang_after: Callable[[str], None]
    fail: Callable[[type[ModelError], str], None]
    asked: Callable[[], list[list[tuple[str, str]]]]
    limits: Callable[[], list[int | None]]
    stopped: Callable[[], bool]
    wait_for: Callable[[Condition], Awaitable[None]]


def scripted_rig() -> Rig:
    llm = ScriptedLLM()

    async def wait_for(condition: Condition) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0)

    return Rig(
        llm=llm,
        say=lambda text: void(llm.say(*text)),
        say_cut=lambda text: void(llm.say(*text, cut=True)),
        hang_after=lambda text: void(llm.say(*text, "never", pause_after=len(text))),
        fail=lambda kind, text: void(llm.fail(kind("told so"), *text)),
        asked=lambda: [[(message.role.value, message.content) for message in prompt] for prompt in llm.prompts],
        limits=lambda: llm.max_tokens,
        stopped=lambda: llm.closed_early == 1 and llm.running == 0,
        wait_for=wait_for,
    )


def void(_: object) -> None:
    """Let a lambda call what gives something back."""


def fail_like_a_server(endpoint: ScriptedEndpoint, kind: type[ModelError], text: str) -> None:
    """Script the most usual way in which a server comes to this failure after `text`."""
    if kind is ModelSilent:
        endpoint.say(text + "never", silent_after=len(text))
    elif kind is ContentFiltered and text:
        endpoint.say(text, finish="content_filter")
    elif text:
        error = {"message": str(MID_STREAM.get(kind, "went away"))}
        endpoint.say(text + "never", error_after=len(text), error=error)
    else:
        status, code = STATUS[kind]
        endpoint.fail(status, code, code=code)


STATUS: dict[type[ModelError], tuple[int, str]] = {
    ModelUnreachable: (503, "overloaded"),
    ModelBusy: (429, "rate_limit_exceeded"),
    ModelRefused: (401, "invalid_api_key"),
    ContextTooLong: (400, "context_length_exceeded"),
    ContentFiltered: (400, "content_filter"),
}
MID_STREAM = {ModelBusy: "Rate limit reached", ContextTooLong: "the request exceeds the available context size"}


def openai_rig(endpoint: ScriptedEndpoint, llm: OpenAIModel) -> Rig:
    return Rig(
        llm=llm,
        say=lambda text: void(endpoint.say(text)),
        say_cut=lambda text: void(endpoint.say(text, finish="length")),
        hang_after=lambda text: void(endpoint.say(text + "never", silent_after=len(text))),
        fail=lambda kind, text: fail_like_a_server(endpoint, kind, text),
        asked=lambda: [[(m["role"], m["content"]) for m in request.messages] for request in endpoint.requests],
        limits=lambda: [request.max_tokens for request in endpoint.requests],
        stopped=lambda: endpoint.closed_early == 1 and endpoint.running == 0,
        wait_for=endpoint.wait_for,
    )


@pytest.fixture(params=["scripted", "openai"])
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    if request.param == "scripted":
        yield scripted_rig()
        return
    async with ScriptedEndpoint() as endpoint:
        llm = OpenAIModel(endpoint.base_url, None, "scripted", silence=1.0)
        yield openai_rig(endpoint, llm)
        await llm.close()


async def hear(llm: LLM, max_tokens: int | None = None) -> list[ReplyEvent | ModelError]:
    """Everything that comes, the error at its end included."""
    heard: list[ReplyEvent | ModelError] = []
    async with aclosing(llm.stream(QUESTION, max_tokens=max_tokens)) as events:
        try:
            async for event in events:
                heard.append(event)  # noqa: PERF401 - what came before an error counts
        except ModelError as error:
            heard.append(error)
    return heard


def text_of(heard: list[ReplyEvent | ModelError]) -> str:
    return "".join(event.text for event in heard if isinstance(event, TextDelta))


async def test_the_text_arrives_whole_and_in_order(rig: Rig) -> None:
    rig.say("The sky, 天空, 🌤, and\n\n- the sea")
    assert text_of(await hear(rig.llm)) == "The sky, 天空, 🌤, and\n\n- the sea"


async def test_no_delta_is_empty(rig: Rig) -> None:
    rig.say("The sky")
    assert all(event.text for event in await hear(rig.llm) if isinstance(event, TextDelta))


async def test_one_finish_comes_last_and_the_usage_before_it(rig: Rig) -> None:
    rig.say("The sky")
    heard = await hear(rig.llm)
    assert heard[-1] == Finish()
    assert [isinstance(event, Usage) for event in heard].count(True) == 1
    assert isinstance(heard[-2], Usage)
    assert sum(isinstance(event, Finish) for event in heard) == 1


async def test_an_answer_without_text_finishes(rig: Rig) -> None:
    rig.say("")
    heard = await hear(rig.llm)
    assert text_of(heard) == ""
    assert heard[-1] == Finish()


async def test_a_limit_that_was_reached_is_told(rig: Rig) -> None:
    rig.say_cut("The sky and")
    assert (await hear(rig.llm))[-1] == Finish(cut=True)


async def test_the_prompt_goes_out_in_order_with_its_roles(rig: Rig) -> None:
    rig.say("The sky")
    await hear(rig.llm)
    assert rig.asked() == [[("system", "Be brief."), ("user", "What is blue?")]]


async def test_the_limit_of_tokens_is_passed_on(rig: Rig) -> None:
    rig.say("The sky")
    rig.say("The sky")
    await hear(rig.llm, max_tokens=40)
    await hear(rig.llm)
    assert rig.limits() == [40, None]


@pytest.mark.parametrize("kind", [*STATUS, ModelSilent], ids=lambda kind: kind.code)
async def test_a_failure_before_the_first_word_is_one_of_ours(rig: Rig, kind: type[ModelError]) -> None:
    rig.fail(kind, "")
    heard = await hear(rig.llm)
    assert [type(event) for event in heard] == [kind]


@pytest.mark.parametrize(
    "kind", [ModelUnreachable, ModelBusy, ContextTooLong, ContentFiltered, ModelSilent], ids=lambda kind: kind.code
)
async def test_a_failure_in_the_middle_comes_after_the_text_before_it(rig: Rig, kind: type[ModelError]) -> None:
    rig.fail(kind, "The sky")
    heard = await hear(rig.llm)
    assert text_of(heard) == "The sky"
    assert type(heard[-1]) is kind
    assert not any(isinstance(event, Finish) for event in heard)


async def test_after_a_failure_the_next_question_is_answered(rig: Rig) -> None:
    rig.fail(ContextTooLong, "")
    rig.say("The sky")
    await hear(rig.llm)
    assert text_of(await hear(rig.llm)) == "The sky"


async def test_closing_the_stream_stops_the_model(rig: Rig) -> None:
    rig.hang_after("The sky")
    events = rig.llm.stream(QUESTION)
    assert isinstance(await anext(events), TextDelta)
    assert not rig.stopped()
    await events.aclose()
    await rig.wait_for(rig.stopped)


async def test_cancelling_whoever_listens_stops_the_model(rig: Rig) -> None:
    """A turn that is cancelled while it waits for the next delta: nothing of it may go on writing at our cost."""
    rig.hang_after("The sky")
    task = asyncio.create_task(hear(rig.llm))
    await rig.wait_for(lambda: bool(rig.asked()))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await rig.wait_for(rig.stopped)


async def test_an_answer_that_was_heard_to_its_end_was_not_stopped(rig: Rig) -> None:
    rig.say("The sky")
    await hear(rig.llm)
    assert not rig.stopped()


async def test_a_stream_that_nobody_began_asks_nothing(rig: Rig) -> None:
    await rig.llm.stream(QUESTION).aclose()
    assert rig.asked() == []


async def test_streams_do_not_disturb_each_other(rig: Rig) -> None:
    """One hangs, one fails, one ends: each as if it were alone."""
    rig.hang_after("The sky")
    rig.fail(ModelBusy, "")
    rig.say("The sea")
    async with aclosing(rig.llm.stream(QUESTION)) as hanging:
        await anext(hanging)
        assert [type(event) for event in await hear(rig.llm)] == [ModelBusy]
        assert text_of(await hear(rig.llm)) == "The sea"
