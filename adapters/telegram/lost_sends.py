"""Sends whose answers were lost: bots cannot read what stands in a chat, so their messages are looked for by number."""

from dataclasses import dataclass

import structlog

from adapters.telegram.message_ids import MessageIds
from adapters.telegram.messages import Content, Messages
from adapters.telegram.places import Place
from bot.engine.chats import ChatKey
from bot.engine.errors import MessageGone
from bot.engine.recent import Recent

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LostSend:
    """A message that may stand somewhere: where, what it shows, and a number that is lower than its own."""

    place: Place
    content: Content
    above: int


class LostSends:
    """Remembers them by the mark of the message, and finds it.

    Not by another process, nor after a restart: then too little is known to tell one message of ours from another.
    """

    def __init__(self, messages: Messages, ids: MessageIds) -> None:
        self._messages = messages
        self._ids = ids
        self._lost: Recent[tuple[ChatKey, str], LostSend] = Recent()

    def note(self, key: ChatKey, mark: str, lost: LostSend) -> None:
        self._lost.note((key, mark), lost)

    async def find(self, key: ChatKey, mark: str, after: str | None) -> tuple[Place, int] | None:
        """The message with this mark, and where it is, if it has arrived. Raises a DeliveryError where nobody can say.

        Of the numbers that it may have, one is a text of ours that no answer told of: that one is edited to show what
        was sent, which changes nothing. Other messages are only looked at.
        """
        lost = self._lost.get((key, mark))
        if lost is None:
            return None
        above = max(lost.above, int(after or 0))
        for number in self._ids.unknown(lost.place.chat, above) if above else []:
            if await self._is(lost, number):
                self._ids.note(lost.place.chat, number)
                self._lost.forget((key, mark))
                _log.info("telegram_lost_message_found", chat=lost.place.chat, message=number)
                return lost.place, number
        self._lost.forget((key, mark))
        return None

    async def _is(self, lost: LostSend, number: int) -> bool:
        """A message that came meanwhile, whose send is not answered yet, is known as another one when it is."""
        chat = lost.place.chat
        if not await self._messages.is_ours(chat, number):
            return False
        await self._messages.none_under_way(chat)
        if self._ids.knows(chat, number):
            return False
        try:
            await self._messages.edit(chat, number, lost.content)
        except MessageGone:
            return False
        return True
