"""Updates that Telegram brings by itself: POST /telegram/webhook."""

import asyncio
import hmac
import json
from typing import Any

import structlog
from aiohttp import web

from adapters.telegram.connection import WEBHOOK_PATH
from adapters.telegram.intake import Intake
from bot.engine.errors import StorageUnavailable

_log = structlog.get_logger(__name__)

_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name, not a secret


class Webhook:
    """Answers 200 only after the commit; anything but 2xx makes Telegram bring the update again (facts: 6.3)."""

    def __init__(self, secret: str) -> None:
        if not secret:
            raise ValueError("a webhook without a secret would take updates from anybody")
        self._secret = secret.encode()
        self._intake: Intake | None = None
        self._handling: set[asyncio.Task[None]] = set()

    def open(self, intake: Intake) -> None:
        self._intake = intake

    async def close(self, patience: float) -> None:
        """Take nothing more, and return when what is being handled is done, or after so many seconds."""
        self._intake = None
        if self._handling:
            _, late = await asyncio.wait(self._handling, timeout=patience)
            if late:
                _log.warning("telegram_updates_unanswered", updates=len(late))

    def routes(self) -> list[web.RouteDef]:
        return [web.post(WEBHOOK_PATH, self._receive)]

    async def _receive(self, request: web.Request) -> web.Response:
        if not self._knows(request.headers.get(_SECRET_HEADER, "")):
            return web.Response(status=401, text="wrong secret")
        update = _update(await request.read())
        if update is None:
            return web.Response(status=400, text="not an update")
        if self._intake is None:
            return web.Response(status=503, text="not ready")
        return await self._take(self._intake, update)

    def _knows(self, secret: str) -> bool:
        return hmac.compare_digest(secret.encode("utf-8", "replace"), self._secret)

    async def _take(self, intake: Intake, update: dict[str, Any]) -> web.Response:
        """Handle it in a task of its own, so that a caller who hangs up early does not cut it off."""
        task = asyncio.create_task(intake.take(update), name=f"telegram update {update['update_id']}")
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)
        try:
            await asyncio.shield(task)
        except StorageUnavailable as error:
            _log.warning("telegram_update_not_stored", update_id=update["update_id"], problem=str(error))
            return web.Response(status=503, text="not stored")
        return web.Response()


def _update(body: bytes) -> dict[str, Any] | None:
    try:
        update = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return update if isinstance(update, dict) and type(update.get("update_id")) is int else None
