"""Flood control: how many calls each chat bears, and what follows from asking too early.

Sends and edits share one window per chat, typing and drafts another; a forum is one chat for all its topics. Telegram
publishes no exact numbers: these are the documented ones where there are any, else the strictest that bots have seen.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from playground.clock import Clock
from playground.telegram.chats import Chat
from playground.telegram.errors import ApiError, too_many_requests
from playground.telegram.flood_limits import Budget, ChatBudgets, FloodLimits, Window

LONGEST_WAIT = 8000
HEARD_LATELY = 60.0
SLOW_EDIT_SECONDS = 6.0


class CalledTooEarly(ApiError):
    """A call that came before the `retry_after` of its chat was over: a bot that does this is wrong."""


@dataclass
class ChatFlood:
    """What one chat has had lately. `paid_until` is when the burst of a private chat is whole again."""

    messages: deque[float] = field(default_factory=deque)
    typing: deque[float] = field(default_factory=deque)
    paid_until: float = 0.0
    closed_until: float = float("-inf")
    retry_after: int = 0


class Flood:
    """Counts calls by chat and refuses what is too much.

    `slow_edits` holds an edit that is too much for six seconds instead, as Telegram does in very large groups.
    `squeeze` is the share of every budget that is left: with 0.2 a chat bears a fifth of what it does at Telegram.
    """

    def __init__(self, clock: Clock, limits: FloodLimits | None = None) -> None:
        self.clock = clock
        self.full_limits = limits or FloodLimits()
        self.squeeze = 1.0
        self.enabled = True
        self.slow_edits = False
        self.answer_later = 0.0
        self._chats: defaultdict[int, ChatFlood] = defaultdict(ChatFlood)
        self._bulk: deque[tuple[float, int]] = deque()

    @property
    def limits(self) -> FloodLimits:
        """The limits that count now."""
        return self.full_limits if self.squeeze == 1.0 else self.full_limits.squeezed(self.squeeze)

    @limits.setter
    def limits(self, limits: FloodLimits) -> None:
        self.full_limits = limits

    def spend(self, chat: Chat, kind: str, calls: int = 1) -> None:
        """Count a call of kind send, edit or typing, or only look whether the chat is closed for now (`free`).

        An album is let in like one message and counts as many as it has.
        """
        if not self.enabled:
            return
        state, now = self._chats[chat.id], self.clock.now()
        self._refuse_while_closed(state, now)
        if kind == "free":
            return
        wait = self._wait(chat, state, kind, now)
        if wait > 0 and kind == "edit" and self.slow_edits:
            self.answer_later = SLOW_EDIT_SECONDS
        elif wait > 0:
            seconds = min(max(math.ceil(wait), self.limits.shortest_wait[kind]), self.limits.longest_wait[kind])
            self.close(chat.id, seconds)
            raise too_many_requests(seconds)
        for _ in range(calls):
            self._count(chat, state, kind, now)

    def close(self, chat_id: int, seconds: int) -> None:
        """Let nothing into a chat for so many seconds; each call before then makes it longer."""
        state = self._chats[chat_id]
        state.closed_until, state.retry_after = self.clock.now() + seconds, seconds

    def closed_for(self, chat_id: int) -> float:
        """Tell how many seconds a chat stays closed; 0 when it is open."""
        return max(0.0, self._chats[chat_id].closed_until - self.clock.now())

    def budgets(self) -> list[ChatBudgets]:
        """Show what the chats have used that had a call lately or are closed; looking changes nothing."""
        shown = (self._chat_budgets(chat_id, state) for chat_id, state in self._chats.items())
        return [one for one in shown if one.closed_for or any(budget.counted for budget in one.budgets)]

    def _chat_budgets(self, chat_id: int, state: ChatFlood) -> ChatBudgets:
        now, limits, private = self.clock.now(), self.limits, chat_id > 0
        messages = _budget("messages", state.messages, limits.private if private else limits.group, now)
        burst = Budget(
            "burst",
            math.ceil(max(0.0, state.paid_until - now) / limits.private_pace),
            limits.private_burst,
            limits.private_burst * limits.private_pace,
        )
        typing = [_budget("typing", state.typing, window, now) for window in limits.typing]
        budgets = (messages, burst, *typing) if private else (messages, *typing)
        return ChatBudgets(chat_id, max(0.0, state.closed_until - now), budgets)

    def _refuse_while_closed(self, state: ChatFlood, now: float) -> None:
        if now >= state.closed_until:
            return
        state.retry_after = min(2 * state.retry_after, LONGEST_WAIT)
        state.closed_until = now + state.retry_after
        refusal = too_many_requests(state.retry_after)
        raise CalledTooEarly(refusal.code, refusal.description, **refusal.parameters)

    def take_delay(self) -> float:
        """Give the seconds by which the answer to the call just counted shall be late."""
        delay, self.answer_later = self.answer_later, 0.0
        return delay

    def _wait(self, chat: Chat, state: ChatFlood, kind: str, now: float) -> float:
        if kind == "typing":
            return max(_until_free(state.typing, window, now) for window in self.limits.typing)
        window = self.limits.private if chat.private else self.limits.group
        return max(
            _until_free(state.messages, window, now), self._burst_wait(chat, state, now), self._bulk_wait(chat, now)
        )

    def _burst_wait(self, chat: Chat, state: ChatFlood, now: float) -> float:
        if not chat.private:
            return 0.0
        return state.paid_until - now - (self.limits.private_burst - 1) * self.limits.private_pace

    def _bulk_wait(self, chat: Chat, now: float) -> float:
        """Broadcasts are limited for the whole bot; answers to people who wrote lately are none."""
        if now - chat.heard_at < HEARD_LATELY:
            return 0.0
        most, seconds = self.limits.bulk
        while self._bulk and self._bulk[0][0] <= now - seconds:
            self._bulk.popleft()
        others = {chat_id for _, chat_id in self._bulk} - {chat.id}
        return seconds if len(others) >= most else 0.0

    def _count(self, chat: Chat, state: ChatFlood, kind: str, now: float) -> None:
        if kind == "typing":
            state.typing.append(now)
            return
        state.messages.append(now)
        state.paid_until = max(state.paid_until, now) + self.limits.private_pace
        if now - chat.heard_at >= HEARD_LATELY:
            self._bulk.append((now, chat.id))


def _recent(calls: deque[float], seconds: float, now: float) -> list[float]:
    return [moment for moment in calls if moment > now - seconds]


def _until_free(calls: deque[float], window: Window, now: float) -> float:
    """Tell how long until a sliding window has room for one more call; 0 when it has."""
    most, seconds = window
    recent = _recent(calls, seconds, now)
    return recent[-most] + seconds - now if len(recent) >= most else 0.0


def _budget(name: str, calls: deque[float], window: Window, now: float) -> Budget:
    most, seconds = window
    return Budget(name, len(_recent(calls, seconds, now)), most, seconds)
