"""What recorded updates say that people did."""

from dataclasses import replace

import pytest

from adapters.telegram.inbound import GenerationStopped, event_id, is_accessible, read
from bot.engine.chats import MessageRef
from bot.engine.incoming import Command, Edited, IncomingMessage, Press, TitleChange
from tests.adapters.telegram_payloads import ANN, BOB, FORUM, GROUP, ME, PRIVATE, names, payload


def message(name: str) -> IncomingMessage:
    incoming = read(payload(name), ME)
    assert isinstance(incoming, IncomingMessage)
    return incoming


def command(name: str) -> Command:
    incoming = read(payload(name), ME)
    assert isinstance(incoming, Command)
    return incoming


def test_a_private_message_is_read_whole() -> None:
    update = payload("private_text")
    assert read(update, ME) == IncomingMessage(
        f"telegram:5550001111:{update['update_id']}", MessageRef(PRIVATE, "101"), ANN, "How do tides work?"
    )


def test_the_event_id_is_the_same_for_every_delivery() -> None:
    assert event_id(payload("press"), ME) == event_id(payload("press"), ME)
    assert event_id(payload("press"), ME) != event_id(payload("press_in_topic"), ME)


def test_a_topic_is_a_place_of_its_own() -> None:
    assert message("private_topic_text").ref == MessageRef(replace(PRIVATE, thread="120"), "121")


def test_a_reply_chain_in_a_group_is_no_place_of_its_own() -> None:
    """Telegram gives replies in supergroups a message_thread_id too, without is_topic_message."""
    assert message("group_reply_thread").ref.key == GROUP


def test_the_general_topic_is_the_chat_itself() -> None:
    assert message("forum_general_mention").ref.key == FORUM


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("group_mention", "😀 what's a fjord?"),
        ("group_text_mention", "what's a fjord?"),
        ("forum_topic_mention", "plan the week"),
        ("group_mention_only", ""),
    ],
)
def test_the_own_mention_is_cut_out_by_utf16_offsets_in_any_case(name: str, text: str) -> None:
    assert message(name).text == text


def test_in_a_private_chat_the_own_name_is_part_of_the_question() -> None:
    assert message("private_mention").text == "Who runs @threadline_bot?"


def test_a_reply_to_the_bot_is_addressed_to_it() -> None:
    assert (message("group_reply_to_bot").author, message("group_reply_to_bot").text) == (BOB, "And in Norway?")


@pytest.mark.parametrize(
    "name",
    [
        "group_small_talk",
        "group_mention_of_other",
        "forum_topic_small_talk",  # "replies" to the topic's opening, which was the bot's
        "group_command_bare_unknown",
        "group_command_of_other_bot",
    ],
)
def test_what_is_said_to_others_in_a_group_is_nothing(name: str) -> None:
    assert read(payload(name), ME) is None


@pytest.mark.parametrize(
    "name",
    ["group_anonymous_admin", "group_channel_post", "group_other_bot", "group_member_joined", "private_pinned"],
)
def test_nobody_is_no_person(name: str) -> None:
    """Anonymous admins, channel posts, other bots and service messages have no person to answer to."""
    assert read(payload(name), ME) is None


def test_an_edited_message_keeps_its_number_and_has_a_new_text() -> None:
    edited = read(payload("edited"), ME)
    assert isinstance(edited, Edited)
    assert (edited.ref.id, edited.author.id, edited.text) == ("101", "410000001", "How do tides work, really?")


def test_an_edited_command_is_no_question_unless_it_asked_one() -> None:
    for said, text in (("/new Why?", "Why?"), ("/rename Why?", None)):
        update = payload("edited")
        length = said.index(" ")
        spans = [{"type": "bot_command", "offset": 0, "length": length}]
        update["edited_message"] |= {"text": said, "entities": spans}
        edited = read(update, ME)
        assert (edited.text if isinstance(edited, Edited) else None) == text


@pytest.mark.parametrize("name", ["private_topic_created", "blocked", "press_inline", "press_game"])
def test_other_events_are_nothing(name: str) -> None:
    assert read(payload(name), ME) is None


@pytest.mark.parametrize(
    ("name", "text", "attachments"),
    [
        ("private_photo_with_caption", "What bird is this?", ("photo",)),
        ("private_voice", "", ("voice",)),
        ("private_document", "", ("Budget 2026.pdf",)),
        ("private_animation", "", ("cat.gif.mp4",)),
    ],
)
def test_files_come_by_name_or_kind_and_a_caption_is_the_text(
    name: str, text: str, attachments: tuple[str, ...]
) -> None:
    assert (message(name).text, message(name).attachments) == (text, attachments)


def test_content_that_no_library_knows_yet_does_not_hide_the_text() -> None:
    assert message("private_unknown_content").text == "See the widget"


def test_a_command_is_read_with_its_argument() -> None:
    got = command("private_command")
    assert (got.name, got.argument, got.key, got.author, got.private, got.source) == (
        "new", "What is a fjord?", PRIVATE, ANN, True, "102",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("private_start_deep_link", ("start", "invite_7", True)),
        ("group_command_addressed", ("rename", "Fjords of Norway", False)),
        ("group_command_bare", ("stop", "", False)),
    ],
)
def test_commands_of_every_form(name: str, expected: tuple[str, str, bool]) -> None:
    assert (command(name).name, command(name).argument, command(name).private) == expected


def test_an_unknown_command_is_passed_on_in_private_and_when_addressed() -> None:
    """The engine answers it with a hint."""
    private, group = payload("private_command"), payload("group_command_bare_unknown")
    private["message"]["text"] = "/foo What is a fjord?"
    group["message"]["text"] = "/weather@THREADLINE_bot Oslo"
    group["message"]["entities"][0]["length"] = len("/weather@THREADLINE_bot")
    for update, name in ((private, "foo"), (group, "weather")):
        incoming = read(update, ME)
        assert isinstance(incoming, Command)
        assert incoming.name == name


def test_a_command_word_is_a_command_only_at_the_beginning() -> None:
    assert message("private_command_in_the_middle").text == "Please run /new for me"


def test_a_command_and_its_argument_may_stand_on_two_lines() -> None:
    update = payload("private_command")
    update["message"]["text"] = "/new\nfirst line\nsecond  line"
    incoming = read(update, ME)
    assert isinstance(incoming, Command)
    assert incoming.argument == "first line\nsecond  line"


@pytest.mark.parametrize(
    ("name", "key", "title"),
    [
        ("private_topic_renamed", replace(PRIVATE, thread="120"), "Tides and the moon"),
        ("forum_topic_renamed", replace(FORUM, thread="17"), "Plans"),
    ],
)
def test_a_person_renames_a_topic(name: str, key: object, title: str) -> None:
    update = payload(name)
    assert read(update, ME) == TitleChange(event_id(update, ME), key, title)  # type: ignore[arg-type] # parametrized as object


@pytest.mark.parametrize("name", ["private_topic_renamed_by_bot", "private_topic_new_icon"])
def test_the_bots_own_renaming_and_a_new_icon_are_no_title(name: str) -> None:
    assert read(payload(name), ME) is None


def test_a_press_says_where_who_and_what() -> None:
    update = payload("press_in_topic")
    assert read(update, ME) == Press(event_id(update, ME), "stop:8", replace(PRIVATE, thread="120"), ANN, "131")


def test_a_pressed_message_out_of_reach_is_told_by_its_date() -> None:
    assert is_accessible(payload("press")["callback_query"]["message"])
    assert not is_accessible(payload("press_inaccessible")["callback_query"]["message"])


def test_telegrams_own_stop_names_the_place() -> None:
    update = payload("generation_stopped")
    stop = GenerationStopped(f"telegram:5550001111:{update['update_id']}", replace(PRIVATE, thread="120"), 77)
    assert read(update, ME) == stop
    del update["stopped_message_generation"]["message_thread_id"]
    assert read(update, ME) == replace(stop, key=PRIVATE)


@pytest.mark.parametrize(("given", "draft"), [("77", 77), (77, 77), ("-5", -5), ("x", 0), (None, 0), ([], 0), (1.5, 0)])
def test_a_drafts_id_is_understood_as_number_and_as_text(given: object, draft: int) -> None:
    """It is documented as a number and comes as text; a Stop counts in any case."""
    update = payload("generation_stopped")
    update["stopped_message_generation"]["draft_id"] = given
    stop = read(update, ME)
    assert isinstance(stop, GenerationStopped)
    assert stop.draft == draft


@pytest.mark.parametrize("name", ["broken_message", "broken_text"])
def test_a_broken_promise_is_an_error(name: str) -> None:
    with pytest.raises((KeyError, TypeError)):
        read(payload(name), ME)


def test_half_an_emoji_is_replaced() -> None:
    """A lone surrogate is valid JSON, but neither UTF-8 nor a database can carry it."""
    update = payload("private_text")
    update["message"]["text"] = "a\ud83db"
    incoming = read(update, ME)
    assert isinstance(incoming, IncomingMessage)
    assert incoming.text == "a\ufffdb"


def test_a_hundred_thousand_characters_come_through() -> None:
    """What is too long for a question is the engine's to say."""
    update = payload("private_text")
    update["message"]["text"] = "x" * 100_000
    incoming = read(update, ME)
    assert isinstance(incoming, IncomingMessage)
    assert len(incoming.text) == 100_000


@pytest.mark.parametrize("name", [name for name in names() if not name.startswith("broken")])
def test_every_recorded_update_can_be_read(name: str) -> None:
    read(payload(name), ME)


def test_every_recorded_update_is_one_that_the_library_can_read_too() -> None:
    """Keeps the recordings honest: python-telegram-bot has the Bot API's types."""
    from telegram import Update

    for name in names():
        if not name.startswith("broken"):
            assert Update.de_json(payload(name)).update_id
