"""The way to the Bot API: the library's client, set up so that it neither hangs nor tells the token."""

import logging
import warnings
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from telegram import Bot
from telegram.warnings import PTBDeprecationWarning

from adapters.telegram.client import Client
from adapters.telegram.drafts import Streaming

WEBHOOK_PATH = "/telegram/webhook"

# Its records below WARNING have the requests' addresses, and the token is a part of them.
_TELLTALE = "telegram"


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """Where and who. With a `webhook_url` Telegram calls us, else we poll.

    A `webhook_url` without a path means our own route there; one with a path is for a proxy that leads it to us.
    """

    token: str = field(repr=False)
    api_url: str = "https://api.telegram.org"
    webhook_url: str | None = None
    webhook_secret: str | None = field(default=None, repr=False)
    streaming: Streaming = "auto"
    rich: bool = False

    @property
    def bot_url(self) -> str:
        """The root of the methods, token included: never show it."""
        return f"{self.api_url.rstrip('/')}/bot{self.token}"

    @property
    def webhook_address(self) -> str:
        """What Telegram is told to call; empty for polling."""
        url = (self.webhook_url or "").rstrip("/")
        return url + WEBHOOK_PATH if url and not urlsplit(url).path else url


def open_client() -> Client:
    """Half a minute for a call: edits in big groups are held back for 6 s and more instead of refused (facts: 2.3)."""
    return Client(patience=30.0)


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
    """Keep the library from logging the token, whatever level the rest of the log has.

    Also from announcing, at every 429, that `retry_after` will be a timedelta one day: both are understood.
    """
    warnings.filterwarnings("ignore", category=PTBDeprecationWarning)
    logger = logging.getLogger(_TELLTALE)
    logger.setLevel(max(logger.level, logging.WARNING))
