"""Long polling with an offset that moves only after the commit.

The library's own loop confirms a batch before it is handled and loses it in a crash; it also hangs forever on one
update that it cannot read (facts: 6.4). So this one asks for raw JSON and keeps its place in the database.
"""

import asyncio
import json
from typing import Any

import aiohttp
import structlog

from adapters.telegram.inbound import UPDATE_KINDS, Json
from adapters.telegram.intake import Intake
from adapters.telegram.refusals import TelegramRefused, outcome
from adapters.telegram.waiting import Backoff, unless
from bot.engine.errors import DeliveryError, PlatformUnavailable, RateLimited, StorageUnavailable
from bot.engine.ports import Clock, Meter, Storage

_log = structlog.get_logger(__name__)

_LONG_POLL = 30  # seconds that Telegram holds the request open
_PATIENCE = aiohttp.ClientTimeout(total=_LONG_POLL + 15, connect=10)


class Updates:
    """getUpdates over a session of its own. No error text has the address: the token is a part of it."""

    def __init__(self, session: aiohttp.ClientSession, bot_url: str, meter: Meter) -> None:
        self._session = session
        self._url = f"{bot_url}/getUpdates"
        self._meter = meter

    async def after(self, offset: int, wait: int) -> list[Json]:
        """Confirm what is below `offset` and wait at most so many seconds for what comes.

        Raises a DeliveryError or TelegramRefused.
        """
        try:
            updates = _result(*await self._ask(offset, wait))
        except DeliveryError as error:
            self._meter.call("telegram", "getUpdates", outcome(error))
            raise
        self._meter.call("telegram", "getUpdates", "ok")
        return updates

    async def _ask(self, offset: int, wait: int) -> tuple[int, bytes]:
        query = {"offset": offset, "timeout": wait, "allowed_updates": UPDATE_KINDS}
        try:
            async with self._session.post(self._url, json=query, timeout=_PATIENCE) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise PlatformUnavailable(f"getUpdates: {type(error).__name__}") from None


class Poller:
    """Asks for updates and takes them in, in order, until stopped. `problem` is None while that works.

    After a failure it asks without waiting, so that readiness is told as soon as it is there again.
    """

    def __init__(self, updates: Updates, intake: Intake, storage: Storage, clock: Clock, name: str) -> None:
        self._updates = updates
        self._intake = intake
        self._storage = storage
        self._clock = clock
        self._name = name
        self._offset: int | None = None
        self._backoff = Backoff()
        self.problem: str | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Poll until `stopping` is set, whatever goes wrong; only a refused token ends it. A batch is never cut off."""
        while not stopping.is_set():
            try:
                await self._poll_once(stopping)
            except TelegramRefused as error:
                self.problem = str(error)
                _log.error("telegram_polling_ended", problem=self.problem)
                return
            except Exception as error:  # a poller that dies quietly is deaf: whatever it was, ask again
                await unless(stopping, self._clock.sleep(self._failed(error)))

    async def _poll_once(self, stopping: asyncio.Event) -> None:
        if self._offset is None:
            self._offset = await self._stored_offset()
        wait = _LONG_POLL if self.problem is None else 0
        batch = await unless(stopping, self._updates.after(self._offset, wait))
        if batch:
            await self._take(batch)
        self.problem = None
        self._backoff.worked()

    async def _take(self, batch: list[Json]) -> None:
        """Commit each update, then the place. Ids may begin anew and lower after a quiet week: the last one counts."""
        for update in batch:
            await self._intake.take(update)
        after = int(batch[-1]["update_id"]) + 1
        async with self._storage() as work:
            await work.events.move_offset(self._name, after)
            await work.commit()
        self._offset = after

    async def _stored_offset(self) -> int:
        async with self._storage() as work:
            return await work.events.offset(self._name)

    def _failed(self, error: Exception) -> float:
        """Say what is wrong, and how many seconds to wait."""
        expected = isinstance(error, DeliveryError | StorageUnavailable)
        self.problem = str(error) if isinstance(error, DeliveryError) else f"updates wait ({type(error).__name__})"
        pause = self._backoff.after(error)
        _log.warning("telegram_polling_failed", problem=self.problem, pause=pause, exc_info=not expected)
        return pause


def _result(status: int, body: bytes) -> list[Json]:
    """The updates of an answer. Those without a number are none: they could never be confirmed."""
    answer = _decoded(body)
    if status == 401:
        raise TelegramRefused("Telegram refuses the token in TELEGRAM_BOT_TOKEN: was it revoked?")
    if status == 409:
        raise PlatformUnavailable(f"another program takes this bot's updates ({answer.get('description')})")
    if status == 429:
        raise RateLimited(float((answer.get("parameters") or {}).get("retry_after", 1)))
    result = answer.get("result")
    if status != 200 or not isinstance(result, list):
        raise PlatformUnavailable(f"getUpdates answered {status}")
    return _numbered(result)


def _numbered(result: list[Any]) -> list[Json]:
    updates: list[Json] = [item for item in result if isinstance(item, dict) and type(item.get("update_id")) is int]
    if result and not updates:
        raise PlatformUnavailable("getUpdates answered with nothing that has an update_id")
    return updates


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
