"""The threads of SQLite connections."""

import asyncio
import threading


async def connection_threads_ended() -> None:
    """Wait until every thread of an SQLite connection is over.

    aiosqlite does not wait for the thread of a connection that could not be opened or was broken off; where the loop is
    closed first, the thread dies of that, and the error is put down to some later test.
    """
    async with asyncio.timeout(10):
        while any("_connection_worker_thread" in thread.name for thread in threading.enumerate()):
            await asyncio.sleep(0.001)
