"""Replies that grow as drafts, against the strict stand-in: what people see, and what is left when something fails."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters.telegram import drafts
from adapters.telegram.drafts import ASK_AGAIN_AFTER, LATE
from bot.engine.chats import ChatKey
from bot.engine.errors import PlaceGone, PlatformUnavailable, RateLimited, StorageUnavailable, TooLong
from bot.engine.ports import Kind, Page
from bot.engine.posts import Action, Button, Post
from tests.adapters.telegram_payloads import GROUP, PRIVATE
from tests.adapters.telegram_set_up import set_up
from tests.adapters.telegram_stage import World, world

LIVE = ((Button("Stop", Action.STOP, 7),),)
RETRY = ((Button("Retry", Action.RETRY, 7),),)


def live(text: str) -> Post:
    return Post(text, LIVE, live=True)


async def shown(page: Page, post: Post, last: bool = False) -> int:
    """Call as often as the page asks for, as the engine does; how often that was."""
    for calls in range(1, 5):
        if await page.show(post, last):
            return calls
    raise AssertionError("the page asks for calls without end")


@pytest.fixture
async def anns() -> AsyncIterator[World]:
    async with world() as made:
        await made.telegram.send(made.ann, made.chat, "hi")
        await made.taken(1)
        yield made


def drafted(anns: World, key: ChatKey | None = None) -> Page:
    """A page that grows as a draft."""
    messenger, place = anns.adapter.messenger, key or anns.key
    way = messenger.ways(place)[0]
    assert way.name == "draft"
    return messenger.page(place, way, None, "turn 7.0")


def frames(anns: World) -> list[str]:
    return [frame.text for frame in anns.telegram.draft_frames]


def methods(anns: World) -> list[str]:
    mine = ("sendMessageDraft", "sendMessage", "editMessageText")
    return [call.method for call in anns.telegram.calls_of(*mine)]


async def test_a_reply_grows_in_one_draft_and_ends_as_a_message_that_its_last_frame_shows_whole(anns: World) -> None:
    page = drafted(anns)
    for text in ("The", "The **moo", "The **moon** pulls"):
        assert await shown(page, live(text)) == 1
    draft = anns.telegram.draft(anns.chat)
    assert draft is not None
    assert (draft.text, draft.entities) == ("The moon pulls", [{"type": "bold", "offset": 4, "length": 4}])
    assert (draft.can_stop, draft.keep_on_stop) == (True, True)
    assert await shown(page, Post("The **moon** pulls."), last=True) == 2
    assert frames(anns) == ["The", "The moo", "The moon pulls", "The moon pulls."]
    assert len({frame.draft_id for frame in anns.telegram.draft_frames} - {0}) == 1
    assert not anns.telegram.draft_frames[-1].can_stop
    assert [message.text for message in anns.telegram.bot_messages(anns.chat)] == ["The moon pulls."]
    assert page.ref is not None
    assert anns.telegram.draft(anns.chat) is None
    assert anns.telegram.refused == []


async def test_the_next_page_is_a_draft_of_its_own() -> None:
    async with set_up() as parts:
        pages = [parts.adapter.messenger.page(PRIVATE, parts.adapter.messenger.ways(PRIVATE)[0]) for _ in range(2)]
        for page in pages:
            await page.show(live("words"), False)
        ids = {call["draft_id"] for call in parts.api.of("sendMessageDraft")}
        assert len(ids) == 2


async def test_a_frame_that_shows_the_same_is_not_sent_again_but_for_keeping_the_draft_alive(anns: World) -> None:
    page = drafted(anns)
    await shown(page, live("a | b"))
    await shown(page, live("a | b "))
    assert len(frames(anns)) == 1
    await anns.clock.sleep(20)
    await shown(page, live("a | b"))
    assert len(frames(anns)) == 2
    assert await shown(page, Post("a | b"), last=True) == 2
    assert methods(anns) == ["sendMessageDraft"] * 2 + ["sendMessage"]


async def test_in_a_topic_the_draft_stands_in_the_topic() -> None:
    async with world(topics=True) as anns:
        await anns.telegram.send(anns.ann, anns.chat, "hi")
        await anns.taken(1)
        place = await anns.adapter.messenger.new_place(anns.key, "New")
        assert place is not None
        page = drafted(anns, place)
        await shown(page, live("words"))
        assert anns.telegram.draft(anns.chat, int(place.thread)) is not None
        await shown(page, Post("words."), last=True)
        assert [message.text for message in anns.telegram.bot_messages(anns.chat, int(place.thread))] == ["words."]


async def test_a_message_that_goes_on_growing_needs_no_more_frames(anns: World) -> None:
    page = drafted(anns)
    await shown(page, live("The moon"))
    await shown(page, live("The moon pulls"), last=True)
    await shown(page, live("The moon pulls at"))
    assert methods(anns)[-2:] == ["sendMessage", "editMessageText"]
    assert [message.text for message in anns.telegram.bot_messages(anns.chat)] == ["The moon pulls at"]


def test_where_there_are_drafts(anns: World) -> None:
    def names(key: ChatKey) -> list[str]:
        return [way.name for way in anns.adapter.messenger.ways(key)]

    assert names(anns.key) == ["draft", "edit"]
    assert names(GROUP) == ["edit"]


@pytest.mark.parametrize(
    ("streaming", "names"), [("auto", ["draft", "edit"]), ("draft", ["draft", "edit"]), ("edit", ["edit"])]
)
async def test_the_setting_decides(streaming: str, names: list[str]) -> None:
    async with set_up() as parts:
        messenger = parts.build(streaming=streaming).messenger
        assert [way.name for way in messenger.ways(PRIVATE)] == names
        assert [way.name for way in messenger.ways(GROUP)] == ["edit"]


def test_frames_and_typing_share_their_budget_and_each_end_needs_a_frame_and_a_message(anns: World) -> None:
    messenger = anns.adapter.messenger
    way = messenger.ways(anns.key)[0]
    typing, messages = messenger.budgets(anns.key, Kind.WORKING), messenger.budgets(anns.key, Kind.SEND)
    assert way.first == way.preview == typing
    assert set(way.end) == {*typing, *messages}
    assert way.fleeting
    assert way.lasts + drafts.PATIENCE < 30


async def test_what_each_call_spends_is_told_before_it(anns: World) -> None:
    page, messenger = drafted(anns), anns.adapter.messenger
    typing, messages = messenger.budgets(anns.key, Kind.WORKING), messenger.budgets(anns.key, Kind.SEND)
    assert (page.spends(False), page.spends(True)) == (typing, messages)
    await page.show(live("words"), False)
    assert (page.spends(False), page.spends(True)) == (typing, typing)
    assert not await page.show(Post("words."), True)
    assert page.spends(True) == messages
    assert await page.show(Post("words."), True)
    assert page.spends(False) == page.spends(True) == messages


@pytest.mark.parametrize("reason", ["TEXTDRAFT_PEER_INVALID", "RANDOM_ID_INVALID", "Logged out"])
async def test_where_a_draft_is_refused_the_reply_grows_by_edits_there_for_an_hour(anns: World, reason: str) -> None:
    anns.telegram.fail("sendMessageDraft", 400, description=f"Bad Request: {reason}")
    page = drafted(anns)
    assert await shown(page, live("The moon")) == 2
    await shown(page, Post("The moon pulls."), last=True)
    assert methods(anns) == ["sendMessageDraft", "sendMessage", "editMessageText"]
    messenger = anns.adapter.messenger
    assert [way.name for way in messenger.ways(anns.key)] == ["edit"]
    assert [way.name for way in messenger.ways(replace(anns.key, channel="5"))] == ["draft", "edit"]


async def test_a_server_that_knows_no_drafts_is_not_asked_again_for_an_hour() -> None:
    async with set_up() as parts:
        parts.api.refuse("sendMessageDraft", 404, "Not Found: method not found")
        messenger = parts.adapter.messenger
        page = messenger.page(PRIVATE, messenger.ways(PRIVATE)[0])
        assert await shown(page, live("The moon")) == 2
        other = replace(PRIVATE, channel="5")
        assert [way.name for way in messenger.ways(other)] == ["edit"]
        await parts.clock.advance(ASK_AGAIN_AFTER)
        assert [way.name for way in messenger.ways(other)] == ["draft", "edit"]


async def test_a_draft_in_a_topic_that_is_gone_goes_on_as_a_message_beside_it_which_says_so() -> None:
    async with world(topics=True) as anns:
        await anns.telegram.send(anns.ann, anns.chat, "hi")
        await anns.taken(1)
        place = await anns.adapter.messenger.new_place(anns.key, "New")
        assert place is not None
        page = drafted(anns, place)
        await anns.telegram.delete_topic(anns.ann, anns.chat, int(place.thread))
        await shown(page, live("words"))
        await shown(page, Post("words."), last=True)
        (message,) = anns.telegram.bot_messages(anns.chat)
        assert (message.thread, message.text) == (None, "(moved here: the topic is gone)\n\nwords.")
        assert methods(anns)[:3] == ["sendMessageDraft", "sendMessage", "sendMessage"]
        assert [way.name for way in anns.adapter.messenger.ways(anns.key)] == ["draft", "edit"]


async def test_somebody_who_blocked_the_bot_gets_no_message_instead_of_a_draft(anns: World) -> None:
    await anns.telegram.block(anns.ann)
    with pytest.raises(PlaceGone):
        await drafted(anns).show(live("words"), False)
    assert methods(anns) == ["sendMessageDraft"]


async def test_a_refused_frame_says_how_long_the_chat_is_closed_and_the_message_waits_for_no_further_one(
    anns: World,
) -> None:
    page = drafted(anns)
    await shown(page, live("The moon"))
    anns.telegram.fail("sendMessageDraft", 429, retry_after=3)
    with pytest.raises(RateLimited) as limited:
        await page.show(live("The moon pulls"), False)
    assert limited.value.retry_after == 3
    await anns.clock.sleep(3)
    assert await shown(page, Post("The moon pulls."), last=True) == 1
    assert methods(anns) == ["sendMessageDraft"] * 2 + ["sendMessage"]


@pytest.mark.parametrize("status", [429, 500, 400])
async def test_a_last_frame_that_fails_does_not_hold_up_the_message(anns: World, status: int) -> None:
    page = drafted(anns)
    await shown(page, live("The moon"))
    anns.telegram.fail("sendMessageDraft", status, retry_after=3)
    if status == 429:
        with pytest.raises(RateLimited):
            await page.show(Post("The moon pulls."), True)
        await anns.clock.sleep(3)
    else:
        assert not await page.show(Post("The moon pulls."), True)
    assert page.spends(True) == anns.adapter.messenger.budgets(anns.key, Kind.SEND)
    assert await page.show(Post("The moon pulls."), True)
    assert methods(anns) == ["sendMessageDraft"] * 2 + ["sendMessage"]


async def test_after_a_frame_whose_answer_was_lost_one_is_answered_before_the_message_comes(anns: World) -> None:
    """The lost one may still be under way; after the message it would stand beside it for half a minute."""
    page = drafted(anns)
    anns.telegram.reset("sendMessageDraft", applied=True)
    with pytest.raises(PlatformUnavailable):
        await page.show(live("The moon"), False)
    assert not page.unsure
    assert await shown(page, Post("The moon"), last=True) == 2
    assert methods(anns) == ["sendMessageDraft"] * 2 + ["sendMessage"]


async def test_where_frames_go_on_failing_the_reply_grows_by_edits(anns: World) -> None:
    """Each failure is followed by a longer pause, and the final text would wait for its end."""
    page = drafted(anns)
    anns.telegram.fail("sendMessageDraft", 500, times=2)
    with pytest.raises(PlatformUnavailable):
        await page.show(live("The moon"), False)
    assert await shown(page, live("The moon pulls")) == 2
    assert await shown(page, Post("The moon pulls."), last=True) == 1
    assert methods(anns) == ["sendMessageDraft"] * 2 + ["sendMessage", "editMessageText"]
    assert [way.name for way in anns.adapter.messenger.ways(anns.key)] == ["draft", "edit"]


async def test_a_frame_that_failed_once_is_followed_by_others(anns: World) -> None:
    page = drafted(anns)
    for text in ("The", "The moon pulls"):
        anns.telegram.fail("sendMessageDraft", 500)
        with pytest.raises(PlatformUnavailable):
            await page.show(live(text), False)
        assert await shown(page, live(text)) == 1
    assert frames(anns) == ["The", "The moon pulls"]


async def test_a_frame_that_takes_too_long_is_given_up(anns: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "PATIENCE", 0.05)
    page, gate = drafted(anns), anns.telegram.hold("sendMessageDraft")
    with pytest.raises(PlatformUnavailable):
        await page.show(live("The moon"), False)
    gate.set()


async def test_once_the_message_was_tried_no_frame_comes_any_more(anns: World) -> None:
    page = drafted(anns)
    await shown(page, live("The moon"))
    anns.telegram.reset("sendMessage", applied=True)
    with pytest.raises(PlatformUnavailable):
        await shown(page, Post("The moon pulls."), last=True)
    assert page.unsure
    await asyncio.gather(page.show(live("The moon pulls. And"), False), return_exceptions=True)
    assert methods(anns).count("sendMessageDraft") == 2


async def test_marks_that_are_refused_are_left_out_of_the_draft(anns: World) -> None:
    anns.telegram.fail("sendMessageDraft", 400, description="Bad Request: ENTITIES_TOO_LONG")
    page = drafted(anns)
    assert await shown(page, live("The **moon** pulls")) == 2
    assert [(frame.text, frame.entities) for frame in anns.telegram.draft_frames] == [("The moon pulls", [])]
    await shown(page, live("The **moon** pulls at"))
    assert len(frames(anns)) == 2


async def test_a_frame_that_is_too_long_has_the_page_split_more(anns: World) -> None:
    anns.telegram.fail("sendMessageDraft", 400, description="Bad Request: message is too long")
    with pytest.raises(TooLong):
        await drafted(anns).show(live("words"), False)


async def test_a_stopped_draft_gets_no_more_frames(anns: World) -> None:
    page = drafted(anns)
    await shown(page, live("The moon"))
    await anns.telegram.press_stop(anns.ann, anns.chat)
    await anns.engine.wait_for(lambda: anns.engine.stopped == [anns.key])
    await shown(page, live("The moon pulls"))
    assert await shown(page, Post("The moon\n\n_Stopped._", RETRY), last=True) == 2
    assert methods(anns) == ["sendMessageDraft", "sendMessage"]
    assert anns.telegram.bot_messages(anns.chat)[0].button_labels == ["Retry"]


async def test_a_second_press_of_the_same_stop_ends_nothing_else(anns: World) -> None:
    """The answer that it would end, or the question that it would drop, is the next one."""
    await shown(drafted(anns), live("The moon"))
    for _ in range(2):
        (draft,) = {frame.draft_id for frame in anns.telegram.draft_frames}
        stopped = {"chat": anns.chat.as_json(), "draft_id": str(draft)}
        anns.telegram.account.queue.push("stopped_message_generation", stopped, key=f"chat {anns.chat.id}")
    await anns.telegram.send(anns.ann, anns.chat, "and the sun?")
    await anns.taken(2)
    assert anns.engine.stopped == [anns.key]


async def test_a_stop_that_was_not_committed_is_taken_when_it_comes_again(anns: World) -> None:
    await shown(drafted(anns), live("The moon"))
    anns.engine.failures = [StorageUnavailable("away")]
    await anns.telegram.press_stop(anns.ann, anns.chat)
    await anns.engine.wait_for(lambda: anns.engine.stopped == [anns.key])


async def test_a_stop_that_comes_long_after_the_end_is_not_meant_for_the_next_answer() -> None:
    async with set_up() as parts:
        known = parts.adapter.messenger.drafts
        known.note_end(77)
        assert known.note_stop(77, "telegram:1:1")
        await parts.clock.advance(LATE)
        assert not known.note_stop(77, "telegram:1:1")
        assert known.note_stop(78, "telegram:1:2")
