"""The queue of updates: what waits for the bot until it confirms, expires or is dropped."""

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from playground.clock import Clock

MOST_WAITING = 100_000
MOST_RESPONSE_BYTES = 4 << 20
MOST_UPDATE_BYTES = 512 << 10
MOST_WAITING_BYTES = 128 << 20
FUTURE_OFFSET = 10
DAY = 86_400.0
WEEK = 7 * DAY
FIRST_IDS = (2_000_001, 900_000_000)
LIFETIMES = {"callback_query": 150.0, "inline_query": 30.0, "chosen_inline_result": 600.0}
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
DEFAULT_KINDS = frozenset(
    {
        *("message", "edited_message", "channel_post", "edited_channel_post", "business_connection"),
        *("business_message", "edited_business_message", "deleted_business_messages", "inline_query"),
        *("chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query", "purchased_paid_media"),
        *("poll", "poll_answer", "my_chat_member", "chat_join_request", "chat_boost", "removed_chat_boost"),
        *("managed_bot", "guest_message", "subscription", "stopped_message_generation", "widget_query"),
        "shared_widget_query",
    }
)


@dataclass(eq=False)
class QueuedUpdate:
    """One update; `key` names those that a webhook gets strictly one after the other.

    `copies` is how often it is still delivered once more after it was confirmed.
    """

    update_id: int
    body: dict[str, Any]
    key: str
    expires: float
    size: int
    again: bool = False
    copies: int = 0


class UpdateQueue:
    """Keeps updates in order until the bot confirms them.

    `allowed_updates` works when an update is made, not when it is fetched, and stays set until it is given anew.
    `duplicates` is how often each new update comes once more after it was confirmed, with the same id, as it does
    where an acknowledgement is lost.
    """

    def __init__(self, clock: Clock, on_change: Callable[[], None]) -> None:
        self.clock = clock
        self.allowed = DEFAULT_KINDS
        self.waiting: list[QueuedUpdate] = []
        self.made: dict[int, QueuedUpdate] = {}
        self.next_id = random.randint(*FIRST_IDS)
        self._last_made = clock.now()
        self.duplicates = 0
        self._on_change = on_change

    def push(self, kind: str, payload: dict[str, Any], key: str) -> int | None:
        """Queue an update; it is lost where the bot did not ask for its kind, or where it or the queue is too large."""
        size = len(json.dumps(payload))
        if kind not in self.allowed or size > MOST_UPDATE_BYTES or self._is_full(size):
            return None
        made_at = payload.get("edit_date") or payload.get("date") or self.clock.now()
        return self._add({kind: payload}, key, made_at + LIFETIMES.get(kind, DAY))

    def push_raw(self, update: dict[str, Any]) -> int:
        """Queue anything at all, also what no bot should have to see; an `update_id` is added where there is none."""
        return self._add(update, f"raw {self.next_id}", self.clock.now() + DAY)

    def _is_full(self, size: int) -> bool:
        """Tell whether so many bytes more are too many; the sum is looked at only where it can be."""
        if len(self.waiting) >= MOST_WAITING:
            return True
        can_be = len(self.waiting) >= MOST_WAITING_BYTES // MOST_UPDATE_BYTES
        return can_be and sum(update.size for update in self.waiting) + size > MOST_WAITING_BYTES

    def redeliver(self, update_id: int) -> None:
        """Deliver an update once more, whether or not it was confirmed."""
        known = self.made[update_id]
        self.waiting = [update for update in self.waiting if update.update_id != update_id]
        again = replace(known, again=True, copies=0)
        self.waiting.insert(0, again)
        self._on_change()

    def allow(self, kinds: list[str] | None) -> None:
        """Set the kinds of updates that are made from now on; None leaves them, no known name means the default."""
        if kinds is None:
            return
        known = (DEFAULT_KINDS | NOT_BY_DEFAULT) & set(kinds)
        self.allowed = frozenset(known) or DEFAULT_KINDS

    def take(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """Forget what `offset` confirms and show what is next, at most 4 MiB of it; negative keeps only the last."""
        self.drop_expired()
        if offset < 0:
            self._forget(self.waiting[:offset])
        elif offset <= self.next_id + FUTURE_OFFSET:
            self._confirm([update for update in self.waiting if update.update_id < offset and not update.again])
        batch = self.waiting[:limit]
        for update in batch:
            update.again = False
        return _within_size(update.body for update in batch)

    def drop_expired(self) -> None:
        now = self.clock.now()
        self._forget([update for update in self.waiting if update.expires <= now])

    def done(self, update: QueuedUpdate) -> None:
        """Forget one update that was delivered."""
        self._confirm([update])

    def give_up(self, update: QueuedUpdate) -> None:
        """Forget one update that can be delivered no more."""
        self._forget([update])

    def clear(self) -> None:
        self._forget(self.waiting)

    def _add(self, update: dict[str, Any], key: str, expires: float) -> int:
        update_id = self._new_id()
        body = {"update_id": update_id} | update
        queued = QueuedUpdate(update_id, body, key, expires, len(json.dumps(body)), copies=self.duplicates)
        self.waiting.append(queued)
        self.made[update_id] = queued
        self._on_change()
        return update_id

    def _new_id(self) -> int:
        """Count on; after a week without updates begin anew somewhere else, as the real service may."""
        now = self.clock.now()
        if now - self._last_made >= WEEK:
            self.next_id = random.randint(*FIRST_IDS)
        self._last_made = now
        self.next_id += 1
        return self.next_id - 1

    def _confirm(self, updates: list[QueuedUpdate]) -> None:
        """Forget what the bot has, unless it shall have it once more."""
        self._forget([update for update in updates if not update.copies])
        for update in updates:
            update.again = update.copies > 0
            update.copies = max(0, update.copies - 1)

    def _forget(self, updates: Iterable[QueuedUpdate]) -> None:
        forgotten = {id(update) for update in updates}
        if forgotten:
            self.waiting = [update for update in self.waiting if id(update) not in forgotten]
            self._on_change()


def _within_size(bodies: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    taken: list[dict[str, Any]] = []
    size = 0
    for body in bodies:
        size += len(json.dumps(body))
        if taken and size > MOST_RESPONSE_BYTES:
            break
        taken.append(body)
    return taken
