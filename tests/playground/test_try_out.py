"""The try-out in the terminal, with a pipe for the keyboard."""

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.engine import texts
from bot.engine.delivery import end_task
from bot.service.settings import LOCAL, Settings, load_settings
from bot.service.tryout import Keyboard, for_try_out, is_configured, try_out
from playground.openai import ScriptedEndpoint
from playground.telegram import TelegramStandIn
from tests.playground.rig import PATIENCE, only_titles


class Terminal(io.StringIO):
    """Standard output that can be waited for; what was typed goes in by a pipe."""

    def __init__(self) -> None:
        super().__init__()
        self._written = asyncio.Event()
        self._seen = 0
        self._in, self._out = os.pipe()
        self.keyboard = open(self._in, encoding="utf-8")  # noqa: SIM115 - closed by `close`

    def write(self, text: str) -> int:
        self._written.set()
        return super().write(text)

    def type(self, text: str) -> None:
        os.write(self._out, text.encode())

    def end_input(self) -> None:
        os.close(self._out)
        self._out = -1

    async def shows(self, text: str) -> None:
        """Wait until this was printed, after what was waited for before."""
        async with asyncio.timeout(PATIENCE):  # what is printed by then stands in the error's locals
            while (at := self.getvalue().find(text, self._seen)) < 0:
                self._written.clear()
                await self._written.wait()
        self._seen = at + len(text)

    def close(self) -> None:
        if self._out >= 0:
            self.end_input()
        self.keyboard.close()
        super().close()


@pytest.fixture
async def terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Terminal]:
    monkeypatch.chdir(tmp_path)
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint() as endpoint:
        endpoint.titles = only_titles
        yield endpoint


def settings_with(endpoint: ScriptedEndpoint) -> Settings:
    return load_settings(None).model_copy(update={"openai_base_url": endpoint.base_url, "openai_model": "scripted"})


@asynccontextmanager
async def tried_out(terminal: Terminal, endpoint: ScriptedEndpoint) -> AsyncIterator[None]:
    """A try-out that is ready for the first line; it ends with its input."""
    with pytest.MonkeyPatch.context() as streams:  # not in a fixture: pytest sets both anew before the test
        streams.setattr(sys, "stdin", terminal.keyboard)
        streams.setattr(sys, "stdout", terminal)
        running = asyncio.create_task(try_out(settings_with(endpoint)))
        try:
            await terminal.shows("README.md says how.")
            yield
            terminal.end_input()
            await asyncio.wait_for(running, PATIENCE)
        finally:
            await end_task(running)


async def test_one_writes_reads_and_presses_buttons(terminal: Terminal, endpoint: ScriptedEndpoint) -> None:
    async with tried_out(terminal, endpoint):
        endpoint.say("Some words that come slowly, one after another, and grow.", rate=40.0)
        terminal.type("\nHi there\n")
        await terminal.shows("Threadline: Some words")
        await terminal.shows("and grow.")
        terminal.type("[Nonsense]\n")
        await terminal.shows("There is no button [Nonsense]")
        terminal.type("/delete\n")
        await terminal.shows("[Keep]")
        terminal.type("[Keep]\n")
        await terminal.shows("Nothing was deleted.")
    assert terminal.getvalue().endswith("\n")
    assert terminal.getvalue().count("Some words") == 1


async def test_the_note_that_a_pressed_button_leads_to_is_printed(
    terminal: Terminal, endpoint: ScriptedEndpoint
) -> None:
    async with tried_out(terminal, endpoint):
        endpoint.fail(400, code="content_filter")
        terminal.type("First question\n")
        await terminal.shows("[Retry]")
        endpoint.say("An answer.")
        terminal.type("Second question\n")
        await terminal.shows("An answer.")
        terminal.type("[Retry]\n")
        await terminal.shows(f"({texts.ONLY_LAST})")


async def test_the_keyboard_ends_with_its_input() -> None:
    inside, outside = os.pipe()
    keyboard = Keyboard(inside)
    os.write(outside, b"eins\nzwei")
    os.close(outside)
    assert [await keyboard.read_line() for _ in range(3)] == ["eins\n", "zwei", ""]
    os.close(inside)


async def test_the_persons_own_model_is_used_and_else_the_local_one(endpoint: ScriptedEndpoint, tmp_path: Path) -> None:
    async with TelegramStandIn() as telegram:
        own = for_try_out(settings_with(endpoint), telegram, tmp_path)
        none = for_try_out(load_settings(None), telegram, tmp_path)
    assert own.openai_base_url == endpoint.base_url
    assert none.openai_base_url == LOCAL
    assert is_configured(own)
    assert own.database_url == f"sqlite:///{tmp_path / 'try-out.db'}"
