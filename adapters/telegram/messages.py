"""The calls that make messages and change them."""

import asyncio
from dataclasses import dataclass, replace
from typing import Self

import structlog
from telegram import Bot, LinkPreviewOptions, ReplyParameters

from adapters.telegram.calls import Calls
from adapters.telegram.keyboard import keyboard
from adapters.telegram.markup import Rendered
from adapters.telegram.message_ids import MessageIds
from adapters.telegram.places import Place
from adapters.telegram.refusals import EntitiesRefused, NoCaption, NotModified
from adapters.telegram.rendering import entities, rendered
from bot.engine.errors import MessageGone, PlatformRefused
from bot.engine.posts import Button, Post

_log = structlog.get_logger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Content:
    """What a message shows: a text with entities (never `parse_mode`, so no markup can be refused), and buttons."""

    shown: Rendered
    rows: tuple[tuple[Button, ...], ...]

    @classmethod
    def of(cls, post: Post) -> Self:
        return cls(rendered(post), post.rows)

    @property
    def plain(self) -> Self:
        """The same without marks."""
        return replace(self, shown=Rendered(self.shown.text))


class Messages:
    """Sends and edits, and takes note of the numbers that messages get. Every method raises a DeliveryError."""

    def __init__(self, bot: Bot, calls: Calls, ids: MessageIds) -> None:
        self._bot = bot
        self._calls = calls
        self._ids = ids
        self._under_way: dict[int, set[asyncio.Future[None]]] = {}

    async def send(self, place: Place, content: Content, answered: str | None) -> int:
        """Send it, in a group as an answer to a message. Marks that are refused are left out."""
        try:
            return await self._send(place, content, answered)
        except EntitiesRefused as error:
            _log.error("telegram_entities_refused", problem=str(error))
            return await self._send(place, content.plain, answered)

    async def edit(self, chat: int, message_id: int, content: Content) -> None:
        """Have the message show this, buttons included: those that are not given again are removed."""
        try:
            await self._edit(chat, message_id, content)
        except NotModified:
            return
        except EntitiesRefused as error:
            _log.error("telegram_entities_refused", problem=str(error))
            await self._edit(chat, message_id, content.plain)

    async def is_ours(self, chat: int, message_id: int) -> bool:
        """Whether it is a text of ours. Asked by taking away the caption, which a text has not: nothing changes."""
        asking = self._bot.edit_message_caption(chat, message_id)
        try:
            await self._calls.make("editMessageCaption", asking)
        except NoCaption:
            return True
        except (MessageGone, PlatformRefused):
            return False
        return False

    async def none_under_way(self, chat: int) -> None:
        """Wait until every send in this chat that has begun is answered."""
        while waiting := self._under_way.get(chat):
            await asyncio.wait(waiting)

    async def _send(self, place: Place, content: Content, answered: str | None) -> int:
        sending = self._bot.send_message(
            place.chat,
            content.shown.text,
            entities=entities(content.shown),
            reply_markup=keyboard(content.rows),
            message_thread_id=place.thread,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=_quote(answered) if answered and not place.private else None,
        )
        ended = asyncio.get_running_loop().create_future()
        self._under_way.setdefault(place.chat, set()).add(ended)
        try:
            message_id = (await self._calls.make("sendMessage", sending)).message_id
            self._ids.note(place.chat, message_id)
            return message_id
        finally:
            ended.set_result(None)
            self._forget(place.chat, ended)

    def _forget(self, chat: int, ended: asyncio.Future[None]) -> None:
        self._under_way[chat].discard(ended)
        if not self._under_way[chat]:
            del self._under_way[chat]

    async def _edit(self, chat: int, message_id: int, content: Content) -> None:
        editing = self._bot.edit_message_text(
            content.shown.text,
            chat_id=chat,
            message_id=message_id,
            entities=entities(content.shown),
            reply_markup=keyboard(content.rows),
            link_preview_options=_NO_PREVIEW,
        )
        await self._calls.make("editMessageText", editing)


def _quote(message_id: str) -> ReplyParameters:
    return ReplyParameters(int(message_id), allow_sending_without_reply=True)
