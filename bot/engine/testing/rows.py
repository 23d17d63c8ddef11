"""What the storage in memory is made of."""

import re
from copy import copy
from dataclasses import dataclass, field, fields
from datetime import datetime

from bot.engine.chats import Chat, Preferences
from bot.engine.orders import Order
from bot.engine.turns import Turn


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order, with the chat whose title it is about, and when it is due."""

    order: Order
    chat_id: int | None
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """What a person has of a chat for themselves."""

    pinned: bool = False
    archived: bool = False


@dataclass(slots=True)
class Rows:
    """All that is stored. The values are frozen, so copying the containers copies everything."""

    chats: dict[int, Chat] = field(default_factory=dict)
    parts: dict[tuple[int, str], Part] = field(default_factory=dict)
    """Of (chat id, person)."""
    preferred: dict[tuple[str, str, str], Preferences] = field(default_factory=dict)
    """Of platform, workspace and person."""
    turns: dict[int, Turn] = field(default_factory=dict)
    posts: tuple[tuple[int, int | None, str], ...] = ()
    """(chat id, turn id, platform message id), in the order of their first appearance."""
    edits: dict[int, str] = field(default_factory=dict)
    """What questions were changed to too late, by the number of the message."""
    orders: dict[int, OrderRow] = field(default_factory=dict)
    events: dict[str, tuple[str | None, datetime]] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    leases: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Holder and end, in seconds since the epoch."""
    prompts: dict[tuple[str, str, str, str], tuple[str | None, int]] = field(default_factory=dict)
    """Of platform, workspace, channel and person: the message that asked for a title, and the chat's id."""
    docs: dict[int, tuple[int, int | None, str, datetime]] = field(default_factory=dict)
    """What can be found: chat, message (None: the title), text and when it was written."""
    ratings: dict[tuple[int, str], bool] = field(default_factory=dict)
    """Of turn and person."""
    last_ids: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "Rows":
        """The values in it are frozen, so new containers are enough."""
        return Rows(**{each.name: copy(getattr(self, each.name)) for each in fields(self)})

    def next_id(self, kind: str) -> int:
        """Count as a database does: each table by itself, an id once given never again."""
        self.last_ids[kind] = self.last_ids.get(kind, 0) + 1
        return self.last_ids[kind]


class View:
    """What the stores of one unit of work see and change; nothing any more once it is closed."""

    def __init__(self) -> None:
        self._rows: Rows | None = None

    def open(self, rows: Rows) -> None:
        self._rows = rows

    def close(self) -> None:
        self._rows = None

    @property
    def rows(self) -> Rows:
        if self._rows is None:
            raise RuntimeError("this unit of work was committed already")
        return self._rows


def storable(text: str) -> str:
    """The text as databases keep it: without NUL, halves of characters replaced."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text.replace("\x00", ""))
