"""Who may use the bot, and where."""

from dataclasses import dataclass

from bot.engine.chats import Author, ChatKey


@dataclass(frozen=True, slots=True)
class AccessList:
    """The people and channels that are allowed on one platform; an empty list allows everyone."""

    people: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()

    def allows(self, key: ChatKey, author: Author) -> bool:
        known_person = not self.people or author.id in self.people
        known_channel = not self.channels or key.channel in self.channels
        return known_person and known_channel
