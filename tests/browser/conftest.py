"""A playground and a real browser for every test of the page."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright, expect

from bot.service.playground import opened
from bot.service.settings import load_settings
from playground.openai import ScriptedEndpoint
from playground.page import PageServer, World
from tests.browser.chromium import FLAGS, chromium
from tests.playground.rig import only_titles

WORDS = "Answers grow on the screen while the model writes them, word by word and line by line."
"""An answer whose beginning and end can be told apart."""

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
PATIENCE = 20_000
"""Milliseconds that a test waits for something to be seen."""

DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)


@dataclass
class Playground:
    """What a test of the page has in hand."""

    world: World
    endpoint: ScriptedEndpoint
    page: PageServer
    browser: Browser

    @property
    def address(self) -> str:
        return self.page.address

    @asynccontextmanager
    async def window(self, person: str = "ann", *, complains: bool = False, **options: Any) -> AsyncIterator[Page]:
        """A window as this person sees it. What a browser complains of, or asks of another host, fails the test."""
        address = self.address
        context = await self.browser.new_context(**{"viewport": DESK, **options})
        page = await context.new_page()
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith(address) else wrong.append(request.url))
        await page.goto(f"{address}?as={person}")
        yield page
        await context.close()
        assert complains or not wrong


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
async def playground(browser: Browser) -> AsyncIterator[Playground]:
    """A playground whose model says what the test scripts; it has been greeted already."""
    async with ScriptedEndpoint() as endpoint:
        endpoint.titles = only_titles
        settings = load_settings(None).model_copy(
            update={"openai_base_url": endpoint.base_url, "openai_model": "scripted", "port": 0}
        )
        async with opened(settings) as (world, page):
            world.greeted = True
            yield Playground(world, endpoint, page, browser)


@pytest.fixture
def picture() -> Callable[[Page, str], Awaitable[None]]:
    """Take a picture for docs/ where PICTURES is set; a test run changes no file otherwise."""

    async def take(page: Page, name: str) -> None:
        if os.environ.get("PICTURES"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=PICTURES / f"{name}.png")

    return take
