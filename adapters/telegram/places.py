"""What a chat key says to Telegram."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.engine.budgets import Bucket, Budget, Way, Window
from bot.engine.chats import ChatKey

# Numbers as Telegram writes them.
_NUMBER = re.compile(r"-?[1-9]\d{0,18}", re.ASCII)

# A private chat takes one message a second with short bursts, a group twenty a minute; sends and edits of all topics
# count together (facts: 2.3). The gap is a little longer than Telegram's: calls may arrive closer together.
_PRIVATE_BURST = Bucket(5, 1.05)
_PRIVATE_MINUTE = Window(60, 60.0)
_GROUP_MINUTE = Window(20, 60.0)

# What drafts and "typing…" share in one chat: 20 in 5 s and 40 in 30 s, less a margin (facts: 1.2).
_TYPING = (Window(19, 5.0), Window(38, 30.0))

# Seconds between previews: quicker ones nobody reads, and in a group the rest of the minute wants some, too.
_QUICKEST_EDIT = 0.4
_QUICKEST_EDIT_IN_GROUP = 1.5
_QUICKEST_DRAFT = 0.3

# Seconds: a draft is gone 30 after its last frame.
_DRAFT_LASTS = 20.0

# Supergroups have the ids below this one, each by as much as links name it by.
_SUPERGROUPS = -1_000_000_000_000


@dataclass(frozen=True)
class Place:
    """A chat and, where the place is a topic, its thread. What it says is asked for again with every preview."""

    chat: int
    thread: int | None

    @staticmethod
    @lru_cache(4096)
    def of(key: ChatKey) -> "Place":
        return Place(int(key.channel), int(key.thread) if key.thread else None)

    @property
    def private(self) -> bool:
        """Persons have positive ids, groups negative ones."""
        return self.chat > 0

    @cached_property
    def gate(self) -> Budget:
        """Closed where Telegram asks for a pause: then the chat takes no call of any kind."""
        return Budget(f"telegram:{self.chat}")

    @cached_property
    def messages(self) -> Budget:
        """What sends and edits of the whole chat spend."""
        name = f"{self.gate.name}:messages"
        if self.private:
            return Budget(name, (_PRIVATE_MINUTE,), _PRIVATE_BURST, _QUICKEST_EDIT)
        return Budget(name, (_GROUP_MINUTE,), quickest=_QUICKEST_EDIT_IN_GROUP)

    @cached_property
    def typing(self) -> Budget:
        """What drafts and signs of work of the whole chat spend."""
        return Budget(f"{self.gate.name}:typing", _TYPING, quickest=_QUICKEST_DRAFT)

    @cached_property
    def by_edits(self) -> Way:
        """A reply that is a message, and edited."""
        spent = (self.gate, self.messages)
        return Way("edit", spent, spent, spent)

    @cached_property
    def by_drafts(self) -> Way:
        """A reply that is a draft until it ends: with one frame more, and a message."""
        frames = (self.gate, self.typing)
        return Way("draft", frames, frames, (*frames, self.messages), fleeting=True, lasts=_DRAFT_LASTS)

    @property
    def has_own_row(self) -> bool:
        """Whether the numbers of its messages are its own: it is a supergroup."""
        return self.chat < _SUPERGROUPS

    @property
    def link(self) -> str | None:
        """An address for members; only supergroups have one."""
        if not self.has_own_row:
            return None
        return f"https://t.me/c/{_SUPERGROUPS - self.chat}/{self.thread or 1}"


def is_place(key: ChatKey) -> bool:
    """Whether a place in Telegram can be called that: the bot, the chat and the topic have numbers."""
    numbers = (key.workspace, key.channel, *([key.thread] if key.thread else []))
    return all(_NUMBER.fullmatch(number) for number in numbers)
