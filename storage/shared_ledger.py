"""The ledger that all processes on one PostgreSQL database keep together."""

from bot.engine.ledger import LocalLedger
from bot.engine.ports import Clock
from storage.database import Database


class SharedLedger(LocalLedger):
    """Port `Ledger` by the clock of the server."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        super().__init__(clock)

    async def aclose(self) -> None: ...
