"""What tests may count on when they script a model."""

import asyncio
from contextlib import aclosing

import pytest

from bot.engine.chats import Role
from bot.engine.errors import ModelBusy
from bot.engine.replies import ModelMessage, TextDelta
from bot.engine.testing import ScriptedLLM
from bot.engine.testing.model import Prompt

QUESTION = [ModelMessage(Role.USER, "What is blue?")]
TITLE = [ModelMessage(Role.SYSTEM, "Give a title."), *QUESTION]


async def hear(llm: ScriptedLLM, prompt: list[ModelMessage] = QUESTION) -> str:
    async with aclosing(llm.stream(prompt)) as events:
        return "".join([event.text async for event in events if isinstance(event, TextDelta)])


def asks_for_a_title(prompt: Prompt) -> bool:
    return "title" in prompt[0].content


async def test_with_no_script_it_repeats_the_question() -> None:
    assert await hear(ScriptedLLM()) == "You said: What is blue?"


async def test_rules_answer_first_and_leave_the_queue_alone() -> None:
    llm = ScriptedLLM()
    llm.when(asks_for_a_title, "On blue")
    llm.say("The", " sky")
    assert await hear(llm, TITLE) == "On blue"
    assert await hear(llm) == "The sky"


async def test_a_rule_may_compute_or_fail() -> None:
    llm = ScriptedLLM()
    llm.when(asks_for_a_title, ModelBusy("later"))
    llm.when(lambda _: True, lambda prompt: prompt[-1].content.upper())
    assert await hear(llm) == "WHAT IS BLUE?"
    with pytest.raises(ModelBusy):
        await hear(llm, TITLE)


async def test_it_pauses_where_told_until_it_may_go_on() -> None:
    llm = ScriptedLLM()
    answer = llm.say("The", " sky", pause_after=1)
    task = asyncio.create_task(hear(llm))
    await asyncio.wait_for(answer.paused.wait(), 5)
    assert (llm.running, answer.ended.is_set()) == (1, False)
    answer.go.set()
    assert await task == "The sky" == answer.text
    assert (llm.running, answer.ended.is_set(), answer.closed.is_set()) == (0, True, False)


async def test_it_knows_which_answer_was_closed_early() -> None:
    llm = ScriptedLLM()
    first, second = llm.say("The sky", pause_after=1), llm.say("The sea")
    async with aclosing(llm.stream(QUESTION)) as events:
        await anext(events)
    await hear(llm)
    assert (first.closed.is_set(), second.closed.is_set()) == (True, False)
    assert llm.closed_early == 1
