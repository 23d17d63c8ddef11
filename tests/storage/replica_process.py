"""Run as a process by the tests: a replica that waits for ever in every turn and prints what happens to it."""

import asyncio
import os

from bot.engine.ports import Claim
from tests.storage.replicas import Replica


async def wait_for_ever(claim: Claim) -> None:
    print("begin", claim.turn_id, flush=True)
    stopped = asyncio.create_task(claim.stop.wait())
    try:
        await stopped
    except asyncio.CancelledError:
        print("broken off", claim.turn_id, flush=True)
        raise
    print("stopped", claim.turn_id, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(Replica(os.environ["REPLICA_DATABASE"]).queue.run(wait_for_ever))
