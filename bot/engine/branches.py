"""Chats that go on from the middle of another one."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from bot.engine import texts
from bot.engine.chat_lists import quoted, title_of
from bot.engine.chats import Author, Chat, ChatKey
from bot.engine.delivery import Delivery
from bot.engine.errors import DeliveryError
from bot.engine.operations import LONGEST_TITLE, Operations
from bot.engine.ports import Storage
from bot.engine.posts import Post
from bot.engine.turns import Turn

log = structlog.get_logger()


class Branches:
    """Begins them, each event once. That it may be done was looked at before."""

    def __init__(self, operations: Operations, storage: Storage, deliveries: Mapping[str, Delivery]) -> None:
        self._operations = operations
        self._storage = storage
        self._deliveries = deliveries

    async def open(
        self, event_id: str, key: ChatKey, author: Author, chat: Chat, turn: Turn, question: str | None = None
    ) -> Post | None:
        """Branch from this turn, or ask the `question` in its stead; the post that tells of it, None for a repeat.

        The place is opened before the event is stored: a crash in between leaves an empty place, not a lost question.
        """
        title = texts.one_line(
            texts.BRANCH_TITLE(author.language, title=title_of(chat, author.language)), LONGEST_TITLE
        )
        told = texts.BRANCHED(author.language, title=self._linked(chat, author.language))
        place, root = await self._place(key, title, Post(told))
        async with self._storage() as work:
            if not await work.events.claim(event_id, self._operations.now()):
                return None
            branch = await self._operations.branch(work, turn, author, place, title, question)
            if root is not None:
                await work.chats.add_post(branch.id, root)
            await work.commit()
        there = texts.BRANCH_IS_THERE(
            author.language, title=self._linked(replace(branch, title=title), author.language)
        )
        return Post(told, place=place) if root is None else Post(there)

    async def _place(self, key: ChatKey, title: str, first: Post) -> tuple[ChatKey, str | None]:
        try:
            return await self._deliveries[key.platform].place_for_branch(key, title, first)
        except DeliveryError as error:
            log.warning("place_not_opened", platform=key.platform, problem=str(error))
            return key, None

    def _linked(self, chat: Chat, language: str) -> str:
        link = self._deliveries[chat.key.platform].messenger.link(chat.key)
        return f"[{quoted(chat, language)}]({link})" if link else quoted(chat, language)
