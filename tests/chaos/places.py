"""Where people ask, and what they read there, on either platform."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from playground.slack import SlackStandIn
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Chat


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the bot's messages as it stands on the screen; `id` is the platform's, as the database keeps it."""

    id: str
    text: str
    buttons: tuple[str, ...] = ()


class Place(Protocol):
    """One chat's place, from the first question on."""

    @property
    def platform(self) -> str: ...

    @property
    def name(self) -> str: ...

    async def ask(self, text: str, person: int = 0) -> None:
        """Write a question; `person` is a number, and there may be fewer people here than numbers."""

    def shown(self) -> list[Shown]:
        """The bot's messages that stand here now, oldest first."""

    def growing(self) -> str:
        """What is seen being written here now, beside the messages."""

    def signs(self) -> list[str]:
        """What here still says that somebody waits or that the bot is at work."""

    async def press(self, message_id: str, label: str) -> None:
        """Press a button, as the one who asked last; raises LookupError where it is not there."""


class SlackThread:
    """A thread, which the first question begins: a mention in a channel, or a message in the app's Messages tab."""

    platform = "slack"

    def __init__(self, slack: SlackStandIn, channel: Any, people: list[Any]) -> None:
        self._slack = slack
        self._channel = channel
        self._people = people
        self._asker = people[0]
        self.root: str | None = None

    @property
    def name(self) -> str:
        return f"slack {self._channel.name or self._channel.id} {self.root}"

    async def ask(self, text: str, person: int = 0) -> None:
        begins = self.root is None and self._channel.kind != "im"
        said = f"<@{self._slack.bot_user_id}> {text}" if begins else text
        self._asker = self._people[person % len(self._people)]
        ts = await self._slack.post(self._asker, self._channel, said, thread_ts=self.root)
        self.root = self.root or str(ts)

    def shown(self) -> list[Shown]:
        if self.root is None:
            return []
        thread = self._slack.thread(self._channel, self.root)
        ours = [message for message in thread if message.user == self._slack.bot_user_id]
        return [
            Shown(m.ts, self._slack.rendered_message(m), tuple(e["text"]["text"] for e in _buttons(m))) for m in ours
        ]

    def growing(self) -> str:
        return ""

    def signs(self) -> list[str]:
        if self.root is None:
            return []
        reacted = [m.ts for m in self._slack.thread(self._channel, self.root) if m.reactions]
        session = self._slack.session(self._channel, self.root)
        at_work = ["the session is processing"] if session is not None and session.state == "processing" else []
        return [*(f"a reaction at {ts}" for ts in reacted), *at_work]

    async def press(self, message_id: str, label: str) -> None:
        message = self._slack.message(self._channel, message_id)
        for button in _buttons(message):
            if button["text"]["text"] == label:
                await self._slack.press(self._asker, self._channel, message_id, button["action_id"])
                return
        raise LookupError(f"no button {label!r} under {json.dumps(message.blocks)}")


class TelegramChat:
    """A private chat, or a group in which the bot is mentioned."""

    platform = "telegram"

    def __init__(self, telegram: TelegramStandIn, chat: Chat) -> None:
        self._telegram = telegram
        self._chat = chat
        self._people = [chat.person] if chat.person else list(chat.members.values())
        self._asker = self._people[0]

    @property
    def name(self) -> str:
        return f"telegram {self._chat.type} {self._chat.id}"

    async def ask(self, text: str, person: int = 0) -> None:
        said = text if self._chat.private else f"@{self._telegram.username} {text}"
        self._asker = self._people[person % len(self._people)]
        await self._telegram.send(self._asker, self._chat, said)

    def shown(self) -> list[Shown]:
        return [
            Shown(str(m.message_id), self._telegram.rendered(self._chat, m.message_id), tuple(m.button_labels))
            for m in self._telegram.bot_messages(self._chat)
        ]

    def growing(self) -> str:
        draft = self._telegram.draft(self._chat)
        return draft.text if draft else ""

    def signs(self) -> list[str]:
        return [f"a reaction at {m.message_id}" for m in self._chat.messages.values() if m.reactions]

    async def press(self, message_id: str, label: str) -> None:
        await self._telegram.press(self._asker, self._chat, int(message_id), label)


def _buttons(message: Any) -> list[dict[str, Any]]:
    elements = [element for block in message.blocks for element in block.get("elements", [])]
    return [element for element in elements if element.get("type") == "button"]
