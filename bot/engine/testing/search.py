"""The search in memory: every text is read anew each time."""

from datetime import datetime

from bot.engine.chats import ChatFilter, ListedChat
from bot.engine.search import SearchHit, SearchQuery, tokens_of
from bot.engine.testing.rows import Part, Rows, View, storable


class MemorySearchStore:
    """Port `SearchStore`."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def find(
        self, which: ChatFilter, query: SearchQuery, limit: int, before: int | None = None
    ) -> list[SearchHit]:
        rows, newest = self._view.rows, dict[int, SearchHit]()
        for number, (chat_id, message_id, text, at) in sorted(rows.docs.items()):
            part = rows.parts.get((chat_id, storable(which.person)))
            if part is not None and _is_there(rows, chat_id, which) and query.matches(tokens_of(text)):
                newest[chat_id] = SearchHit(number, _listed(rows, chat_id, part), message_id, text, at)
        found = sorted(newest.values(), key=lambda hit: hit.id, reverse=True)
        return [hit for hit in found if before is None or hit.id < before][:limit]

    async def index_message(self, chat_id: int, message_id: int, content: str) -> None:
        rows = self._view.rows
        said = [message for turn in rows.turns.values() for message in (turn.question, turn.answer) if message]
        at = next(message.created_at for message in said if message.id == message_id)
        put(rows, chat_id, message_id, content, at)

    async def index_title(self, chat_id: int, title: str) -> None:
        put(self._view.rows, chat_id, None, title, self._view.rows.chats[chat_id].created_at)

    async def catch_up(self, newest: int) -> int:
        """There is no older version of the memory."""
        return 0


def put(rows: Rows, chat_id: int, message_id: int | None, text: str, at: datetime) -> None:
    """Note a text under its number, or drop it where it has no words."""
    known = [number for number, doc in rows.docs.items() if doc[:2] == (chat_id, message_id)]
    if tokens_of(text):
        number = known[0] if known else rows.next_id("docs")
        rows.docs[number] = (chat_id, message_id, storable(text), at)
    elif known:
        del rows.docs[known[0]]


def _is_there(rows: Rows, chat_id: int, which: ChatFilter) -> bool:
    key, place = rows.chats[chat_id].key, which.place
    in_workspace = (key.platform, key.workspace) == (place.platform, place.workspace)
    return in_workspace and (which.everywhere or key.channel == place.channel)


def _listed(rows: Rows, chat_id: int, part: Part) -> ListedChat:
    chat = rows.chats[chat_id]
    return ListedChat(chat, part.pinned, part.archived, chat.updated_at)
