"""Slack's pane, used as a person does."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from tests.browser.conftest import WORDS, Playground
from tests.browser.panes import Slack

Picture = Callable[[Page, str], Awaitable[None]]

MARKDOWN = """\
Here is **what** you asked for:

| river | length |
|---|---|
| Nile | 6,650 km |
| Amazon | 6,400 km |

1. A list
2. with `code` in it

```python
print("<b>not bold</b>")
```
"""


async def test_an_answer_streams_into_a_thread_to_its_end(playground: Playground, picture: Picture) -> None:
    answer = playground.endpoint.say(WORDS, rate=400.0, silent_after=40)
    async with playground.window() as window:
        slack = Slack(window)
        await slack.write("@Threadline How does streaming look?")
        await expect(slack.thread.get_by_role("article").filter(has_text=WORDS[:30])).to_be_visible()
        await expect(slack.message(WORDS)).to_have_count(0)
        await expect(slack.thread.get_by_role("button", name="Stop").first).to_be_visible()
        answer.go.set()
        await expect(slack.thread.get_by_role("article").filter(has_text=WORDS)).to_be_visible()
        await expect(slack.pane.get_by_role("button", name="Stop")).to_have_count(0)
        await expect(slack.thread.get_by_role("heading", name="About How does streaming look?")).to_be_visible()
        playground.endpoint.say(MARKDOWN)
        await slack.reply("And formatting?")
        await expect(slack.thread.get_by_role("cell", name="6,650 km")).to_be_visible()
        await expect(slack.thread.get_by_text('print("<b>not bold</b>")')).to_be_visible()
        await picture(window, "slack-thread")


async def test_slacks_own_stop_ends_the_answer(playground: Playground) -> None:
    playground.endpoint.say("word " * 400, rate=100.0)
    async with playground.window() as window:
        slack = Slack(window)
        await slack.write("@Threadline Tell me a long story")
        await expect(slack.thread.get_by_role("article").filter(has_text="word word")).to_be_visible()
        await slack.thread.get_by_role("button", name="Stop").last.click()
        await expect(slack.thread.get_by_text("Stopped.")).to_be_visible()
        assert playground.endpoint.closed_early == 1


async def test_a_message_shortcut_opens_a_modal_that_renames_the_chat(playground: Playground, picture: Picture) -> None:
    async with playground.window() as window:
        slack = Slack(window)
        await slack.write("@Threadline Where shall we go?")
        answer = slack.thread.get_by_role("article").filter(has_text="You said: Where")
        await slack.choose(answer, "Rename this chat")
        modal = window.get_by_role("dialog", name="Rename")
        await expect(modal).to_be_visible()
        await picture(window, "slack-modal")
        await modal.get_by_role("textbox").fill("Summer plans")
        await modal.get_by_role("textbox").press("Enter")
        await expect(modal).to_contain_text("now called “Summer plans”")
        await modal.get_by_role("button", name="Close", exact=True).last.click()
        await expect(modal).to_have_count(0)
        await expect(slack.thread.get_by_role("heading", name="Summer plans")).to_be_visible()


async def test_a_slash_command_is_completed_and_answered_for_oneself_only(playground: Playground) -> None:
    async with playground.window() as window:
        slack = Slack(window)
        await slack.write("@Threadline rivers")
        await expect(slack.message("You said: rivers").first).to_be_visible()
        await slack.thread.get_by_role("button", name="Close thread").click()
        box = slack.pane.get_by_role("textbox", name="Message #general")
        await box.press_sequentially("/cha")
        await expect(slack.pane.get_by_role("option", name="/chats")).to_be_visible()
        await box.press("Enter")
        await expect(box).to_have_value("/chats ")
        await box.press("Enter")
        await expect(slack.pane.get_by_role("article").filter(has_text="Only visible to you")).to_contain_text("rivers")


async def test_slack_refuses_a_command_in_a_thread_and_keeps_what_was_typed(playground: Playground) -> None:
    async with playground.window() as window:
        slack = Slack(window)
        await slack.write("@Threadline rivers")
        await expect(slack.thread.get_by_role("article").filter(has_text="You said: rivers")).to_be_visible()
        await slack.reply("/chats")
        await expect(slack.thread.get_by_role("alert")).to_contain_text("not supported in threads")
        await expect(slack.thread.get_by_role("textbox")).to_have_value("/chats")


async def test_the_home_tab_lists_the_chats(playground: Playground, picture: Picture) -> None:
    async with playground.window() as window:
        slack = Slack(window)
        await slack.open("Threadline")
        await slack.write("In my own words", "Message Threadline")
        await expect(slack.message("You said: In my own words").first).to_be_visible()
        await slack.thread.get_by_role("button", name="Close thread").click()
        await slack.pane.get_by_role("tab", name="Home").click()
        await expect(slack.pane.get_by_role("tabpanel")).to_contain_text("In my own words")
        await picture(window, "slack-home")


async def test_one_edits_and_deletes_an_own_message(playground: Playground) -> None:
    async with playground.window() as window:
        slack = Slack(window)
        await slack.write("A mistake")
        await slack.choose(slack.message("A mistake"), "Edit message")
        box = slack.pane.get_by_role("textbox", name="Edit message")
        await box.fill("No mistake")
        await box.press("Enter")
        message = slack.message("No mistake")
        await expect(message).to_contain_text("edited")
        await slack.choose(message, "Delete message")
        await window.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
        await expect(message).to_have_count(0)


async def test_the_bot_is_added_to_a_channel_that_it_is_not_in(playground: Playground) -> None:
    async with playground.window() as window:
        slack = Slack(window)
        await slack.open("#random")
        await slack.pane.get_by_role("button", name="Add it").click()
        await slack.write("@Threadline are you here?", "Message #random")
        await expect(slack.message("You said: are you here?").first).to_be_visible()
