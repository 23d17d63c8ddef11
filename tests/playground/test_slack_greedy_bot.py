"""What classic bots do too often is refused as Slack refuses it; with patience the same is let pass."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from playground.clock import ManualClock
from tests.playground.slack_world import World, text_block, world


@dataclass
class Bot:
    """A bot as many are written: it calls as fast as it can, and takes an error for bad luck.

    With a `pace` it lets so many seconds pass before each call; one that `obeys` waits for Retry-After and calls again.
    """

    w: World
    clock: ManualClock
    pace: float = 0.0
    obeys: bool = False
    errors: list[SlackApiError] = field(default_factory=list)

    async def call(self, method: Callable[..., Awaitable[AsyncSlackResponse]], **args: Any) -> None:
        await self.clock.advance(self.pace)
        try:
            await method(**args)
        except SlackApiError as error:
            self.errors.append(error)
            if self.obeys:
                await self.clock.advance(int(error.response.headers["Retry-After"]))
                await self.call(method, **args)

    async def update_with_every_token(self, tokens: int) -> None:
        ts = await self.w.post("…")
        for number in range(tokens):
            text = "word " * (number + 1)
            await self.call(self.w.client.chat_update, channel=self.w.general.id, ts=ts, text=text)

    async def append_every_token(self, tokens: int) -> None:
        ts = await self.stream()
        for _ in range(tokens):
            await self.call(self.w.client.chat_appendStream, channel=self.w.general.id, ts=ts, markdown_text="word ")

    async def stream_every_sentence(self, sentences: int) -> None:
        root = await self.w.slack.post(self.w.ann, self.w.general, "Tell me a story")
        for _ in range(sentences):
            await self.call(self.w.client.chat_startStream, channel=self.w.general.id, thread_ts=root, **self.reader())

    async def post_in_a_burst(self, messages: int) -> None:
        for number in range(messages):
            await self.call(self.w.client.chat_postMessage, channel=self.w.general.id, text=f"{number}")

    async def publish_in_a_loop(self, times: int) -> None:
        for number in range(times):
            view = {"type": "home", "blocks": [text_block(f"{number}")]}
            await self.call(self.w.client.views_publish, user_id=self.w.ann.id, view=view)

    async def read_the_thread_again_and_again(self, times: int) -> None:
        root = await self.w.slack.post(self.w.ann, self.w.general, "root")
        for _ in range(times):
            await self.call(self.w.client.conversations_replies, channel=self.w.general.id, ts=root)

    async def stream(self) -> str:
        root = await self.w.slack.post(self.w.ann, self.w.general, "Tell me a story")
        where = {"channel": self.w.general.id, "thread_ts": root}
        return str((await self.w.call("chat.startStream", **where, **self.reader()))["ts"])

    def reader(self) -> dict[str, Any]:
        return {"recipient_user_id": self.w.ann.id, "recipient_team_id": self.w.slack.team_id}


@dataclass(frozen=True)
class Habit:
    """Something that bots do: how many of the calls pass at once, and after how many `seconds` as many again."""

    method: str
    does: Callable[[Bot, int], Awaitable[None]]
    passes: int
    passes_lenient: int
    seconds: float = 60.0

    @property
    def pace(self) -> float:
        return self.seconds / self.passes


HABITS = [
    Habit("chat.update", Bot.update_with_every_token, 50, 60),
    Habit("chat.appendStream", Bot.append_every_token, 100, 120),
    Habit("chat.startStream", Bot.stream_every_sentence, 20, 24),
    Habit("chat.postMessage", Bot.post_in_a_burst, 1, 5, seconds=1.0),
    Habit("views.publish", Bot.publish_in_a_loop, 100, 120),
    Habit("conversations.replies", Bot.read_the_thread_again_and_again, 1, 1),
]
every_habit = pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.method)
TOO_MANY = 5


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def w(clock: ManualClock) -> AsyncIterator[World]:
    async with world(clock, rates=True, distributed=True) as running:
        yield running


@every_habit
async def test_a_greedy_bot_is_refused_once_the_budget_is_used_up(w: World, clock: ManualClock, habit: Habit) -> None:
    bot = Bot(w, clock)
    await habit.does(bot, habit.passes + TOO_MANY)
    assert len(bot.errors) == TOO_MANY
    assert {call.method for call in w.slack.refused} == {habit.method}
    for error in bot.errors:
        response = error.response
        assert (response.status_code, response.data) == (429, {"ok": False, "error": "ratelimited"})
        assert 1 <= int(response.headers["Retry-After"]) <= habit.seconds


@every_habit
async def test_where_bursts_are_let_pass_they_end_too(clock: ManualClock, habit: Habit) -> None:
    async with world(clock, rates=True, distributed=True, strict_rates=False) as w:
        bot = Bot(w, clock)
        await habit.does(bot, habit.passes_lenient + TOO_MANY)
        assert len(bot.errors) == TOO_MANY


@every_habit
async def test_calling_on_before_the_time_is_over_is_seen(w: World, clock: ManualClock, habit: Habit) -> None:
    await habit.does(Bot(w, clock), habit.passes + TOO_MANY)
    assert [call.method for call in w.slack.too_early] == [habit.method] * (TOO_MANY - 1)


@every_habit
async def test_only_the_method_that_was_called_too_often_is_closed(w: World, clock: ManualClock, habit: Habit) -> None:
    await habit.does(Bot(w, clock), habit.passes + TOO_MANY)
    assert await w.refusal("auth.test") == ""
    assert await w.refusal("chat.postMessage", channel=w.dm.id, text="in another channel") == ""
    assert await w.refusal("reactions.add", channel=w.general.id, timestamp="1.000001", name="a") == "message_not_found"


@every_habit
async def test_the_same_bot_with_patience_is_not_refused(w: World, clock: ManualClock, habit: Habit) -> None:
    bot = Bot(w, clock, pace=habit.pace)
    await habit.does(bot, habit.passes + TOO_MANY)
    assert (bot.errors, w.slack.refused) == ([], [])


@every_habit
async def test_who_waits_as_told_gets_everything_done_and_is_never_too_early(
    w: World, clock: ManualClock, habit: Habit
) -> None:
    bot = Bot(w, clock, obeys=True)
    await habit.does(bot, habit.passes + TOO_MANY)
    assert bot.errors
    assert w.slack.too_early == []
    done = [call for call in w.slack.calls_of(habit.method) if call.error is None]
    assert len(done) >= habit.passes + TOO_MANY


async def test_all_streams_of_a_workspace_share_the_budget_for_appending(w: World, clock: ManualClock) -> None:
    bot = Bot(w, clock)
    streams = [await bot.stream(), await bot.stream()]
    for number in range(101):
        ts = streams[number % 2]
        await bot.call(w.client.chat_appendStream, channel=w.general.id, ts=ts, markdown_text="a")
    assert len(bot.errors) == 1


async def test_posts_to_many_channels_share_300_a_minute(w: World, clock: ManualClock) -> None:
    bot = Bot(w, clock)
    channels = [w.slack.add_channel(f"room-{number}", [w.ann]) for number in range(301)]
    for channel in channels:
        await bot.call(w.client.chat_postMessage, channel=channel.id, text="hello")
    assert len(bot.errors) == 1
    await clock.advance(60)
    await bot.call(w.client.chat_postMessage, channel=channels[-1].id, text="hello")
    assert len(bot.errors) == 1
