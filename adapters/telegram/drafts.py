"""Drafts: texts that a person sees being written, in private chats only (facts: 1.1, 1.2).

No message comes of them: 30 seconds after its last frame a draft is gone, or as soon as a message is there.
"""

import asyncio
import secrets
from collections.abc import Awaitable
from typing import Literal

import structlog
from telegram import Bot
from telegram.error import TimedOut

from adapters.telegram.calls import Calls
from adapters.telegram.markup import Rendered
from adapters.telegram.places import Place
from adapters.telegram.refusals import MethodUnknown, TopicGone
from adapters.telegram.rendering import entities
from bot.engine.errors import DeliveryError
from bot.engine.ports import Clock
from bot.engine.recent import Recent

_log = structlog.get_logger(__name__)

Streaming = Literal["auto", "draft", "edit"]

ASK_AGAIN_AFTER = 3600.0
"""Seconds until drafts are tried again where Telegram has refused one."""

PATIENCE = 5.0
"""Real seconds that a frame may take: one that comes later stands beside the message that it became."""

LATE = 5.0
"""Seconds after the end of a draft in which its Stop is still meant for the answer that goes on."""

_EVERYWHERE = 0


class Drafts:
    """The drafts of one bot: where there are any, the frames, and which of them people stopped."""

    def __init__(self, bot: Bot, calls: Calls, clock: Clock, streaming: Streaming) -> None:
        self._bot = bot
        self._calls = calls
        self._clock = clock
        self._wanted = streaming != "edit"
        self._off: Recent[int, float] = Recent()
        self._stopped: Recent[int, str] = Recent()
        self._ended: Recent[int, float] = Recent()

    def suit(self, place: Place) -> bool:
        """Whether a reply in this place may grow as a draft."""
        return self._wanted and place.private and not self._is_off(_EVERYWHERE) and not self._is_off(place.chat)

    @staticmethod
    def new_id() -> int:
        """The id of a new draft: another one replaces what is there without animation. Never 0."""
        return secrets.randbelow(2**31 - 1) + 1

    async def show(self, place: Place, draft: int, shown: Rendered, *, can_stop: bool) -> None:
        """Show a frame. Stopped, it stays until a message takes its place. Raises a DeliveryError."""
        showing = self._bot.send_message_draft(
            place.chat,
            draft,
            shown.text,
            message_thread_id=place.thread,
            entities=entities(shown),
            api_kwargs={"can_stop": True, "keep_on_stop": True} if can_stop else None,
        )
        await self._calls.make("sendMessageDraft", _soon(showing))

    def note_refusal(self, place: Place, error: DeliveryError) -> None:
        """Try no more drafts for an hour where Telegram took none: in this chat, or anywhere if it knows of none."""
        if isinstance(error, TopicGone):
            return
        where = _EVERYWHERE if isinstance(error, MethodUnknown) else place.chat
        self._off.note(where, self._clock.now() + ASK_AGAIN_AFTER)
        _log.warning("telegram_drafts_off", chat=where or "everywhere", problem=str(error))

    def note_end(self, draft: int) -> None:
        """Take note that a message stands in its place."""
        self._ended.note(draft, self._clock.now())

    def note_stop(self, draft: int, event_id: str) -> bool:
        """Take note that a person pressed its Stop; whether the answer that is written now is meant.

        It is not where the draft ended long before, nor by a second press of the same Stop, which would end what comes
        next. A repeat of the same event is handed on: the first one may not have been committed.
        """
        if draft and self._stopped.get(draft) not in (None, event_id):
            return False
        self._stopped.note(draft, event_id)
        ended = self._ended.get(draft)
        return ended is None or self._clock.now() < ended + LATE

    def is_stopped(self, draft: int) -> bool:
        """Whether its further frames are not shown."""
        return draft in self._stopped

    def _is_off(self, where: int) -> bool:
        until = self._off.get(where)
        return until is not None and self._clock.now() < until


async def _soon(call: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await call
    except TimeoutError:
        raise TimedOut from None
