"""Who comes first at one place is done first."""

import asyncio
from weakref import WeakValueDictionary

from bot.engine.chats import ChatKey


class Order:
    """A line of waiting for each place. `async with order.at(key)` enters when everybody before has left it.

    Different places do not wait for each other; a line that nobody stands in is forgotten.
    """

    def __init__(self) -> None:
        self._lines: WeakValueDictionary[ChatKey, asyncio.Lock] = WeakValueDictionary()

    def at(self, key: ChatKey) -> asyncio.Lock:
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = asyncio.Lock()
        return line
