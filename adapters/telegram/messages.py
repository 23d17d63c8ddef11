"""The calls that make messages and change them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Self, TypeVar

import structlog
from telegram import Bot, ForceReply, InputFile, LinkPreviewOptions, Message, ReplyParameters

from adapters.telegram import rich
from adapters.telegram.calls import Calls
from adapters.telegram.keyboard import keyboard
from adapters.telegram.markup import Rendered
from adapters.telegram.message_ids import MessageIds
from adapters.telegram.places import Place
from adapters.telegram.refusals import EntitiesRefused, MethodUnknown, NoCaption, NotModified
from adapters.telegram.rendering import entities, rendered
from bot.engine.errors import MessageGone, PlatformRefused
from bot.engine.posts import Button, Post

_log = structlog.get_logger(__name__)
T = TypeVar("T")

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True)
class Content:
    """What a message shows: a text with entities (never `parse_mode`, so no markup can be refused), and buttons.

    `html` is the same as a rich message, where that shows more. `invites`: a private chat's client opens a reply to it.
    """

    shown: Rendered
    rows: tuple[tuple[Button, ...], ...]
    html: str | None = None
    invites: bool = False

    @classmethod
    def of(cls, post: Post) -> Self:
        return cls(rendered(post), post.rows, invites=post.awaits is not None)

    @classmethod
    def richly_of(cls, post: Post) -> Self:
        """The same with the rich form, but for a text that still grows."""
        return replace(cls.of(post), html=None if post.live else rich.html(post.text))

    @property
    def rich_message(self) -> dict[str, object]:
        """The rich form as Telegram wants it; it is told not to look for addresses, half of which it would refuse."""
        return {"html": self.html, "skip_entity_detection": True}

    @property
    def classic(self) -> Self:
        """The same, but not as a rich message."""
        return replace(self, html=None)

    @property
    def plain(self) -> Self:
        """The same without marks."""
        return replace(self, shown=Rendered(self.shown.text), html=None)


class Messages:
    """Sends and edits, and takes note of the numbers that messages get. Every method raises a DeliveryError."""

    def __init__(self, bot: Bot, calls: Calls, ids: MessageIds) -> None:
        self._bot = bot
        self._calls = calls
        self._ids = ids
        self._takes_rich = True
        self._under_way: dict[int, set[asyncio.Future[None]]] = {}

    async def send(self, place: Place, content: Content, answered: str | None) -> int:
        """Send it, in a group as an answer to a message. Marks that are refused are left out."""
        with self._noting(place.chat):
            number = await self._as_far_as_taken(content, lambda content: self._send(place, content, answered))
            self._ids.note(place.chat, number)
        return number

    async def send_file(self, place: Place, file: InputFile, comment: str, answered: str | None) -> int:
        """Send it, in a group as an answer to a message."""
        quoted = _quote(answered) if answered and not place.private else None
        sending = self._bot.send_document(
            place.chat, file, caption=comment, message_thread_id=place.thread, reply_parameters=quoted
        )
        with self._noting(place.chat):
            message: Message = await self._calls.make("sendDocument", sending)
            self._ids.note(place.chat, message.message_id)
        return message.message_id

    async def edit(self, chat: int, message_id: int, content: Content) -> None:
        """Have the message show this, buttons included: those that are not given again are removed."""
        try:
            await self._as_far_as_taken(content, lambda content: self._edit(chat, message_id, content))
        except NotModified:
            return

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

    async def put_buttons(self, chat: int, message_id: int, rows: Sequence[Sequence[Button]]) -> str | None:
        """Give the message these buttons, and no others; its text, or None where it has them already.

        There is no other way to learn the text of a message.
        """
        editing = self._bot.edit_message_reply_markup(chat, message_id, reply_markup=keyboard(rows))
        try:
            message = await self._calls.make("editMessageReplyMarkup", editing)
        except NotModified:
            return None
        return (message.text or "") if isinstance(message, Message) else ""

    async def none_under_way(self, chat: int) -> None:
        """Wait until every send in this chat that has begun is answered."""
        while waiting := self._under_way.get(chat):
            await asyncio.wait(waiting)

    @contextmanager
    def _noting(self, chat: int) -> Iterator[None]:
        """A send is under way meanwhile."""
        ended = asyncio.get_running_loop().create_future()
        self._under_way.setdefault(chat, set()).add(ended)
        try:
            yield
        finally:
            ended.set_result(None)
            self._forget(chat, ended)

    async def _as_far_as_taken(self, content: Content, call: Callable[[Content], Awaitable[T]]) -> T:
        """Make the call with what Telegram takes: not as a rich message, or without marks, where that is refused.

        After a 429 or a lost answer nothing else is tried: the message may stand.
        """
        if content.html is not None and self._takes_rich:
            try:
                return await call(content)
            except NotModified:
                raise
            except PlatformRefused as error:
                _log.warning("telegram_rich_message_refused", problem=str(error))
                self._takes_rich = not isinstance(error, MethodUnknown)
        try:
            return await call(content.classic)
        except EntitiesRefused as error:
            _log.error("telegram_entities_refused", problem=str(error))
            return await call(content.plain)

    async def _send(self, place: Place, content: Content, answered: str | None) -> int:
        quoted = _quote(answered) if answered and not place.private else None
        if content.html is not None:
            return await self._send_rich(place, content, quoted)
        sending = self._bot.send_message(
            place.chat,
            content.shown.text,
            entities=entities(content.shown),
            reply_markup=ForceReply() if content.invites and place.private else keyboard(content.rows),
            message_thread_id=place.thread,
            link_preview_options=_NO_PREVIEW,
            reply_parameters=quoted,
        )
        return (await self._calls.make("sendMessage", sending)).message_id

    async def _send_rich(self, place: Place, content: Content, quoted: ReplyParameters | None) -> int:
        """The library has no method of its own for it (facts: 1.5)."""
        given = {
            "chat_id": place.chat,
            "rich_message": content.rich_message,
            "reply_markup": keyboard(content.rows),
            "message_thread_id": place.thread,
            "reply_parameters": quoted,
        }
        given = {name: value for name, value in given.items() if value is not None}
        sending = self._bot.do_api_request("sendRichMessage", api_kwargs=given, return_type=Message)
        message: Message = await self._calls.make("sendRichMessage", sending)
        return message.message_id

    def _forget(self, chat: int, ended: asyncio.Future[None]) -> None:
        self._under_way[chat].discard(ended)
        if not self._under_way[chat]:
            del self._under_way[chat]

    async def _edit(self, chat: int, message_id: int, content: Content) -> None:
        is_rich = content.html is not None
        editing = self._bot.edit_message_text(
            None if is_rich else content.shown.text,  # type: ignore[arg-type]  # the rich message stands for it
            chat_id=chat,
            message_id=message_id,
            entities=None if is_rich else entities(content.shown),
            reply_markup=keyboard(content.rows),
            link_preview_options=None if is_rich else _NO_PREVIEW,
            api_kwargs={"rich_message": content.rich_message} if is_rich else None,
        )
        await self._calls.make("editMessageText", editing)


def _quote(message_id: str) -> ReplyParameters:
    return ReplyParameters(int(message_id), allow_sending_without_reply=True)
