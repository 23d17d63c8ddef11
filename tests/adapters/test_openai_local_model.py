"""The model that comes with the package, for real."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from adapters.openai import OpenAIModel
from bot.engine.chats import Role
from bot.engine.errors import ContextTooLong
from bot.engine.replies import Finish, ModelMessage, TextDelta, Usage
from bot.service.local_model import CONTEXT, LocalModel, LocalModelMissing, serve, weights


@pytest.fixture
async def llm() -> AsyncIterator[OpenAIModel]:
    local = await LocalModel.start()
    llm = OpenAIModel(local.base_url, None, local.model)
    yield llm
    await llm.close()
    await local.close()


async def test_it_streams_a_real_answer(llm: OpenAIModel) -> None:
    await llm.check()
    instructions = ModelMessage(Role.SYSTEM, "You are a helpful assistant. Answer in the language of the question.")
    prompt = [instructions, ModelMessage(Role.USER, "What is the capital of France?")]
    async with aclosing(llm.stream(prompt, max_tokens=60)) as events:
        heard = [event async for event in events]
    deltas = [event.text for event in heard if isinstance(event, TextDelta)]
    assert "Paris" in "".join(deltas)
    assert len(deltas) > 3
    assert isinstance(heard[-2], Usage)
    assert isinstance(heard[-1], Finish)


async def test_it_tells_a_prompt_that_is_too_long(llm: OpenAIModel) -> None:
    with pytest.raises(ContextTooLong):
        await anext(llm.stream([ModelMessage(Role.USER, "word " * (CONTEXT + 1))]))


async def test_closing_it_frees_its_port() -> None:
    local = await LocalModel.start()
    port = int(local.base_url.removesuffix("/v1").rpartition(":")[2])
    await local.close()
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection("127.0.0.1", port)


def test_weights_that_cannot_be_loaded_are_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"no weights")
    with pytest.raises(LocalModelMissing, match="OPENAI_API_KEY"):
        serve(broken)


def test_weights_that_are_not_installed_are_told_in_a_sentence() -> None:
    with pytest.raises(LocalModelMissing, match="OPENAI_API_KEY"):
        weights("no_such_package_of_weights")


def test_a_machine_without_the_runner_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)  # how Python itself marks what cannot be imported
    with pytest.raises(LocalModelMissing, match="OPENAI_API_KEY"):
        serve(weights())
