"""The webhook: updates posted to the bot's own server, in order within a key, again and again until they are taken."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from playground.clock import Clock
from playground.telegram.timers import sleep_until, timer
from playground.telegram.updates import QueuedUpdate, UpdateQueue

ANSWER_WITHIN = 55.0
LONGEST_PAUSE = 60.0
LONGEST_RETRY_AFTER = 3600.0
GONE_FOR_GOOD = 23 * 3600.0
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
CallMethod = Callable[[str, dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class WebhookSettings:
    """What `setWebhook` was told."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    ip_address: str = ""


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver an update, for tests to look at; status 0 means no answer at all."""

    update_id: int
    time: float
    status: int


@dataclass(frozen=True)
class Outcome:
    """How one attempt ended: what to tell in `getWebhookInfo`, and how long the server asked to wait."""

    status: int
    error: str = ""
    retry_after: float = 0.0
    body: bytes = b""
    time: float = 0.0


@dataclass
class Webhook:
    """Delivers the queue to the bot's server while a URL is set.

    Updates with one key go one at a time, different keys in parallel. What is not answered with 2xx within 55 seconds
    is tried again at once, then after 2, 4, 8 … 60 seconds, until it expires.
    """

    clock: Clock
    queue: UpdateQueue
    settings: WebhookSettings = field(default_factory=WebhookSettings)
    last_error_date: int = 0
    last_error_message: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    call_method: CallMethod | None = None
    on_delivery: Callable[[], None] = lambda: None
    next_set_allowed: float = float("-inf")
    gone_since: float | None = None
    _woken: asyncio.Event = field(default_factory=asyncio.Event)
    _sender: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return self.settings.url

    def wake(self) -> None:
        self._woken.set()

    def start(self) -> None:
        """Begin to deliver, if there is a URL and nobody does already."""
        if self.url and (self._sender is None or self._sender.done()):
            self._sender = asyncio.create_task(self._send_all(), name="telegram webhook sender")

    async def stop(self) -> None:
        """Stop delivering; what is under way is cut off and stays in the queue."""
        sender, self._sender = self._sender, None
        if sender and sender is not asyncio.current_task():
            sender.cancel()
            await asyncio.wait({sender})

    async def change(self, settings: WebhookSettings) -> None:
        await self.stop()
        self.settings = settings
        self.last_error_date, self.last_error_message, self.gone_since = 0, "", None
        self.start()

    def info(self) -> dict[str, Any]:
        """Describe the webhook as `getWebhookInfo` does."""
        self.queue.drop_expired()
        shown: dict[str, Any] = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self.queue.waiting),
        }
        if self.url:
            shown |= {"max_connections": self.settings.max_connections, "ip_address": "127.0.0.1"}
        if self.last_error_date:
            shown |= {"last_error_date": self.last_error_date, "last_error_message": self.last_error_message}
        return shown

    async def _send_all(self) -> None:
        under_way: dict[str, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession() as session:
            try:
                while self.url:
                    self._woken.clear()
                    self._begin(session, under_way)
                    await self._woken.wait()
            finally:
                await _cut_off(list(under_way.values()))

    def _begin(self, session: aiohttp.ClientSession, under_way: dict[str, asyncio.Task[None]]) -> None:
        """Start with the first update of every key that is not busy, as far as connections are left."""
        for key in [key for key, task in under_way.items() if task.done()]:
            under_way.pop(key).result()
        for update in list(self.queue.waiting):
            if len(under_way) >= self.settings.max_connections:
                return
            if update.key not in under_way:
                task = asyncio.create_task(self._deliver(session, update), name=f"webhook {update.update_id}")
                task.add_done_callback(lambda _: self.wake())
                under_way[update.key] = task

    async def _deliver(self, session: aiohttp.ClientSession, update: QueuedUpdate) -> None:
        """Try until the update is taken, or until the next try would come after it expires."""
        failures = 0
        while update in self.queue.waiting:
            outcome = await self._attempt(session, update)
            if 200 <= outcome.status < 300:
                self.gone_since = None
                self.queue.done(update)
                await self._answer_in_response(outcome.body)
                return
            self._note_failure(outcome)
            pause = outcome.retry_after or (min(2.0**failures, LONGEST_PAUSE) if failures else 0.0)
            failures += 1
            if not self.url or outcome.time + pause > update.expires:
                self.queue.give_up(update)
                return
            await sleep_until(self.clock, outcome.time + pause)

    async def _attempt(self, session: aiohttp.ClientSession, update: QueuedUpdate) -> Outcome:
        posting = asyncio.create_task(self._post(session, update), name="webhook post")
        patience = timer(self.clock, ANSWER_WITHIN, "webhook timer")
        waiting: set[asyncio.Future[Any]] = {posting, patience}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            outcome = posting.result() if posting.done() else Outcome(0, "Read timeout expired")
        finally:
            await _cut_off([posting, patience])
        now = self.clock.now()
        self.deliveries.append(Delivery(update.update_id, now, outcome.status))
        self.on_delivery()
        return replace(outcome, time=now)

    async def _post(self, session: aiohttp.ClientSession, update: QueuedUpdate) -> Outcome:
        headers = {"Content-Type": "application/json", "Connection": "keep-alive"}
        if self.settings.secret:
            headers[SECRET_HEADER] = self.settings.secret
        try:
            async with session.post(self.url, data=json.dumps(update.body), headers=headers) as response:
                wrong = f"Wrong response from the webhook: {response.status} {response.reason}"
                return Outcome(response.status, wrong, _retry_after(response), await response.read())
        except aiohttp.ClientConnectorError:
            return Outcome(0, "Connection refused")
        except aiohttp.ClientError:
            return Outcome(0, "Connection closed unexpectedly")

    def _note_failure(self, outcome: Outcome) -> None:
        """Remember the last error; a server that says 410 for 23 hours loses its webhook."""
        now = self.clock.now()
        self.last_error_date, self.last_error_message = int(now), outcome.error
        if outcome.status != 410:
            self.gone_since = None
            return
        self.gone_since = now if self.gone_since is None else self.gone_since
        if now - self.gone_since >= GONE_FOR_GOOD:
            self.settings = WebhookSettings()

    async def _answer_in_response(self, body: bytes) -> None:
        """Run the one method call that an answer may carry; its result is seen by nobody."""
        with contextlib.suppress(ValueError):
            call = json.loads(body) if body else None
            if self.call_method and isinstance(call, dict) and isinstance(call.get("method"), str):
                await self.call_method(call.pop("method"), call)


def _retry_after(response: aiohttp.ClientResponse) -> float:
    value = response.headers.get("Retry-After", "")
    return min(float(value), LONGEST_RETRY_AFTER) if value.isdigit() else 0.0


async def _cut_off(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
