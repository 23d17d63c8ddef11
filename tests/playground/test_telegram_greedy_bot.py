"""A bot that does what many bots do is refused as the real service refuses it; the same bot with patience is not.

The bot is aiogram's; its pauses pass on the stand-in's clock.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramConflictError, TelegramRetryAfter
from aiogram.methods import (
    CreateForumTopic,
    EditMessageText,
    SendChatAction,
    SendMessage,
    SendMessageDraft,
    SendRichMessageDraft,
    SetWebhook,
    TelegramMethod,
)
from aiogram.types import InputRichMessage

from playground.clock import ManualClock
from playground.telegram import Chat, TelegramStandIn
from tests.playground.aiogram_bot import aiogram_bot
from tests.playground.telegram_world import Refused, World, telegram_world
from tests.playground.test_telegram_webhook import receiver

Calls = Iterator[TelegramMethod[Any]]


@dataclass
class PacedBot:
    """A bot that makes one call after the other with the same pause between them.

    One that listens stays away as long as it is told; one that does not goes on.
    """

    bot: Bot
    clock: ManualClock
    pause: float
    listens: bool
    waits: list[int] = field(default_factory=list)

    async def run(self, calls: Calls, seconds: float) -> None:
        """Call for so many seconds."""
        until = self.clock.now() + seconds
        while self.clock.now() < until:
            try:
                await self.bot(next(calls))
            except TelegramRetryAfter as refused:
                self.waits.append(refused.retry_after)
                await self.clock.advance(refused.retry_after if self.listens else 0.0)
            await self.clock.advance(self.pause)


@dataclass(frozen=True)
class Habit:
    """What a bot does all the time: how fast it likes to, how fast it may, and for how long it is watched."""

    calls: Callable[[World], Awaitable[Calls]]
    greedy_pause: float
    patient_pause: float
    seconds: float


async def edits_for_every_token(world: World) -> Calls:
    sent = await world.send("0")
    return (
        EditMessageText(chat_id=world.chat.id, message_id=sent["message_id"], text=f"token {number}")
        for number in count(1)
    )


async def drafts(world: World) -> Calls:
    return (SendMessageDraft(chat_id=world.chat.id, draft_id=1, text=f"token {number}") for number in count())


async def rich_drafts_in_several_topics(world: World) -> Calls:
    made = [await world.bot.call("createForumTopic", chat_id=world.chat.id, name=name) for name in "ABC"]
    threads = cycle(topic["message_thread_id"] for topic in made)
    return (
        SendRichMessageDraft(
            chat_id=world.chat.id,
            draft_id=1,
            message_thread_id=next(threads),
            rich_message=InputRichMessage(markdown=f"token {number}"),
        )
        for number in count()
    )


async def typing(world: World) -> Calls:
    return (SendChatAction(chat_id=world.chat.id, action="typing") for _ in count())


async def sends_into_a_group(world: World) -> Calls:
    group = world.telegram.add_group("Team", [world.ann])
    return (SendMessage(chat_id=group.id, text=f"{number}") for number in count())


async def sends_into_topics_as_if_they_were_chats(world: World) -> Calls:
    forum = world.telegram.add_group("Forum", [world.ann], forum=True)
    threads = cycle([await world.telegram.create_topic(world.ann, forum, name) for name in "ABCD"])
    return (SendMessage(chat_id=forum.id, message_thread_id=next(threads), text=f"{number}") for number in count())


async def new_topics(world: World) -> Calls:
    return (CreateForumTopic(chat_id=world.chat.id, name=f"Chat {number}") for number in count())


async def a_broadcast(world: World) -> Calls:
    """Everybody wrote once, long ago: what goes to them now is no answer."""
    people = [world.telegram.add_person(f"Person{number}") for number in range(80)]
    for person in people:
        await world.telegram.send(person, world.telegram.private_chat(person), "hi")
    await world.clock.advance(61)
    return (SendMessage(chat_id=person.id, text="News!") for person in cycle(people))


HABITS = [
    Habit(edits_for_every_token, greedy_pause=0.05, patient_pause=1.1, seconds=90),
    Habit(drafts, greedy_pause=0.1, patient_pause=0.8, seconds=60),
    Habit(rich_drafts_in_several_topics, greedy_pause=0.2, patient_pause=0.8, seconds=60),
    Habit(typing, greedy_pause=0.2, patient_pause=4.0, seconds=60),
    Habit(sends_into_a_group, greedy_pause=2.4, patient_pause=3.2, seconds=120),
    Habit(sends_into_topics_as_if_they_were_chats, greedy_pause=1.0, patient_pause=3.2, seconds=120),
    Habit(new_topics, greedy_pause=0.5, patient_pause=1.1, seconds=60),
    Habit(a_broadcast, greedy_pause=0.01, patient_pause=0.04, seconds=2),
]
every_habit = pytest.mark.parametrize("habit", HABITS, ids=lambda habit: habit.calls.__name__)


@asynccontextmanager
async def at_work(habit: Habit, *, greedy: bool, listens: bool) -> AsyncIterator[tuple[World, PacedBot]]:
    """Let a bot with a habit work, and look at what became of it."""
    async with telegram_world(topics_enabled=True) as world, aiogram_bot(world.telegram) as bot:
        calls = await habit.calls(world)
        await world.clock.advance(60)
        paced = PacedBot(bot, world.clock, habit.greedy_pause if greedy else habit.patient_pause, listens)
        await paced.run(calls, habit.seconds)
        yield world, paced


def closed_chat(telegram: TelegramStandIn) -> Chat:
    """Find the chat that stays closed for the longest time."""
    return max(telegram.account.chats.values(), key=lambda chat: telegram.flood.closed_for(chat.id))


@every_habit
async def test_a_greedy_bot_is_refused_and_waits_the_longer_the_less_it_listens(habit: Habit) -> None:
    async with at_work(habit, greedy=True, listens=False) as (world, paced):
        assert paced.waits
        assert max(paced.waits) >= 2 * paced.waits[0]
        assert world.telegram.flood_violations
        chat = closed_chat(world.telegram)
        with pytest.raises(Refused) as refused:
            await world.send(chat_id=chat.id)
        wait = refused.value.parameters["retry_after"]
        assert refused.value.status == 429
        assert refused.value.description == f"Too Many Requests: retry after {wait}"
        assert refused.value.headers["Retry-After"] == str(wait)
        assert world.telegram.flood.closed_for(chat.id) == wait


@every_habit
async def test_a_hasty_bot_that_listens_is_refused_but_never_asks_too_early(habit: Habit) -> None:
    async with at_work(habit, greedy=True, listens=True) as (world, paced):
        assert paced.waits
        assert world.telegram.flood_violations == []


@every_habit
async def test_a_patient_bot_is_never_refused(habit: Habit) -> None:
    async with at_work(habit, greedy=False, listens=True) as (world, _):
        assert world.telegram.refused == []


async def test_a_bot_that_sets_its_webhook_twice_a_second_is_refused_and_one_that_waits_is_not() -> None:
    async with telegram_world() as world, aiogram_bot(world.telegram) as bot, receiver() as hook:
        await bot(SetWebhook(url=hook.url))
        with pytest.raises(TelegramRetryAfter) as refused:
            await bot(SetWebhook(url=hook.url))
        assert refused.value.retry_after == 1
        await world.clock.advance(1)
        await bot(SetWebhook(url=hook.url))


async def test_two_pollers_of_one_bot_send_one_another_away_and_one_alone_is_left_in_peace() -> None:
    async with telegram_world() as world, aiogram_bot(world.telegram) as bot, aiogram_bot(world.telegram) as twin:
        first = asyncio.create_task(bot.get_updates(timeout=30))
        await world.telegram.wait_for(lambda: world.telegram.calls_of("getUpdates"))
        second = asyncio.create_task(twin.get_updates(timeout=30))
        with pytest.raises(TelegramConflictError):
            await first
        third = asyncio.create_task(bot.get_updates(offset=1, timeout=30))
        await world.telegram.wait_for(lambda: len(world.telegram.calls_of("getUpdates")) == 3)
        await world.clock.advance(3)
        with pytest.raises(TelegramConflictError):
            await second
        await world.telegram.send(world.ann, world.chat, "for the one that is left")
        assert len(await third) == 1


async def test_two_bots_side_by_side_spend_the_same_budget() -> None:
    """Two copies of a bot do not get more than one: the limits are Telegram's, not the client's."""
    async with telegram_world() as world, aiogram_bot(world.telegram) as bot, aiogram_bot(world.telegram) as twin:
        for one in (bot, twin, bot, twin, bot):
            await one.send_message(world.chat.id, "x")
        with pytest.raises(TelegramRetryAfter):
            await twin.send_message(world.chat.id, "x")
