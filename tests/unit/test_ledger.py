"""What the ledger of one process forgets."""

import pytest

from bot.engine import ledger as ledgers
from bot.engine.budgets import Ask, Budget, Urgency, Window
from bot.engine.ledger import LocalLedger
from bot.engine.testing import FakeClock

HOURS = 2 * 3600.0


async def test_of_many_accounts_those_that_say_nothing_any_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where most of them say something they are looked through only when there are twice as many."""
    monkeypatch.setattr(ledgers, "MANY", 4)
    clock = FakeClock()
    ledger = LocalLedger(clock)

    async def spend(*numbers: int) -> int:
        for number in numbers:
            await ledger.ask([Ask((Budget(f"budget {number}", (Window(5, 60.0),)),), Urgency.FINAL)])
        return len(ledger.accounts)

    assert await spend(*range(6)) == 6
    await clock.advance(HOURS)
    assert await spend(*range(6, 11)) == 11
    assert await spend(11) == 6
