"""The way in: Slack's deliveries through Bolt to the engine, and the one answer that says "received"."""

import asyncio
import logging
import re
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import PurePath
from typing import Any

import structlog
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import inbound
from adapters.slack.api import Answer, quiet_logger
from adapters.slack.config import Identity
from adapters.slack.events import Events
from adapters.slack.interactions import Interactions
from adapters.slack.ports import Engine
from bot.engine.errors import StorageUnavailable

log = structlog.get_logger()

ANYTHING = re.compile("")
RECEIVED, REFUSED, REPEAT = 200, 400, 503
PATIENCE = 10
"""Seconds that the last deliveries get: a database that hangs must not keep the service from stopping."""

Handler = Callable[[dict[str, Any]], Awaitable[Answer | None]]


class Intake:
    """Answers every verified delivery: 200 once it is stored, put aside or not our business, 503 to get it again."""

    def __init__(
        self,
        engine: Engine,
        me: Identity,
        token: str,
        client: AsyncWebClient,
        events: Events,
        interactions: Interactions,
    ) -> None:
        self._engine = engine
        self._events = events
        self._interactions = interactions
        self._handling = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped = False
        self._app = self._bolt_app(me, token, client)

    async def answer(
        self, body: str | dict[str, Any], headers: Mapping[str, str], query: str | None = None
    ) -> BoltResponse:
        """The answer to one delivery: `body` is raw text from HTTP, an object from a socket."""
        if self._stopped:
            return BoltResponse(status=REPEAT)
        self._handling += 1
        self._idle.clear()
        try:
            return await self._dispatched(body, headers, query)
        finally:
            self._handling -= 1
            if not self._handling:
                self._idle.set()

    async def stop(self) -> None:
        """Take nothing more; return when everything that was being handled has its answer, or after ten seconds."""
        self._stopped = True
        try:
            async with asyncio.timeout(PATIENCE):
                await self._idle.wait()
        except TimeoutError:
            log.warning("slack_deliveries_unanswered", deliveries=self._handling)

    async def _dispatched(
        self, body: str | dict[str, Any], headers: Mapping[str, str], query: str | None
    ) -> BoltResponse:
        mode = "http" if isinstance(body, str) else "socket_mode"
        try:
            request = AsyncBoltRequest(body=body, query=query, headers=dict(headers), mode=mode)
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            log.warning("slack_delivery_unreadable", cause=cause_of(error))
            return BoltResponse(status=REFUSED, body="no JSON object or form in Slack's shape")
        if not request.body:
            return BoltResponse(status=REFUSED, body="empty")
        try:
            return await self._app.async_dispatch(request)
        except Exception as error:  # Bolt's own handling of errors stumbles over payloads in a shape it does not know
            return await self._failed(error, request.body)

    def _bolt_app(self, me: Identity, token: str, client: AsyncWebClient) -> AsyncApp:
        """Bolt with catch-alls: what nobody listens to would be answered 404, and Slack would repeat it.

        Signatures are checked before (Bolt's check fails with 500 where the timestamp is no number). Bolt's own
        `authorize` would ask auth.test for every request; ours knows.
        """
        known = AuthorizeResult(
            enterprise_id=None, team_id=me.team, bot_user_id=me.user, bot_id=me.bot, bot_token=token
        )

        async def authorize() -> AuthorizeResult:
            return known

        app = AsyncApp(
            name="threadline",
            client=client,
            authorize=authorize,
            logger=quiet_logger("adapters.slack.bolt", logging.ERROR),  # it warns of SLACK_BOT_TOKEN being set
            process_before_response=True,
            raise_error_for_unhandled_request=True,
            request_verification_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        self._listen(app)
        return app

    def _listen(self, app: AsyncApp) -> None:
        app.event(ANYTHING)(self._answering(self._take_event))
        app.command(ANYTHING)(self._answering(self._interactions.slash))
        app.action(ANYTHING)(self._answering(self._interactions.pressed))
        app.shortcut(ANYTHING)(self._answering(self._interactions.chosen))
        app.view_submission(ANYTHING)(self._answering(self._interactions.submitted))
        app.view_closed(ANYTHING)(self._answering(_nothing))
        app.options(ANYTHING)(self._answering(_no_options))
        app.error(self._failed)

    async def _take_event(self, body: dict[str, Any]) -> None:
        await self._events.take(body)

    def _answering(self, handle: Handler) -> Callable[[dict[str, Any]], Awaitable[BoltResponse]]:
        """The handler as a Bolt listener: its answer goes out when it is through."""

        async def listener(body: dict[str, Any]) -> BoltResponse:
            return BoltResponse(status=RECEIVED, body=await handle(body) or "")

        return listener

    async def _failed(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """One answer for everything that went wrong, in a listener or in Bolt."""
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=RECEIVED)
        if isinstance(error, StorageUnavailable):
            return self._not_stored()
        event_id = inbound.event_id(body)
        log.error("slack_delivery_failed", event_id=event_id, kind=_kind_of(body), cause=cause_of(error))
        return await self._put_aside(event_id, cause_of(error))

    async def _put_aside(self, event_id: str | None, cause: str) -> BoltResponse:
        """Count it as received, so that it does not come again and block what is behind it."""
        try:
            if event_id is not None:
                await self._engine.put_aside(event_id, cause)
        except StorageUnavailable:
            return self._not_stored()
        return BoltResponse(status=RECEIVED)

    def _not_stored(self) -> BoltResponse:
        log.warning("slack_delivery_not_stored")
        return BoltResponse(status=REPEAT)


def cause_of(error: BaseException) -> str:
    """The kind of error and where it arose. Never its own sentence: that may carry what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _kind_of(body: Mapping[str, Any]) -> str:
    event = body.get("event")
    inner = event.get("type") if isinstance(event, dict) else None
    return str(inner or body.get("type") or body.get("command"))


async def _nothing(_: dict[str, Any]) -> None:
    """A closed modal needs nothing done."""


async def _no_options(_: dict[str, Any]) -> Answer:
    """None of our menus loads its options."""
    return {"options": []}
