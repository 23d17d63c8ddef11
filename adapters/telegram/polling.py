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
from adapters.telegram.lease import Alone, Lease
from adapters.telegram.refusals import TelegramRefused, outcome
from adapters.telegram.waiting import Backoff, unless
from bot.engine.errors import DeliveryError, PlatformUnavailable, RateLimited, StorageUnavailable
from bot.engine.ports import Clock, Meter

_log = structlog.get_logger(__name__)

_LONG_POLL = 30  # seconds that Telegram holds the request open
_LOOK = 2.0  # seconds between two looks whether the one that polls is gone
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
    """Asks for updates and takes them in, in order, while it has the lease. `problem` is None while that works.

    One of several replicas polls. The others stand by, and look every two seconds whether they can take its place.
    After a failure it asks without waiting, so that readiness is told as soon as it is there again.
    """

    def __init__(self, updates: Updates, intake: Intake, lease: Lease | Alone, clock: Clock) -> None:
        self._updates = updates
        self._intake = intake
        self._lease = lease
        self._clock = clock
        self._offset = 0
        self._backoff = Backoff()
        self._polling: bool | None = None
        self.problem: str | None = None

    @property
    def stands_by(self) -> bool:
        """Whether another replica polls, and this one waits for its turn."""
        return self._polling is False

    async def run(self, stopping: asyncio.Event) -> None:
        """Poll until `stopping` is set, whatever goes wrong; only a refused token ends it. A batch is never cut off."""
        while not stopping.is_set():
            try:
                await self._poll_or_stand_by(stopping)
            except TelegramRefused as error:
                self.problem = str(error)
                _log.error("telegram_polling_ended", problem=self.problem)
                break
            except Exception as error:  # a poller that dies quietly is deaf: whatever it was, ask again
                await unless(stopping, self._clock.sleep(self._failed(error)))
        await self._leave()

    async def _poll_or_stand_by(self, stopping: asyncio.Event) -> None:
        """Poll as long as the lease is ours, from where its last holder came to."""
        offset = await self._lease.take()
        self._tell(polling=offset is not None)
        if offset is None:
            self.problem = None
            await unless(stopping, self._clock.sleep(_LOOK))
            return
        self._offset = offset
        async with self._lease.renewed() as lost:
            while self._lease.good and not lost.is_set() and not stopping.is_set():
                await self._poll_once(stopping, lost)

    async def _poll_once(self, stopping: asyncio.Event, lost: asyncio.Event) -> None:
        wait = _LONG_POLL if self.problem is None else 0
        batch = await unless(stopping, unless(lost, self._updates.after(self._offset, wait)))
        if batch:
            await self._take(batch)
        self.problem = None
        self._backoff.worked()

    async def _take(self, batch: list[Json]) -> None:
        """Commit each update, then the place. Ids may begin anew and lower after a quiet week: the last one counts.

        Who lost the lease on the way leaves the rest to the next holder, to whom the whole batch is given again.
        """
        for update in batch:
            if not self._lease.good:
                return
            await self._intake.take(update)
        after = int(batch[-1]["update_id"]) + 1
        if await self._lease.move(after):
            self._offset = after

    async def _leave(self) -> None:
        try:
            await self._lease.release()
        except StorageUnavailable as error:
            _log.info("telegram_lease_not_released", reason=str(error))

    def _tell(self, polling: bool) -> None:
        if polling is not self._polling:
            _log.info("telegram_polls" if polling else "telegram_stands_by")
        self._polling = polling

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
