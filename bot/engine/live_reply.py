"""A reply that grows while the model writes."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.engine.chats import ChatKey, MessageRef
from bot.engine.delivery import MAX_TRIES, Delivery, end_task, pause_after
from bot.engine.errors import MessageGone, PlatformUnavailable, RateLimited, TakenOver
from bot.engine.ports import Clock
from bot.engine.posts import Button, Post

log = structlog.get_logger()

FIRST_WORDS = 30
"""Characters that are worth a first look (it is also what a notification shows) …"""

FIRST_WAIT = 0.4
"""… and how many seconds later a shorter text is shown all the same."""

LAST_SEND = 5.0
"""Real seconds that a first message under way has when the reply is cancelled."""

MOST_GONE = 2
"""How often a message may be gone before the text goes on growing unseen, to be posted when it has ended."""

FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")

Rows = tuple[tuple[Button, ...], ...]


def close_fence(source: str) -> str:
    """End a code block that the source leaves open, so that what follows is not part of it."""
    fence = ""
    for line in source.splitlines():
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip(" `~"):
            fence = ""
    return f"{source}\n{fence}" if fence else source


class NotWanted(Exception):
    """The turn was deleted: nothing of its reply may stand any more."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier tries left of a reply: its messages, in page order. A message may stand that nobody stored.

    `opening` stands on the first page, if that was posted, until there are words to show.
    """

    replies: Sequence[str] = ()
    unsure: bool = False
    opening: str = ""


@dataclass(frozen=True, slots=True)
class _Step:
    """The next call: what the page at hand shall show, and the source that goes on after it."""

    post: Post
    rest: str
    consumed: int


class LiveReply:
    """Shows a growing text on one page after another.

    `write` and `finish` never wait: the network is left to `run`, which has one call in flight and always takes the
    newest text. A page that is full is closed once and never touched again. `run` ends when the final text stands, or
    raises the DeliveryError that waiting does not mend. Cancelled, it lets a first message that is under way arrive.
    `keep` is awaited with the platform's message ids whenever they change, before anything else is sent; it says
    whether the turn is still there. Where it is not, `run` raises NotWanted; `replies` are what is left to take away.
    Where it cannot say (None), it is asked again before the next call; `unkept` tells that it could not to the end.
    `holds` is asked before each call; where the turn is somebody else's now, `run` raises TakenOver and sends nothing.
    Messages carry the `mark` and their page's number. Where one may have been posted without our knowing (an answer to
    a send was lost, a process died), it is looked for before another one is posted.
    """

    def __init__(
        self,
        delivery: Delivery,
        clock: Clock,
        key: ChatKey,
        reply_to: str | None,
        mark: str,
        earlier: Earlier,
        live_rows: Rows,
        keep: Callable[[Sequence[str]], Awaitable[bool | None]],
        holds: Callable[[], bool] = lambda: True,
    ) -> None:
        self._delivery = delivery
        self._clock = clock
        self._key = key
        self._reply_to = reply_to
        self._mark = mark
        self._replies = list(earlier.replies)
        self._unsure = earlier.unsure
        self._live_rows = live_rows
        self._keep = keep
        self._holds = holds
        self._opening = earlier.opening if earlier.replies else ""
        self._written: list[str] = []
        self._source = ""
        self._page = 0
        self._stale: list[str] = []
        self._shown: Post | None = None
        self._final_rows: Rows | None = None
        self._wake = asyncio.Event()
        self._tries = 0
        self._gone = 0
        self.unkept = False
        self.calls = 0
        self.first_text_at: float | None = None

    @property
    def text(self) -> str:
        """All that was written so far."""
        return "".join(self._written)

    @property
    def replies(self) -> tuple[str, ...]:
        """The platform's message ids, in page order; stale ones of an earlier try included."""
        return (*self._replies, *self._stale)

    def write(self, text: str) -> None:
        self._written.append(text)
        self._source += text
        self._wake.set()

    def finish(self, note: str = "", rows: Rows = ()) -> None:
        """Say that nothing more comes; `note` stands under the text."""
        self._source = f"{close_fence(self._source.rstrip())}\n\n{note}".strip() if note else self._source
        self._final_rows = rows
        self._wake.set()

    async def run(self) -> None:
        await self._first_words()
        while not self._stands:
            await self._wake.wait()
            await self._end_where_messages_vanish()
            await self._take_turn()
            self._wake.clear()
            step = self._next_step()
            if step.post != self._shown:
                await self._try(step)
        await self._remove_stale()

    @property
    def _stands(self) -> bool:
        if self._final_rows is None or self._shown is None:
            return False
        step = self._next_step()
        return not step.rest and step.post == self._shown

    async def _first_words(self) -> None:
        """Wait for something to see: no platform takes an empty message, and a blank one would take up the lane."""
        if self._opening:
            self._wake.set()
            return
        while self._final_rows is None and not self._source.strip():
            self._wake.clear()
            await self._wake.wait()
        if self._final_rows is None and len(self._source) < FIRST_WORDS:
            await self._clock.sleep(FIRST_WAIT)

    async def _end_where_messages_vanish(self) -> None:
        """Wait for it: where every message is gone by the next edit, or cannot be edited, more copies help nobody."""
        while self._gone >= MOST_GONE and self._final_rows is None:
            self._wake.clear()
            await self._wake.wait()

    async def _take_turn(self) -> None:
        limits = self._delivery.messenger.limits(self._key)
        if self._page < len(self._replies):
            await self._delivery.paces.turn(limits.edit_lane, limits.edit_gap)
        else:
            await self._delivery.paces.turn(limits.send_lane, limits.send_gap)

    def _next_step(self) -> _Step:
        source = self._source
        if self._opening and not source.strip():
            return _Step(Post(self._opening, self._live_rows, live=True), "", 0)
        head, rest = self._delivery.messenger.split(source)
        if rest:
            return _Step(Post(head), rest, len(source))
        if self._final_rows is None:
            return _Step(Post(head, self._live_rows, live=True), "", 0)
        return _Step(Post(head, self._final_rows), "", 0)

    async def _try(self, step: _Step) -> None:
        """Make the call; whatever waiting can mend leads to another round with the newest text."""
        self._check_hold()
        try:
            await self._show(step.post)
        except RateLimited as limited:
            await self._close_lane(limited.retry_after)
        except PlatformUnavailable:
            self._unsure = self._unsure or self._page >= len(self._replies)
            self._tries += 1
            if self._tries >= MAX_TRIES:
                raise
            await self._close_lane(pause_after(self._tries))
        except MessageGone:
            await self._forget_page()
        else:
            self._tries = 0
            self._turn_page(step)

    async def _show(self, post: Post) -> None:
        if self.unkept:
            await self._keep_replies()
        self.calls += 1
        await self._find_page()
        if self._page < len(self._replies):
            await self._delivery.messenger.edit(MessageRef(self._key, self._replies[self._page]), post)
        else:
            await _to_its_end(self._send(post))
        if self.first_text_at is None and self._written:
            self.first_text_at = self._clock.now()

    async def _send(self, post: Post) -> None:
        messenger = self._delivery.messenger
        ref = await messenger.send(self._key, post, self._reply_to, self._mark_of_page)
        self._replies.append(ref.id)
        await self._keep_replies()
        limits = messenger.limits(self._key)
        await self._delivery.paces.close(limits.edit_lane, limits.edit_gap)

    async def _find_page(self) -> None:
        """Go on in the message for this page, if one was posted without our knowing. That may take a minute."""
        if self._unsure and self._page >= len(self._replies):
            found = await self._delivery.messenger.find(self._key, self._mark_of_page, self._reply_to)
            self._check_hold()
            self._unsure = False
            if found is not None and found.id not in self.replies:
                self._replies.append(found.id)
                await self._keep_replies()

    @property
    def _mark_of_page(self) -> str:
        return f"{self._mark}.{self._page}"

    def _check_hold(self) -> None:
        if not self._holds():
            raise TakenOver("the lease of the turn is over")

    async def _keep_replies(self) -> None:
        stands = await self._keep(self.replies)
        if stands is False:
            raise NotWanted
        self.unkept = stands is None

    def _turn_page(self, step: _Step) -> None:
        self._shown = step.post
        if step.rest:
            self._source = step.rest + self._source[step.consumed :]
            self._page += 1
            self._shown = None
            self._wake.set()

    async def _close_lane(self, seconds: float) -> None:
        limits = self._delivery.messenger.limits(self._key)
        lane = limits.edit_lane if self._page < len(self._replies) else limits.send_lane
        await self._delivery.paces.close(lane, seconds)
        self._wake.set()

    async def _forget_page(self) -> None:
        """Post this page anew; later ones, which would stand before it, are sent again and taken away at the end."""
        self._gone += 1
        self._stale += self._replies[self._page + 1 :]
        del self._replies[self._page :]
        self._wake.set()
        await self._keep_replies()

    async def _remove_stale(self) -> None:
        surplus = [*self._replies[self._page + 1 :], *self._stale]
        for reply in surplus:
            self._check_hold()
            await self._delivery.delete(MessageRef(self._key, reply))
        if surplus:
            del self._replies[self._page + 1 :]
            self._stale.clear()
            await self._keep_replies()


async def _to_its_end(sending: Coroutine[Any, Any, None]) -> None:
    """Await it; cancelled meanwhile, let it end first: a message that nobody knows would be posted a second time."""
    task = asyncio.create_task(sending)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=LAST_SEND)
        await end_task(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("last_send_failed", error=type(error).__name__)
        raise
