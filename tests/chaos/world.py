"""Everything outside the service, in the test's own process: what stands on the screens outlives every kill."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from playground.clock import Clock
from playground.openai import ScriptedEndpoint
from playground.openai_script import Answer, Failure, Request
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from tests.chaos.places import Place, SlackThread, TelegramChat
from tests.chaos.questions import titles

CHANNELS = ("general", "random")
PEOPLE = ("Ann Lee", "Bob Ray", "Cem Oz")

REPEATS = (0.0, 6.0, 30.0)
"""Seconds before Slack's second, third and fourth attempt; a tenth of the real ones."""

Reply = Callable[[Request], str | Answer | Failure | None]


class World:
    """Slack, Telegram and the model, with people in two channels and their Messages tabs, private chats and a group.

    The platforms live `speed` times as fast as real time. Slack repeats sooner than it does.
    """

    def __init__(self, speed: float, reply: Reply) -> None:
        self.slack = SlackStandIn(Clock(speed))
        self.slack.postman.repeats = REPEATS
        self.telegram = TelegramStandIn(Clock(speed))
        self.model = ScriptedEndpoint()
        self.model.titles = titles
        self.model.answer_with(reply)
        self._slackers: list[Any] = [self.slack.add_person(name) for name in PEOPLE]
        self._channels: list[Any] = [self.slack.add_channel(name, self._slackers) for name in CHANNELS]
        self._telegrammers = [self.telegram.add_person(name) for name in PEOPLE]
        self._group = self.telegram.add_group("Everybody", self._telegrammers)

    async def __aenter__(self) -> Self:
        await self.slack.start()
        await self.telegram.start()
        await self.model.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(self.model.stop(), self.telegram.stop(), self.slack.stop())

    @property
    def settings(self) -> dict[str, str]:
        """What the service has to know of all this."""
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url,
            "TELEGRAM_BOT_TOKEN": self.telegram.token,
            "TELEGRAM_API_URL": self.telegram.api_url,
            "OPENAI_BASE_URL": self.model.base_url,
            "OPENAI_MODEL": "scripted",
            "PORT": "0",
        }

    def thread(self, channel: int = 0) -> Place:
        """A new thread of a channel."""
        return SlackThread(self.slack, self._channels[channel % len(self._channels)], self._slackers)

    def tab(self, person: int = 0) -> Place:
        """A new thread in somebody's Messages tab."""
        of = self._slackers[person % len(self._slackers)]
        return SlackThread(self.slack, self.slack.open_dm(of), [of])

    def private(self, person: int = 0) -> Place:
        of = self._telegrammers[person % len(self._telegrammers)]
        return TelegramChat(self.telegram, self.telegram.private_chat(of))

    def group(self, _: int = 0) -> Place:
        return TelegramChat(self.telegram, self._group)

    @property
    def undelivered(self) -> list[str]:
        """What the platforms still have to bring to the service, in words."""
        attempts = [delivery for delivery in self.slack.deliveries if delivery.kind == "events_api"]
        taken = {delivery.event_id for delivery in attempts if delivery.acknowledged}
        waiting = {delivery.event_id for delivery in attempts} - taken
        slack = [f"{len(waiting)} events of Slack have no answer"] if waiting else []
        updates = len(self.telegram.pending_updates)
        return [*slack, *([f"{updates} updates of Telegram are not confirmed"] if updates else [])]
