"""What a chat key says to Telegram."""

from dataclasses import dataclass
from typing import Self

from bot.engine.chats import ChatKey
from bot.engine.ports import Limits

# Seconds between calls. A private chat takes one message a second, a group twenty a minute for sends and edits
# of all its topics together (facts: 2.3).
_PRIVATE_GAP = 1.1
_GROUP_GAP = 3.2

_SUPERGROUP = "-100"


@dataclass(frozen=True, slots=True)
class Place:
    """A chat and, where the place is a topic, its thread."""

    chat: int
    thread: int | None

    @classmethod
    def of(cls, key: ChatKey) -> Self:
        return cls(int(key.channel), int(key.thread) if key.thread else None)

    @property
    def private(self) -> bool:
        """Persons have positive ids, groups negative ones."""
        return self.chat > 0

    @property
    def limits(self) -> Limits:
        lane, gap = f"telegram:{self.chat}", _PRIVATE_GAP if self.private else _GROUP_GAP
        in_topic = self.private and self.thread is not None
        return Limits(lane, gap, lane, gap, closes_whole=True, title_counts=in_topic)

    @property
    def link(self) -> str | None:
        """An address for members; only supergroups have one."""
        chat = str(self.chat)
        if not chat.startswith(_SUPERGROUP):
            return None
        return f"https://t.me/c/{chat.removeprefix(_SUPERGROUP)}/{self.thread or 1}"
