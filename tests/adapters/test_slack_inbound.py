"""What Slack's payloads mean, held against recorded ones."""

from typing import Any

import pytest

from adapters.slack import inbound
from bot.engine.chats import Author, MessageRef
from bot.engine.incoming import Command, IncomingMessage, Press, TitleChange
from tests.adapters.slack_payloads import ANN, BEN, DM, GENERAL, KNOWN, ME, ROOT, event, payload


def said(name: str, **changes: object) -> inbound.Said:
    found = inbound.said(event(name, **changes), ME, KNOWN)
    assert found is not None
    return found


def test_a_mention_in_a_channel_begins_a_chat_in_that_messages_thread() -> None:
    assert said("app_mention").message == IncomingMessage(
        event_id=f"slack:{ME.team}:{GENERAL}:{ROOT}",
        ref=MessageRef(ME.key(GENERAL, ROOT), ROOT),
        author=ANN,
        text="compare <a> & @Ben Ode's plan in #plans: the plan (https://example.com/plan)",
    )


def test_app_mention_and_message_of_one_mention_are_equal() -> None:
    """Slack sends both, with two event ids; equal values drop one of them."""
    assert said("message_channel_mention") == said("app_mention")


def test_a_reply_in_a_thread_without_mention_is_only_listened_to() -> None:
    message = said("message_thread_reply").message
    assert (message.ref.key, message.author, message.addressed) == (ME.key(GENERAL, ROOT), BEN, False)


def test_a_direct_message_is_a_chat_in_its_own_thread() -> None:
    message = said("message_im_root").message
    assert (message.ref.key, message.addressed) == (ME.key(DM, "1790000004.000100"), True)


def test_a_reply_in_a_direct_thread_goes_on_there() -> None:
    assert said("message_im_thread", text="and a functor?").message.ref.key == ME.key(DM, "1790000004.000100")


@pytest.mark.parametrize(
    "name",
    [
        "message_channel_plain",
        "message_mpim",
        "message_own",
        "message_other_bot",
        "message_bot_message",
        "message_channel_join",
        "message_channel_topic",
        "message_changed_mention_added",
        "message_changed_root_metadata",
        "message_deleted",
    ],
)
def test_what_is_not_for_us_is_nothing(name: str) -> None:
    assert inbound.said(event(name), ME, KNOWN) is None


def test_a_group_message_needs_a_mention_as_in_a_channel() -> None:
    assert said("message_mpim", text=f"<@{ME.user}> who comes?").message.text == "who comes?"


def test_slackbot_gets_no_answer() -> None:
    assert inbound.said(event("message_im_root", user="USLACKBOT"), ME, KNOWN) is None


@pytest.mark.parametrize("name", ["message_thread_broadcast", "message_me", "message_file_share"])
def test_subtypes_that_people_write_are_content(name: str) -> None:
    assert inbound.said(event(name), ME, KNOWN) is not None


def test_files_are_told_by_name_also_where_slack_sends_a_stub() -> None:
    message = said("message_file_share").message
    assert (message.text, message.attachments) == ("", ("report.pdf", "file"))


def test_who_cannot_be_looked_up_keeps_the_id_as_name() -> None:
    found = inbound.said(event("message_im_root"), ME, {})
    assert found is not None
    assert found.message.author == Author(ANN.id, ANN.id)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"<@{ME.user}> hello", "hello"),
        (f"<@{ME.user}|threadline>, hello", "hello"),
        (f" <@{ME.user}>:  <@{ME.user}> hello", "hello"),
        (f"hello <@{ME.user}>, are you there", "hello @threadline, are you there"),
        (f"<@{ME.user}>", ""),
    ],
)
def test_our_leading_mention_is_taken_off(text: str, clean: str) -> None:
    assert said("app_mention", text=text).message.text == clean


def test_everybody_in_the_text_is_looked_up() -> None:
    assert inbound.people_in(event("app_mention")) == [ANN.id, ME.user, BEN.id]


def test_rename_after_a_mention_is_a_command_only_where_a_chat_lives() -> None:
    found = said("app_mention", text=f"<@{ME.user}> rename Plans &amp; more", thread_ts="1.1")
    assert found.command == Command(
        event_id=found.message.event_id,
        name="rename",
        argument="Plans & more",
        key=ME.key(GENERAL, "1.1"),
        author=ANN,
        private=False,
        source=ROOT,
    )
    assert not found.certain


def test_a_bang_command_in_a_direct_message_is_private() -> None:
    command = said("message_im_thread").command
    assert command is not None
    assert (command.name, command.argument, command.private) == ("rename", "Monads & friends", True)


def test_a_bang_command_in_a_thread_of_others_is_uncertain() -> None:
    found = said("message_thread_reply", text="!delete")
    assert (found.command is not None, found.certain, found.message.addressed) == (True, False, False)


def test_a_title_given_in_slack_is_a_title_change() -> None:
    change = inbound.title_change(payload("agent_session_title_changed"), ME)
    assert change is not None
    assert (change.key, change.title) == (ME.key(DM, "1790000004.000100"), "Monads, at last")
    assert isinstance(change, TitleChange)


def test_our_own_renaming_is_no_title_change() -> None:
    body = payload("agent_session_title_changed")
    body["event"]["user"] = ME.user
    assert inbound.title_change(body, ME) is None


def test_slacks_own_stop_names_the_thread() -> None:
    assert inbound.session_place(event("agent_session_stopped"), ME) == ME.key(DM, "1790000004.000100")


def test_the_home_tab_shows_the_persons_list() -> None:
    assert inbound.home_opened(payload("app_home_opened_home"), ME, KNOWN[ANN.id]) == (ANN, ME.key(DM))


def test_the_messages_tab_shows_nothing() -> None:
    assert inbound.home_opened(payload("app_home_opened_messages"), ME, None) is None


@pytest.mark.parametrize("name", ["app_uninstalled", "tokens_revoked"])
def test_losing_the_workspace_has_a_reason(name: str) -> None:
    assert inbound.removal(event(name), ME)


def test_the_revoked_token_of_a_person_is_not_ours() -> None:
    assert inbound.removal(event("tokens_revoked", tokens={"oauth": [ANN.id]}), ME) is None


def test_a_slash_command_is_private_and_knows_no_thread() -> None:
    assert inbound.slash(payload("slash_chat_rename"), ME) == Command(
        event_id="slack:1790.2.slash",
        name="rename",
        argument="Plans of @ben & me",
        key=ME.key(GENERAL),
        author=Author(ANN.id, "ann.lee"),
        private=True,
    )


def test_slash_chats_is_the_command_chats() -> None:
    assert inbound.slash(payload("slash_chats"), ME).name == "chats"


def test_a_press_names_the_thread_and_the_message() -> None:
    assert inbound.press(payload("press_in_thread"), ME, KNOWN[ANN.id]) == Press(
        event_id="slack:1790.3.press",
        data="stop:7",
        key=ME.key(GENERAL, ROOT),
        author=ANN,
        message_id="1790000010.000100",
    )


def test_a_press_on_a_message_outside_of_threads_means_the_thread_under_it() -> None:
    body = payload("press_in_thread")
    del body["message"]["thread_ts"], body["container"]["thread_ts"]
    assert inbound.place_of_press(body, ME) == ME.key(GENERAL, "1790000010.000100")


def test_an_ephemeral_message_stands_in_no_thread() -> None:
    found = inbound.press(payload("press_in_ephemeral"), ME)
    assert found is not None
    assert found.key == ME.key(GENERAL)


@pytest.mark.parametrize(("name", "channel"), [("press_in_home", DM), ("press_in_modal", ANN.id)])
def test_a_view_carries_its_place(name: str, channel: str) -> None:
    found = inbound.press(payload(name), ME)
    assert found is not None
    assert found.key == ME.key(channel)


@pytest.mark.parametrize("name", ["press_of_link", "press_foreign"])
def test_links_and_foreign_elements_are_no_presses(name: str) -> None:
    assert inbound.press(payload(name), ME) is None


def test_a_message_shortcut_means_the_messages_thread() -> None:
    command = inbound.shortcut(payload("shortcut_delete_chat"), ME, "delete")
    assert (command.key, command.private) == (ME.key(GENERAL, ROOT), False)


def test_a_global_shortcut_means_the_person() -> None:
    command = inbound.shortcut(payload("shortcut_list_chats"), ME, "chats")
    assert (command.key, command.private) == (ME.key(ANN.id), True)


def test_the_rename_modal_gives_a_command() -> None:
    command = inbound.submitted_title(payload("submit_rename"), ME)
    assert isinstance(command, Command)
    assert (command.name, command.argument, command.key) == ("rename", "Monads, at last", ME.key(GENERAL, ROOT))


def test_the_rename_modal_of_a_chat_gives_a_press_with_the_title() -> None:
    body = payload("submit_rename")
    body["view"]["private_metadata"] = inbound.write_place(ME.key(DM), "rename:7")
    press = inbound.submitted_title(body, ME)
    assert isinstance(press, Press)
    assert (press.data, press.key) == ("rename:7:Monads, at last", ME.key(DM))


@pytest.mark.parametrize(("text", "kind"), [(" Be brief. ", Command), (None, Press)])
def test_instructions_are_told_or_forgotten(text: str | None, kind: type) -> None:
    body = payload("submit_rename")
    body["view"]["state"]["values"] = {"text": {"text": {"type": "plain_text_input", "value": text}}}
    wanted = inbound.submitted_instructions(body, ME)
    assert isinstance(wanted, kind)
    told = (wanted.name, wanted.argument) if isinstance(wanted, Command) else wanted.data
    assert told == (("instructions", "Be brief.") if text else "forget:0")


def test_an_entry_of_a_menu_is_pressed_like_a_button() -> None:
    body = payload("press_in_home")
    option = {"text": {"type": "plain_text", "text": "Pin"}, "value": "pin:3"}
    body["actions"] = [{"type": "overflow", "action_id": "threadline:chat:3", "selected_option": option}]
    press = inbound.press(body, ME)
    assert press is not None
    assert press.data == "pin:3"


def test_a_modal_that_asks_gives_the_press_it_stands_for() -> None:
    press = inbound.submitted_answer(payload("submit_delete"), ME)
    assert (press.data, press.key) == ("delete:3", ME.key(GENERAL, ROOT))


def test_a_place_survives_its_way_through_a_view() -> None:
    key = ME.key(GENERAL, ROOT)
    assert inbound.read_place(inbound.write_place(key), ME, ANN.id) == key


def test_repeats_of_a_delivery_have_one_id() -> None:
    assert inbound.event_id(payload("app_mention")) == "slack:Ev0EXAMPLE001"
    assert inbound.event_id(payload("press_in_thread")) == "slack:1790.3.press"
    assert inbound.event_id({"event_id": 7}) is None


def change(**of_message: Any) -> dict[str, Any]:
    """A `message_changed` event in the shape that Slack gives it, about a message in a thread."""
    before = {"type": "message", "user": ANN.id, "text": "How?", "ts": "1790000009.000100", "thread_ts": ROOT}
    now = {**before, "text": "Why?", "edited": {"user": ANN.id, "ts": "1790000010.000000"}, **of_message}
    where = {"type": "message", "channel": GENERAL, "hidden": True, "ts": "1790000010.000200"}
    return {
        "event_id": "Ev1",
        "event": {**where, "subtype": "message_changed", "message": now, "previous_message": before},
    }


def test_a_message_that_its_author_edited_says_what_it_says_now() -> None:
    body = change()
    message = inbound.changed(body, ME)
    assert message is not None
    edit = inbound.edited(body, message, ME, KNOWN)
    assert edit is not None
    assert (edit.ref.key, edit.ref.id) == (ME.key(GENERAL, ROOT), "1790000009.000100")
    assert (edit.author, edit.text, edit.event_id) == (ANN, "Why?", "slack:Ev1")


@pytest.mark.parametrize(
    "of_message",
    [
        {"text": "How?"},
        {"edited": None},
        {"user": ME.user},
        {"bot_id": "B0OTHER001"},
        {"subtype": "tombstone", "user": "USLACKBOT"},
    ],
)
def test_unfurls_replies_our_own_messages_and_tombstones_are_no_edits(of_message: dict[str, Any]) -> None:
    assert inbound.changed(change(**of_message), ME) is None


def test_an_edit_that_makes_a_command_of_a_message_asks_nothing() -> None:
    body = change(text=f"<@{ME.user}> delete")
    message = inbound.changed(body, ME)
    assert message is not None
    assert inbound.edited(body, message, ME, {}) is None


def test_a_deleted_message_is_named_by_its_thread_and_number_also_under_a_tombstone() -> None:
    buried = change(subtype="tombstone", user="USLACKBOT", edited=None)
    deleted = change()
    deleted["event"] = {**deleted["event"], "subtype": "message_deleted", "deleted_ts": "1790000009.000100"}
    del deleted["event"]["message"]
    for body in (buried, deleted):
        removal = inbound.removed(body, ME)
        assert removal is not None
        assert (removal.ref.key, removal.ref.id) == (ME.key(GENERAL, ROOT), "1790000009.000100")


def test_what_is_no_deletion_of_a_persons_message_is_none() -> None:
    ours = change()
    ours["event"] = {**ours["event"], "subtype": "message_deleted"}
    ours["event"]["previous_message"] = {**ours["event"]["previous_message"], "user": ME.user}
    assert inbound.removed(ours, ME) is None
    assert inbound.removed(change(), ME) is None
    assert inbound.removed(payload("app_mention"), ME) is None
