"""What the bot shows: Markdown with buttons, in no platform's shape."""

from dataclasses import dataclass
from enum import StrEnum

from bot.engine.chats import ChatKey


class Action(StrEnum):
    """What a button does. Its argument is a turn id or a chat id."""

    STOP = "stop"
    RETRY = "retry"
    STAND = "stand"
    BRANCH_EDIT = "branch_edit"
    OPEN = "open"
    LIST = "list"
    FIND = "find"
    CARD = "card"
    PIN = "pin"
    UNPIN = "unpin"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    EXPORT = "export"
    ASK_RENAME = "ask_rename"
    RENAME = "rename"
    ASK_DELETE = "ask_delete"
    DELETE = "delete"
    KEEP = "keep"
    GOOD = "good"
    BAD = "bad"
    MODEL = "model"
    FORGET_INSTRUCTIONS = "forget"
    FOR_NEW = "for_new"


@dataclass(frozen=True, slots=True)
class Button:
    """A button; with a `url` it only leads there."""

    label: str
    action: Action
    argument: int
    text: str = ""
    danger: bool = False
    url: str | None = None

    @property
    def data(self) -> str:
        """What comes back when it is pressed: 64 bytes at most (Telegram's limit), unless the button carries a text."""
        return f"{self.action}:{self.argument}" + (f":{self.text}" if self.text else "")


@dataclass(frozen=True, slots=True)
class Post:
    """One message to show. `live` marks the growing text of an answer, whose Markdown may be half-written.

    `place` is where it belongs if that is not where the person acted, `language` the one that the person has set.
    `awaits` is the person whom it asks for a chat's new title: the platform invites them to reply.
    """

    text: str
    rows: tuple[tuple[Button, ...], ...] = ()
    live: bool = False
    place: ChatKey | None = None
    language: str = ""
    awaits: str | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """What a pressed button leads to: a short note for the person who pressed, a new face for the pressed message.

    `prompt` is a further message, which the engine posts by itself.
    """

    note: str | None = None
    replace: Post | None = None
    prompt: Post | None = None
