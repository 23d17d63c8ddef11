"""What somebody sees who opens the page for the first time."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Browser, Page, expect

from bot.service.playground import opened
from bot.service.settings import load_settings
from playground.openai import ScriptedEndpoint
from playground.page.world_actions import FIRST_QUESTIONS
from tests.browser.conftest import PHONE, Playground
from tests.browser.panes import Slack, Telegram

Picture = Callable[[Page, str], Awaitable[None]]


MODEL_PATIENCE = 120_000
"""Milliseconds for the local model, which shares two cores with everything else."""


async def test_a_first_visit_shows_the_local_model_answering_in_both_panes(browser: Browser, picture: Picture) -> None:
    """Nothing is configured and nothing typed: the model that came along answers a question in each pane."""
    settings = load_settings(None).model_copy(update={"port": 0})
    async with opened(settings) as (world, page):
        first = Playground(world, ScriptedEndpoint(), page, browser)
        async with first.window("") as window:
            slack, telegram = Slack(window), Telegram(window)
            in_slack, in_telegram = FIRST_QUESTIONS
            await expect(slack.message(in_slack).first).to_be_visible()
            await expect(telegram.message(in_telegram)).to_be_visible()
            await expect(slack.message("Paris").last).to_be_visible(timeout=MODEL_PATIENCE)
            await picture(window, "first-visit-streaming")
            await expect(slack.pane.get_by_role("button", name="Stop")).to_have_count(0, timeout=MODEL_PATIENCE)
            await expect(telegram.pane.get_by_role("button", name="Stop")).to_have_count(0, timeout=MODEL_PATIENCE)
            answer = telegram.pane.get_by_role("article").last
            assert len(await answer.inner_text()) > 100
            await expect(window.get_by_text("A tiny model on this machine's CPU")).to_be_visible()
            await expect(window.get_by_text("Set OPENAI_API_KEY, or OPENAI_BASE_URL")).to_be_visible()
            await picture(window, "first-visit")


async def test_what_happened_survives_a_reload(playground: Playground) -> None:
    playground.endpoint.answer_with(lambda request: f"About {request.question}: everything.")
    async with playground.window() as window:
        slack, telegram = Slack(window), Telegram(window)
        await slack.write("@Threadline rivers")
        await telegram.start()
        await telegram.write("mountains")
        await expect(slack.message("rivers: everything.").first).to_be_visible()
        await expect(telegram.message("mountains: everything.")).to_be_visible()
        await slack.open("#launch")
        box = slack.pane.get_by_role("textbox", name="Message #launch")
        await expect(box).to_be_visible()
        await window.reload()
        await expect(box).to_be_visible()
        await expect(telegram.message("mountains: everything.")).to_be_visible()
        await slack.open("#general")
        await expect(slack.message("@Threadline rivers").first).to_be_visible()


async def test_a_window_that_loses_the_page_comes_back_by_itself(playground: Playground) -> None:
    async with playground.window(complains=True) as window:
        slack = Slack(window)
        await slack.open("#launch")
        await expect(slack.pane.get_by_role("textbox", name="Message #launch")).to_be_visible()
        await playground.page.stop()
        await expect(window.get_by_text("Reconnecting…")).to_be_visible()
        await playground.page.start()
        await expect(window.get_by_text("Reconnecting…")).to_have_count(0)
        await slack.write("Still here", "Message #launch")
        await expect(slack.message("Still here")).to_be_visible()


async def test_on_a_phone_the_panes_stand_one_above_the_other(playground: Playground, picture: Picture) -> None:
    async with playground.window(viewport=PHONE, has_touch=True) as window:
        slack, telegram = Slack(window), Telegram(window)
        above, below = await slack.pane.bounding_box(), await telegram.pane.bounding_box()
        assert above is not None
        assert below is not None
        assert above["y"] + above["height"] <= below["y"]
        assert await window.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        await slack.write("@Threadline rivers")
        await expect(slack.message("You said: rivers").first).to_be_visible()
        await picture(window, "phone")
