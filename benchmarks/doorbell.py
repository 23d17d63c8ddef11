"""Messages that come when they come, whatever the bot is doing."""

import asyncio
import time
from collections.abc import Callable
from threading import Thread


def ring(at: list[float], answer: Callable[[int], None]) -> Thread:
    """Call `answer` in this loop at each of these moments of the monotonic clock, from a thread of its own.

    As a socket does it: a loop's own timers are late by up to a millisecond, and all the later the busier it is.
    """
    loop = asyncio.get_running_loop()

    def wait_and_ring() -> None:
        for number, moment in enumerate(at):
            time.sleep(max(0.0, moment - time.monotonic()))
            loop.call_soon_threadsafe(answer, number)

    thread = Thread(target=wait_and_ring, name="doorbell", daemon=True)
    thread.start()
    return thread
