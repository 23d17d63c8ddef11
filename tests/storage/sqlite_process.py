"""Run as a process by the tests: for each line that it is told it forks a process that commits until it is killed.

That one prints its process number, then the number of each turn once it is committed; afterwards the first one prints
"over". Forked because a start with all imports takes as long as a hundred commits.
"""

import asyncio
import os
import sys

from storage import open_database
from tests.contracts.samples import ANN, NOW, THREAD


async def commit_for_ever(url: str) -> None:
    say(os.getpid())
    database = open_database(url)
    while True:
        async with database.storage() as work:
            chat = await work.chats.current(THREAD) or await work.chats.add(THREAD, ANN.id, NOW)
            turn = await work.turns.ask(chat.id, "Why? " * 100, ANN, None, NOW)
            await work.events.claim(f"e{turn.id}", NOW)
            await work.commit()
        say(turn.id)


def say(word: object) -> None:
    """Print a line in one write: a process killed between two would leave half a line."""
    os.write(sys.stdout.fileno(), f"{word}\n".encode())


def main() -> None:
    for _ in sys.stdin:
        forked = os.fork()
        if forked == 0:
            asyncio.run(commit_for_ever(os.environ["DATABASE_OF_THE_PROCESS"]))
        os.waitpid(forked, 0)
        say("over")


if __name__ == "__main__":
    main()
