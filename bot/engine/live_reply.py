"""A reply that grows while the model writes."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import structlog

from bot.engine.budgets import Ask, Budgets, Urgency, Way
from bot.engine.chats import ChatKey, MessageRef
from bot.engine.delivery import MAX_TRIES, Delivery, end_task, pause_after
from bot.engine.errors import (
    DeliveryError,
    MessageGone,
    PlatformUnavailable,
    RateLimited,
    StoppedByPerson,
    TakenOver,
    TooLong,
)
from bot.engine.pacing import Growth, Ticket
from bot.engine.ports import Clock, Page
from bot.engine.posts import Button, Post

log = structlog.get_logger()

FIRST_WORDS = 30
"""Characters that are worth a first look (it is also what a notification shows) …"""

FIRST_WAIT = 0.06
"""… and how many seconds later a shorter text is shown all the same."""

LAST_SEND = 5.0
"""Real seconds that a first message under way has when the reply is cancelled."""

MOST_GONE = 2
"""How often a message may be gone before the text goes on growing unseen, to be posted when it has ended."""

PATIENCE = 0.5
"""Seconds that a reply waits for the best way to begin, if there is another one."""

SLOW = 1.5
"""Seconds between two previews that are no messages, …"""

SLOWER = 1.5
"""… and how many times as long as between two edits, from which on a reply goes on as a message that is edited."""

MOST_TIGHT = 3
"""How often pages are made half as long, where the platform finds them too long."""

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

    @property
    def last(self) -> bool:
        """Whether the page stays like that."""
        return not self.post.live


class LiveReply:
    """Shows a growing text on one page after another.

    `write` and `finish` never wait: the network is left to `run`, which has one call in flight and always takes the
    newest text. A page that is full is closed once and never touched again. `run` ends when the final text stands, or
    raises the DeliveryError that waiting does not mend. Cancelled, it lets a first message that is under way arrive.
    `keep` is awaited with the platform's message ids whenever they change, before anything else is sent; it says
    whether the turn is still there. Where it is not, `run` raises NotWanted; `replies` are what is left to take away.
    Where it cannot say (None), it is asked again before the next call; `unkept` tells that it could not to the end.
    `holds` is asked before each call; where the turn is somebody else's now, `run` raises TakenOver and sends nothing.
    `stop` is called where somebody stops the reply by the platform's own means.
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
        stop: Callable[[], None] = lambda: None,
        language: str = "",
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
        self._stop = stop
        self._language = language
        self._opening = earlier.opening if earlier.replies else ""
        self._written: list[str] = []
        self._source = ""
        self._number = 0
        self._stale: list[str] = []
        self._page: Page | None = None
        self._way: Way | None = None
        self._live = False
        self._full = False
        self._settling = False
        self._tightness = 0
        self._shown: Post | None = None
        self._final_rows: Rows | None = None
        self._wake = asyncio.Event()
        self._growth = Growth(clock)
        self._ticket: Ticket | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._fading = False
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
        self._growth.wrote()
        self._wake.set()

    def finish(self, note: str = "", rows: Rows = ()) -> None:
        """Say that nothing more comes; `note` stands under the text."""
        self._source = f"{close_fence(self._source.rstrip())}\n\n{note}".strip() if note else self._source
        self._final_rows = rows
        self._delivery.pacer.learn(self._growth)
        if self._ticket is not None:
            self._ticket.withdraw()
        self._wake.set()

    async def run(self) -> None:
        try:
            await self._first_words()
            while not self._stands:
                await self._wake.wait()
                await self._end_where_messages_vanish()
                page = self._open_page()
                if not self._has_to_show(page):
                    self._wake.clear()
                elif await self._turn(page):
                    self._wake.clear()
                    await self._try(page, self._next_step())
        finally:
            self._leave_page()
        await self._remove_stale()

    @property
    def _ended(self) -> bool:
        return self._final_rows is not None

    @property
    def _stands(self) -> bool:
        if not self._ended or self._shown is None:
            return False
        step = self._next_step()
        return not step.rest and step.post == self._shown

    async def _first_words(self) -> None:
        """Wait for something to see: no platform takes an empty message, and a blank one would spend a call."""
        if self._opening:
            self._wake.set()
            return
        while not self._ended and not self._source.strip():
            self._wake.clear()
            await self._wake.wait()
        if not self._ended and len(self._source) < FIRST_WORDS:
            await self._clock.sleep(FIRST_WAIT)

    async def _end_where_messages_vanish(self) -> None:
        """Wait for it: where every message is gone by the next edit, or cannot be edited, more copies help nobody."""
        while self._gone >= MOST_GONE and not self._ended:
            self._wake.clear()
            await self._wake.wait()

    def _open_page(self) -> Page:
        """The page at hand: the message of an earlier try, or a new one, in the way that shows it most often.

        A text that has ended before anything of it was shown needs no way to grow.
        """
        messenger, shown = self._delivery.messenger, self._live or self._shown is not None
        if self._page is not None and (shown or not self._ended):
            return self._page
        ways = messenger.ways(self._key)
        if self._number < len(self._replies):
            self._grow(messenger.page_of(MessageRef(self._key, self._replies[self._number])), ways[-1])
        elif self._page is None or self._way != ways[-1]:
            self._way = ways[-1] if self._ended else self._delivery.pacer.best(ways, PATIENCE)
            self._page = messenger.page(self._key, self._way, self._reply_to, self._mark_of_page)
        assert self._page is not None  # one of the two has just made it
        return self._page

    def _grow(self, page: Page, way: Way) -> None:
        """Go on in a page that is there already."""
        self._leave_page()
        self._page, self._way, self._live = page, way, True
        self._delivery.pacer.begin(way)

    def _leave_page(self) -> None:
        if self._live and self._way is not None:
            self._delivery.pacer.end(self._way)
        if self._refreshing is not None:
            self._refreshing.cancel()
        self._page, self._way, self._shown, self._refreshing = None, None, None, None
        self._live = self._full = self._settling = self._fading = False

    def _has_to_show(self, page: Page) -> bool:
        """Whether a call is worth waiting for: a page may begin with what cannot stand alone, as half a table."""
        if self._ended or self._shown is not None:
            return True
        step = self._next_step()
        return step.last or page.can_begin(step.post)

    async def _turn(self, page: Page) -> bool:
        """Wait until the next call may be made; False where another one is due by now, as where the text has ended.

        Who waits for a preview is shown the text as it is when the waiting is over.
        """
        ask = self._ask(page)
        ticket = self._ticket = self._delivery.pacer.ticket(ask, self._growth, self._patience(ask))
        try:
            return await ticket.granted and page.spends(self._stays) == ask.budgets
        except RateLimited:  # there is another way to begin
            self._leave_page()
            return False
        finally:
            self._ticket = None
            self._live = self._live or (ask.begins is not None and ticket.was_granted)

    def _patience(self, ask: Ask) -> float:
        """Seconds that a call is worth waiting for: where a reply cannot begin in one way, it does in the last one."""
        last = self._delivery.messenger.ways(self._key)[-1]
        return inf if ask.begins is None or ask.begins == last else PATIENCE

    def _ask(self, page: Page) -> Ask:
        if not self._live:
            urgency, begins = (Urgency.FINAL, None) if self._ended else (Urgency.FIRST, self._way)
            return Ask(page.spends(self._stays), urgency, begins)
        self._follow(page)
        self._settling = self._settling or (not self._ended and self._has_become_slow)
        spent = page.spends(self._stays)
        if self._ended or self._gives_up_end(spent):
            return Ask(spent, Urgency.FINAL)
        return Ask(spent, Urgency.FIRST if self._stays or self._shown is None else Urgency.PREVIEW)

    @property
    def _stays(self) -> bool:
        """Whether what is shown next stays as it is."""
        return self._ended or self._full or self._settling

    def _gives_up_end(self, spent: Budgets) -> bool:
        """Whether a preview takes the call that was kept for the end, for the page will end in another way."""
        way = self._way
        return way is not None and not self._stays and spent == way.end != way.preview and not way.fleeting

    def _follow(self, page: Page) -> None:
        """Count the reply where its page has gone: one that could not go on in its way has given it up for the last."""
        lasting = self._delivery.messenger.ways(self._key)[-1]
        if self._way is not None and self._way != lasting and not set(page.spends(True)) <= set(self._way.end):
            self._delivery.pacer.end(self._way)
            self._way = lasting
            self._delivery.pacer.begin(lasting)

    @property
    def _has_become_slow(self) -> bool:
        """Whether a reply that leaves no message yet would grow more quickly as one: it takes longer than most."""
        if self._way is None or not self._way.fleeting or self._shown is None:
            return False
        lasting, pacer = self._delivery.messenger.ways(self._key)[-1], self._delivery.pacer
        pause = pacer.pause(self._way.preview, self._growth)
        return pause > SLOW and pause > SLOWER * pacer.pause(lasting.preview, self._growth)

    def _next_step(self) -> _Step:
        source = self._source
        if self._opening and not source.strip():
            return _Step(self._post(self._opening, self._live_rows, live=True), "", 0)
        head, rest = self._delivery.messenger.split(source, self._tightness)
        if rest:
            return _Step(self._post(head), rest, len(source))
        if self._final_rows is None:
            return _Step(self._post(head, self._live_rows, live=True), "", 0)
        return _Step(self._post(head, self._final_rows), "", 0)

    def _post(self, text: str, rows: Rows = (), *, live: bool = False) -> Post:
        return Post(text, rows, live, language=self._language)

    async def _try(self, page: Page, step: _Step) -> None:
        """Make the call; whatever waiting can mend leads to another round with the newest text."""
        self._check_hold()
        if step.last and not (self._ended or self._full):  # the page has filled up while its preview waited
            self._full = True
            self._wake.set()
            return
        if step.post == self._shown and not self._fading:
            return
        last = step.last or self._settling
        behind, spent = self._growth.took(), page.spends(last)
        try:
            stands = await self._show(page, step, last)
        except DeliveryError as error:
            self._growth.behind_since = min(behind, self._growth.behind_since)
            self._wake.set()
            await self._mend(error, page, spent)
        else:
            self._tries = 0
            self._growth.shown()
            self._go_on(page, step) if stands else self._wake.set()

    async def _mend(self, error: DeliveryError, page: Page, spent: Budgets) -> None:
        """Do what lets the next round go well. Raises the error again where nothing does."""
        if isinstance(error, RateLimited):
            await self._delivery.pacer.close(spent, error.retry_after, refused=True)
            if self._shown is None and page.ref is None and not page.unsure:
                self._leave_page()
        elif isinstance(error, PlatformUnavailable) and self._tries < MAX_TRIES - 1:
            self._unsure = self._unsure or page.unsure
            self._tries += 1
            await self._clock.sleep(pause_after(self._tries))
        elif isinstance(error, MessageGone):
            await self._forget_page()
        elif isinstance(error, TooLong) and self._tightness < MOST_TIGHT:
            self._tightness += 1
        elif isinstance(error, StoppedByPerson):
            self._stop()
        else:
            raise error

    async def _show(self, page: Page, step: _Step, last: bool) -> bool:
        if self.unkept:
            await self._keep_replies()
        if await self._found_page(page, last):
            return False
        self.calls += 1
        showing = self._show_and_keep(page, step.post, last)
        stands = await (showing if page.ref is not None else _to_its_end(showing))
        if self.first_text_at is None and self._written:
            self.first_text_at = self._clock.now()
        return stands

    async def _show_and_keep(self, page: Page, post: Post, last: bool) -> bool:
        known = page.ref
        stands = await page.show(post, last)
        if page.ref is not None and page.ref != known:
            self._replies[self._number :] = [page.ref.id]
            await self._keep_replies()
        return stands

    async def _found_page(self, page: Page, last: bool) -> bool:
        """Go on in the message for this page, if one was posted without our knowing. The look may take a minute."""
        fleeting = self._way is not None and self._way.fleeting and not last and not page.unsure
        if not self._unsure or page.ref is not None or fleeting:
            return False
        found = await self._delivery.messenger.find(self._key, self._mark_of_page, self._reply_to)
        self._check_hold()
        self._unsure = False
        if found is None or found.id in self.replies:
            return False
        self._replies.append(found.id)
        await self._keep_replies()
        self._leave_page()
        return True

    @property
    def _mark_of_page(self) -> str:
        return f"{self._mark}.{self._number}"

    def _check_hold(self) -> None:
        if not self._holds():
            raise TakenOver("the lease of the turn is over")

    async def _keep_replies(self) -> None:
        stands = await self._keep(self.replies)
        if stands is False:
            raise NotWanted
        self.unkept = stands is None

    def _go_on(self, page: Page, step: _Step) -> None:
        """The page shows it: go on with the next one, if this is full, or by edits, if it has become a message."""
        self._shown, self._fading = step.post, False
        if self._refreshing is None and self._way is not None and isfinite(self._way.lasts) and page.ref is None:
            self._refreshing = asyncio.create_task(self._refresh(page, self._way.lasts), name=f"refresh-{self._mark}")
        if self._settling and page.ref is not None:
            self._grow(self._delivery.messenger.page_of(page.ref), self._delivery.messenger.ways(self._key)[-1])
            self._shown = step.post
        if step.rest:
            self._source = step.rest + self._source[step.consumed :]
            self._number += 1
            self._leave_page()
            self._wake.set()

    async def _refresh(self, page: Page, lasts: float) -> None:
        """Have what vanishes by itself shown again in time, while the model writes nothing new."""
        while page.ref is None:
            left = self._growth.shown_at + lasts - self._clock.now()
            if left <= 0:
                self._fading, left = True, lasts
                self._wake.set()
            await self._clock.sleep(left)

    async def _forget_page(self) -> None:
        """Post this page anew; later ones, which would stand before it, are sent again and taken away at the end."""
        self._gone += 1
        self._stale += self._replies[self._number + 1 :]
        del self._replies[self._number :]
        self._leave_page()
        await self._keep_replies()

    async def _remove_stale(self) -> None:
        surplus = [*self._replies[self._number + 1 :], *self._stale]
        for reply in surplus:
            self._check_hold()
            await self._delivery.delete(MessageRef(self._key, reply))
        if surplus:
            del self._replies[self._number + 1 :]
            self._stale.clear()
            await self._keep_replies()


async def _to_its_end(sending: Coroutine[Any, Any, bool]) -> bool:
    """Await it; cancelled meanwhile, let it end first: a message that nobody knows would be posted a second time."""
    task = asyncio.create_task(sending)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=LAST_SEND)
        await end_task(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("last_send_failed", error=type(error).__name__)
        raise
