"""The ledger of one process, which what platforms asked for outlives."""

from bot.engine.ledger import LocalLedger
from bot.engine.ports import Clock
from storage.database import Database


class KeptLedger(LocalLedger):
    """Port `Ledger` of the one process on an SQLite database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(clock)

    async def aclose(self) -> None: ...
