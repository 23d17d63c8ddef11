"""Everything that knows Telegram's Bot API."""

from adapters.telegram.app import TelegramAdapter
from adapters.telegram.connection import TelegramConfig
from adapters.telegram.lease import Tenure
from adapters.telegram.places import is_place
from adapters.telegram.refusals import TelegramRefused

__all__ = ["TelegramAdapter", "TelegramConfig", "TelegramRefused", "Tenure", "is_place"]
