"""What the page says to those who do not see it, or do not use a mouse."""

import json
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]  # it has types, but no py.typed
from playwright.async_api import Page, expect

from tests.browser.conftest import Playground
from tests.browser.panes import Slack, Telegram

AXE = Axe()


async def problems(window: Page) -> list[str]:
    """What axe-core finds wrong, with the elements."""
    found = await AXE.run(window)
    return [
        f"{violation['id']}: {json.dumps([node['html'] for node in violation['nodes']])[:400]}"
        for violation in found.response["violations"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_wrong(playground: Playground, scheme: Literal["light", "dark"]) -> None:
    async with playground.window(color_scheme=scheme) as window:
        slack, telegram = Slack(window), Telegram(window)
        assert await problems(window) == []
        await slack.write("@Threadline rivers")
        await telegram.start()
        await telegram.write("/delete")
        await expect(slack.thread.get_by_text("You said: rivers")).to_be_visible()
        await expect(telegram.pane.get_by_role("article").last).to_be_visible()
        assert await problems(window) == []
        await slack.choose(slack.thread.get_by_role("article").last, "Rename this chat")
        await expect(window.get_by_role("dialog")).to_be_visible()
        assert await problems(window) == []
        await window.get_by_role("dialog").get_by_role("button", name="Close", exact=True).first.click()
        await slack.open("Threadline")
        assert await problems(window) == []
        await telegram.open("Threadline · topics")
        assert await problems(window) == []


async def test_a_conversation_needs_no_mouse(playground: Playground) -> None:
    async with playground.window() as window:
        slack = Slack(window)
        launch = slack.pane.get_by_role("button", name="#launch")
        await launch.focus()
        await window.keyboard.press("Enter")
        await expect(slack.pane.get_by_role("textbox", name="Message #launch")).to_be_focused()
        await window.keyboard.type("@Thr")
        await expect(slack.pane.get_by_role("option", name="@Threadline")).to_be_visible()
        await window.keyboard.press("Tab")
        await window.keyboard.type("rivers")
        await window.keyboard.press("Enter")
        await expect(slack.thread.get_by_text("You said: rivers")).to_be_visible()
        answer = slack.thread.get_by_role("article").last
        await answer.get_by_role("button", name="Message actions").focus()
        await window.keyboard.press("Enter")
        await expect(answer.get_by_role("menuitem").first).to_be_focused()
        await window.keyboard.press("End")
        await expect(answer.get_by_role("menuitem").last).to_be_focused()
        await window.keyboard.press("Home")
        await window.keyboard.press("Escape")
        menu = answer.get_by_role("button", name="Message actions")
        await expect(menu).to_be_focused()
        await slack.choose(answer, "Rename this chat")
        await expect(window.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
        await window.keyboard.press("Escape")
        await expect(menu).to_be_focused()
