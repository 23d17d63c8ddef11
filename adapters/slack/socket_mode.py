"""Slack over Socket Mode: a connection that Slack closes every few hours and that is opened anew each time."""

import asyncio
from time import time
from typing import Any

import aiohttp
import structlog
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.api import WebApi, quiet_logger
from adapters.slack.intake import Intake, cause_of
from bot.engine.errors import PlatformUnavailable

log = structlog.get_logger()

PATIENCE = 15
"""Seconds for the first connection."""

GRACE = 5
"""Seconds that acknowledgements get when the connection is closed by us."""

PING_INTERVAL = 5
"""Seconds between pings, and between tries to connect again."""


class SocketMode:
    """One connection. A delivery is acknowledged only where the intake answered 200; else Slack repeats it."""

    def __init__(self, api: WebApi, app_token: str) -> None:
        self._api = api
        self._app_token = app_token
        self._client: SocketModeClient | None = None
        self._taking: set[asyncio.Task[Any]] = set()

    async def check(self) -> None:
        """Raise a DeliveryError where Slack gives no connection for this token."""
        await self._api.open_socket(self._app_token)

    async def connect(self, intake: Intake) -> None:
        """Connect and take deliveries from now on. Raises a DeliveryError where Slack refuses the app token.

        The SDK's client would try a refused token again for ever, so the first address is asked for here.
        """
        address = await self._api.open_socket(self._app_token)
        client = SocketModeClient(
            app_token=self._app_token,
            logger=quiet_logger("adapters.slack.socket"),
            web_client=self._api.client_without_token(),
            ping_interval=PING_INTERVAL,
        )
        await self._forget_used_addresses(client)
        client.wss_uri = address
        self._client = client

        async def take(_: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
            await self._take(client, intake, request)

        client.socket_mode_request_listeners.append(take)
        await self._connect(client)

    @property
    def is_connected(self) -> bool:
        client = self._client
        session = client.current_session if client is not None else None
        return client is not None and not client.closed and session is not None and not session.closed

    async def _connect(self, client: SocketModeClient) -> None:
        """Wait for the first connection; later ones are the client's own business, with `is_connected` telling."""
        try:
            async with asyncio.timeout(PATIENCE):
                await client.connect()  # type: ignore[no-untyped-call]  # the SDK leaves this one without types
        except TimeoutError as error:
            await self.close()
            raise PlatformUnavailable("the Socket Mode connection does not open") from error

    async def close(self) -> None:
        """Let the last acknowledgements go out, close the connection and end the client's tasks."""
        client, self._client = self._client, None
        if client is None:
            return
        if self._taking:
            await asyncio.wait(self._taking, timeout=GRACE)
        await client.close()  # type: ignore[no-untyped-call]  # the SDK leaves this one without types
        tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
        await asyncio.gather(*(task for task in tasks if task is not None), return_exceptions=True)

    async def _take(self, client: SocketModeClient, intake: Intake, request: SocketModeRequest) -> None:
        task = asyncio.current_task()
        assert task is not None  # the SDK makes one for each frame, and keeps none of them
        self._taking.add(task)
        task.add_done_callback(self._taking.discard)
        started = time()
        response = await intake.answer(request.payload, _headers(request))
        try:
            await send_async_response(client, request, response, started)
        except (ConnectionError, aiohttp.ClientError, RuntimeError) as error:
            # The connection went away under the answer. Slack repeats the delivery, its event id drops it.
            log.info("slack_acknowledgement_lost", cause=cause_of(error))

    async def _forget_used_addresses(self, client: SocketModeClient) -> None:
        """Give the client a session that clears each address when it is used.

        An address holds a ticket for one connection. Where connecting fails, the SDK would try the same one for ever.
        """

        async def forget(*_: Any) -> None:
            client.wss_uri = None

        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(forget)
        await client.aiohttp_client_session.close()
        client.aiohttp_client_session = aiohttp.ClientSession(trace_configs=[trace])


def _headers(request: SocketModeRequest) -> dict[str, str]:
    """What an HTTP delivery would say in its headers about being a repeat."""
    said: dict[str, Any] = build_headers(request) or {}
    return {name: str(value) for name, value in said.items()}
