"""Calls to Slack's Web API: one shared session, every call counted, every error ours."""

import logging
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.config import PLATFORM, SlackConfig
from adapters.slack.refusals import DEAD_TOKEN, code_of, delivery_error, status_error
from bot.engine.errors import (
    DeliveryError,
    MessageGone,
    PlaceGone,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
    TooLong,
)
from bot.engine.ports import Meter

TIMEOUT = 20
"""Seconds for a whole call."""

CONNECTIONS_OPEN = "apps.connections.open"

OUTCOMES: dict[type[DeliveryError], str] = {
    RateLimited: "rate_limited",
    PlatformUnavailable: "unavailable",
    MessageGone: "gone",
    PlaceGone: "gone",
    PlatformRefused: "refused",
    TooLong: "refused",
}

Answer = dict[str, Any]


def quiet_logger(name: str, level: int = logging.WARNING) -> logging.Logger:
    """A logger for the SDK that stays above DEBUG and INFO: there it writes whole payloads, people's text included."""
    logger = logging.getLogger(name)
    logger.setLevel(level)
    return logger


class WebApi:
    """The Web API of one workspace. Every method raises only a DeliveryError.

    What changes something is never repeated here: Slack may have applied a call whose answer was lost. Reads are, once,
    but never after a 429: who calls has to close the budget.
    """

    def __init__(self, config: SlackConfig, meter: Meter) -> None:
        self._config = config
        self._meter = meter
        self._session: aiohttp.ClientSession | None = None
        self._writes = self._client()
        self._reads = self._client()
        self._reads.retry_handlers = [
            AsyncConnectionErrorRetryHandler(max_retry_count=1),
            AsyncServerErrorRetryHandler(max_retry_count=1),
        ]
        self.token_problem: str | None = None

    def client_without_token(self) -> AsyncWebClient:
        """A client for libraries that bring the token themselves, on the shared session."""
        return AsyncWebClient(
            base_url=self._config.api_url,
            timeout=TIMEOUT,
            session=self._session,
            logger=quiet_logger("adapters.slack.sdk"),
            retry_handlers=[],
        )

    @property
    def is_open(self) -> bool:
        return self._session is not None

    async def open(self) -> None:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT, connect=10))
            self._writes.session = self._reads.session = self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = self._writes.session = self._reads.session = None

    async def call(self, method: str, **arguments: Any) -> Answer:
        """A call that changes something."""
        return _data(await self._counted(method, self._writes.api_call(method, json=arguments)))

    async def read(self, method: str, **arguments: Any) -> Answer:
        """A call that changes nothing, as GET: several reads ignore JSON arguments."""
        return _data(await self._counted(method, self._reads.api_call(method, http_verb="GET", params=arguments)))

    async def who_am_i(self) -> tuple[Answer, frozenset[str]]:
        """What `auth.test` says, and the scopes of the token (from the header `x-oauth-scopes`)."""
        response = await self._counted("auth.test", self._reads.api_call("auth.test"))
        headers = {name.lower(): value for name, value in response.headers.items()}
        scopes = str(headers.get("x-oauth-scopes", ""))
        return _data(response), frozenset(scope.strip() for scope in scopes.split(",") if scope.strip())

    async def open_socket(self, app_token: str) -> str:
        """The address of a Socket Mode connection; good for one connection."""
        request = self.client_without_token().apps_connections_open(app_token=app_token)
        return str(_data(await self._counted(CONNECTIONS_OPEN, request))["url"])

    async def upload(self, url: str, content: bytes) -> None:
        """Bring a file's bytes to the address that Slack gave for them; it needs no token, and gets none."""
        await self._posted("upload", url, data=content)

    async def respond(self, response_url: str, message: Answer) -> None:
        """Answer an interaction through its own address: five times within 30 minutes, once a second."""
        await self._posted("response_url", response_url, json=message)

    async def _posted(self, what: str, url: str, **body: Any) -> None:
        """A request to an address of its own, which is as good as a token: nobody is told it."""
        if self._session is None:
            raise PlatformUnavailable(f"{what}: not connected")
        try:
            async with self._session.post(url, **body) as response:
                status, said = response.status, response.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise self._failed(what, PlatformUnavailable(f"{what}: {type(error).__name__}")) from error
        if status >= 400:
            raise self._failed(what, status_error(what, status, said))
        self._meter.call(PLATFORM, what, "ok")

    def _client(self) -> AsyncWebClient:
        client = self.client_without_token()
        client.token = self._config.bot_token
        return client

    async def _counted(self, method: str, request: Awaitable[AsyncSlackResponse]) -> AsyncSlackResponse:
        try:
            response = await request
        except SlackApiError as error:
            self._note_dead_token(method, code_of(error))
            raise self._failed(method, delivery_error(method, error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError, AttributeError) as error:
            # AttributeError: the SDK stumbles over a body that is no JSON object (a proxy's page).
            raise self._failed(method, PlatformUnavailable(f"{method}: {type(error).__name__}")) from error
        self._meter.call(PLATFORM, method, "ok")
        self.token_problem = None
        return response

    def _failed(self, method: str, error: DeliveryError) -> DeliveryError:
        self._meter.call(PLATFORM, method, OUTCOMES[type(error)])
        return error

    def _note_dead_token(self, method: str, code: str) -> None:
        if code in DEAD_TOKEN and method != CONNECTIONS_OPEN:
            self.token_problem = f"Slack refuses the bot token ({code})"


def _data(response: AsyncSlackResponse) -> Answer:
    return response.data if isinstance(response.data, dict) else {}
