"""The two platforms with their people: who asks where, and what stands on whose screen when."""

import json
from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from benchmarks.streaming.screens import Showing
from benchmarks.streaming.work import numbers, shown_words
from playground.clock import Clock
from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn

IN_STREAM = ("chat.startStream", "chat.appendStream", "chat.stopStream")
IN_MESSAGE = ("chat.postMessage", "chat.update")
DRAFT = "sendMessageDraft"
ON_SCREEN = ("sendMessage", "editMessageText", DRAFT)
UNDER_WAY = 0.05
"""Seconds after an ordered refusal in which others arrive that were sent before its answer was there."""

LIMITED = ("ratelimited", "rate_limited")


class World(Protocol):
    """A strict stand-in with people, each in a place of their own."""

    @property
    def stand_in(self) -> AbstractAsyncContextManager[object]: ...

    @property
    def settings(self) -> dict[str, str]: ...

    async def ask(self, number: int, text: str) -> None:
        """Let this person ask."""

    def showings(self, number: int) -> list[Showing]:
        """What this person's screen showed when."""

    def words(self, number: int) -> list[int]:
        """The numbers of the words that stand on the screen now."""

    def calls(self) -> dict[str, int]:
        """How often each method was called."""

    def refusals(self) -> int:
        """How many calls drew a 429 that nobody had ordered, or came before the end of a wait.

        Those under way when an ordered one is refused do not count.
        """


class SlackWorld:
    """Everybody in the app's Messages tab, or (`channels`) in a channel of their own."""

    def __init__(self, clock: Clock, people: int, transport: str, *, channels: bool) -> None:
        self.slack = SlackStandIn(clock)
        self._transport = transport
        self._people = [self.slack.add_person(f"Person {number}") for number in range(people)]
        self._places = [self._place(number) for number in range(people)] if channels else []
        self._dms = [] if channels else [self.slack.open_dm(person) for person in self._people]

    @property
    def stand_in(self) -> SlackStandIn:
        return self.slack

    @property
    def settings(self) -> dict[str, str]:
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_API_URL": self.slack.api_url,
            "SLACK_STREAMING": self._transport,
        }

    async def ask(self, number: int, text: str) -> None:
        mention = f"<@{self.slack.bot_user_id}> " if self._places else ""
        await self.slack.post(self._people[number], self._channel(number), f"{mention}{text}")

    def showings(self, number: int) -> list[Showing]:
        channel, shown, streamed = self._channel(number).id, [], ""
        for call in self.slack.calls_of(*IN_STREAM, *IN_MESSAGE):
            if call.error is not None or call.args.get("channel") != channel:
                continue
            if call.method in IN_STREAM:
                streamed += _said(call.args)
            words = shown_words(streamed if call.method in IN_STREAM else _said(call.args))
            shown.append(Showing(call.time, words))
        return shown

    def words(self, number: int) -> list[int]:
        channel = self._channel(number)
        ours = [message for message in self.slack.messages(channel) if message.user == self.slack.bot_user_id]
        return numbers("\n".join(self.slack.rendered_message(message) for message in ours))

    def calls(self) -> dict[str, int]:
        return _counted(call.method for call in self.slack.calls)

    def refusals(self) -> int:
        ordered = [(call.method, call.time) for call in self.slack.calls if call.injected and call.error in LIMITED]
        limited = [call for call in self.slack.calls if call.error in LIMITED and not call.injected]
        return sum(not _was_under_way(call.method, call.time, ordered) for call in limited)

    def _channel(self, number: int) -> Any:
        return self._places[number] if self._places else self._dms[number]

    def _place(self, number: int) -> Any:
        return self.slack.add_channel(f"place-{number}", members=[self._people[number]])


class TelegramWorld:
    """Everybody in a private chat with the bot."""

    def __init__(self, clock: Clock, people: int, transport: str) -> None:
        self.telegram = TelegramStandIn(clock)
        self._transport = transport
        self._people = [self.telegram.add_person(f"Person {number}") for number in range(people)]
        self._chats = [self.telegram.private_chat(person) for person in self._people]

    @property
    def stand_in(self) -> TelegramStandIn:
        return self.telegram

    @property
    def settings(self) -> dict[str, str]:
        return {
            "TELEGRAM_BOT_TOKEN": self.telegram.token,
            "TELEGRAM_API_URL": self.telegram.api_url,
            "TELEGRAM_STREAMING": self._transport,
        }

    async def ask(self, number: int, text: str) -> None:
        await self.telegram.send(self._people[number], self._chats[number], text)

    def showings(self, number: int) -> list[Showing]:
        chat = self._chats[number].id
        calls = [call for call in self.telegram.calls_of(*ON_SCREEN) if call.chat_id == chat and call.error is None]
        return [Showing(call.time, shown_words(str(call.params.get("text", "")))) for call in calls]

    def words(self, number: int) -> list[int]:
        return numbers("\n".join(message.text for message in self.telegram.bot_messages(self._chats[number])))

    def calls(self) -> dict[str, int]:
        return _counted(call.method for call in self.telegram.calls)

    def refusals(self) -> int:
        limited = sum(call.status == 429 or call.too_early for call in self.telegram.calls)
        return limited - sum(fault.hit for fault in self.telegram.faults.planned if fault.status == 429)


def _was_under_way(method: str, at: float, ordered: list[tuple[str, float]]) -> bool:
    """Whether a call was sent before the refusal of another one, which closed the method, could be known."""
    return any(method == name and 0 <= at - moment < UNDER_WAY for name, moment in ordered)


def _said(args: dict[str, Any]) -> str:
    """The text that a call of Slack's shows, whichever field has it."""
    if "markdown_text" in args:
        return str(args["markdown_text"])
    if args.get("chunks"):
        chunks = args["chunks"] if isinstance(args["chunks"], list) else json.loads(args["chunks"])
        return "".join(str(chunk.get("text", "")) for chunk in chunks)
    blocks = args.get("blocks") or []
    blocks = blocks if isinstance(blocks, list) else json.loads(blocks)
    said = "\n".join(str(block["text"]) for block in blocks if block.get("type") == "markdown")
    return said or ("" if "ts" in args and "text" not in args else str(args.get("text", "")))


def _counted(names: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))
