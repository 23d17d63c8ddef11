"""Sends whose answers were lost: bots cannot read what stands in a chat, so their messages are looked for by number."""

from dataclasses import dataclass

import structlog

from adapters.telegram.message_ids import MOST, MessageIds
from adapters.telegram.messages import Content, Messages
from adapters.telegram.places import Place
from bot.engine.chats import ChatKey
from bot.engine.errors import MessageGone, PlatformRefused
from bot.engine.posts import Action, Button
from bot.engine.recent import Recent

_log = structlog.get_logger(__name__)

_LOOK = ((Button("…", Action.STOP, 0),),)
"""Buttons that no message has: putting them tells its text. Pressed, they do nothing."""


@dataclass(frozen=True, slots=True)
class LostSend:
    """A message that may stand somewhere: where, what it shows, and a number that is lower than its own."""

    place: Place
    content: Content
    above: int

    @property
    def text(self) -> str:
        """Its text, as Telegram tells it: rich messages have none."""
        return "" if self.content.html is not None else self.content.shown.text


class LostSends:
    """Remembers them by the mark of the message, and finds it.

    Not by another process, nor after a restart: then too little is known to tell one message of ours from another.
    """

    def __init__(self, messages: Messages, ids: MessageIds) -> None:
        self._messages = messages
        self._ids = ids
        self._lost: Recent[int, dict[tuple[ChatKey, str | None], LostSend]] = Recent()
        self._touched: Recent[tuple[int, int], bool] = Recent()

    def note(self, key: ChatKey, mark: str | None, lost: LostSend) -> None:
        """Remember it; without a mark only so that it is not taken for another."""
        chat = lost.place.chat
        known = list((self._lost.get(chat) or {}).items())[-MOST:]
        self._lost.note(chat, {**dict(known), (key, mark): lost})

    async def find(self, key: ChatKey, mark: str, after: str | None) -> tuple[Place, int] | None:
        """The message with this mark, and where it is, if it has arrived. Raises a DeliveryError where nobody can say.

        Of the numbers that it may have, one is a text of ours that no answer told of, and has its buttons or its text:
        Stop names the turn. Others, which other processes have sent or whose answers were lost, too, keep their texts.
        """
        chat = Place.of(key).chat
        lost = (self._lost.get(chat) or {}).get((key, mark))
        if lost is None:
            return None
        above = max(lost.above, int(after or 0))
        for number in self._ids.unknown(chat, above) if above else []:
            if await self._is(lost, number):
                self._ids.note(chat, number)
                self._forget(chat, key, mark)
                _log.info("telegram_lost_message_found", chat=chat, message=number)
                return lost.place, number
        self._forget(chat, key, mark)
        return None

    def _forget(self, chat: int, key: ChatKey, mark: str) -> None:
        left = {which: lost for which, lost in (self._lost.get(chat) or {}).items() if which != (key, mark)}
        if left:
            self._lost.note(chat, left)
        else:
            self._lost.forget(chat)

    async def _is(self, lost: LostSend, number: int) -> bool:
        """A message that came meanwhile, whose send is not answered yet, is known as another one when it is."""
        chat = lost.place.chat
        if not await self._messages.is_ours(chat, number):
            return False
        await self._messages.none_under_way(chat)
        if self._ids.knows(chat, number):
            return False
        try:
            return await self._shows(lost, number)
        except (MessageGone, PlatformRefused):
            return False

    async def _shows(self, lost: LostSend, number: int) -> bool:
        """Ask by the buttons that it had; one without any, or that was asked so before, by its text.

        Asked twice by its buttons, it may have them from here: the first answer was lost. Another's gets its own back.
        """
        chat, where = lost.place.chat, (lost.place.chat, number)
        by_buttons = bool(lost.content.rows) and where not in self._touched
        self._touched.note(where, True)
        buttons = lost.content.rows if by_buttons else _LOOK
        text = await self._messages.put_buttons(chat, number, buttons)
        if text is None and by_buttons:
            return True
        if text is None:
            buttons = ()
            text = await self._messages.put_buttons(chat, number, buttons)
        others = [one for one in (self._lost.get(chat) or {}).values() if one is not lost and one.text == text]
        found = text == lost.text and not (by_buttons and others)
        owner = lost if found else next(iter(others), None)
        own = owner.content.rows if owner else ()
        if own != buttons:
            await self._messages.put_buttons(chat, number, own)
        self._touched.forget(where)
        return found
