"""The sign at a question that waits for its turn."""

from collections.abc import Mapping

import structlog

from bot.engine.background import Background
from bot.engine.chats import Chat, MessageRef
from bot.engine.delivery import Delivery
from bot.engine.errors import DeliveryError
from bot.engine.ports import Storage, UnitOfWork
from bot.engine.turns import Turn, TurnStatus

log = structlog.get_logger()


class WaitingSigns:
    """Shows people that a question which came during an answer was heard. Decoration: where it fails, it is left out.

    It is put up and taken down side by side, perhaps by two processes; so whoever puts it up looks again afterwards.
    """

    def __init__(self, storage: Storage, deliveries: Mapping[str, Delivery], background: Background) -> None:
        self._storage = storage
        self._deliveries = deliveries
        self._background = background

    def put_up(self, work: UnitOfWork, chat: Chat, turn: Turn) -> None:
        """Mark the question once the caller's transaction stands, if it has to wait."""
        if turn.waited:
            work.after_commit(lambda: self._background.start(self._put_up(chat, turn), f"waiting-{turn.id}"))

    def take_down(self, chat: Chat, turn: Turn) -> None:
        """Its turn has come, or will never come."""
        if turn.waited:
            self._background.start(self._show(chat, turn, waiting=False), f"no-longer-waiting-{turn.id}")

    async def _put_up(self, chat: Chat, turn: Turn) -> None:
        if not await self._waits(turn):
            return
        await self._show(chat, turn, waiting=True)
        if not await self._waits(turn):
            await self._show(chat, turn, waiting=False)

    async def _waits(self, turn: Turn) -> bool:
        async with self._storage() as work:
            now = await work.turns.get(turn.id)
        return now is not None and now.status is TurnStatus.QUEUED and now.tries == 0

    async def _show(self, chat: Chat, turn: Turn, waiting: bool) -> None:
        if turn.question.source is None:
            return
        try:
            await self._deliveries[chat.key.platform].show_waiting(MessageRef(chat.key, turn.question.source), waiting)
        except DeliveryError as error:
            log.debug("waiting_not_shown", turn=turn.id, waiting=waiting, error=type(error).__name__)
