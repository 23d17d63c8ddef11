"""What follows from one update: what the engine gets, and what the person sees at once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.engine.incoming import Press, TitleChange
from bot.engine.posts import Post, Reaction
from tests.adapters.telegram_payloads import GROUP, PRIVATE, payload
from tests.adapters.telegram_set_up import SetUp, set_up


@pytest.fixture
async def parts() -> AsyncIterator[SetUp]:
    async with set_up() as parts:
        await parts.adapter.start(parts.engine)
        yield parts


async def handled(parts: SetUp, *updates: dict[str, Any]) -> None:
    """Have the updates delivered and wait until they are committed."""
    for number, update in enumerate(updates, 11):
        update["update_id"] = number
    await parts.api.add(*updates)
    last = 11 + len(updates)
    await parts.api.wait_for(lambda: any(call["offset"] == last for call in parts.api.of("getUpdates")))


async def test_what_the_engine_says_at_once_is_shown_as_an_answer_to_the_message(parts: SetUp) -> None:
    parts.engine.post = Post("Only the team may use me.")
    await handled(parts, payload("group_mention"))
    assert parts.engine.shown == [(GROUP, parts.engine.post, "501")]


async def test_a_commands_answer_is_shown_where_it_was_typed(parts: SetUp) -> None:
    parts.engine.post = Post("Nothing is being written.")
    await handled(parts, payload("group_command_bare"))
    assert parts.engine.shown == [(GROUP, parts.engine.post, "507")]


async def test_nothing_to_say_shows_nothing(parts: SetUp) -> None:
    await handled(parts, payload("private_text"), payload("private_command"))
    assert parts.engine.shown == []


async def test_small_talk_in_a_group_never_reaches_the_engine(parts: SetUp) -> None:
    await handled(parts, payload("group_small_talk"), payload("group_member_joined"), payload("blocked"))
    assert parts.engine.entered == 0


async def test_a_person_renaming_a_topic_reaches_the_engine(parts: SetUp) -> None:
    await handled(parts, payload("private_topic_renamed"))
    change = TitleChange("telegram:5550001111:11", replace(PRIVATE, thread="120"), "Tides and the moon")
    assert parts.engine.taken == [change]


async def test_telegrams_own_stop_reaches_the_engine(parts: SetUp) -> None:
    await handled(parts, payload("generation_stopped"))
    assert parts.engine.stopped == [replace(PRIVATE, thread="120")]


async def test_a_press_is_answered_with_its_note_and_the_new_face(parts: SetUp) -> None:
    parts.engine.reaction = Reaction("Stopped.", Post("What there was."))
    await handled(parts, payload("press"))
    await parts.api.wait_for(lambda: bool(parts.api.of("editMessageText")))
    assert parts.api.of("answerCallbackQuery") == [{"callback_query_id": "1760936590112345678", "text": "Stopped."}]
    edit = parts.api.of("editMessageText")[0]
    assert (edit["chat_id"], edit["message_id"], edit["text"]) == ("410000001", "130", "What there was.")


async def test_a_press_that_leads_to_nothing_is_answered_all_the_same(parts: SetUp) -> None:
    """Otherwise the person's button keeps spinning."""
    await handled(parts, payload("press"))
    await parts.api.wait_for(lambda: bool(parts.api.of("answerCallbackQuery")))
    assert parts.api.of("answerCallbackQuery") == [{"callback_query_id": "1760936590112345678"}]
    assert parts.api.of("editMessageText") == []


async def test_a_press_on_a_message_out_of_reach_gets_the_note_only(parts: SetUp) -> None:
    parts.engine.reaction = Reaction("Opened.", Post("Here it is."))
    await handled(parts, payload("press_inaccessible"))
    await parts.api.wait_for(lambda: bool(parts.api.of("answerCallbackQuery")))
    await parts.adapter.close()
    assert parts.api.of("answerCallbackQuery")[0]["text"] == "Opened."
    assert parts.api.of("editMessageText") == []


@pytest.mark.parametrize("name", ["press_inline", "press_game"])
async def test_a_press_that_says_nothing_to_us_is_answered(parts: SetUp, name: str) -> None:
    await handled(parts, payload(name))
    await parts.api.wait_for(lambda: bool(parts.api.of("answerCallbackQuery")))
    assert parts.engine.entered == 0


async def test_a_press_that_is_put_aside_is_answered(parts: SetUp) -> None:
    parts.engine.failures = [ZeroDivisionError()]
    await handled(parts, payload("press"))
    await parts.api.wait_for(lambda: bool(parts.api.of("answerCallbackQuery")))
    assert parts.engine.aside == [("telegram:5550001111:11", "ZeroDivisionError")]


async def test_foreign_button_data_is_the_engines_to_judge(parts: SetUp) -> None:
    update = payload("press")
    update["callback_query"]["data"] = "\x00rm -rf" + "x" * 500
    await handled(parts, update)
    assert isinstance(parts.engine.taken[0], Press)
    assert parts.engine.taken[0].data == update["callback_query"]["data"]


async def test_a_face_that_cannot_be_shown_ends_with_the_press(parts: SetUp) -> None:
    parts.engine.reaction = Reaction(None, Post("Gone."))
    parts.api.refuse("editMessageText", 400, "Bad Request: message to edit not found")
    await handled(parts, payload("press"), payload("private_text"))
    await parts.api.wait_for(lambda: bool(parts.api.of("editMessageText")))
    assert parts.engine.texts == ["How do tides work?"]


async def test_the_new_face_waits_as_long_as_telegram_asks(parts: SetUp) -> None:
    """Otherwise a question that is answered keeps its buttons."""
    parts.engine.reaction = Reaction(None, Post("Deleted."))
    parts.api.refuse("editMessageText", 429, "Too Many Requests: retry after 9", retry_after=9)
    parts.api.hang_up("editMessageText")
    await handled(parts, payload("press"))
    edits = parts.api.of
    await parts.api.wait_for(lambda: len(edits("editMessageText")) == 1)
    await parts.clock.advance(8.9)
    assert len(edits("editMessageText")) == 1
    assert await parts.clock.advance_until(lambda: len(edits("editMessageText")) == 3) >= 1.0


async def test_the_new_face_keeps_the_pace_of_the_chat(parts: SetUp) -> None:
    """A hand that presses quickly must not close the chat for the answer that is being written in it."""
    parts.engine.reaction = Reaction(None, Post("Page 2"))
    await handled(parts, *(payload("press") for _ in range(8)))
    await parts.api.wait_for(lambda: len(parts.api.of("editMessageText")) == 5)
    assert await parts.clock.advance_until(lambda: len(parts.api.of("editMessageText")) == 8) >= 3.0


async def test_the_same_stop_twice_is_one(parts: SetUp) -> None:
    await handled(parts, payload("generation_stopped"))
    await parts.api.add(payload("generation_stopped") | {"update_id": 11})
    await handled(parts, payload("private_text"))
    assert len(parts.engine.stopped) == 1


async def test_slow_answers_to_a_press_do_not_hold_up_the_intake(parts: SetUp) -> None:
    """Telling Telegram about a press is the slow work that comes after the commit."""
    parts.api.refuse("answerCallbackQuery", 500, "Internal Server Error")
    parts.engine.reaction = Reaction("ok", None)
    await handled(parts, payload("press"), payload("private_text"))
    assert parts.engine.texts == ["How do tides work?"]
