"""The bot's own account: who it is, which way its updates go, and which commands people are offered."""

from collections.abc import Coroutine
from itertools import product
from typing import Any

import structlog
from telegram import Bot, BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats, User

from adapters.telegram.calls import Calls
from adapters.telegram.connection import TelegramConfig
from adapters.telegram.inbound import UPDATE_KINDS
from adapters.telegram.refusals import TelegramRefused, TokenRefused
from bot.engine import texts
from bot.engine.errors import DeliveryError, PlatformRefused
from bot.engine.languages import ENGLISH, LANGUAGES

_log = structlog.get_logger(__name__)

_SCOPES = (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats())
_WEBHOOK_CONNECTIONS = 40
_TOKEN_REFUSED = "Telegram refuses the token in TELEGRAM_BOT_TOKEN: ask @BotFather for the right one."  # noqa: S105 - a sentence


class Account:
    """Every method raises a DeliveryError where trying again may help, TelegramRefused where it does not."""

    def __init__(self, bot: Bot, config: TelegramConfig, calls: Calls) -> None:
        self._bot = bot
        self._config = config
        self._calls = calls

    async def introduce(self) -> User:
        """Ask who the bot is, which proves the token."""
        try:
            return await self._calls.make("getMe", self._bot.get_me())
        except TokenRefused:
            raise TelegramRefused(_TOKEN_REFUSED) from None

    async def use_polling(self) -> None:
        """Have updates wait for us; those that wait already are kept."""
        await self._calls.make("deleteWebhook", self._bot.delete_webhook(drop_pending_updates=False))

    async def use_webhook(self) -> None:
        """Have updates brought to the webhook; those that wait already come there too."""
        setting = self._bot.set_webhook(
            self._config.webhook_address,
            secret_token=self._config.webhook_secret,
            allowed_updates=UPDATE_KINDS,
            max_connections=_WEBHOOK_CONNECTIONS,
        )
        try:
            await self._calls.make("setWebhook", setting)
        except PlatformRefused as error:
            raise TelegramRefused(f"Telegram refuses the address in TELEGRAM_WEBHOOK_URL: {error}.") from error

    async def announce_commands(self) -> None:
        """Fill the command menus, which people see in their language; without them everything still works, so a
        failure is only logged. English is what everybody else sees.
        """
        for scope, language in product(_SCOPES, LANGUAGES):
            commands = [BotCommand(name, says(language)) for name, says in texts.COMMANDS.items()]
            code = None if language == ENGLISH else language
            menu = self._bot.set_my_commands(commands, scope=scope, language_code=code)
            try:
                await self._calls.make("setMyCommands", menu)
            except DeliveryError as error:
                _log.warning("telegram_commands_not_announced", language=language, problem=str(error))

    async def check(self) -> list[str]:
        """Say what is wrong with token and webhook, in sentences for an operator."""
        try:
            await self.introduce()
            return await self._check_webhook(self._bot.get_webhook_info())
        except TelegramRefused as error:
            return [str(error)]
        except DeliveryError as error:
            return [f"Telegram cannot be reached at TELEGRAM_API_URL ({self._config.api_url}): {error}."]

    async def _check_webhook(self, asking: Coroutine[Any, Any, Any]) -> list[str]:
        webhook = await self._calls.make("getWebhookInfo", asking)
        if self._config.webhook_url and webhook.last_error_message:
            return [f"Telegram could not deliver to TELEGRAM_WEBHOOK_URL: {webhook.last_error_message}."]
        return []
