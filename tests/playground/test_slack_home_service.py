"""A person's chats in Slack's Home tab, through the whole service."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.engine import texts
from bot.engine.languages import Sentence
from tests.playground.rig import PATIENCE, slack_rig
from tests.playground.test_slack_service import Room


class Sidebar(Room):
    """The room with the Home tabs of its people."""

    async def opens(self, person: Any) -> None:
        await self.slack.open_home(person)
        await self.slack.wait_for(lambda: self.slack.home(person) is not None, timeout=PATIENCE)

    def says(self, person: Any) -> str:
        home = self.slack.home(person)
        return "" if home is None else self.slack.rendered_view(home)

    async def until(self, person: Any, shows: Callable[[str], bool]) -> None:
        try:
            await self.slack.wait_for(lambda: shows(self.says(person)), timeout=PATIENCE)
        except TimeoutError:
            raise AssertionError(self.says(person)) from None

    async def choose(self, person: Any, title: str, entry: str) -> None:
        """An entry of the menu beside a chat."""
        home = self.slack.home(person)
        assert home is not None
        row = next(b for b in home["blocks"] if b.get("block_id", "").startswith("chat:") and title in str(b["text"]))
        option = next(o for o in row["accessory"]["options"] if o["text"]["text"] == entry)
        await self.slack.press_in_view(person, home["id"], row["accessory"]["action_id"], option["value"])

    async def window(self, says: str) -> Any:
        """The modal on top, once it says this."""
        await self.slack.wait_for(
            lambda: any(says in self.slack.rendered_view(view) for view in self.slack.views(self.ann)[-1:]),
            timeout=PATIENCE,
        )
        return self.slack.views(self.ann)[-1]


def headed(said: str, heading: Sentence) -> bool:
    """Whether the list of chats begins so."""
    return said.partition("\n")[2].startswith(heading.english)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Sidebar]:
    async with slack_rig(database_url, settings={"models": ("scripted", "careful")}) as (rig, slack):
        yield Sidebar(rig, slack)
        assert [call for call in slack.refused if call.error != "not_authorized"] == []
        assert slack.too_early == []


async def test_the_sidebar_follows_what_happens_in_the_persons_chats(office: Sidebar) -> None:
    await office.opens(office.ann)
    await office.opens(office.bob)
    assert texts.NO_CHATS.english in office.says(office.ann)
    root = await office.mention("tea")
    await office.sees(root, "You said: tea")
    await office.until(office.ann, lambda said: "About tea" in said and headed(said, texts.TODAY))
    await office.choose(office.ann, "About tea", texts.PIN.english)
    await office.until(office.ann, lambda said: headed(said, texts.PINNED))
    assert "tea" not in office.says(office.bob)
    await office.mention("and I?", thread=root, person=office.bob)
    await office.until(office.bob, lambda said: "About tea" in said and headed(said, texts.TODAY))


async def test_a_chat_is_renamed_and_deleted_from_the_sidebar(office: Sidebar) -> None:
    root = await office.mention("tea")
    await office.sees(root, "You said: tea")
    await office.opens(office.ann)
    await office.until(office.ann, lambda said: "About tea" in said)
    await office.choose(office.ann, "About tea", texts.RENAME.english)
    modal = await office.window(texts.NEW_TITLE.english)
    await office.slack.submit(office.ann, modal["id"], {"title": {"title": "All the tea"}})
    await office.until(office.ann, lambda said: "All the tea" in said)
    await office.slack.close_view(office.ann, office.slack.views(office.ann)[-1]["id"])
    await office.choose(office.ann, "All the tea", texts.DELETE.english)
    modal = await office.window("Delete “All the tea”?")
    await office.slack.submit(office.ann, modal["id"])
    await office.until(office.ann, lambda said: texts.NO_CHATS.english in said)
    await office.slack.wait_for(lambda: office.bot_posts(root) == [], timeout=PATIENCE)


async def test_the_persons_new_chats_are_answered_as_they_chose_in_the_sidebar(office: Sidebar) -> None:
    await office.opens(office.ann)
    home = office.slack.home(office.ann)
    assert home is not None
    model = next(block for block in home["blocks"] if block.get("block_id") == "model")["accessory"]
    careful = next(option for option in model["options"] if option["text"]["text"] == "careful")
    await office.slack.press_in_view(office.ann, home["id"], model["action_id"], careful["value"])
    await office.slack.press_in_view(office.ann, home["id"], "threadline:instructions")
    modal = await office.window(texts.WHAT_TO_KEEP_TO.english)
    await office.slack.submit(office.ann, modal["id"], {"text": {"text": "Be brief."}})
    await office.until(office.ann, lambda said: "Be brief." in said)
    root = await office.mention("tea")
    await office.sees(root, "You said: tea")
    asked = next(request for request in office.rig.endpoint.requests if request.max_tokens is None)
    assert (asked.body["model"], asked.system.endswith("Be brief.")) == ("careful", True)


async def until_dm(office: Sidebar, *texts_there: str) -> list[Any]:
    """Wait until the Messages tab has threads of the bot that begin so, the newest last."""

    def roots() -> list[Any]:
        return [message for message in office.slack.messages(office.dm) if message.thread_ts in ("", message.ts)]

    def read() -> list[str]:
        return [office.slack.rendered_message(message).strip(" *\n") for message in roots()]

    await office.slack.wait_for(lambda: read() == list(texts_there), timeout=PATIENCE)
    return roots()


async def test_a_new_chat_begins_in_the_messages_tab_from_wherever_it_is_asked_for(office: Sidebar) -> None:
    answer = await office.slack.slash(office.ann, office.channel, "/chat-new", "tea")
    assert texts.BEGUN_ELSEWHERE.english in str(answer)
    (tea,) = await until_dm(office, "tea")
    await office.sees(tea.ts, "**tea**", "You said: tea", channel=office.dm)
    await office.slack.global_shortcut(office.ann, "new_chat")
    modal = await office.window(texts.NEW_QUESTION.english)
    shown = await office.slack.submit(office.ann, modal["id"], {"text": {"text": "coffee"}})
    assert texts.BEGUN_ELSEWHERE.english in str(shown)
    _, coffee = await until_dm(office, "tea", "coffee")
    await office.sees(coffee.ts, "**coffee**", "You said: coffee", channel=office.dm)
    await office.slack.post(office.ann, office.dm, "And milk?", thread_ts=coffee.ts)
    await office.sees(coffee.ts, "**coffee**", "You said: coffee", "You said: And milk?", channel=office.dm)


async def test_deleting_a_chat_that_we_began_takes_its_first_message_away_too(office: Sidebar) -> None:
    await office.slack.slash(office.ann, office.channel, "/chat-new", "tea")
    (tea,) = await until_dm(office, "tea")
    await office.sees(tea.ts, "**tea**", "You said: tea", channel=office.dm)
    await office.opens(office.ann)
    await office.until(office.ann, lambda said: "About tea" in said)
    await office.choose(office.ann, "About tea", texts.DELETE.english)
    modal = await office.window("Delete “About tea”?")
    await office.slack.submit(office.ann, modal["id"])
    await office.slack.wait_for(lambda: office.slack.messages(office.dm) == [], timeout=PATIENCE)


async def test_the_home_tab_begins_a_new_chat(office: Sidebar) -> None:
    await office.opens(office.ann)
    home = office.slack.home(office.ann)
    assert home is not None
    await office.slack.press_in_view(office.ann, home["id"], "threadline:top:0")
    modal = await office.window(texts.NEW_QUESTION.english)
    await office.slack.submit(office.ann, modal["id"], {"text": {"text": "tea"}})
    await office.until(office.ann, lambda said: "tea" in said)


async def test_the_field_of_the_home_tab_looks_through_the_persons_chats(office: Sidebar) -> None:
    root = await office.mention("Where does tea grow?")
    await office.sees(root, "You said: Where does tea grow?")
    await office.opens(office.ann)
    home = office.slack.home(office.ann)
    assert home is not None
    await office.slack.press_in_view(office.ann, home["id"], "threadline:search", "tea")
    await office.window(texts.FOUND("", words="tea"))
