"""The page that every platform has: a message that is edited."""

from bot.engine.budgets import Budgets
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.errors import PlatformUnavailable
from bot.engine.ports import Kind, Messenger
from bot.engine.posts import Post


class EditedPage:
    """Port `Page`: a message is sent, and then edited whenever there is more."""

    def __init__(
        self,
        messenger: Messenger,
        key: ChatKey,
        reply_to: str | None = None,
        mark: str | None = None,
        ref: MessageRef | None = None,
    ) -> None:
        self._messenger = messenger
        self._key = key
        self._reply_to = reply_to
        self._mark = mark
        self.ref = ref
        self.unsure = False

    def spends(self, last: bool) -> Budgets:
        return self._messenger.budgets(self._key, Kind.SEND if self.ref is None else Kind.EDIT)

    def can_begin(self, post: Post) -> bool:
        return True

    async def show(self, post: Post, last: bool) -> bool:
        if self.ref is not None:
            await self._messenger.edit(self.ref, post)
            return True
        try:
            self.ref = await self._messenger.send(self._key, post, self._reply_to, self._mark)
        except PlatformUnavailable:
            self.unsure = True
            raise
        return True
