"""How many calls a platform takes in what time, how much of that is used, and what is left for whom. Pure.

Moments are seconds on whatever clock the caller keeps its accounts by.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from math import inf

MARGIN = 0.02
"""By which share windows are kept longer than platforms say: calls may arrive closer together than they were sent."""

SHARPER = 0.7
"""What a refusal leaves of a budget …"""

LEAST = 0.25
"""… at least, …"""

RECOVERY = 900.0
"""… and the seconds in which all of it would come back."""

LEAD = 10.0
"""Seconds that a reply takes at least, within which room for its end may come back."""

FORGOTTEN_AFTER = 30.0
"""Seconds after which the live replies of a process that is silent count no more."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most so many calls in any so many seconds."""

    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Bucket:
    """So many calls at once, and one more after every `gap` seconds."""

    burst: int
    gap: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What all calls that name it share. One with neither windows nor bucket only closes where the platform says so.

    `quickest` is how many seconds there are between two previews of one reply, however much is free.
    """

    name: str
    windows: tuple[Window, ...] = ()
    bucket: Bucket | None = None
    quickest: float = 0.0

    @property
    def memory(self) -> float:
        """For how many seconds a call counts."""
        return max((_length(window) for window in self.windows), default=0.0)


Budgets = tuple[Budget, ...]


class Urgency(IntEnum):
    """Who goes first."""

    FINAL = 0
    FIRST = 1
    PREVIEW = 2
    STATUS = 3


@dataclass(frozen=True, slots=True)
class Way:
    """How a reply grows in a place: what its first text, each preview, and its end spend.

    `fleeting`: what is shown before the end is no message, and vanishes by itself. `lasts` is after how many seconds it
    has to be shown again so that it does not.
    """

    name: str
    first: Budgets
    preview: Budgets
    end: Budgets
    fleeting: bool = False
    lasts: float = inf


@dataclass(frozen=True, slots=True)
class Ask:
    """A call that somebody wants to make, and what it spends.

    Only a final text may spend what the ends of live replies need. A first text that begins a `way` waits until its own
    end has room, too; once it is let out, the reply counts as live.
    """

    budgets: Budgets
    urgency: Urgency
    begins: Way | None = None

    @property
    def named(self) -> Budgets:
        """Every budget that has to be looked at."""
        return self.budgets if self.begins is None else (*self.budgets, *self.begins.preview, *self.begins.end)


@dataclass(frozen=True, slots=True)
class Live:
    """How many live replies one process has: those that end with a call of this budget, and those that share it."""

    ends: int
    shares: int
    until: float = inf


@dataclass(slots=True)
class Account:
    """What is used of a budget. `calls` are their moments, oldest first; `full_at` is when the bucket is full again."""

    calls: list[float] = field(default_factory=list)
    full_at: float = 0.0
    closed_until: float = 0.0
    share: float = 1.0
    cut_at: float = 0.0
    live: dict[str, Live] = field(default_factory=dict)

    def ends(self, now: float) -> int:
        """How many live replies still need a call to end."""
        return sum(live.ends for live in self.live.values() if live.until > now)

    def shares(self, now: float) -> int:
        """How many live replies show themselves by this budget."""
        return sum(live.shares for live in self.live.values() if live.until > now)

    def left(self, now: float) -> float:
        """The share of the budget that is trusted now: less after a refusal, and slowly all of it again."""
        return min(1.0, self.share + max(0.0, now - self.cut_at) / RECOVERY)

    def is_idle(self, now: float, memory: float) -> bool:
        """Whether it says nothing that a new account would not say."""
        used = self.full_at > now or any(call > now - memory for call in self.calls)
        lives = any(live.until > now for live in self.live.values())
        return not used and not lives and self.closed_until <= now and self.left(now) == 1.0


def wait_for(budget: Budget, account: Account, now: float, room: int = 1) -> float:
    """Seconds until so many calls can be made at once; infinite where the budget never holds so many."""
    left = account.left(now)
    waits = [account.closed_until - now]
    waits += [_wait_for_window(window, account, now, room, left) for window in budget.windows]
    if budget.bucket is not None:
        gap, spare = budget.bucket.gap / left, _burst(budget.bucket, left) - room
        waits.append(inf if spare < 0 else account.full_at - now - spare * gap)
    return max(0.0, *waits)


def within(budget: Budget, account: Account, now: float, seconds: float) -> float:
    """How many calls can be made from now until so many seconds from now."""
    left, seconds = account.left(now), seconds - max(0.0, account.closed_until - now)
    if seconds <= 0:
        return 0.0
    counts = [_within_window(window, account, now, seconds, left) for window in budget.windows]
    if budget.bucket is not None:
        gap = budget.bucket.gap / left
        counts.append(_burst(budget.bucket, left) - max(0.0, account.full_at - now) / gap + seconds / gap)
    return max(0.0, min(counts, default=inf))


def interval(budget: Budget, account: Account, now: float, elapsed: float, typical: float) -> float:
    """Seconds between two previews of a reply that had grown for `elapsed` seconds when it was last shown.

    Its fair part of what can be spent while it is expected to grow, evenly; the ends of all live replies are kept free.
    A reply that takes much longer than is typical goes on with what is left until the budget fills again.
    """
    rest = max(typical - elapsed, typical / 5)
    if elapsed > typical:
        late = min(1.0, (elapsed - typical) / (typical / 2))
        rest += late * (max(elapsed / 2, _refill(budget, account, now)) - rest)
    calls = (within(budget, account, now, rest) - account.ends(now)) / max(1, account.shares(now))
    return max(budget.quickest, rest / (max(0.0, calls) + 1))


def decide(asks: Sequence[Ask], accounts: Mapping[str, Account], now: float, holder: str) -> list[float]:
    """Let them spend, one after the other, where there is room: 0 for those, else the seconds until there may be.

    `holder` is the process whose replies they are. Who is like one that was refused is refused without another look.
    """
    for budget in {budget.name: budget for ask in asks for budget in ask.named}.values():
        without_future(budget, accounts[budget.name], now)
    refused: dict[tuple[object, ...], float] = {}
    return [_decide_once(ask, accounts, now, holder, refused) for ask in asks]


def wait_of(ask: Ask, accounts: Mapping[str, Account], now: float) -> float:
    """Seconds until there may be room for it, as `decide` has it."""
    waits = [_wait_for_room(ask, budget, accounts[budget.name], now) for budget in ask.budgets]
    if ask.begins is not None:
        waits += [_wait_for_end(end, accounts[end.name], now) for end in ask.begins.end]
    return max(waits, default=0.0)


def count_live(way: Way, accounts: Mapping[str, Account], holder: str, number: int, until: float = inf) -> None:
    """Count so many replies more, or fewer, that grow in this way."""
    for budget in {*way.preview, *way.end}:
        live = accounts[budget.name].live
        had = live.pop(holder, Live(0, 0))
        now = Live(had.ends + number * (budget in way.end), had.shares + number * (budget in way.preview), until)
        if now.ends or now.shares:
            live[holder] = now


def close(account: Account, now: float, seconds: float, *, refused: bool) -> None:
    """Let nobody spend for so long. Where the platform has `refused` a call, trust the budget less for a while.

    Calls that were under way when one was refused, and are refused, too, tell nothing new.
    """
    if refused and account.closed_until <= now:
        account.share, account.cut_at = max(LEAST, account.left(now) * SHARPER), now
    account.closed_until = max(account.closed_until, now + seconds)


def without_future(budget: Budget, account: Account, now: float) -> None:
    """Take what was spent in the future as spent now: the clock by which it was written down went ahead."""
    later = len(account.calls) - bisect_right(account.calls, now)
    if later:
        account.calls[-later:] = [now] * later
    if budget.bucket is not None:
        account.full_at = min(account.full_at, now + max(budget.bucket.burst, 1 / LEAST) * budget.bucket.gap)


def _decide_once(
    ask: Ask, accounts: Mapping[str, Account], now: float, holder: str, refused: dict[tuple[object, ...], float]
) -> float:
    like = (ask.urgency, ask.begins is None, *(budget.name for budget in ask.named))
    wait = refused.get(like) or wait_of(ask, accounts, now)
    if wait > 0:
        refused[like] = wait
        return wait
    for budget in ask.budgets:
        _spend(budget, accounts[budget.name], now)
    if ask.begins is not None:
        count_live(ask.begins, accounts, holder, 1)
    return 0.0


def _wait_for_room(ask: Ask, budget: Budget, account: Account, now: float) -> float:
    if ask.urgency is Urgency.FINAL:
        return wait_for(budget, account, now)
    ends = account.ends(now) + (ask.begins is not None and budget in ask.begins.end)
    return wait_for(budget, account, now, 1 + ends)


def _wait_for_end(budget: Budget, account: Account, now: float) -> float:
    """Until one more reply can count on its end."""
    room = account.ends(now) + 1
    return 0.0 if within(budget, account, now, LEAD) >= room else max(wait_for(budget, account, now, room) - LEAD, 1.0)


def _spend(budget: Budget, account: Account, now: float) -> None:
    if budget.windows:
        del account.calls[: bisect_right(account.calls, now - budget.memory)]
        account.calls.append(now)
    if budget.bucket is not None:
        account.full_at = max(account.full_at, now) + budget.bucket.gap / account.left(now)


def _length(window: Window) -> float:
    return window.seconds * (1 + MARGIN)


def _most(window: Window, left: float) -> int:
    return max(1, int(window.most * left))


def _burst(bucket: Bucket, left: float) -> int:
    return max(1, int(bucket.burst * left))


def _first_counted(window: Window, account: Account, now: float) -> int:
    """The place of the first call that still counts."""
    return bisect_right(account.calls, now - _length(window))


def _refill(budget: Budget, account: Account, now: float) -> float:
    """Seconds for which every call that counts now goes on counting."""
    ends = [
        account.calls[first] + _length(window) - now
        for window in budget.windows
        if (first := _first_counted(window, account, now)) < len(account.calls)
    ]
    return max(ends, default=0.0) - 0.01


def _wait_for_window(window: Window, account: Account, now: float, room: int, left: float) -> float:
    spare = _most(window, left) - room
    if spare < 0:
        return inf
    calls = account.calls
    too_many = len(calls) - _first_counted(window, account, now) > spare
    return calls[-spare - 1] + _length(window) - now if too_many else 0.0


def _within_window(window: Window, account: Account, now: float, seconds: float, left: float) -> float:
    calls, length, most = account.calls, _length(window), _most(window, left)
    first = _first_counted(window, account, now)
    back = max(0, bisect_right(calls, now + seconds - length) - first)
    return most - (len(calls) - first) + back + most * max(0.0, seconds - length) / length
