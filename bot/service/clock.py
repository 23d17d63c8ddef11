"""Real time."""

import asyncio
import time


class SystemClock:
    """Port Clock on the machine's own clock."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
