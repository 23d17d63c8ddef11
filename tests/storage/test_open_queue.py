"""Which turn queue a database gets."""

import pytest

from bot.engine.testing import FakeClock
from bot.service.wiring import open_queue
from storage import EmbeddedTurnQueue, ProcrastinateTurnQueue, open_database


@pytest.mark.parametrize(
    ("url", "kind"),
    [("sqlite:///threadline.db", EmbeddedTurnQueue), ("postgresql://db/threadline", ProcrastinateTurnQueue)],
)
async def test_each_database_gets_the_queue_that_it_can_carry(url: str, kind: type) -> None:
    database = open_database(url)
    assert isinstance(open_queue(database, FakeClock()), kind)
    await database.close()
