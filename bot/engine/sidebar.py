"""What a platform shows beside the chats: a page of the person's list, and what they prefer for new chats."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.engine.chat_lists import ListPage
from bot.engine.posts import Button


@dataclass(frozen=True, slots=True)
class Sidebar:
    """`models` are the choices for new chats, with the place of the chosen one among them."""

    page: ListPage
    models: Sequence[Button]
    chosen: int
    instructions: str
