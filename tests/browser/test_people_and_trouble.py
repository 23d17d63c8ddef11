"""Several people at once, and bad days."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from playground.page import trouble
from tests.browser.conftest import WORDS, Playground
from tests.browser.panes import Slack, Telegram

Picture = Callable[[Page, str], Awaitable[None]]

TIMES = 8
END = "That is all."
LONG = f"{WORDS} " * TIMES + END
LONG_PATIENCE = 45_000
"""Milliseconds for an answer in trouble: a refused call waits for as long as the platform says."""

TROUBLES = ("Tight rate limits", "Outage for 10 s", "Duplicate deliveries", "Lost connection", "Slow model")


async def test_two_people_talk_with_the_bot_in_one_thread(playground: Playground, picture: Picture) -> None:
    playground.endpoint.answer_with(lambda request: f"I read: {request.question}")
    async with playground.window("ann") as at_anns, playground.window("ben") as at_bens:
        ann, ben = Slack(at_anns), Slack(at_bens)
        await ann.write("@Threadline Where shall we eat?")
        await expect(ann.thread.get_by_text("I read: Where shall we eat?")).to_be_visible()
        root = ben.message("@Threadline Where shall we eat?").first
        await root.get_by_role("button", name="replies").or_(root.get_by_role("button", name="reply")).first.click()
        await ben.reply("@Threadline Not pizza again")
        await expect(ann.thread.get_by_text("I read: Ben: Not pizza again")).to_be_visible()
        await expect(ben.thread.get_by_text("I read: Ben: Not pizza again")).to_be_visible()
        await expect(ann.thread.get_by_role("article", name="Ben")).to_contain_text("Not pizza again")
        await picture(at_anns, "two-people")


async def test_one_becomes_somebody_else_and_the_window_goes_on(playground: Playground) -> None:
    async with playground.window() as window:
        slack = Slack(window)
        for person in ("Ben", "Cleo", "Ann", "Ben"):
            await window.get_by_label("You are").select_option(person)
            await expect(window.get_by_text("Reconnecting…")).to_have_count(0)
            await slack.write(f"I am {person}")
            await expect(slack.message(f"I am {person}").last).to_be_visible()


async def test_somebody_new_joins_by_name(playground: Playground) -> None:
    async with playground.window() as window:
        await window.get_by_label("You are").select_option("Somebody new…")
        await window.get_by_label("Name").fill("Dora")
        await window.get_by_role("button", name="Join").click()
        slack = Slack(window)
        await slack.write("Hello everybody")
        await expect(slack.pane.get_by_role("article", name="Dora")).to_contain_text("Hello everybody")


@pytest.mark.parametrize("name", TROUBLES)
async def test_trouble_comes_and_goes_and_no_answer_is_lost(
    playground: Playground, picture: Picture, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(trouble, "OUTAGE_SECONDS", 2.0)
    monkeypatch.setattr(trouble, "CUT_EVERY", 0.5)
    for _ in range(2):
        playground.endpoint.say(LONG, size=12, rate=120.0)
    async with playground.window() as window:
        slack, telegram = Slack(window), Telegram(window)
        await telegram.start()
        await expect(telegram.pane.get_by_role("article").nth(1)).to_be_visible()
        switch = window.get_by_role("switch", name=name)
        await switch.click()
        await expect(switch).to_be_checked()
        await slack.write("@Threadline one")
        await telegram.write("two")
        await expect(slack.message("@Threadline one").first).to_be_visible()
        await expect(telegram.message("two").first).to_be_visible()
        if name == TROUBLES[0]:
            await expect(window.get_by_role("region", name="Refused calls")).to_contain_text("retry after")
            await picture(window, "trouble")
        if name == TROUBLES[1]:
            await expect(switch).not_to_be_checked()
        else:
            await expect(window.get_by_text(WORDS[:20]).first).to_be_visible()
            await switch.click()
        in_slack = slack.thread.get_by_role("article").filter(has_text=WORDS[:20])
        in_telegram = telegram.message(WORDS[:20])
        await expect(in_slack).to_contain_text(END, timeout=LONG_PATIENCE)
        await expect(in_telegram).to_contain_text(END, timeout=LONG_PATIENCE)
        for answers in (in_slack, in_telegram):
            await expect(answers).to_have_count(1)
            assert (await answers.inner_text()).count(WORDS) == TIMES
