"""The adapter for Slack: starts, watches and ends its two halves."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from adapters.slack.api import Answer, WebApi
from adapters.slack.config import Identity, SlackConfig
from adapters.slack.events import Events
from adapters.slack.home import HomeTabs
from adapters.slack.intake import Intake
from adapters.slack.interactions import Interactions
from adapters.slack.messenger import SlackMessenger
from adapters.slack.people import People
from adapters.slack.ports import Engine
from adapters.slack.side_calls import SideCalls
from adapters.slack.socket_pool import SocketPool
from adapters.slack.webhook import Webhook
from bot.engine.background import Background
from bot.engine.delivery import end_task, pause_after
from bot.engine.errors import DeliveryError, PlatformUnavailable, RateLimited, ThreadlineError
from bot.engine.ledger import LocalLedger
from bot.engine.pacing import Pacer
from bot.engine.ports import Clock, Meter

log = structlog.get_logger()

Connect = Callable[[], Awaitable[Any]]

GRACE = 5.0
"""Seconds that modals, notes and lists get to be shown when the adapter closes."""

NEEDED_SCOPES = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "im:history",
        "mpim:history",
        "reactions:write",
        "users:read",
    }
)
"""Without these something that the manual promises does not work."""


class SlackStartError(ThreadlineError):
    """Slack cannot be used with these settings; the sentence says what to do."""


class SlackAdapter:
    """Slack, for one workspace: Socket Mode where there is an app token, else the signed route."""

    def __init__(self, config: SlackConfig, clock: Clock, meter: Meter, pacer: Pacer | None = None) -> None:
        """`pacer` is that of the whole service: what the adapter calls beside the replies spends the same budgets."""
        self._config = config
        self._api = WebApi(config, meter)
        self._side_calls = SideCalls(pacer or Pacer(LocalLedger(clock), clock))
        self._messenger = SlackMessenger(self._api, clock, self._side_calls, config.streaming)
        self._clock = clock
        self._people = People(self._api, self._side_calls, clock)
        self._background = Background()
        self._sockets = SocketPool(self._api, config.app_token, config.connections) if config.app_token else None
        self._webhook = (
            Webhook(config.signing_secret, clock) if config.signing_secret and not config.app_token else None
        )
        self._events: Events | None = None
        self._intake: Intake | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._problem: str | None = "not started"

    @property
    def messenger(self) -> SlackMessenger:
        return self._messenger

    def routes(self) -> list[web.RouteDef]:
        return self._webhook.routes() if self._webhook is not None else []

    async def start(self, engine: Engine) -> None:
        """Learn who we are and take deliveries from now on. Where Slack cannot be reached, go on trying beside.

        Raises SlackStartError where trying again does not help.
        """
        if self._sockets is None and self._webhook is None:
            raise SlackStartError("Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP).")
        await self._begin(partial(self._connect, engine))

    async def start_sending(self) -> None:
        """Learn who we are, in order to send, and take nothing in. Otherwise like `start`."""
        await self._begin(self._introduce)

    def ready(self) -> str | None:
        """None while events can come in and answers can go out, else the reason why not."""
        if self._problem is not None:
            return f"Slack: {self._problem}"
        if problem := (self._events and self._events.removed) or self._api.token_problem:
            return f"Slack: {problem}"
        if self._intake is not None and self._sockets is not None and not self._sockets.is_connected:
            return "Slack: no Socket Mode connection is up, connecting again"
        return None

    def remark(self) -> None:
        """Nothing: what can be said of Slack is a reason why it is not ready."""

    async def stop_intake(self) -> None:
        """Take nothing new; what is being handled gets its answer. The connection closes after the last one."""
        if self._connecting is not None:
            await end_task(self._connecting)
        if self._intake is not None:
            await self._intake.stop()
        if self._sockets is not None:
            await self._sockets.close()

    async def close(self) -> None:
        await self.stop_intake()
        await self._background.close(GRACE)
        await self._people.close()
        await self._api.close()

    async def check(self) -> list[str]:
        """What is wrong with tokens and scopes, in sentences; nothing is started."""
        was_open = self._api.is_open
        await self._api.open()
        try:
            return [*await self._check_bot_token(), *await self._check_intake()]
        finally:
            if not was_open:
                await self._api.close()

    async def _check_bot_token(self) -> list[str]:
        try:
            _, scopes = await self._api.who_am_i()
        except DeliveryError as error:
            return [_bot_token_problem(error)]
        missing = sorted(NEEDED_SCOPES - scopes) if scopes else []
        if not missing:
            return []
        listed = ", ".join(missing)
        return [f"The Slack app lacks the scopes {listed}: add them (see `threadline manifest`) and install it again."]

    async def _check_intake(self) -> list[str]:
        if self._sockets is None:
            if self._webhook is not None:
                return []
            return ["Slack needs SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET (HTTP)."]
        try:
            await self._sockets.check()
        except DeliveryError as error:
            return [_app_token_problem(error)]
        return []

    async def _begin(self, connect: Connect) -> None:
        await self._api.open()
        try:
            failure = await self._attempt(connect)
        except SlackStartError:
            await self._api.close()
            raise
        if failure is not None:
            self._connecting = asyncio.create_task(self._connect_later(connect, failure), name="slack-connect")

    async def _connect_later(self, connect: Connect, failure: DeliveryError | None) -> None:
        tries = 0
        try:
            while failure is not None:
                tries += 1
                asked = failure.retry_after if isinstance(failure, RateLimited) else 0.0
                await self._clock.sleep(max(pause_after(tries), asked))
                failure = await self._attempt(connect)
        except SlackStartError as error:
            self._problem = str(error)
            log.error("slack_refused", problem=self._problem)

    async def _attempt(self, connect: Connect) -> DeliveryError | None:
        """Connect, or say what is in the way for now."""
        try:
            await connect()
        except (PlatformUnavailable, RateLimited) as error:
            self._problem = f"cannot be reached ({error})"
            log.warning("slack_not_connected", problem=self._problem)
            return error
        self._problem = None
        return None

    async def _connect(self, engine: Engine) -> None:
        me = await self._introduce()
        self._intake = self._open_intake(engine, me)
        if self._webhook is not None:
            self._webhook.serve(self._intake)
        if self._sockets is not None:
            await self._open_sockets(self._sockets, self._intake)
        log.info("slack_started", team=me.team, bot=me.user, intake="socket" if self._sockets else "http")

    async def _introduce(self) -> Identity:
        me = await self._who_am_i()
        self._messenger.know(me)
        return me

    async def _who_am_i(self) -> Identity:
        try:
            answer, _ = await self._api.who_am_i()
        except (PlatformUnavailable, RateLimited):
            raise
        except DeliveryError as error:
            raise SlackStartError(_bot_token_problem(error)) from error
        return _identity(answer)

    async def _open_sockets(self, sockets: SocketPool, intake: Intake) -> None:
        try:
            await sockets.connect(intake)
        except (PlatformUnavailable, RateLimited):
            raise
        except DeliveryError as error:
            raise SlackStartError(_app_token_problem(error)) from error

    def _open_intake(self, engine: Engine, me: Identity) -> Intake:
        parts = (engine, me, self._api, self._messenger, self._side_calls, self._people, self._background, self._clock)
        home = HomeTabs(*parts)
        self._events = Events(*parts, home)
        client = self._api.client_without_token()
        return Intake(engine, me, self._config.bot_token, client, self._events, Interactions(*parts, home))


def _identity(answer: Answer) -> Identity:
    return Identity(
        team=str(answer["team_id"]),
        user=str(answer["user_id"]),
        bot=str(answer.get("bot_id") or ""),
        name=str(answer.get("user") or "bot"),
        url=str(answer.get("url") or "https://slack.com/"),
    )


def _bot_token_problem(error: DeliveryError) -> str:
    if isinstance(error, PlatformUnavailable | RateLimited):
        return f"Slack cannot be reached at SLACK_API_URL ({error})."
    return f"Slack refuses SLACK_BOT_TOKEN ({error}): copy the Bot User OAuth Token from the app's page."


def _app_token_problem(error: DeliveryError) -> str:
    if isinstance(error, PlatformUnavailable | RateLimited):
        return f"Slack gives no Socket Mode connection at the moment ({error})."
    return f"Slack refuses SLACK_APP_TOKEN ({error}): make an app-level token with the scope connections:write."
