"""The ledger that all processes on one PostgreSQL database keep together."""

import asyncio
import time
from asyncio import Future
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from bot.engine.budgets import (
    FORGOTTEN_AFTER,
    Account,
    Ask,
    Budget,
    Budgets,
    Live,
    Urgency,
    Way,
    decide,
    without_future,
)
from bot.engine.delivery import end_task
from bot.engine.errors import StorageUnavailable
from bot.engine.ledger import ME, LocalLedger
from bot.engine.ports import Clock
from storage.accounts import joined, read, speaks_until, written
from storage.budget_rows import BudgetRows, Words
from storage.database import Database
from storage.server_clock import ServerClock

log = structlog.get_logger()

BREATH = 0.02
"""Seconds from one transaction to the next: who asks meanwhile is served together …"""

BREATHLESS = 10
"""… but so many go one after the other where there was time for as many before."""

SOON = 0.2
"""Seconds after which the others are told what changed without an ask."""

REFRESH = FORGOTTEN_AFTER / 3
"""Seconds after which they are told that replies are still alive."""

OUTAGE = 5.0
"""Seconds for which the database is left alone after it did not answer."""

HOUR = 3600.0


class SharedLedger(LocalLedger):
    """Port `Ledger` by the clock of the server.

    All asks that come while one transaction is under way go together in the next one. What this process has of an
    account is a copy, as it was read or written last. Where the database does not answer it goes on with its copies,
    and tells the others what it spent once the database is back.
    """

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._server = ServerClock(clock)
        super().__init__(self._server)
        self._rows = BudgetRows(database)
        self._holder = holder
        self._requests: list[_Request] = []
        self._owed: dict[str, Budget] = {}
        self._living: dict[str, Budget] = {}
        self._serving: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._alone = self._closed = False
        self._began_at = self._rested_at = self._alone_until = self._refresh_at = 0.0
        self._tidy_at = time.monotonic() + HOUR

    async def ask(self, asks: Sequence[Ask]) -> list[float]:
        return await (self._ask_alone(asks) if self._alone else self._request(asks))

    async def close(self, budgets: Budgets, seconds: float, *, refused: bool) -> None:
        await super().close(budgets, seconds, refused=refused)
        if seconds > 0 or refused:
            self._owe(budgets)
            if not self._alone:
                await self._request(())

    def live(self, way: Way, number: int) -> None:
        super().live(way, number)
        self._note_living(way)
        self._owe(budget for budget in (*way.preview, *way.end) if _is_counted(budget))

    async def aclose(self) -> None:
        """Tell the others what they do not know yet, and that no reply is alive here any more."""
        self._closed = True
        for name in self._living:
            self._account(self._living[name]).live.pop(ME, None)
        self._owe(self._living.values())
        if self._owed and not self._alone:
            await self._request(())
        self._alone = True
        for task in (self._telling, self._serving):
            if task is not None:
                await end_task(task)
        await self._rows.aclose()

    async def _request(self, asks: Sequence[Ask]) -> list[float]:
        """Have the next transaction let them spend; what is owed to the others is told with it."""
        request = _Request(asks)
        self._requests.append(request)
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve(), name="ledger")
        return await request.answer

    async def _serve(self) -> None:
        """Serve until nobody asks. Whatever goes wrong is told to those who wait for it."""
        requests: list[_Request] = []
        try:
            while self._requests:
                await self._breathe()
                requests, self._requests = self._requests, []
                try:
                    await self._settle(sorted(requests, key=lambda request: request.urgency))
                except Exception as error:
                    for request in requests:
                        request.fail(error)
        finally:
            for request in (*requests, *self._requests):
                request.answer.cancel()

    async def _breathe(self) -> None:
        now = time.monotonic()
        self._rested_at = max(self._rested_at, now) + BREATH
        await asyncio.sleep(max(0.0, self._rested_at - now - BREATHLESS * BREATH))

    async def _settle(self, requests: Sequence["_Request"]) -> None:
        """Answer those who still wait. A decision stands, even where it may not have been written."""
        requests = [request for request in requests if not request.answer.done()]
        waits = iter(await self._waits([ask for request in requests for ask in request.asks]))
        for request in requests:
            mine = [next(waits) for _ in request.asks]
            if not request.answer.done():
                request.answer.set_result(mine)
            else:
                for way in _begun(request.asks, mine):
                    self.live(way, -1)

    async def _waits(self, asks: Sequence[Ask]) -> list[float]:
        batch = _Batch(asks, {**self._owed, **{budget.name: budget for ask in asks for budget in ask.named}})
        self._began_at = time.monotonic()
        self._forget_the_idle(self._server.now())
        try:
            await self._rows.change(list(batch.budgets), lambda rows, moment: self._decide(batch, rows, moment))
            self._alone = self._closed
            await self._tidy()
        except StorageUnavailable as error:
            self._owe(batch.budgets.values())
            self._go_on_alone(error)
        return await self._ask_alone(asks) if batch.waits is None else batch.waits

    def _decide(self, batch: "_Batch", rows: Mapping[str, str], moment: float) -> Mapping[str, Words]:
        """Let them spend what there is by these rows; what the rows are to say then."""
        now = self._server.hear(moment, self._began_at)
        told = {name: self._take_in(batch.budgets[name], read(text), now) for name, text in rows.items()}
        batch.waits = decide(batch.asks, self._accounts, now, ME)
        for way in _begun(batch.asks, batch.waits):
            self._note_living(way)
        words = {name: self._words(batch.budgets[name], told[name], now) for name in rows}
        return {name: it for name, it in words.items() if it.account != rows[name]}

    def _take_in(self, budget: Budget, account: Account, now: float) -> Live | None:
        """Have it as the copy, with what is owed; gives what the others were told of the live replies here."""
        name = budget.name
        mine, told = self._accounts.get(name) or Account(), account.live.pop(self._holder, None)
        account.live = {holder: live for holder, live in account.live.items() if live.until > now}
        if ME in mine.live:
            account.live[ME] = mine.live[ME]
        if self._owed.pop(name, None) is not None:
            account = joined(account, mine, now)
        without_future(budget, account, now)
        self._accounts[name] = account
        return told

    def _words(self, budget: Budget, told: Live | None, now: float) -> Words:
        account = self._accounts[budget.name]
        live = dict(account.live) if _is_counted(budget) else {}
        if (mine := live.pop(ME, None)) is not None:
            live[self._holder] = _still_told(mine, told, now) or replace(mine, until=now + FORGOTTEN_AFTER)
        return Words(written(account, live), speaks_until(account, live, budget.memory))

    async def _ask_alone(self, asks: Sequence[Ask]) -> list[float]:
        waits = await super().ask(asks)
        for way in _begun(asks, waits):
            self._note_living(way)
        self._owe(budget for ask, wait in zip(asks, waits, strict=True) if wait <= 0 for budget in ask.named)
        return waits

    def _go_on_alone(self, error: StorageUnavailable) -> None:
        if not self._alone:  # once, not with every transaction
            log.warning("budgets_kept_alone", reason=str(error))
        self._alone, self._alone_until = True, time.monotonic() + OUTAGE
        self._keep_telling()

    def _note_living(self, way: Way) -> None:
        for budget in filter(_is_counted, (*way.preview, *way.end)):
            if ME in self._account(budget).live:
                self._living[budget.name] = budget
            else:
                self._living.pop(budget.name, None)
        self._keep_telling()

    def _owe(self, budgets: Iterable[Budget]) -> None:
        """The others do not know yet what the copies of these say."""
        self._owed.update((budget.name, budget) for budget in budgets)
        self._keep_telling()

    def _keep_telling(self) -> None:
        if not self._closed and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell(), name="ledger-news")

    async def _tell(self) -> None:
        """Tell the others what they have to know, as long as there is something."""
        while self._owed or self._living or self._alone:
            await asyncio.sleep(SOON)
            now = time.monotonic()
            if now >= self._refresh_at:
                self._refresh_at = now + REFRESH
                self._owed.update(self._living)
            if (self._owed or self._alone) and now >= self._alone_until:
                await self._request(())

    async def _tidy(self) -> None:
        """Forget, now and then, the budgets that nobody uses."""
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + HOUR
            await self._rows.forget()


@dataclass(eq=False)
class _Request:
    """Who waits for what, and the answer."""

    asks: Sequence[Ask]
    answer: "Future[list[float]]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def urgency(self) -> Urgency:
        return min((ask.urgency for ask in self.asks), default=Urgency.FINAL)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(slots=True)
class _Batch:
    """The asks of one transaction, the budgets that it touches, and what was decided, once it was."""

    asks: Sequence[Ask]
    budgets: Mapping[str, Budget]
    waits: list[float] | None = None


def _begun(asks: Sequence[Ask], waits: Sequence[float]) -> list[Way]:
    """The ways of the replies that began with these asks."""
    return [ask.begins for ask, wait in zip(asks, waits, strict=True) if wait <= 0 and ask.begins is not None]


def _is_counted(budget: Budget) -> bool:
    """Whether calls of it are counted; else it only closes, and nobody has to know whose replies live by it."""
    return bool(budget.windows) or budget.bucket is not None


def _still_told(mine: Live, told: Live | None, now: float) -> Live | None:
    """What the others know of the live replies here, if that is true, and long enough so without being written."""
    same = told is not None and (told.ends, told.shares) == (mine.ends, mine.shares)
    return told if told is not None and same and told.until >= now + FORGOTTEN_AFTER - REFRESH else None
