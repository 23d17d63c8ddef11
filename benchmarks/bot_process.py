"""Run as a process by the benchmarks: a bot that does what each line tells it to, and answers with a line."""

import asyncio
import json
import sys
from dataclasses import dataclass

import uvloop

from benchmarks.bot import Bot
from benchmarks.orders import Orders
from bot.service.logs import set_up_logs
from storage.procrastinate_heartbeat import Timing


@dataclass(frozen=True, slots=True)
class Birth:
    """What a process is told at its start."""

    url: str
    name: str
    timing: Timing


async def obey(birth: Birth) -> None:
    bot = Bot(birth.url, birth.timing)
    orders = Orders(bot, birth.url, birth.name)
    try:
        while line := await asyncio.to_thread(sys.stdin.readline):
            order, arguments = json.loads(line)
            print(json.dumps(await getattr(orders, order)(**arguments)), flush=True)
    finally:
        await bot.close()


if __name__ == "__main__":
    set_up_logs("info", "json")
    url, name, timing = json.loads(sys.argv[1])
    uvloop.run(obey(Birth(url, name, Timing(**timing))))
