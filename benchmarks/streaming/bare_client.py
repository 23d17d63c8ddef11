"""What reading the same streams costs with the bare `openai` client: a process of its own, for comparison."""

import asyncio
import sys
import time
from typing import Any

import uvloop
from openai import AsyncOpenAI


async def main(url: str, people: int) -> None:
    """Read so many answers side by side, and print the microseconds of processor time for each delta."""
    client = AsyncOpenAI(api_key="none", base_url=url, max_retries=0, timeout=120)
    await _read(client, 0)  # connections and imports are no part of it
    start = time.process_time()
    deltas = sum(await asyncio.gather(*(_read(client, number) for number in range(people))))
    print((time.process_time() - start) / deltas * 1e6)


async def _read(client: AsyncOpenAI, number: int) -> int:
    message = {"role": "user", "content": f"question-bare-{number}"}
    count = 0
    create: Any = client.chat.completions.create  # its overloads do not take a plain dictionary
    stream = await create(model="m", messages=[message], stream=True)
    async for chunk in stream:
        count += bool(chunk.choices and chunk.choices[0].delta.content)
    return count


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
