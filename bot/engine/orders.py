"""What is still to be done on a platform, however often that takes."""

from dataclasses import dataclass

from bot.engine.chats import ChatKey


@dataclass(frozen=True, slots=True)
class Order:
    """Take the message `message_id` away; or, where that is None, show the title that the chat has now.

    `tries` says how often it was put off. `version` moves on when the same is ordered anew meanwhile.
    """

    id: int
    key: ChatKey
    message_id: str | None
    title: str | None
    tries: int
    version: int
