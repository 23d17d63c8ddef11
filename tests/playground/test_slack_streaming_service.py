"""Answers that grow as Slack's native streams, through the whole service: whole, once, and within every limit."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.engine import texts
from playground.slack import SlackStandIn
from tests.playground.rig import PATIENCE, slack_rig
from tests.playground.test_slack_service import Room

CHAPTERS = "\n".join(
    f"{number}. It was told `{number}` times, and [more](https://example.com/{number}) was said."
    for number in range(1, 9)
)
STORY = f"# A story\n\nOnce upon a time there was a **word**, and then *another* one.\n\n{CHAPTERS}\n\nSo it ended."
RATE = 320.0
"""Characters a second: the story takes about two."""
SEEN = 200
"""So many characters are said before a test has looked at the growing answer, however slow the machine is."""


class Tab(Room):
    """The person's Messages tab."""

    async def ask(self, answer: str = STORY, place: Any = None, person: Any = None, rate: float = RATE) -> str:
        """Ask for what the model then says."""
        self.rig.endpoint.say(answer, rate=rate)
        return str(await self.slack.post(person or self.ann, place or self.dm, "Tell me a story"))

    async def reads(self, root: str, text: str, place: Any = None) -> None:
        """Wait until the one answer says this, and is no stream any more."""
        place = place or self.dm

        def stands() -> bool:
            posts = self.bot_posts(root, place)
            return self.read(root, place) == [text] and posts[0].streaming_state in ("", "completed")

        try:
            await self.slack.wait_for(stands, timeout=PATIENCE)
        except TimeoutError:
            assert self.read(root, place) == [text]
            raise

    async def grows(self, root: str, place: Any = None) -> Any:
        """Wait until the beginning of an answer can be read; its message."""
        await self.slack.wait_for(lambda: self.shows(root, "Once upon", place or self.dm), timeout=PATIENCE)
        return self.bot_posts(root, place or self.dm)[0]

    def labels(self, root: str) -> list[str]:
        elements = [e for post in self.bot_posts(root, self.dm) for b in post.blocks for e in b.get("elements", [])]
        return [element["text"]["text"] for element in elements if element["type"] == "button"]

    def methods(self) -> set[str]:
        return {call.method for call in self.slack.calls if call.method.startswith("chat.")}


HARMLESS = ("stopped_by_user", "message_not_in_streaming_state", "not_authorized")
"""What Slack says of a stream that it has ended when a person pressed Stop, and of a title that comes before its
session; the service may hear of either from that refusal first."""


def refusals(slack: SlackStandIn) -> list[str]:
    """What was refused without a test having asked for it."""
    return [
        f"{call.method}: {call.error}" for call in slack.refused if not call.injected and call.error not in HARMLESS
    ]


@pytest.fixture
async def tab(sqlite_url: str) -> AsyncIterator[Tab]:
    async with slack_rig(sqlite_url) as (rig, slack):
        tab = Tab(rig, slack)
        yield tab
        assert slack.notified == []
        assert slack.too_early == []


@pytest.fixture(params=["socket", "http"])
async def any_tab(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Tab]:
    """Over both intakes, on both databases."""
    async with slack_rig(database_url, http=request.param == "http") as (rig, slack):
        yield Tab(rig, slack)
        assert refusals(slack) == []


async def test_an_answer_in_the_messages_tab_is_a_stream_that_ends_whole(any_tab: Tab) -> None:
    answer = any_tab.rig.endpoint.say(STORY, rate=RATE, silent_after=SEEN)
    root = str(await any_tab.slack.post(any_tab.ann, any_tab.dm, "Tell me a story"))
    assert (await any_tab.grows(root)).streaming_state == "in_progress"
    answer.go.set()
    await any_tab.reads(root, STORY)
    assert any_tab.methods() == {"chat.startStream", "chat.appendStream", "chat.stopStream"}
    session = any_tab.slack.session(any_tab.dm, root)
    assert session is not None
    await any_tab.slack.wait_for(lambda: session.state == "active", timeout=PATIENCE)


async def test_slacks_own_stop_ends_a_stream_within_a_second_and_leaves_what_there_is(any_tab: Tab) -> None:
    root = await any_tab.ask(STORY * 9)
    await any_tab.grows(root)
    pressed = any_tab.slack.clock.now()
    await any_tab.slack.press_stop(any_tab.ann, any_tab.dm, root)
    await any_tab.slack.wait_for(lambda: any_tab.rig.endpoint.closed_early == 1, timeout=PATIENCE)
    assert any_tab.slack.clock.now() - pressed < any_tab.slack.clock.speed  # a real second
    await any_tab.slack.wait_for(lambda: any_tab.shows(root, "Stopped.", any_tab.dm), timeout=PATIENCE)
    (said,) = any_tab.read(root, any_tab.dm)
    assert said.startswith("# A story\n\nOnce upon")
    assert any_tab.labels(root) == [texts.RETRY.english]


async def test_a_typed_stop_ends_a_stream_with_its_buttons(tab: Tab) -> None:
    root = await tab.ask(STORY * 9)
    message = await tab.grows(root)
    await tab.slack.post(tab.ann, tab.dm, "!stop", thread_ts=root)
    await tab.slack.wait_for(lambda: message.streaming_state == "completed", timeout=PATIENCE)
    assert "Stopped." in tab.read(root, tab.dm)[0]
    assert tab.labels(root) == [texts.RETRY.english]
    assert "chat.update" not in tab.methods()


async def test_ten_at_once_use_both_ways_and_are_never_refused(sqlite_url: str) -> None:
    async with slack_rig(sqlite_url, speed=2.0) as (rig, slack):
        tab = Tab(rig, slack)
        people = [slack.add_person(f"Person {number}") for number in range(10)]
        places = [slack.open_dm(person) for person in people]
        roots = [await tab.ask(place=place, person=person) for person, place in zip(people, places, strict=True)]
        await asyncio.gather(*(tab.reads(root, STORY, place) for root, place in zip(roots, places, strict=True)))
        assert {"chat.startStream", "chat.postMessage", "chat.update"} <= tab.methods()
        assert refusals(slack) == []


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
@pytest.mark.parametrize("code", ["message_not_in_streaming_state", "unknown_method", "msg_too_long"])
async def test_a_stream_that_dies_leaves_the_text_whole_and_once(tab: Tab, method: str, code: str) -> None:
    tab.slack.fail(method, code)
    root = await tab.ask()
    await tab.reads(root, STORY)
    assert [call.method for call in tab.slack.refused if call.status == 429] == []


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
async def test_an_answer_of_slack_that_is_lost_leaves_the_text_whole_and_once(
    tab: Tab, method: str, applied: bool
) -> None:
    tab.slack.reset(method, applied=applied)
    root = await tab.ask()
    await tab.reads(root, STORY)


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
async def test_nobody_asks_again_before_slack_allows_it(sqlite_url: str, method: str) -> None:
    async with slack_rig(sqlite_url, speed=20.0) as (rig, slack):
        tab = Tab(rig, slack)
        slack.fail(method, status=429, retry_after=30)
        root = await tab.ask()
        await tab.reads(root, STORY)
        assert slack.too_early == []
        assert refusals(slack) == []


async def test_a_stream_of_a_service_that_was_stopped_goes_on_in_the_same_message(tab: Tab) -> None:
    root = await tab.ask(STORY * 9)
    message = await tab.grows(root)
    await tab.rig.stop()
    tab.rig.endpoint.say(STORY, rate=RATE)
    await tab.rig.start()
    await tab.reads(root, STORY)
    assert [post.ts for post in tab.bot_posts(root, tab.dm)] == [message.ts]


async def test_an_answer_that_takes_longer_than_a_stream_may_live_goes_on_by_edits(sqlite_url: str) -> None:
    async with slack_rig(sqlite_url, speed=60.0) as (rig, slack):
        tab = Tab(rig, slack)
        root = await tab.ask(rate=len(STORY) / 330)
        await tab.reads(root, STORY)
        calls = [call.method for call in slack.calls if call.method in ("chat.stopStream", "chat.update")]
        assert (calls[0], set(calls[1:])) == ("chat.stopStream", {"chat.update"})
        assert refusals(slack) == []


async def test_in_a_channel_an_answer_is_a_stream_only_where_that_is_wanted(sqlite_url: str) -> None:
    async with slack_rig(sqlite_url, settings={"slack_streaming": "native"}) as (rig, slack):
        tab = Tab(rig, slack)
        answer = rig.endpoint.say(STORY, rate=RATE, silent_after=SEEN)
        root = await tab.mention("Tell me a story")
        assert (await tab.grows(root, tab.channel)).streaming_state == "in_progress"
        answer.go.set()
        await tab.reads(root, STORY, tab.channel)
        (start,) = slack.calls_of("chat.startStream")
        assert (start.args["recipient_user_id"], start.args["recipient_team_id"]) == (tab.ann.id, slack.team_id)
        assert refusals(slack) == []


async def test_a_workspace_without_streams_gets_its_answers_by_edits(tab: Tab) -> None:
    tab.slack.fail("chat.startStream", "feature_not_enabled", times=9)
    for _ in range(2):
        await tab.reads(await tab.ask(), STORY)
    assert len(tab.slack.calls_of("chat.startStream")) == 1
    assert json.dumps(texts.STOP.english) not in json.dumps([post.blocks for post in tab.slack.messages(tab.dm)])
