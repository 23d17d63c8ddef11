"""Which numbers of messages are known, and which are not. Pure.

All private chats and basic groups of a bot count in one row, each supergroup in a row of its own (facts: 9). So the
number of a message whose answer was lost is one of the few that nobody else has.
"""

from adapters.telegram.places import Place
from bot.engine.recent import Recent

MOST = 10
"""How many numbers are worth a look."""

BEYOND = 3
"""How many of them may be higher than all that is known."""

_SHARED = 0


class MessageIds:
    """What was seen lately: in updates, and in the answers to what we sent."""

    def __init__(self) -> None:
        self._known: Recent[tuple[int, int], bool] = Recent()
        self._highest: Recent[int, int] = Recent()

    def note(self, chat: int, message_id: int) -> None:
        row = _row(chat)
        self._known.note((row, message_id), True)
        self._highest.note(row, max(message_id, self.highest(chat)))

    def knows(self, chat: int, message_id: int) -> bool:
        return (_row(chat), message_id) in self._known

    def highest(self, chat: int) -> int:
        """The highest number in the row of this chat; 0 where none was seen yet."""
        return self._highest.get(_row(chat)) or 0

    def unknown(self, chat: int, above: int) -> list[int]:
        """The numbers above this one that a message in this chat may have which is not known, lowest first."""
        end = max(above, self.highest(chat)) + BEYOND
        free = (number for number in range(above + 1, end + 1) if not self.knows(chat, number))
        return [number for number, _ in zip(free, range(MOST), strict=False)]


def _row(chat: int) -> int:
    return chat if Place(chat, None).has_own_row else _SHARED
