"""What the adapter is given, and who we are in the workspace."""

import re
from dataclasses import dataclass, field
from typing import Literal

from bot.engine.chats import ChatKey

PLATFORM = "slack"

Streaming = Literal["auto", "native", "edit"]
"""Streams in conversations with one person, in every thread, or nowhere."""


@dataclass(frozen=True, slots=True)
class SlackConfig:
    """The credentials. With an app token events come over Socket Mode, else as signed HTTP requests."""

    bot_token: str = field(repr=False)
    app_token: str | None = field(default=None, repr=False)
    signing_secret: str | None = field(default=None, repr=False)
    api_url: str = "https://slack.com/api/"
    connections: int = 2
    """Socket Mode connections of this process; Slack lets an app have 10 in all."""
    streaming: Streaming = "auto"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are, as `auth.test` says. `url` is the workspace's address and ends with a slash."""

    team: str
    user: str
    bot: str
    name: str
    url: str

    def key(self, channel: str, thread: str = "") -> ChatKey:
        """The place in our workspace; `thread` is the `ts` of the thread's first message.

        The workspace is always ours: an event from a channel shared with another company may name theirs.
        """
        return ChatKey(PLATFORM, self.team, channel, thread)


def is_place(key: ChatKey) -> bool:
    """Whether a place in Slack can be called that."""
    ids = re.fullmatch(r"T[A-Z0-9]+", key.workspace) and re.fullmatch(r"[CDG][A-Z0-9]+", key.channel)
    return bool(ids and re.fullmatch(r"(\d+\.\d+)?", key.thread, re.ASCII))


@dataclass(frozen=True, slots=True)
class Asker:
    """Whom a stream in a channel is shown to. The team is the person's own: the channel may be shared with another."""

    user: str
    team: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What others read as the person's name, and the language that the person has set ("de-DE"), empty if unknown.

    `offset`: so many seconds their clock is ahead of UTC.
    """

    name: str
    language: str = ""
    offset: int = 0
