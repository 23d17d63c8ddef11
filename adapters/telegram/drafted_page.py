"""The page that grows as a draft, and becomes a message when its text is whole."""

from math import inf

import structlog

from adapters.telegram.drafts import Drafts
from adapters.telegram.markup import Rendered
from adapters.telegram.places import Place
from adapters.telegram.refusals import EntitiesRefused, TopicGone
from adapters.telegram.rendering import rendered
from bot.engine.budgets import Budgets
from bot.engine.chats import MessageRef
from bot.engine.errors import DeliveryError, PlaceGone, PlatformUnavailable, RateLimited, TooLong
from bot.engine.pages import EditedPage
from bot.engine.ports import Clock
from bot.engine.posts import Action, Post

_log = structlog.get_logger(__name__)

STAYS = 8.0
"""Seconds in which an unchanged frame is not sent again. With those of `Place.by_drafts` fewer than a draft lives."""


class DraftedPage:
    """Port `Page`: shown in frames of a draft, sent as the `message` at the end or where drafts are refused.

    Clients take a message for the end of a draft that shows its beginning (facts: 1.3), so the last frame shows all of
    it. That one is never waited for twice: where it fails, the message comes without it. Where two frames in a row got
    no answer the reply goes on as a message: the engine's pauses grow, and the end would wait for one.

    After the first try to send the message no frame is shown any more: it would stand beside the message for 30
    seconds. A frame whose answer was lost may still be under way; the one that shows all gives it time to arrive.

    The state changes in `show` alone, which then asks for another call: each spends what was asked for.
    """

    def __init__(self, message: EditedPage, drafts: Drafts, place: Place, clock: Clock) -> None:
        self._message = message
        self._drafts = drafts
        self._place = place
        self._frames = place.by_drafts.preview
        self._clock = clock
        self._draft = drafts.new_id()
        self._drafting = True
        self._ends_with_frame = False
        self._has_marks = True
        self._is_answered = True
        self._shown: Rendered | None = None
        self._shown_at = -inf

    @property
    def ref(self) -> MessageRef | None:
        return self._message.ref

    @property
    def unsure(self) -> bool:
        return self._message.unsure

    def spends(self, last: bool) -> Budgets:
        return self._frames if self._shows_frame(last) else self._message.spends(last)

    def can_begin(self, post: Post) -> bool:
        return True

    async def show(self, post: Post, last: bool) -> bool:
        if not self._shows_frame(last):
            return await self._send(post, last)
        self._ends_with_frame = not last
        shown = self._rendered(post)
        if self._drafts.is_stopped(self._draft) or self._stands(shown):
            return not last
        try:
            await self._drafts.show(self._place, self._draft, shown, can_stop=_can_be_stopped(post))
        except DeliveryError as error:
            return self._give_up(error, last)
        self._shown, self._shown_at, self._is_answered = shown, self._clock.now(), True
        return not last

    def _shows_frame(self, last: bool) -> bool:
        return self._drafting and (not last or self._ends_with_frame)

    def _rendered(self, post: Post) -> Rendered:
        shown = rendered(post)
        return shown if self._has_marks else Rendered(shown.text)

    def _stands(self, shown: Rendered) -> bool:
        """Whether people see just this, and will for a while."""
        return shown == self._shown and self._clock.now() < self._shown_at + STAYS

    async def _send(self, post: Post, last: bool) -> bool:
        self._drafting = False
        stands = await self._message.show(post, last)
        self._drafts.note_end(self._draft)
        return stands

    def _give_up(self, error: DeliveryError, last: bool) -> bool:
        """Do without this frame, or without any; raise the error where the engine has to know. Always False."""
        if isinstance(error, RateLimited):
            self._ends_with_frame = False
            raise error
        if isinstance(error, PlatformUnavailable):
            self._shown = None
            self._drafting, self._is_answered = self._is_answered, False
            if not last and self._drafting:
                raise error
            return False
        if isinstance(error, TooLong) or (isinstance(error, PlaceGone) and not isinstance(error, TopicGone)):
            raise error
        self._drafting = isinstance(error, EntitiesRefused) and self._has_marks
        self._has_marks = False
        if not self._drafting:
            self._drafts.note_refusal(self._place, error)
        _log.warning("telegram_draft_refused", problem=str(error))
        return False


def _can_be_stopped(post: Post) -> bool:
    return any(button.action is Action.STOP for row in post.rows for button in row)
