"""Word of changes to chats, for whoever shows lists of them."""

from collections.abc import Callable

from bot.engine.chats import ChatKey
from bot.engine.ports import UnitOfWork

Watcher = Callable[[ChatKey], None]
"""Is told where the chat lives. Must not raise or block."""


class Changes:
    """Tells its watchers in this process, once a change stands; those of other processes hear nothing."""

    def __init__(self) -> None:
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        self._watchers.append(watcher)

    def note(self, work: UnitOfWork, key: ChatKey) -> None:
        """A chat at this place becomes another one, for its people, by this unit of work."""
        if self._watchers:
            work.after_commit(lambda: self._tell(key))

    def _tell(self, key: ChatKey) -> None:
        for watcher in self._watchers:
            watcher(key)
