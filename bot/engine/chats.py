"""What is remembered: chats, where they live, and their messages."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TitleSource(StrEnum):
    """Who gave a chat its title. An automatic one never overwrites the other two."""

    AUTO = "auto"
    PERSON = "person"
    PLATFORM = "platform"


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class ChatKey:
    """Where a chat lives. The parts are opaque: only the platform's adapter takes them apart.

    `thread` is empty where the whole channel is one place (a Telegram chat without topics).
    """

    platform: str
    workspace: str
    channel: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class MessageRef:
    """One message on a platform."""

    key: ChatKey
    id: str


@dataclass(frozen=True, slots=True)
class Author:
    """A person on a platform; `name` is what the others in the room read.

    `language` is the one that they set there ("de", "pt-BR"), empty where the platform does not tell.
    """

    id: str
    name: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the history. `author` is None for what the bot wrote; `source` is the platform's message id."""

    id: int
    chat_id: int
    role: Role
    content: str
    created_at: datetime
    author: Author | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """Which model answers and what it is told besides the operator's instructions; empty is as for everybody."""

    model: str = ""
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Chat:
    """One remembered conversation. Of the chats that share a place, exactly the `current` one gets new messages.

    `gone`: the platform lets us post there no more (blocked, kicked, archived, deleted), as far as is known.
    """

    id: int
    key: ChatKey
    owner: str
    title: str | None
    title_source: TitleSource | None
    current: bool
    created_at: datetime
    updated_at: datetime
    gone: bool = False
    preferences: Preferences = Preferences()


@dataclass(frozen=True, slots=True)
class ChatFilter:
    """Which chats a list shows: those that `person` takes part in, in the channel of `place` or `everywhere` around.

    Everywhere is the workspace of `place`. What a person has put into their archive is listed by itself.
    """

    place: ChatKey
    person: str
    everywhere: bool
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list, which is sorted by this, greatest first; it stays one when its chat is gone."""

    pinned: bool
    active_at: datetime
    chat_id: int


@dataclass(frozen=True, slots=True)
class ListedChat:
    """A chat as it stands in a person's list. `active_at` is when it was last asked in, by anybody."""

    chat: Chat
    pinned: bool
    archived: bool
    active_at: datetime

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.pinned, self.active_at, self.chat.id)
