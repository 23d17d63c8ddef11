"""Chats that go out as files."""

import asyncio
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial

import structlog

from bot.engine import chat_file, texts
from bot.engine.background import Background
from bot.engine.chat_lists import Refusal
from bot.engine.chats import Chat, ChatKey, MessageRef
from bot.engine.delivery import Delivery
from bot.engine.errors import DeliveryError, PermissionMissing, TooLong
from bot.engine.languages import Sentence
from bot.engine.operations import Operations
from bot.engine.ports import Storage, UnitOfWork
from bot.engine.posts import Post
from bot.engine.transcript import Transcript, file_name, markdown, transcript_of

log = structlog.get_logger()

Show = Callable[[ChatKey, Post, str | None], None]


class Shape(StrEnum):
    """What a chat can be made into; the value is the file's ending."""

    MARKDOWN = "md"
    JSON = "json"


SHAPES = {"": Shape.MARKDOWN, "markdown": Shape.MARKDOWN, "md": Shape.MARKDOWN, "json": Shape.JSON}
"""What people write behind the command."""


class Exports:
    """Sends a chat as a file into its place, after the transaction in which it was read, beside everything else."""

    def __init__(
        self,
        operations: Operations,
        storage: Storage,
        deliveries: Mapping[str, Delivery],
        background: Background,
        show: Show,
    ) -> None:
        self._operations = operations
        self._storage = storage
        self._deliveries = deliveries
        self._background = background
        self._show = show

    async def order(self, work: UnitOfWork, chat: Chat, shape: str, language: str, reply_to: str | None) -> None:
        """Have the chat as it is now sent once this transaction stands. Raises Refusal for a shape there is none of.

        A process that dies before it is sent leaves nothing: the person asks again.
        """
        wanted = SHAPES.get(shape.strip().lower())
        if wanted is None:
            raise Refusal(texts.EXPORT_HOW)
        turns = await work.turns.all_of(chat.id)
        if not turns:
            raise Refusal(texts.NO_CHAT)
        job = partial(self._send, chat.id, transcript_of(chat, turns), wanted, language, reply_to)
        work.after_commit(lambda: self._background.start(job(), "export"))

    async def _send(
        self, chat_id: int, transcript: Transcript, shape: Shape, language: str, reply_to: str | None
    ) -> None:
        place = transcript.place
        content = await asyncio.to_thread(_content, transcript, shape, language)
        name, comment = file_name(transcript.title, shape), texts.EXPORTED(language)
        try:
            ref = await self._deliveries[place.platform].send_file(place, name, content, comment, reply_to)
        except DeliveryError as error:
            log.warning("export_not_sent", chat=chat_id, platform=place.platform, reason=str(error))
            self._show(place, Post(_failure(error)(language)), reply_to)
            return
        log.info("export_sent", chat=chat_id, platform=place.platform, shape=shape.name.lower(), size=len(content))
        await self._remember(chat_id, ref)

    async def _remember(self, chat_id: int, ref: MessageRef) -> None:
        """Note that the file belongs to the chat; if that was deleted meanwhile, the file is to go, too."""
        async with self._storage() as work:
            await work.chats.add_post(chat_id, ref.id)
            if await work.chats.get(chat_id) is None:
                await self._operations.take_away(work, ref)
            await work.commit()


def _content(transcript: Transcript, shape: Shape, language: str) -> bytes:
    return chat_file.write(transcript) if shape is Shape.JSON else markdown(transcript, language).encode()


def _failure(error: DeliveryError) -> Sentence:
    if isinstance(error, PermissionMissing):
        return texts.EXPORT_FORBIDDEN
    return texts.EXPORT_TOO_BIG if isinstance(error, TooLong) else texts.EXPORT_FAILED
