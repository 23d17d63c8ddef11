"""The Home tab: what it shows, and when it is published anew."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.slack.home import GAP
from adapters.slack.home_view import Looker, home
from bot.engine import texts
from bot.engine.chat_lists import ListPage, ListView
from bot.engine.chats import Chat, ListedChat
from bot.engine.incoming import Press
from bot.engine.posts import Action, Button, Post, Reaction
from bot.engine.sidebar import Sidebar
from playground.slack.blocks import problems
from tests.adapters.scripted_slack import Answer
from tests.adapters.slack_desk import Desk, desk
from tests.adapters.slack_payloads import ANN, DM, GENERAL, ME, ROOT, payload

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CHOICES = (Button("everyday", Action.MODEL, 0, "1"), Button("careful", Action.MODEL, 0, "2"))
ENGLISH = Looker("en")
FIRST = ListView(everywhere=True)


def entry(number: int, at: datetime, title: str | None = "Tea", **of_person: bool) -> ListedChat:
    chat = Chat(number, ME.key(GENERAL, ROOT), ANN.id, title, None, True, at, at)
    return ListedChat(chat, of_person.get("pinned", False), of_person.get("archived", False), at)


def shown(*chats: ListedChat, view: ListView = FIRST, who: Looker = ENGLISH, **more: Any) -> list[dict[str, Any]]:
    sidebar = Sidebar(ListPage(view, chats, **more), CHOICES, 1, "")
    found = home(sidebar, ME.key(DM), who, NOON, lambda chat: f"https://example.org/{chat.id}")
    assert problems(found["blocks"], "home") == []
    blocks: list[dict[str, Any]] = found["blocks"]
    return blocks


def headings(blocks: list[dict[str, Any]]) -> list[str]:
    return [block["text"]["text"] for block in blocks if block["type"] == "header"]


def menu(block: dict[str, Any]) -> list[tuple[str, str]]:
    return [(option["text"]["text"], option["value"]) for option in block["accessory"]["options"]]


def test_chats_stand_under_pinned_today_and_earlier() -> None:
    old, late = NOON - timedelta(days=3), NOON - timedelta(hours=13)
    blocks = shown(entry(1, old, pinned=True), entry(2, NOON), entry(3, late), entry(4, old))
    assert headings(blocks) == ["Pinned", "Today", "Earlier", "For your new chats"]


@pytest.mark.parametrize(("offset", "heading"), [(0, "Earlier"), (7200, "Today"), (-7200, "Earlier")])
def test_a_day_begins_when_it_does_for_the_person(offset: int, heading: str) -> None:
    at = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    assert headings(shown(entry(1, at), who=Looker("en", offset)))[0] == heading


def test_a_chat_shows_its_title_as_a_link_its_place_and_its_time() -> None:
    row = next(block for block in shown(entry(7, NOON, "A <b> | c")) if block.get("block_id") == "chat:7")
    title, about = row["text"]["text"].split("\n")
    assert title == "*<https://example.org/7|A &lt;b&gt; ¦ c>*"
    assert about.startswith(f"<#{GENERAL}> · <!date^{int(NOON.timestamp())}^{{date_short_pretty}} {{time}}|")


def test_the_menu_of_a_chat_has_what_can_be_done_with_it() -> None:
    plain, pinned, archived = [
        next(block for block in shown(one) if block.get("block_id") == "chat:7")
        for one in (entry(7, NOON), entry(7, NOON, pinned=True), entry(7, NOON, archived=True))
    ]
    rest = [("Rename", "ask_rename:7"), ("Export", "export:7"), ("Delete", "ask_delete:7")]
    assert menu(plain) == [("Open", "open:7"), ("Pin", "pin:7"), *rest]
    assert menu(pinned)[1] == ("Unpin", "unpin:7")
    assert menu(archived)[1] == ("Bring back", "unarchive:7")


def test_there_are_ways_to_other_pages_and_to_the_archive() -> None:
    older = replace(FIRST, cursor=entry(7, NOON).cursor)
    blocks = {block.get("block_id"): block for block in shown(entry(7, NOON), older=older, has_archive=True)}
    assert [e["text"]["text"] for e in blocks["pages"]["elements"]] == ["Older ›"]
    assert [e["value"] for e in blocks["top"]["elements"]] == ["new_chat", "list:0:pa"]
    blocks = {block.get("block_id"): block for block in shown(view=replace(FIRST, archived=True))}
    assert [e["value"] for e in blocks["top"]["elements"]] == ["new_chat", "list:0:p"]


def test_the_model_and_the_instructions_of_new_chats_are_chosen_here() -> None:
    blocks = {block.get("block_id"): block for block in shown()}
    assert blocks["model"]["accessory"]["initial_option"]["text"]["text"] == "careful"
    assert blocks["instructions"]["text"]["text"] == texts.NO_INSTRUCTIONS.english


def test_twenty_chats_with_long_titles_fit() -> None:
    shown(*(entry(number, NOON, "<&>" * 100) for number in range(1, 21)), has_archive=True)


@pytest.fixture
async def slack() -> AsyncIterator[Desk]:
    async with desk() as running:
        yield running


async def opened(slack: Desk) -> None:
    await slack.deliver(payload("app_home_opened_home"))
    await slack.called("views.publish")


def pressed(data: str) -> dict[str, Any]:
    body = payload("press_in_home")
    body["actions"][0]["value"] = data
    return body


async def test_it_is_published_when_it_is_opened(slack: Desk) -> None:
    slack.engine.listed = [entry(7, NOON)]
    await opened(slack)
    sent = slack.slack.calls_of("views.publish")[-1]
    assert (sent["user_id"], sent["view"]["type"]) == (ANN.id, "home")
    assert "Tea" in str(sent["view"])


async def test_it_is_published_anew_when_a_change_is_seen_there_and_only_then(slack: Desk) -> None:
    slack.engine.listed = [entry(7, NOON)]
    await opened(slack)
    (changed,) = slack.engine.watchers
    for title, calls in (("Tea", 1), ("Coffee", 2), ("Coffee", 2)):
        slack.engine.listed = [entry(7, NOON, title)]
        changed(ME.key(GENERAL, ROOT))
        await slack.clock.advance(3 * GAP)
        await slack.clock.settle()
        assert len(slack.slack.calls_of("views.publish")) == calls


async def test_many_changes_at_once_are_one_publication(slack: Desk) -> None:
    await opened(slack)
    (changed,) = slack.engine.watchers
    for number in range(50):
        slack.engine.listed = [entry(number, NOON)]
        changed(ME.key(GENERAL, ROOT))
    await slack.clock.advance(3 * GAP)
    await slack.called("views.publish", 2)
    assert len(slack.slack.calls_of("views.publish")) == 2


async def test_changes_in_another_workspace_or_on_another_platform_are_nobodys_here(slack: Desk) -> None:
    await opened(slack)
    looks = len(slack.engine.looks)
    (changed,) = slack.engine.watchers
    for key in (replace(ME.key(GENERAL), workspace="T9"), replace(ME.key(GENERAL), platform="telegram")):
        changed(key)
    await slack.clock.advance(3 * GAP)
    assert len(slack.engine.looks) == looks


async def test_a_page_is_turned_and_stays_turned(slack: Desk) -> None:
    view = replace(FIRST, cursor=entry(7, NOON).cursor)
    await slack.deliver(pressed(view.button("Older").data))
    await slack.called("views.publish")
    assert slack.engine.looks == [view]
    assert slack.engine.taken == []


async def test_a_note_is_told_in_the_tab_once(slack: Desk) -> None:
    slack.engine.reaction = Reaction("Not yours.")
    await slack.deliver(pressed("pin:7"))
    sent = await slack.called("views.publish")
    assert "Not yours." in str(sent["view"])
    (press,) = slack.engine.taken
    assert isinstance(press, Press)
    assert press.data == "pin:7"


async def test_renaming_asks_in_a_modal_that_has_the_title(slack: Desk) -> None:
    slack.engine.listed = [entry(7, NOON)]
    await opened(slack)
    await slack.deliver(pressed("ask_rename:7"))
    sent = await slack.called("views.open")
    assert sent["view"]["blocks"][0]["element"]["initial_value"] == "Tea"
    assert "rename:7" in sent["view"]["private_metadata"]


async def test_deleting_opens_a_modal_first_and_asks_there(slack: Desk) -> None:
    rows = ((Button("Delete", Action.DELETE, 7, danger=True), Button("Keep", Action.KEEP, 7)),)
    slack.engine.reaction = Reaction(replace=Post("Delete “Tea”?", rows))
    slack.slack.answer("views.open", Answer({"ok": True, "view": {"id": "V7"}}))
    await slack.deliver(pressed("ask_delete:7"))
    assert texts.MOMENT.english in str(await slack.called("views.open"))
    sent = await slack.called("views.update")
    assert (sent["view_id"], sent["view"]["submit"]["text"]) == ("V7", "Delete")


async def test_the_instructions_are_asked_for_in_a_modal(slack: Desk) -> None:
    await slack.deliver(pressed("threadline_instructions"))
    sent = await slack.called("views.open")
    assert sent["view"]["callback_id"] == "threadline_instructions"
