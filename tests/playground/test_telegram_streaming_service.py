"""How answers grow in Telegram, through the whole service: what people see from the first word to the last."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from bot.engine import texts
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Chat
from playground.telegram.faults import Fault
from tests.playground.rig import PATIENCE, telegram_rig
from tests.playground.telegram_room import Room

STORY = " ".join(f"word{n:03}" for n in range(120))


@pytest.fixture
async def plain(sqlite_url: str) -> AsyncIterator[Room]:
    """A private chat with a fresh service: polling, SQLite."""
    async with telegram_rig(sqlite_url) as (rig, telegram):
        yield Room(rig, telegram)


def calls_in(telegram: TelegramStandIn, chat: Chat) -> list[str]:
    """What showed the answer in this chat, in order."""
    shown = ("sendMessageDraft", "sendMessage", "editMessageText")
    return [call.method for call in telegram.calls_of(*shown) if call.chat_id == chat.id]


async def test_a_private_answer_grows_in_a_draft_and_stands_as_one_message_after_its_last_frame(plain: Room) -> None:
    plain.rig.endpoint.say(f"**{STORY}**", rate=200.0)
    await plain.say("Tell me")
    await plain.sees(STORY)
    frames = [frame for frame in plain.telegram.draft_frames if frame.chat_id == plain.chat.id]
    assert len(frames) > 8
    assert all(STORY.startswith(frame.text) for frame in frames)
    assert all(frame.entities[0]["type"] == "bold" for frame in frames)
    assert frames[-1].text == STORY
    assert len({frame.draft_id for frame in frames}) == 1
    assert calls_in(plain.telegram, plain.chat) == ["sendMessageDraft"] * len(frames) + ["sendMessage"]
    assert plain.telegram.draft(plain.chat) is None
    assert plain.telegram.refused == []


async def test_the_next_answer_in_the_chat_begins_a_new_draft(plain: Room) -> None:
    for answers in (1, 2):
        plain.rig.endpoint.say(STORY, rate=200.0)
        await plain.say("Tell me")
        await plain.sees(*[STORY] * answers)
        await plain.rig.clock.sleep(31)  # then the chat bears as many frames as at first
    assert len({frame.draft_id for frame in plain.telegram.draft_frames}) == 2


@pytest.mark.parametrize("webhook", [False, True])
async def test_telegrams_own_stop_ends_the_answer_within_a_second(sqlite_url: str, webhook: bool) -> None:
    async with telegram_rig(sqlite_url, webhook=webhook, speed=1.0) as (rig, telegram):
        room = Room(rig, telegram)
        rig.endpoint.say(STORY * 10, rate=200.0)
        await room.say("Tell me")
        await telegram.wait_for(lambda: telegram.draft(room.chat), timeout=PATIENCE)
        pressed = rig.clock.now()
        await telegram.press_stop(room.person, room.chat)
        await telegram.wait_for(lambda: texts.RETRY.english in room.labels(), timeout=PATIENCE)
        assert rig.clock.now() - pressed < 1.0
        assert rig.endpoint.closed_early == 1
        (text,) = room.read()
        assert text.startswith("word000")
        assert text.endswith("Stopped.")
        rig.endpoint.say("A short story.")
        await room.ask_again()
        await room.sees("A short story.")
        assert telegram.refused == []


async def test_a_stop_that_is_delivered_again_does_not_stop_the_next_answer(plain: Room) -> None:
    plain.rig.endpoint.say(STORY * 10, rate=100.0)
    await plain.say("Tell me")
    await plain.telegram.wait_for(lambda: plain.telegram.draft(plain.chat), timeout=PATIENCE)
    await plain.telegram.press_stop(plain.person, plain.chat)
    stop = plain.telegram.last_update_id
    await plain.telegram.wait_for(lambda: texts.RETRY.english in plain.labels(), timeout=PATIENCE)
    plain.rig.endpoint.say(STORY, rate=100.0)
    await plain.say("And now?")
    await plain.telegram.wait_for(lambda: plain.telegram.draft(plain.chat), timeout=PATIENCE)
    plain.telegram.redeliver(stop)
    await plain.shows(STORY)


async def test_a_draft_stays_while_the_model_is_silent(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url, speed=20.0) as (rig, telegram):
        room = Room(rig, telegram)
        answer = rig.endpoint.say(STORY, rate=100.0, silent_after=100)
        await room.say("Tell me")
        await telegram.wait_for(lambda: len(telegram.draft_frames) >= 4, timeout=PATIENCE)
        assert answer.silent.is_set()
        answer.go.set()
        await room.sees(STORY)
        times = [frame.time for frame in telegram.draft_frames]
        assert max(later - earlier for earlier, later in pairwise(times)) < 30
        assert telegram.refused == []


async def test_ten_chats_at_once_each_see_their_answer_grow_and_nothing_is_refused(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url, speed=2.0) as (rig, telegram):
        rooms = [Room(rig, telegram, f"Person {number}") for number in range(10)]
        for _ in rooms:
            rig.endpoint.say(STORY, rate=200.0)
        await asyncio.gather(*(room.say("Tell me") for room in rooms))
        await asyncio.gather(*(room.sees(STORY) for room in rooms))
        for room in rooms:
            shown = calls_in(telegram, room.chat)
            assert shown == ["sendMessageDraft"] * (len(shown) - 1) + ["sendMessage"]
            assert len(shown) > 6
        assert telegram.refused == []


async def test_a_long_answer_is_a_draft_and_a_message_for_each_page(plain: Room) -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "All work and no play, they say. " * 12 for n in range(25)).strip()
    plain.rig.endpoint.say(text, rate=1500.0)
    await plain.say("Write a lot")
    await plain.telegram.wait_for(lambda: " ".join(plain.read()).split() == text.split(), timeout=PATIENCE)
    assert len({frame.draft_id for frame in plain.telegram.draft_frames}) == len(plain.read())
    assert calls_in(plain.telegram, plain.chat)[-1] == "sendMessage"
    assert plain.telegram.refused == []


async def test_in_a_group_an_answer_grows_by_edits(plain: Room) -> None:
    group = plain.telegram.add_group("Team", [plain.person])
    plain.rig.endpoint.say(STORY, rate=200.0)
    await plain.telegram.send(plain.person, group, f"@{plain.telegram.username} tell us")
    await plain.telegram.wait_for(
        lambda: [message.text for message in plain.telegram.bot_messages(group)] == [STORY], timeout=PATIENCE
    )
    shown = calls_in(plain.telegram, group)
    assert shown == ["sendMessage"] + ["editMessageText"] * (len(shown) - 1)
    assert plain.telegram.draft_frames == []
    assert plain.telegram.refused == []


async def test_with_the_setting_a_private_answer_grows_by_edits_with_a_stop_button(sqlite_url: str) -> None:
    async with telegram_rig(sqlite_url, settings={"telegram_streaming": "edit"}) as (rig, telegram):
        room = Room(rig, telegram)
        rig.endpoint.say(STORY, rate=200.0)
        await room.say("Tell me")
        await telegram.wait_for(lambda: room.labels() == [texts.STOP.english], timeout=PATIENCE)
        await room.sees(STORY)
        rig.endpoint.say(STORY, rate=50.0)
        await room.say("Once more")
        await telegram.wait_for(
            lambda: room.labels() == [texts.ASK_AGAIN.english, texts.STOP.english], timeout=PATIENCE
        )
        await room.press(texts.STOP.english)
        await telegram.wait_for(
            lambda: room.labels() == [texts.ASK_AGAIN.english, texts.RETRY.english], timeout=PATIENCE
        )
        assert telegram.draft_frames == []
        assert telegram.refused == []


@pytest.mark.parametrize(("streaming", "method"), [("draft", "sendMessageDraft"), ("edit", "editMessageText")])
@pytest.mark.parametrize("seconds", [2, 8, 30])
async def test_a_429_in_the_middle_costs_time_but_no_text(
    sqlite_url: str, streaming: str, method: str, seconds: int
) -> None:
    async with telegram_rig(sqlite_url, settings={"telegram_streaming": streaming}) as (rig, telegram):
        room = Room(rig, telegram)
        telegram.fail(method, 429, retry_after=seconds)
        rig.endpoint.say(STORY, rate=200.0)
        await room.say("Tell me")
        await room.sees(STORY)
        assert [call.method for call in telegram.refused] == [method]
        assert telegram.flood_violations == []


@pytest.mark.parametrize(("streaming", "method"), [("draft", "sendMessageDraft"), ("edit", "editMessageText")])
async def test_a_chat_that_is_closed_for_a_while_gets_no_sign_at_a_waiting_question_either(
    sqlite_url: str, streaming: str, method: str
) -> None:
    """Each call of any kind before its time makes Telegram's wait longer: two that take turns, without end."""
    async with telegram_rig(sqlite_url, settings={"telegram_streaming": streaming}) as (rig, telegram):
        room = Room(rig, telegram)
        telegram.fail(method, 429, retry_after=8)
        rig.endpoint.say(STORY, rate=400.0)
        await room.say("Tell me")
        await telegram.wait_for(lambda: telegram.account.flood.closed_for(room.chat.id) > 0, timeout=PATIENCE)
        await room.say("And more?")
        await room.sees(STORY, "You said: And more?")
        assert telegram.flood_violations == []


@pytest.mark.parametrize("status", [400, 404])
async def test_where_drafts_are_refused_the_answer_grows_by_edits_and_the_next_one_asks_for_none(
    plain: Room, status: int
) -> None:
    plain.telegram.fail("sendMessageDraft", status, description="Not Found: method not found", times=5)
    plain.rig.endpoint.say(STORY, rate=200.0)
    await plain.say("Tell me")
    await plain.sees(STORY)
    await plain.say("again")
    await plain.sees(STORY, "You said: again")
    shown = calls_in(plain.telegram, plain.chat)
    assert shown.count("sendMessageDraft") == 1
    assert shown.count("sendMessage") == 2


@pytest.mark.parametrize("streaming", ["draft", "edit"])
@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("status", [0, 502])
async def test_a_send_whose_answer_is_lost_leaves_one_message_with_the_whole_text_while_other_chats_are_busy(
    sqlite_url: str, streaming: str, applied: bool, status: int
) -> None:
    async with telegram_rig(sqlite_url, speed=10.0, settings={"telegram_streaming": streaming}) as (rig, telegram):
        room = Room(rig, telegram)
        others = [Room(rig, telegram, f"Person {number}") for number in range(5)]
        rig.endpoint.say(STORY, rate=400.0)
        await room.say("Tell me")
        shown = "sendMessageDraft" if streaming == "draft" else "sendMessage"
        telegram.faults.plan(Fault("sendMessage", status=status, applied=applied, chat_id=room.chat.id))
        await telegram.wait_for(lambda: calls_in(telegram, room.chat)[:1] == [shown], timeout=PATIENCE)
        await asyncio.gather(*(other.say("Me, too") for other in others))
        await asyncio.gather(*(other.sees("You said: Me, too") for other in others))
        await room.sees(STORY)
        await room.say("And now?")
        await room.sees(STORY, "You said: And now?")
        assert len(telegram.calls_of("sendMessage")) == (7 if applied else 8)
        assert telegram.flood_violations == []


async def test_each_page_whose_answer_is_lost_stands_once(plain: Room) -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "All work and no play, they say. " * 12 for n in range(25)).strip()
    plain.telegram.reset("sendMessage", applied=True, times=3)
    plain.rig.endpoint.say(text, rate=1500.0)
    await plain.say("Write a lot")
    await plain.telegram.wait_for(lambda: " ".join(plain.read()).split() == text.split(), timeout=PATIENCE)
    assert plain.telegram.flood_violations == []


@pytest.mark.parametrize("streaming", ["draft", "edit"])
async def test_with_the_setting_an_answer_with_a_table_ends_as_a_rich_message(sqlite_url: str, streaming: str) -> None:
    async with telegram_rig(sqlite_url, settings={"telegram_streaming": streaming, "telegram_rich": "on"}) as (
        rig,
        telegram,
    ):
        room = Room(rig, telegram)
        rows = "\n".join(f"| {number} | {number * number} |" for number in range(40))
        rig.endpoint.say(f"## Squares\n\n| n | square |\n|--:|--:|\n{rows}", rate=200.0)
        await room.say("Tell me")

        def is_rich() -> bool:
            return [list(message.extra) for message in telegram.bot_messages(room.chat)] == [["rich_message"]]

        await telegram.wait_for(is_rich, timeout=PATIENCE)
        (message,) = telegram.bot_messages(room.chat)
        assert telegram.rendered(room.chat, message.message_id).endswith("39 1521")
        await room.say("And now?")
        await room.shows("You said: And now?")
        assert len(telegram.bot_messages(room.chat)) == 2
        assert telegram.refused == []
