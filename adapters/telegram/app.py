"""Telegram as the service sees it: connect, take in, tell how it goes, end."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from adapters.telegram.account import Account
from adapters.telegram.calls import Calls
from adapters.telegram.connection import TelegramConfig, open_bot, open_client
from adapters.telegram.inbound import Identity
from adapters.telegram.intake import Engine, Intake
from adapters.telegram.lease import Alone, Lease, Tenure
from adapters.telegram.messenger import TelegramMessenger
from adapters.telegram.polling import Poller, Updates
from adapters.telegram.refusals import TelegramRefused
from adapters.telegram.waiting import Backoff, ended_late, unless
from adapters.telegram.webhook import Webhook
from bot.engine.background import Background
from bot.engine.errors import DeliveryError
from bot.engine.ledger import LocalLedger
from bot.engine.pacing import Pacer
from bot.engine.ports import Clock, Meter, Storage

_log = structlog.get_logger(__name__)

PATIENCE = 10.0
"""Seconds that updates in hand get at the end: a database that hangs must not keep the service from stopping."""

Connect = Callable[[], Awaitable[Any]]

_REACTIONS_GRACE = 5.0  # seconds, at the end, for what pressed buttons still have to show


class TelegramAdapter:
    """One bot. `start` comes first, `close` last; both ways of intake feed the same `Intake`.

    With a `tenure` several processes share the bot's storage, and one of them polls at a time. What pressed buttons
    change keeps the `pacer`'s pace.
    """

    def __init__(
        self,
        config: TelegramConfig,
        storage: Storage,
        clock: Clock,
        meter: Meter,
        tenure: Tenure | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        calls = Calls(meter)
        self._client = open_client()
        bot = open_bot(config, self._client)
        self.messenger = TelegramMessenger(bot, calls, clock, config.streaming, rich=config.rich)
        self._account = Account(bot, config, calls)
        self._bot_url = config.bot_url
        self._storage = storage
        self._clock = clock
        self._pacer = pacer or Pacer(LocalLedger(clock), clock)
        self._meter = meter
        self._tenure = tenure
        self._background = Background()
        self._stopping = asyncio.Event()
        self._webhook = Webhook(config.webhook_secret or "") if config.webhook_url else None
        self._session: aiohttp.ClientSession | None = None
        self._serving: asyncio.Task[None] | None = None
        self._poller: Poller | None = None
        self._problem: str | None = "not started"

    async def start(self, engine: Engine) -> None:
        """Connect and begin to take in. Where Telegram cannot be reached, go on trying in the background.

        Raises TelegramRefused where the token or the webhook's address is refused: trying again does not help.
        """
        self._session = aiohttp.ClientSession(trust_env=True)
        await self._begin(partial(self._connect, engine, self._session))

    async def start_sending(self) -> None:
        """Connect in order to send, and take nothing in. Otherwise like `start`."""
        await self._begin(self._introduce)

    def routes(self) -> list[web.RouteDef]:
        return self._webhook.routes() if self._webhook else []

    def ready(self) -> str | None:
        """None, or why updates do not come in."""
        problem = self._problem or (self._poller.problem if self._poller else None)
        return f"Telegram: {problem}" if problem else None

    def remark(self) -> str | None:
        """That another replica polls, where it does: then this one is ready, but takes nothing in."""
        stands_by = self._poller is not None and self._poller.stands_by
        return "Telegram: another replica polls, this one stands by" if stands_by else None

    async def stop_intake(self) -> None:
        """Take nothing new, and return when what is being handled is committed, or after ten seconds.

        What is not committed by then comes again. Can be called again.
        """
        self._stopping.set()
        if self._webhook is not None:
            await self._webhook.close(PATIENCE)
        if self._serving is not None and await ended_late(self._serving, PATIENCE):
            _log.warning("telegram_batch_cut_off")
        self._problem = "stopped"

    async def close(self) -> None:
        await self.stop_intake()
        await self._background.close(_REACTIONS_GRACE)
        if self._session is not None:
            await self._session.close()
        await self._client.shutdown()

    async def check(self) -> list[str]:
        """Say what is wrong with token and webhook; needs no `start`."""
        return await self._account.check()

    async def _begin(self, connect: Connect) -> None:
        failure = await self._attempt(connect)
        self._serving = asyncio.create_task(self._serve(connect, failure), name="telegram intake")

    async def _serve(self, connect: Connect, failure: DeliveryError | None) -> None:
        """Connect where that is still to be done, then poll."""
        backoff = Backoff()
        try:
            while failure is not None and not self._stopping.is_set():
                await unless(self._stopping, self._clock.sleep(backoff.after(failure)))
                failure = await unless(self._stopping, self._attempt(connect))
        except TelegramRefused as error:
            self._problem = str(error)
            _log.error("telegram_refused", problem=self._problem)
        if self._poller is not None:
            await self._poller.run(self._stopping)

    async def _attempt(self, connect: Connect) -> DeliveryError | None:
        """Connect, or say what is in the way."""
        try:
            await connect()
        except DeliveryError as error:
            self._problem = f"cannot connect ({error})"
            _log.warning("telegram_not_connected", problem=str(error))
            return error
        except TelegramRefused as error:
            self._problem = str(error)
            raise
        self._problem = None
        return None

    async def _connect(self, engine: Engine, session: aiohttp.ClientSession) -> None:
        me = await self._introduce()
        intake = Intake(engine, self.messenger, me, self._background, self._clock, self._pacer)
        await self._open(intake, session, f"telegram:{me.id}")
        await self._account.announce_commands()
        _log.info("telegram_connected", bot=me.username, way="webhook" if self._webhook else "polling")

    async def _introduce(self) -> Identity:
        user = await self._account.introduce()
        self.messenger.topics = bool(user.has_topics_enabled)
        return Identity(user.id, user.username or "")

    async def _open(self, intake: Intake, session: aiohttp.ClientSession, name: str) -> None:
        """Take updates the way that is configured. The webhook answers before Telegram hears of it."""
        if self._webhook is not None:
            self._webhook.open(intake)
            await self._account.use_webhook()
            return
        await self._account.use_polling()
        updates = Updates(session, self._bot_url, self._meter)
        self._poller = Poller(updates, intake, self._right_to_poll(name), self._clock)

    def _right_to_poll(self, name: str) -> Lease | Alone:
        if self._tenure is None:
            return Alone(self._storage, name)
        return Lease(self._storage, self._clock, name, self._tenure)
