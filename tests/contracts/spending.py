"""Calls that spend budgets of a ledger, and what is seen of them."""

from bot.engine.budgets import Ask, Bucket, Budget, Urgency, Way, Window
from bot.engine.ports import Ledger
from bot.service.clock import SystemClock

LONG = 30.0
GATE = Budget("gate")
FIVE = Budget("five", (Window(5, LONG),))
BURST = Budget("burst", bucket=Bucket(2, LONG))
EDITS = Way("edit", (GATE,), (FIVE,), (FIVE,))


async def ask(ledger: Ledger, urgency: Urgency, *budgets: Budget, times: int = 1) -> list[float]:
    """Seconds to wait for each of so many calls that spend these."""
    return await ledger.ask([Ask(budgets, urgency)] * times)


async def spent(ledger: Ledger, urgency: Urgency, *budgets: Budget) -> int:
    """How many of ten such calls there is room for now."""
    return (await ask(ledger, urgency, *budgets, times=10)).count(0.0)


async def begin(ledger: Ledger, times: int = 1) -> int:
    """How many of so many replies could begin."""
    return (await ledger.ask([Ask(EDITS.first, Urgency.FIRST, EDITS)] * times)).count(0.0)


class Spender:
    """Makes calls as soon as it may, and notes between which moments each was let out."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self.start = self._clock.now()
        self.asked: list[float] = []
        self.heard: list[float] = []

    async def spend(self, ledger: Ledger, budget: Budget, times: int) -> None:
        for _ in range(times):
            asked, wait = await self._ask(ledger, budget)
            while wait > 0:
                await self._clock.sleep(wait)
                asked, wait = await self._ask(ledger, budget)
            self.asked.append(asked)
            self.heard.append(self._clock.now())

    def seconds_of(self, calls: int) -> float:
        """The shortest time, as far as can be told from here, in which so many calls were let out."""
        pairs = zip(sorted(self.asked), sorted(self.heard)[calls - 1 :], strict=False)
        return min(heard - asked for asked, heard in pairs)

    @property
    def took(self) -> float:
        return max(self.heard) - self.start

    async def _ask(self, ledger: Ledger, budget: Budget) -> tuple[float, float]:
        asked = self._clock.now()
        [wait] = await ask(ledger, Urgency.FINAL, budget)
        return asked, wait
