"""One call to the Bot API: counted, and its errors turned into the engine's."""

from collections.abc import Awaitable
from typing import TypeVar

from telegram.error import TelegramError

from adapters.telegram.refusals import delivery_error, outcome
from bot.engine.errors import PlatformUnavailable
from bot.engine.ports import Meter

T = TypeVar("T")


class Calls:
    """Makes the library's calls. Raises only a DeliveryError."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    async def make(self, method: str, call: Awaitable[T]) -> T:
        try:
            result = await call
        except TelegramError as error:
            problem = delivery_error(error)
            self._meter.call("telegram", method, outcome(problem))
            raise problem from error
        except Exception as error:  # the library stumbled over an answer of a shape that it does not know
            self._meter.call("telegram", method, "unavailable")
            raise PlatformUnavailable(f"unreadable answer to {method}: {type(error).__name__}") from error
        self._meter.call("telegram", method, "ok")
        return result
