"""Deliveries over signed HTTP: what is answered, what reaches the engine, what people then see."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from adapters.slack.app import SlackStartError
from adapters.slack.people import KEPT_UNKNOWN, PATIENCE
from bot.engine.chats import Author, MessageRef
from bot.engine.errors import PlaceGone, StorageUnavailable
from bot.engine.incoming import Command, IncomingMessage, Press, TitleChange
from bot.engine.posts import Action, Button, Post, Reaction
from tests.adapters.scripted_slack import Answer, refusal
from tests.adapters.slack_desk import NOW, Desk, desk, signature
from tests.adapters.slack_payloads import ANN, DM, GENERAL, ME, ROOT, names, payload

JSON = {"Content-Type": "application/json"}
KEY = ME.key(GENERAL, ROOT)
QUESTION = Post("Delete it?", ((Button("Delete", Action.DELETE, 3, danger=True), Button("Keep", Action.KEEP, 3)),))


@pytest.fixture
async def slack() -> AsyncIterator[Desk]:
    async with desk() as running:
        yield running


async def called(slack: Desk, method: str, times: int = 1) -> dict[str, Any]:
    await slack.slack.wait_for(lambda: len(slack.slack.calls_of(method)) >= times)
    return slack.slack.calls_of(method)[-1]


def mention(text: str, **changes: Any) -> dict[str, Any]:
    body = payload("app_mention")
    body["event"].update(text=f"<@{ME.user}> {text}", **changes)
    return body


# --- what is answered


@pytest.mark.parametrize("name", names())
async def test_every_delivery_is_received(slack: Desk, name: str) -> None:
    """Anything but 200 makes Slack repeat events and shows people an error for the rest."""
    status, _ = await slack.deliver(payload(name))
    assert (status, slack.engine.aside) == (200, [])


async def test_the_address_is_verified(slack: Desk) -> None:
    status, body = await slack.deliver({"type": "url_verification", "token": "x", "challenge": "c-123"})
    assert (status, "c-123" in body) == (200, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Signature": ""},
        signature(json.dumps(payload("app_mention")), secret="somebody else's"),
        signature(json.dumps(payload("app_mention")), timestamp=str(NOW - 301)),
        signature(json.dumps(payload("app_mention")), timestamp=str(NOW + 301)),
        signature(json.dumps(payload("app_mention")), timestamp="soon"),
        signature(json.dumps(payload("app_mention")), timestamp="-1"),
        signature(json.dumps(payload("app_mention")), timestamp="1" * 5000),
    ],
)
async def test_what_slack_did_not_sign_just_now_is_refused(slack: Desk, headers: dict[str, str]) -> None:
    status, _ = await slack.post(json.dumps(payload("app_mention")), **{**JSON, **headers})
    assert (status, slack.engine.taken, slack.engine.aside) == (401, [], [])


@pytest.mark.parametrize(
    "raw", ["{", "[]", "7", "", "payload=%7B", "payload=%5B%5D", "payload=7", '{"type":"event_callback","event":7}']
)
async def test_a_signed_body_in_no_known_shape_stores_nothing(slack: Desk, raw: str) -> None:
    status, _ = await slack.post(raw, **(JSON if not raw.startswith("payload") else {}))
    assert (status in (200, 400), slack.engine.taken) == (True, [])
    assert (await slack.deliver(payload("app_mention")))[0] == 200
    assert len(slack.engine.taken) == 1


@pytest.mark.parametrize(
    "change", [{"ts": None}, {"text": 7}, {"text": ["x"]}, {"channel": {"id": "C1"}}, {"files": 3}, {"ts": 1.5}]
)
async def test_a_broken_event_is_put_aside_and_blocks_nothing(slack: Desk, change: dict[str, Any]) -> None:
    body = payload("message_im_root")
    body["event"].update(change)
    broken, _ = await slack.deliver(body)
    sound, _ = await slack.deliver(payload("message_im_thread"))
    assert (broken, sound) == (200, 200)
    assert [event_id for event_id, _ in slack.engine.aside] == [f"slack:{body['event_id']}"]


async def test_a_broken_event_is_put_aside_without_its_content(slack: Desk) -> None:
    slack.engine.failures = [ValueError("secret words")]
    assert (await slack.deliver(payload("app_mention")))[0] == 200
    ((_, problem),) = slack.engine.aside
    assert problem.startswith("ValueError at ")
    assert "secret" not in problem


async def test_what_could_not_be_stored_is_not_received(slack: Desk) -> None:
    slack.engine.failures = [StorageUnavailable()]
    assert (await slack.deliver(payload("app_mention")))[0] == 503
    assert (await slack.deliver(payload("app_mention")))[0] == 200
    assert len(slack.engine.taken) == 1


async def test_a_delivery_is_received_only_after_the_engine_took_it(slack: Desk) -> None:
    slack.engine.gate.clear()
    delivery = asyncio.create_task(slack.deliver(payload("app_mention")))
    await called(slack, "users.info")
    assert not delivery.done()
    slack.engine.gate.set()
    assert (await delivery)[0] == 200


async def test_before_the_start_slack_is_asked_to_come_again() -> None:
    async with desk(started=False) as slack:
        assert (await slack.deliver(payload("app_mention")))[0] == 503
        assert slack.adapter.ready() == "Slack: not started"


async def test_after_the_intake_is_stopped_slack_is_asked_to_come_again(slack: Desk) -> None:
    await slack.adapter.stop_intake()
    assert (await slack.deliver(payload("app_mention")))[0] == 503


async def test_stopping_waits_for_what_is_being_handled(slack: Desk) -> None:
    slack.engine.gate.clear()
    delivery = asyncio.create_task(slack.deliver(payload("app_mention")))
    await called(slack, "users.info")
    stopping = asyncio.create_task(slack.adapter.stop_intake())
    slack.engine.gate.set()
    await stopping
    assert (await delivery)[0] == 200
    assert len(slack.engine.taken) == 1


async def test_stopping_does_not_wait_for_connections_that_are_kept_open(slack: Desk) -> None:
    raw = json.dumps(payload("app_mention"))
    async with aiohttp.ClientSession() as session:
        answer = await session.post(slack.address, data=raw, headers={**JSON, **signature(raw)})
        assert answer.status == 200
        async with asyncio.timeout(2):
            await slack.adapter.stop_intake()


# --- what reaches the engine


async def test_a_mention_reaches_the_engine_once_with_names(slack: Desk) -> None:
    await slack.deliver(payload("app_mention"))
    await slack.deliver(payload("message_channel_mention"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, IncomingMessage)
    assert taken.author == ANN


async def test_auth_test_is_asked_once(slack: Desk) -> None:
    for name in ("app_mention", "slash_chats", "press_in_thread"):
        await slack.deliver(payload(name))
    assert len(slack.slack.calls_of("auth.test")) == 1


async def test_a_name_is_looked_up_once(slack: Desk) -> None:
    for name in ("message_im_root", "message_im_thread"):
        await slack.deliver(payload(name))
    assert len(slack.slack.calls_of("users.info")) == 1


async def test_a_slow_look_up_of_a_name_holds_nothing_up(slack: Desk) -> None:
    slack.slack.answer("users.info", Answer({}, hang=True))
    before = time.monotonic()
    await slack.deliver(payload("message_im_root"))
    assert time.monotonic() - before < PATIENCE + 1
    (taken,) = slack.engine.taken
    assert isinstance(taken, IncomingMessage)
    assert taken.author == Author(ANN.id, ANN.id)


async def test_a_failed_look_up_is_tried_again_later(slack: Desk) -> None:
    slack.slack.answer("users.info", refusal("internal_error"))
    await slack.deliver(payload("message_im_root"))
    await slack.clock.advance(KEPT_UNKNOWN)
    await slack.deliver(payload("message_im_thread"))
    assert [getattr(taken, "author", None) for taken in slack.engine.taken] == [Author(ANN.id, ANN.id), ANN]


async def test_nobody_is_looked_up_for_messages_between_others(slack: Desk) -> None:
    await slack.deliver(payload("message_channel_plain"))
    assert slack.slack.calls_of("users.info") == []


async def test_a_refusal_is_shown_in_the_thread(slack: Desk) -> None:
    slack.engine.post = Post("Too long.")
    await slack.deliver(payload("app_mention"))
    assert slack.engine.shown == [(KEY, Post("Too long."), ROOT)]


async def test_a_word_after_the_mention_is_a_command(slack: Desk) -> None:
    await slack.deliver(mention("stop"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, Command)
    assert (taken.name, taken.key, taken.source) == ("stop", KEY, ROOT)


async def test_rename_is_a_message_where_no_chat_lives(slack: Desk) -> None:
    await slack.deliver(mention("rename the variables in this function"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, IncomingMessage)


async def test_rename_is_a_command_where_a_chat_lives(slack: Desk) -> None:
    slack.engine.add_chat(KEY)
    await slack.deliver(mention("rename Plans"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, Command)
    assert taken.argument == "Plans"


async def test_a_command_between_people_is_left_to_them(slack: Desk) -> None:
    body = payload("message_thread_reply")
    body["event"]["text"] = "!delete"
    await slack.deliver(body)
    assert (slack.engine.taken, slack.slack.calls_of("users.info")) == ([], [])


async def test_a_reply_where_a_chat_lives_goes_on_with_it(slack: Desk) -> None:
    slack.engine.add_chat(KEY)
    await slack.deliver(payload("message_thread_reply"))
    (taken,) = slack.engine.taken
    assert isinstance(taken, IncomingMessage)
    assert (taken.ref.key, taken.addressed) == (KEY, False)


async def test_a_bang_command_where_a_chat_lives_is_one(slack: Desk) -> None:
    slack.engine.add_chat(KEY)
    body = payload("message_thread_reply")
    body["event"]["text"] = "!delete"
    await slack.deliver(body)
    assert [type(taken) for taken in slack.engine.taken] == [Command]


async def test_a_title_given_in_slack_reaches_the_engine(slack: Desk) -> None:
    await slack.deliver(payload("agent_session_title_changed"))
    assert [type(taken) for taken in slack.engine.taken] == [TitleChange]


async def test_slacks_own_stop_ends_the_answer_and_the_sessions_processing(slack: Desk) -> None:
    await slack.deliver(payload("agent_session_stopped"))
    key = ME.key(DM, "1790000004.000100")
    assert slack.engine.stopped == [key]
    assert await called(slack, "agents.sessions.setStatus") == {
        "channel_id": DM,
        "thread_ts": key.thread,
        "status": "active",
    }


@pytest.mark.parametrize("name", ["app_uninstalled", "tokens_revoked"])
async def test_without_the_workspace_the_adapter_is_not_ready(slack: Desk, name: str) -> None:
    assert slack.adapter.ready() is None
    await slack.deliver(payload(name))
    assert slack.adapter.ready()


# --- what people then see


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


async def test_the_home_tab_is_published(slack: Desk) -> None:
    slack.engine.post = Post("Your chats")
    await slack.deliver(payload("app_home_opened_home"))
    sent = await called(slack, "views.publish")
    assert (sent["user_id"], sent["view"]["type"]) == (ANN.id, "home")


async def test_a_pressed_button_changes_the_message(slack: Desk) -> None:
    slack.engine.reaction = Reaction(replace=Post("Stopped."))
    await slack.deliver(payload("press_in_thread"))
    sent = await called(slack, "chat.update")
    assert (sent["channel"], sent["ts"], sent["text"]) == (GENERAL, "1790000010.000100", "Stopped.")


async def test_a_changed_message_waits_as_long_as_slack_asks(slack: Desk) -> None:
    slack.slack.answer("chat.update", refusal("ratelimited", 429, **{"Retry-After": "7"}))
    slack.engine.reaction = Reaction(replace=Post("Stopped."))
    await slack.deliver(payload("press_in_thread"))
    assert await slack.clock.advance_to_next() == 7
    await called(slack, "chat.update", 2)


async def test_a_note_is_told_to_who_pressed_only(slack: Desk) -> None:
    slack.engine.reaction = Reaction(note="Not yours.")
    await slack.deliver(payload("press_in_thread"))
    sent = await called(slack, "chat.postEphemeral")
    assert (sent["user"], sent["thread_ts"], sent["text"]) == (ANN.id, ROOT, "Not yours.")


async def test_an_ephemeral_message_is_changed_through_its_response_url(slack: Desk) -> None:
    slack.engine.reaction = Reaction(note="Done.", replace=Post("Gone."))
    body = payload("press_in_ephemeral")
    body["response_url"] = f"{slack.slack.url}/respond"
    await slack.deliver(body)
    await called(slack, "response_url", 2)
    face, note = slack.slack.calls_of("response_url")
    assert (face["replace_original"], face["text"]) == (True, "Gone.")
    assert (note["replace_original"], note["text"]) == (False, "Done.")


@pytest.mark.parametrize("name", ["press_of_link", "press_foreign"])
async def test_links_and_foreign_elements_are_acknowledged_only(slack: Desk, name: str) -> None:
    assert (await slack.deliver(payload(name)))[0] == 200
    assert slack.engine.taken == []


async def test_a_press_in_the_home_tab_changes_it(slack: Desk) -> None:
    slack.engine.reaction = Reaction(replace=Post("Page two"))
    await slack.deliver(payload("press_in_home"))
    sent = await called(slack, "views.publish")
    assert sent["view"]["blocks"][0]["text"]["text"] == "Page two"


async def test_a_press_in_a_modal_changes_it(slack: Desk) -> None:
    slack.engine.reaction = Reaction(replace=QUESTION)
    await slack.deliver(payload("press_in_modal"))
    sent = await called(slack, "views.update")
    assert (sent["view_id"], sent["view"]["submit"]["text"]) == ("V0EXAMPLE1", "Delete")


async def test_a_note_in_a_modal_leaves_the_rest(slack: Desk) -> None:
    slack.engine.reaction = Reaction(note="Out of date.")
    await slack.deliver(payload("press_in_modal"))
    sent = await called(slack, "views.update")
    assert [block["block_id"] for block in sent["view"]["blocks"]] == ["threadline_note", "s1", "a1"]


async def test_the_rename_shortcut_asks_for_a_title(slack: Desk) -> None:
    await slack.deliver(payload("shortcut_rename_chat"))
    sent = await called(slack, "views.open")
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
    sent = await called(slack, "views.update")
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
    assert (await called(slack, "views.open"))["view"]["title"]["text"] == "Your chats"
    slack.engine.gate.set()
    assert (await called(slack, "views.update"))["view"]["blocks"][0]["text"]["text"] == "Your chats"


async def test_a_list_that_cannot_be_read_says_so(slack: Desk) -> None:
    slack.engine.failures = [StorageUnavailable()]
    await slack.deliver(payload("shortcut_list_chats"))
    sent = await called(slack, "views.update")
    assert "try again" in sent["view"]["blocks"][0]["text"]["text"]


# --- set-up


async def test_a_refused_token_is_one_clear_error() -> None:
    async with desk(started=False) as slack:
        slack.slack.answer("auth.test", refusal("invalid_auth"))
        with pytest.raises(
            SlackStartError, match=r"Slack refuses SLACK_BOT_TOKEN \(auth\.test: invalid_auth\)"
        ) as raised:
            await slack.adapter.start(slack.engine)
        assert "xoxb" not in str(raised.value)


async def test_the_doctor_finds_nothing_wrong(slack: Desk) -> None:
    assert await slack.adapter.check() == []


async def test_the_doctor_names_missing_scopes() -> None:
    async with desk(started=False) as slack:
        slack.slack.scopes = slack.slack.scopes.replace("users:read", "").replace("commands,", "")
        (problem,) = await slack.adapter.check()
        assert "commands, users:read" in problem


async def test_the_doctor_names_a_refused_token() -> None:
    async with desk(started=False) as slack:
        slack.slack.answer("auth.test", refusal("account_inactive"))
        (problem,) = await slack.adapter.check()
        assert "SLACK_BOT_TOKEN" in problem


async def test_a_token_that_dies_later_is_told() -> None:
    async with desk() as slack:
        slack.slack.answer("chat.delete", refusal("token_revoked"))
        with pytest.raises(PlaceGone):
            await slack.adapter.messenger.delete(MessageRef(KEY, "1.1"))
        assert "token_revoked" in (slack.adapter.ready() or "")
        await slack.adapter.messenger.delete(MessageRef(KEY, "1.1"))
        assert slack.adapter.ready() is None
