"""Commands, buttons, shortcuts and modals: what people then see."""

import json
from collections.abc import AsyncIterator

import pytest

from bot.engine.errors import StorageUnavailable
from bot.engine.incoming import Command, Press
from bot.engine.posts import Action, Button, Post, Reaction
from tests.adapters.scripted_slack import refusal
from tests.adapters.slack_desk import Desk, desk
from tests.adapters.slack_payloads import ANN, GENERAL, ME, ROOT, payload

KEY = ME.key(GENERAL, ROOT)
QUESTION = Post("Delete it?", ((Button("Delete", Action.DELETE, 3, danger=True), Button("Keep", Action.KEEP, 3)),))


@pytest.fixture
async def slack() -> AsyncIterator[Desk]:
    async with desk() as running:
        yield running


async def test_a_slash_command_is_answered_in_the_acknowledgement(slack: Desk) -> None:
    slack.engine.post = QUESTION
    _, body = await slack.deliver(payload("slash_chats"))
    answer = json.loads(body)
    assert answer["response_type"] == "ephemeral"
    assert [block["type"] for block in answer["blocks"]] == ["markdown", "actions"]


async def test_a_repeated_slash_command_is_answered_with_nothing(slack: Desk) -> None:
    slack.engine.post = Post("Your chats")
    await slack.deliver(payload("slash_chats"))
    assert await slack.deliver(payload("slash_chats")) == (200, "")


async def test_a_pressed_button_changes_the_message(slack: Desk) -> None:
    slack.engine.reaction = Reaction(replace=Post("Stopped."))
    await slack.deliver(payload("press_in_thread"))
    sent = await slack.called("chat.update")
    assert (sent["channel"], sent["ts"], sent["text"]) == (GENERAL, "1790000010.000100", "Stopped.")


async def test_a_changed_message_waits_as_long_as_slack_asks(slack: Desk) -> None:
    slack.slack.answer("chat.update", refusal("ratelimited", 429, **{"Retry-After": "7"}))
    slack.engine.reaction = Reaction(replace=Post("Stopped."))
    await slack.deliver(payload("press_in_thread"))
    await slack.called("chat.update")
    calls = slack.slack.calls_of
    assert await slack.clock.advance_until(lambda: len(calls("chat.update")) == 2) == 7


async def test_a_note_is_told_to_who_pressed_only(slack: Desk) -> None:
    slack.engine.reaction = Reaction(note="Not yours.")
    await slack.deliver(payload("press_in_thread"))
    sent = await slack.called("chat.postEphemeral")
    assert (sent["user"], sent["thread_ts"], sent["text"]) == (ANN.id, ROOT, "Not yours.")


async def test_an_ephemeral_message_is_changed_through_its_response_url(slack: Desk) -> None:
    slack.engine.reaction = Reaction(note="Done.", replace=Post("Gone."))
    body = payload("press_in_ephemeral")
    body["response_url"] = f"{slack.slack.url}/respond"
    await slack.deliver(body)
    await slack.clock.advance_to_next()
    await slack.called("response_url", 2)
    face, note = slack.slack.calls_of("response_url")
    assert (face["replace_original"], face["text"]) == (True, "Gone.")
    assert (note["replace_original"], note["text"]) == (False, "Done.")


@pytest.mark.parametrize("name", ["press_of_link", "press_foreign"])
async def test_links_and_foreign_elements_are_acknowledged_only(slack: Desk, name: str) -> None:
    assert (await slack.deliver(payload(name)))[0] == 200
    assert slack.engine.taken == []


async def test_a_press_in_a_modal_changes_it(slack: Desk) -> None:
    slack.engine.reaction = Reaction(replace=QUESTION)
    await slack.deliver(payload("press_in_modal"))
    sent = await slack.called("views.update")
    assert (sent["view_id"], sent["view"]["submit"]["text"]) == ("V0EXAMPLE1", "Delete")


async def test_a_note_in_a_modal_leaves_the_rest(slack: Desk) -> None:
    slack.engine.reaction = Reaction(note="Out of date.")
    await slack.deliver(payload("press_in_modal"))
    sent = await slack.called("views.update")
    assert [block["block_id"] for block in sent["view"]["blocks"]] == ["threadline_note", "s1", "a1"]


async def test_the_rename_shortcut_asks_for_a_title(slack: Desk) -> None:
    await slack.deliver(payload("shortcut_rename_chat"))
    sent = await slack.called("views.open")
    assert (sent["trigger_id"], sent["view"]["callback_id"]) == ("1790.9.rename_chat", "rename_chat")


async def test_the_submitted_title_renames_and_says_so_in_the_modal(slack: Desk) -> None:
    slack.engine.post = Post("Renamed.")
    _, body = await slack.deliver(payload("submit_rename"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, Command)
    assert (taken.argument, taken.key) == ("Monads, at last", KEY)
    assert json.loads(body)["view"]["blocks"][0]["text"]["text"] == "Renamed."


async def test_an_empty_title_is_told_beside_the_field(slack: Desk) -> None:
    submitted = payload("submit_rename")
    submitted["view"]["state"]["values"]["title"]["title"]["value"] = "  "
    _, body = await slack.deliver(submitted)
    assert json.loads(body) == {"response_action": "errors", "errors": {"title": "Please write a title."}}
    assert slack.engine.taken == []


async def test_the_delete_shortcut_asks_first(slack: Desk) -> None:
    slack.engine.post = QUESTION
    await slack.deliver(payload("shortcut_delete_chat"))
    sent = await slack.called("views.update")
    assert (sent["view_id"], sent["view"]["submit"]["text"]) == ("V0OPENED01", "Delete")
    (taken,) = slack.engine.taken
    assert isinstance(taken, Command)
    assert (taken.name, taken.key) == ("delete", KEY)


async def test_the_confirmed_question_deletes(slack: Desk) -> None:
    slack.engine.reaction = Reaction(replace=Post("Deleted."))
    _, body = await slack.deliver(payload("submit_delete"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, Press)
    assert (taken.data, taken.key) == ("delete:3", KEY)
    assert json.loads(body)["view"]["blocks"][0]["text"]["text"] == "Deleted."


async def test_the_list_shortcut_opens_its_modal_before_it_looks_anything_up(slack: Desk) -> None:
    """A trigger lives for three seconds."""
    slack.engine.gate.clear()
    slack.engine.post = Post("Your chats")
    assert (await slack.deliver(payload("shortcut_list_chats")))[0] == 200
    assert (await slack.called("views.open"))["view"]["title"]["text"] == "Your chats"
    slack.engine.gate.set()
    assert (await slack.called("views.update"))["view"]["blocks"][0]["text"]["text"] == "Your chats"


async def test_a_list_that_cannot_be_read_says_so(slack: Desk) -> None:
    slack.engine.failures = [StorageUnavailable()]
    await slack.deliver(payload("shortcut_list_chats"))
    sent = await slack.called("views.update")
    assert "try again" in sent["view"]["blocks"][0]["text"]["text"]
