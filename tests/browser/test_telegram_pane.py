"""Telegram's pane, used as a person does."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from tests.browser.conftest import WORDS, Playground
from tests.browser.panes import Telegram

Picture = Callable[[Page, str], Awaitable[None]]


async def test_a_private_chat_is_renamed_and_deleted_by_commands(playground: Playground, picture: Picture) -> None:
    async with playground.window() as window:
        telegram = Telegram(window)
        await telegram.start()
        await telegram.write("Where shall we go?")
        await expect(telegram.message("You said: Where shall we go?")).to_be_visible()
        box = telegram.pane.get_by_role("textbox", name="Message Threadline")
        await box.press_sequentially("/ren")
        await expect(telegram.pane.get_by_role("option", name="/rename")).to_be_visible()
        await box.press("Tab")
        await box.press_sequentially("Summer plans")
        await box.press("Enter")
        await expect(telegram.message("now called “Summer plans”")).to_be_visible()
        await telegram.write("/delete")
        await expect(telegram.message("Delete “Summer plans”")).to_be_visible()
        await picture(window, "telegram-delete")
        await telegram.press("Delete")
        await expect(telegram.message("Deleted")).to_be_visible()
        await expect(telegram.message("You said: Where shall we go?")).to_have_count(0)


async def test_an_answer_grows_and_can_be_stopped_and_asked_again(playground: Playground) -> None:
    playground.endpoint.say("word " * 400, rate=100.0)
    async with playground.window() as window:
        telegram = Telegram(window)
        await telegram.start()
        await telegram.write("Tell me a long story")
        await expect(telegram.message("word word")).to_be_visible()
        await telegram.press("Stop")
        await expect(telegram.message("Stopped.")).to_be_visible()
        playground.endpoint.say(f"**Short**: {WORDS}")
        await telegram.press("Retry")
        await expect(telegram.message(WORDS)).to_be_visible()
        assert await telegram.message(WORDS).locator("b, strong").first.inner_text() == "Short"


async def test_each_topic_is_a_chat(playground: Playground, picture: Picture) -> None:
    async with playground.window() as window:
        telegram = Telegram(window)
        await telegram.open("Threadline · topics")
        await telegram.start()
        await expect(telegram.message("I remember what was said")).to_be_visible()
        everything = telegram.pane.get_by_role("button", name="All", exact=True)
        await everything.click()
        await expect(everything).to_have_attribute("aria-current", "true")
        await telegram.write("Rivers of Africa", "Threadline · topics")
        await expect(telegram.message("You said: Rivers of Africa")).to_be_visible()
        await expect(telegram.pane.get_by_role("button", name="About Rivers of Africa").first).to_be_visible()
        await picture(window, "telegram-topics")


async def test_in_a_group_the_bot_answers_who_mentions_it(playground: Playground) -> None:
    async with playground.window() as window:
        telegram = Telegram(window)
        await telegram.open("Weekend trip")
        await telegram.write("Where do we meet?", "Weekend trip")
        await telegram.write("@threadline_bot when do we leave?", "Weekend trip")
        await expect(telegram.message("You said: when do we leave?")).to_be_visible()
        await expect(telegram.message("You said: Where do we meet?")).to_have_count(0)


async def test_an_own_message_is_edited(playground: Playground) -> None:
    async with playground.window() as window:
        telegram = Telegram(window)
        await telegram.open("Weekend trip")
        await telegram.write("A mistake", "Weekend trip")
        message = telegram.message("A mistake")
        await message.hover()
        await message.get_by_role("button", name="Message actions").click()
        await message.get_by_role("menuitem", name="Edit").click()
        box = telegram.pane.get_by_role("textbox", name="Edit message")
        await box.fill("No mistake")
        await box.press("Enter")
        await expect(telegram.message("No mistake")).to_contain_text("edited")


async def test_who_blocks_the_bot_hears_no_more_of_it_until_they_unblock_it(playground: Playground) -> None:
    async with playground.window() as window:
        telegram = Telegram(window)
        await telegram.start()
        await telegram.write("Hello")
        await expect(telegram.message("You said: Hello")).to_be_visible()
        await telegram.pane.get_by_role("button", name="Chat actions").click()
        await telegram.pane.get_by_role("menuitem", name="Block the bot").click()
        await telegram.pane.get_by_role("button", name="Unblock").click()
        await telegram.write("Hello again")
        await expect(telegram.message("You said: Hello again")).to_be_visible()
