"""The way to the Bot API: the library's client, set up so that it neither hangs nor tells the token."""

import json
import logging
import warnings
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from telegram import Bot
from telegram.error import TelegramError
from telegram.request import HTTPXRequest
from telegram.warnings import PTBDeprecationWarning

WEBHOOK_PATH = "/telegram/webhook"

# Their records below WARNING have the request's address, and the token is a part of it.
_TELLTALES = ("httpx", "httpcore", "telegram")


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """Where and who. With a `webhook_url` Telegram calls us, else we poll.

    A `webhook_url` without a path means our own route there; one with a path is for a proxy that leads it to us.
    """

    token: str = field(repr=False)
    api_url: str = "https://api.telegram.org"
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)

    @property
    def bot_url(self) -> str:
        """The root of the methods, token included: never show it."""
        return f"{self.api_url.rstrip('/')}/bot{self.token}"

    @property
    def webhook_address(self) -> str:
        """What Telegram is told to call; empty for polling."""
        url = (self.webhook_url or "").rstrip("/")
        return url + WEBHOOK_PATH if url and not urlsplit(url).path else url


class Client(HTTPXRequest):
    """The library's HTTP client, silent about answers that are no JSON: a gateway's error page is no news for a log."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError as error:
            raise TelegramError("the answer is not JSON") from error
        if not isinstance(answer, dict):
            raise TelegramError("the answer is not an object")
        return answer


def open_client() -> Client:
    """Timeouts in seconds. Edits in big groups are held back for 6 s and more instead of refused (facts: 2.3)."""
    return Client(
        connection_pool_size=64, read_timeout=30.0, write_timeout=30.0, connect_timeout=10.0, pool_timeout=10.0
    )


def open_bot(config: TelegramConfig, client: Client) -> Bot:
    hush()
    root = config.api_url.rstrip("/")
    return Bot(
        config.token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=client,
        get_updates_request=client,
    )


def hush() -> None:
    """Keep the libraries from logging the token, whatever level the rest of the log has.

    Also from announcing, at every 429, that `retry_after` will be a timedelta one day: both are understood.
    """
    warnings.filterwarnings("ignore", category=PTBDeprecationWarning)
    for name in _TELLTALES:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
