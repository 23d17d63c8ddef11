"""Who may call a platform when: one place for all calls of a process."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from math import inf, isfinite

from bot.engine.budgets import Account, Ask, Budget, Budgets, Urgency, Way, interval, wait_of, within
from bot.engine.errors import RateLimited
from bot.engine.ports import Clock, Ledger

PREVIEWS_A_SECOND = 160.0
"""How many previews one process shows in all: more would leave it no time to read what the models write."""

USUAL = 10.0
"""Seconds that an answer grows, as long as nothing is known …"""

SHORTEST, LONGEST = 4.0, 60.0
"""… and between which bounds what is known is believed."""

AT_ONCE = 1.0
"""Seconds; what comes more quickly was stored before, or is no answer."""

REMEMBERED = 20
LOOK = 1.0
"""Seconds after which those who wait look again: other processes spend and end, too."""

TICK = 0.001
"""Seconds that they wait at least: a moment in seconds since the epoch has no room for what rounding leaves over."""


class Growth:
    """What is known of one growing reply: since when it grows, when it was last shown, and how far it is behind."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.began: float | None = None
        self.shown_at = -inf
        self.behind_since = inf

    def wrote(self) -> None:
        """The model has written something that is not shown yet."""
        if self.behind_since == inf:
            self.behind_since = self._clock.now()
            self.began = self.began or self.behind_since

    def took(self) -> float:
        """All that is written goes out now; since when the screen was behind until then."""
        behind, self.behind_since = self.behind_since, inf
        return behind

    def shown(self) -> None:
        self.shown_at = self._clock.now()

    def elapsed(self, moment: float) -> float:
        return 0.0 if self.began is None else max(0.0, moment - self.began)


@dataclass(eq=False)
class Ticket:
    """Somebody who waits for a call. `granted` is False when it was withdrawn."""

    ask: Ask
    number: int
    until: float
    growth: Growth | None
    granted: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def rank(self) -> tuple[int, float, int]:
        """Who goes first: what is more urgent, then whose screen is most behind, then who came first."""
        behind = self.growth.behind_since if self.growth is not None and self.ask.urgency is Urgency.PREVIEW else 0.0
        return self.ask.urgency, behind, self.number

    @property
    def was_granted(self) -> bool:
        """Whether the call may be made; also where nobody waits for it any more."""
        done = self.granted.done() and not self.granted.cancelled() and self.granted.exception() is None
        return done and self.granted.result()

    def withdraw(self) -> None:
        """Wait no longer."""
        if not self.granted.done():
            self.granted.set_result(False)


class Pacer:
    """Lets calls out in the order of their urgency, each when all its budgets have room for it.

    Nobody queues a preview: who waits for one is shown the text of the moment in which it goes out.
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._desks: dict[str, _Desk] = {}
        self._numbers = count()
        self._durations: deque[float] = deque([USUAL] * 3, maxlen=REMEMBERED)
        self._growing = 0

    async def turn(self, budgets: Budgets, urgency: Urgency, patience: float = inf) -> None:
        """Wait until the call may be made. Raises RateLimited where that is more than `patience` seconds away."""
        await self.ticket(Ask(budgets, urgency), None, patience).granted

    def ticket(self, ask: Ask, growth: Growth | None, patience: float = inf) -> Ticket:
        """Queue up for a call; a preview goes out when its reply's fair part of the budgets allows for it."""
        ticket = Ticket(ask, next(self._numbers), self._clock.now() + patience, growth)
        name = ask.budgets[0].name if ask.budgets else ""
        if name not in self._desks:
            self._desks[name] = _Desk(self, name)
        self._desks[name].take(ticket)
        return ticket

    async def close(self, budgets: Budgets, seconds: float, *, refused: bool) -> None:
        """Let nobody make such calls for so long. `refused`: the platform said so, and is asked less for a while."""
        await self._ledger.close(budgets, seconds, refused=refused)

    def begin(self, way: Way) -> None:
        """Count one more reply that grows in this way, where no first text was let out for it."""
        self._growing += 1
        self._ledger.live(way, 1)

    def end(self, way: Way) -> None:
        """Count it no more."""
        self._growing -= 1
        self._ledger.live(way, -1)
        for budget in (*way.preview, *way.end):
            if desk := self._desks.get(budget.name):
                desk.wake()

    def best(self, ways: Sequence[Way], patience: float = 0.0) -> Way:
        """The way in which a new reply would be shown most often, of those that can begin so soon; else the last one.

        A ticket with as much patience is not refused in it at once: nobody chooses the same way again without a pause.
        """
        open_ways = [way for way in ways if self._wait_to_begin(way) <= patience]
        return max(open_ways, key=self._share, default=ways[-1])

    def learn(self, growth: Growth) -> None:
        """An answer has grown to its end; the next ones will take about as long."""
        seconds = growth.elapsed(self._clock.now())
        if seconds >= AT_ONCE:
            self._durations.append(min(max(seconds, SHORTEST), LONGEST))

    def due(self, ticket: Ticket) -> float:
        """The moment from which a ticket may go out as far as its reply's part of the budgets is concerned."""
        growth = ticket.growth
        if growth is None or ticket.ask.urgency is not Urgency.PREVIEW:
            return -inf
        growth.shown_at = min(growth.shown_at, self._clock.now())  # the clock may have been put back
        return growth.shown_at + self.pause(ticket.ask.budgets, growth)

    def pause(self, preview: Budgets, growth: Growth) -> float:
        """Seconds between two previews of a reply, if they spend these budgets."""
        elapsed, typical = growth.elapsed(growth.shown_at), self._typical
        gaps = (interval(budget, *self.seen(budget), elapsed, typical) for budget in preview)
        return max(self._growing / PREVIEWS_A_SECOND, *gaps)

    def seen(self, budget: Budget) -> tuple[Account, float]:
        """The account as it is known here, and the moment on the ledger's clock."""
        return self._ledger.seen(budget)

    async def let_out(self, tickets: Sequence[Ticket]) -> list[float]:
        """Let out those for whose calls there is room: 0 for them, else the seconds until there may be."""
        waits = await self._ledger.ask([ticket.ask for ticket in tickets]) if tickets else []
        self._growing += sum(
            wait <= 0 and ticket.ask.begins is not None for ticket, wait in zip(tickets, waits, strict=True)
        )
        return waits

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)

    def now(self) -> float:
        return self._clock.now()

    def forget(self, desk: str) -> None:
        """Nobody waits at this desk any more."""
        self._desks.pop(desk, None)

    @property
    def _typical(self) -> float:
        """Seconds that four answers in five do not exceed."""
        return sorted(self._durations)[int(0.8 * (len(self._durations) - 1))]

    def _wait_to_begin(self, way: Way) -> float:
        ask = Ask(way.first, Urgency.FIRST, way)
        seen = {budget.name: self.seen(budget) for budget in ask.named}
        now = max((moment for _, moment in seen.values()), default=0.0)
        return wait_of(ask, {name: account for name, (account, _) in seen.items()}, now)

    def _share(self, way: Way) -> float:
        return min((self._share_of(budget, *self.seen(budget)) for budget in way.preview), default=inf)

    def _share_of(self, budget: Budget, account: Account, now: float) -> float:
        calls = within(budget, account, now, self._typical) - account.ends(now)
        return calls / (account.shares(now) + 1)


class _Desk:
    """Those who wait for calls that share a budget, and the one task that lets them out."""

    def __init__(self, pacer: Pacer, name: str) -> None:
        self._pacer = pacer
        self._name = name
        self._waiting: list[Ticket] = []
        self._serving: asyncio.Task[None] | None = None
        self._sleeping: asyncio.Future[None] | None = None
        self._news = False

    def take(self, ticket: Ticket) -> None:
        self._waiting.append(ticket)
        ticket.granted.add_done_callback(lambda _: self.wake())
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve(), name="pace")
        self.wake()

    def wake(self) -> None:
        """Look again: somebody came or went."""
        self._news = True
        if self._sleeping is not None:
            self._sleeping.cancel()

    async def _serve(self) -> None:
        try:
            while self._waiting:
                self._news = False
                await self._sleep(await self._let_out())
        finally:
            self._pacer.forget(self._name)
            if self._sleeping is not None:
                self._sleeping.cancel()
            for ticket in self._waiting:
                ticket.granted.cancel()

    async def _let_out(self) -> float:
        """Let out whoever may go; how many seconds until somebody else may."""
        now = self._pacer.now()
        due = {ticket: self._pacer.due(ticket) - now for ticket in self._waiting}
        ready = sorted((ticket for ticket in self._waiting if due[ticket] <= 0), key=lambda ticket: ticket.rank)
        waits = await self._pacer.let_out(ready)
        for ticket, wait in zip(ready, waits, strict=True):
            due[ticket] = wait
            self._answer(ticket, wait)
        self._waiting = [ticket for ticket in self._waiting if not ticket.granted.done()]
        return min((due[ticket] for ticket in self._waiting if ticket in due), default=0.0)

    def _answer(self, ticket: Ticket, wait: float) -> None:
        if ticket.granted.done():
            if wait <= 0 and ticket.ask.begins is not None:  # nobody waits for it any more
                self._pacer.end(ticket.ask.begins)
        elif wait <= 0:
            ticket.granted.set_result(True)
        elif self._pacer.now() + wait > ticket.until:
            ticket.granted.set_exception(RateLimited(wait if isfinite(wait) else LOOK))

    async def _sleep(self, seconds: float) -> None:
        if self._news or not self._waiting:
            return
        self._sleeping = asyncio.ensure_future(self._pacer.sleep(min(max(seconds, TICK), LOOK)))
        await asyncio.wait({self._sleeping})
        self._sleeping = None
