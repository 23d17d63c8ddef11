"""What Slack sends to the app, and sends again.

Events are repeated until they are acknowledged: at once, after a minute, after five. What a person does with buttons,
commands and modals is sent once. https://docs.slack.dev/apis/events-api
"""

import asyncio
import json
import random
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from playground.changes import Changes
from playground.clock import Clock
from playground.slack.subscriptions import Subscription
from playground.slack.tasks import Tasks

Kind = Literal["events_api", "slash_commands", "interactive"]

ANSWER_WITHIN = 3.0
"""Seconds for an acknowledgement."""

RETRY_AFTER = (0.0, 60.0, 300.0)
HOURLY = (3600.0,) * 24
"""Further repeats of an app that has Delayed Events switched on."""

LATEST = 7200.0
"""Seconds after which an event that was not sent yet is not sent at all."""

REORDER_WINDOW = 0.5
"""Seconds in which deliveries are gathered to be sent in another order."""


NAMED = ("too_many_redirects",)
"""Reasons that Slack names although an answer came."""


@dataclass(eq=False)
class Delivery:
    """One attempt. `status` is None while it runs, 200 where acknowledged, 0 where nothing came back.

    `answer` is the body that came with the acknowledgement: the reply to a command, the response to a submission.
    """

    kind: Kind
    payload: dict[str, Any]
    attempt: int
    time: float
    reason: str = ""
    via: str = ""
    envelope_id: str = ""
    status: int | None = None
    answer: Any = None
    no_retry: bool = False

    @property
    def event(self) -> dict[str, Any]:
        inner = self.payload.get("event", {})
        return inner if isinstance(inner, dict) else {}

    @property
    def event_id(self) -> str:
        return str(self.payload.get("event_id", ""))

    @property
    def acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def retry_reason(self) -> str:
        """Say in Slack's words why this attempt failed."""
        return self.reason if self.reason in NAMED or not self.status else "http_error"


class Transport(Protocol):
    async def send(self, delivery: Delivery, seconds: float) -> None:
        """Send it and fill in what came back; raises nothing. `seconds` are those of the stand-in's clock."""


class Postman:
    """Brings deliveries to the app. The log has every attempt, in the order in which they began.

    `repeats` are the seconds before each further attempt, Slack's own where a test does not set others.
    """

    def __init__(self, clock: Clock, dice: random.Random, changes: Changes, tasks: Tasks, sockets: Transport) -> None:
        self.log: list[Delivery] = []
        self.transport: Transport = sockets
        self.duplicates = 0
        self.reorders = False
        self.delay = 0.0
        self.drops = 0
        self.repeats: tuple[float, ...] = RETRY_AFTER
        self.hourly = False
        self.subscription = Subscription(clock)
        self._clock = clock
        self._dice = dice
        self._changes = changes
        self._tasks = tasks
        self._gathered: list[dict[str, Any]] = []

    @property
    def patience(self) -> float:
        """Seconds for an answer; a quick clock leaves the app at least one real second to compute it."""
        return max(ANSWER_WITHIN, self._clock.speed)

    def send_event(self, payload: dict[str, Any]) -> None:
        """Send an event in the background, and again until it is acknowledged.

        It is not sent where the subscription is off; over 30,000 an hour a notice is sent in its place.
        """
        if not self.subscription.on:
            return
        if not self.subscription.admits():
            self._tell_limit(payload)
            return
        payload = json.loads(json.dumps(payload))
        if not self.reorders:
            self._start(payload)
            return
        self._gathered.append(payload)
        if len(self._gathered) == 1:
            self._tasks.start(self._send_gathered(), "slack-reordered")

    def redeliver(self, count: int) -> None:
        """Send the last events once more, as Slack does where it lost the acknowledgement."""
        events = {d.event_id: d.payload for d in self.log if d.kind == "events_api" and d.attempt == 0}
        for payload in list(events.values())[-count:] if count else []:
            self._tasks.start(self._attempt("events_api", payload, 1, "http_timeout"), "slack-repeat")

    async def ask(self, kind: Kind, payload: dict[str, Any]) -> Delivery:
        """Send what a person did, once, and give what came of it."""
        return await self._attempt(kind, json.loads(json.dumps(payload)), 0, "")

    def _tell_limit(self, payload: dict[str, Any]) -> None:
        minute = self.subscription.minute_to_tell()
        if minute is not None:
            told = {name: payload.get(name) for name in ("token", "team_id", "api_app_id")}
            self._start({**told, "type": "app_rate_limited", "minute_rate_limited": minute})

    def _start(self, payload: dict[str, Any]) -> None:
        self._tasks.start(self._bring(payload), f"slack-event-{payload.get('event_id')}")
        for _ in range(self.duplicates):
            self._tasks.start(self._again(payload), "slack-duplicate")

    async def _bring(self, payload: dict[str, Any]) -> None:
        delay = self.delay
        if delay:
            await self._clock.sleep(delay)
        if delay > LATEST:
            return
        delivery = await (self._lost(payload) if self.drops else self._attempt("events_api", payload, 0, ""))
        for number, wait in enumerate(self.repeats + (HOURLY if self.hourly else ()), start=1):
            if delivery.acknowledged or delivery.no_retry:
                return
            await self._clock.sleep(wait)
            delivery = await self._attempt("events_api", payload, number, delivery.retry_reason)

    async def _lost(self, payload: dict[str, Any]) -> Delivery:
        """Lose the first attempt on the way; Slack notices when no answer comes."""
        self.drops -= 1
        delivery = Delivery("events_api", payload, 0, self._clock.now(), "http_timeout")
        self.log.append(delivery)
        await self._clock.sleep(self.patience)
        delivery.status = 0
        return delivery

    async def _again(self, payload: dict[str, Any]) -> None:
        if self.delay:
            await self._clock.sleep(self.delay)
        await self._attempt("events_api", payload, 1, "http_timeout")

    async def _send_gathered(self) -> None:
        await self._clock.sleep(REORDER_WINDOW)
        gathered, self._gathered = self._gathered[::-1], []
        for payload in gathered:
            self._start(payload)
            await asyncio.sleep(0)

    async def _attempt(self, kind: Kind, payload: dict[str, Any], number: int, reason: str) -> Delivery:
        delivery = Delivery(kind, payload, number, self._clock.now(), reason)
        self.log.append(delivery)
        self._changes.notify()
        await self.transport.send(delivery, self.patience)
        if delivery.status is None:
            delivery.status = 0
        if kind == "events_api":
            self.subscription.note(failed=not delivery.acknowledged)
        self._changes.notify()
        return delivery
