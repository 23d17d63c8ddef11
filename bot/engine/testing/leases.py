"""Leases in memory."""

import time

from bot.engine.testing.rows import View


class MemoryLeaseStore:
    """Port `LeaseStore`, by real time."""

    def __init__(self, view: View) -> None:
        self._view = view

    async def hold(self, name: str, holder: str, seconds: float) -> bool:
        now = time.time()
        holds, until = self._view.rows.leases.get(name, (holder, now))
        if holds != holder and until > now:
            return False
        self._view.rows.leases[name] = (holder, now + seconds)
        return True

    async def guard(self, name: str, holder: str) -> bool:
        return self._view.rows.leases.get(name, ("", 0.0))[0] == holder

    async def release(self, name: str, holder: str) -> None:
        if await self.guard(name, holder):
            del self._view.rows.leases[name]
