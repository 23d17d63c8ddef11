"""How each trouble of the plan is made."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from playground.slack.faults import Fault as SlackFault
from playground.telegram.faults import Fault as TelegramFault
from tests.chaos.model import FATES, Model
from tests.chaos.plan import Mishap, Trouble
from tests.chaos.replicas import Replicas
from tests.chaos.world import World

SEND = {"slack": "chat.postMessage", "telegram": "sendMessage"}
EDIT = {"slack": "chat.update", "telegram": "editMessageText"}
INTAKE = "getUpdates"


@dataclass
class Damage:
    """What may leave a message that nobody knows, in one round."""

    kills: int = 0
    freezes: int = 0
    lost_answers: list[SlackFault | TelegramFault] = field(default_factory=list)

    @property
    def orphans(self) -> int:
        """How many such messages there may be at most."""
        return self.kills + self.freezes + sum(fault.hit for fault in self.lost_answers)


class Troubles:
    """Makes what the plan says happen, and calms everything down after a round."""

    def __init__(
        self, world: World, model: Model, replicas: Replicas, restart_database: Callable[[str], Awaitable[None]] | None
    ) -> None:
        self._world = world
        self._model = model
        self._replicas = replicas
        self._restart_database = restart_database
        self._faults: list[SlackFault | TelegramFault] = []
        self.damage = Damage()

    async def make(self, mishap: Mishap) -> None:
        """Return when it is over; what stands behind a plan's `times` may still be to come."""
        match mishap.trouble:
            case Trouble.KILL | Trouble.DEPLOY | Trouble.FREEZE | Trouble.DATABASE:
                await self._to_processes(mishap)
            case Trouble.DUPLICATES | Trouble.REORDERED | Trouble.LOST | Trouble.REDELIVERED | Trouble.SOCKETS:
                await self._to_deliveries(mishap)
            case Trouble.OUTAGE | Trouble.MODEL_AWAY:
                await self._away(mishap)
            case Trouble.MODEL:
                start = int(mishap.seconds * 100)
                self._model.fates.extend(FATES[(start + n) % len(FATES)] for n in range(mishap.times))
            case _:
                self._to_calls(mishap)

    def calm(self) -> None:
        """Let nothing more fail, and count anew."""
        for fault in self._faults:
            fault.times = fault.hit
        self._faults.clear()
        self._model.fates.clear()
        self._world.slack.postman.drops = 0
        self.damage = Damage()

    async def _to_processes(self, mishap: Mishap) -> None:
        if mishap.trouble is Trouble.KILL:
            self.damage.kills += 1
            await self._replicas.kill(mishap.replica, mishap.seconds - 0.5)
        elif mishap.trouble is Trouble.DEPLOY:
            await self._replicas.deploy(mishap.replica)
        elif mishap.trouble is Trouble.FREEZE:
            self.damage.freezes += 1
            await self._replicas.freeze(mishap.replica, mishap.seconds)
        elif self._restart_database is not None:
            await self._restart_database("immediate" if mishap.times > 1 else "fast")

    async def _to_deliveries(self, mishap: Mishap) -> None:
        slack, telegram = self._world.slack, self._world.telegram
        if mishap.trouble is Trouble.DUPLICATES:
            slack.postman.duplicates = telegram.account.queue.duplicates = 1
            await asyncio.sleep(mishap.seconds)
            slack.postman.duplicates = telegram.account.queue.duplicates = 0
        elif mishap.trouble is Trouble.REORDERED:
            slack.postman.reorders = True
            await asyncio.sleep(mishap.seconds)
            slack.postman.reorders = False
        elif mishap.trouble is Trouble.LOST:
            slack.postman.drops += mishap.times
            self._faults.append(telegram.reset(INTAKE, applied=True, times=mishap.times))
        elif mishap.trouble is Trouble.REDELIVERED:
            slack.redeliver(2 * mishap.times)
            for update_id in list(telegram.account.queue.made)[-2 * mishap.times :]:
                telegram.redeliver(update_id)
        else:
            slack.cut_sockets()
            telegram.drop_connections()

    async def _away(self, mishap: Mishap) -> None:
        if mishap.trouble is Trouble.MODEL_AWAY:
            self._model.away = True
            await asyncio.sleep(mishap.seconds)
            self._model.away = False
        elif mishap.platform == "slack":
            self._world.slack.outage(True)
            await asyncio.sleep(mishap.seconds)
            self._world.slack.outage(False)
        else:
            self._world.telegram.outage = 502
            await asyncio.sleep(mishap.seconds)
            self._world.telegram.outage = 0

    def _to_calls(self, mishap: Mishap) -> None:
        on: Any = self._world.slack if mishap.platform == "slack" else self._world.telegram
        sends, times = mishap.replica + mishap.times, mishap.times
        method = (SEND if sends % 2 else EDIT)[mishap.platform]
        match mishap.trouble:
            case Trouble.CUT_AFTER:
                fault = on.reset(method, applied=True, times=times)
            case Trouble.CUT_BEFORE:
                fault = on.reset(method, applied=False, times=times)
            case Trouble.LIMITED:
                fault = on.fail(method, status=429, retry_after=2, times=times)
            case Trouble.FAILING:
                fault = on.fail(method, status=503, times=times)
            case _:
                fault = on.fail(method, status=502, times=times, applied=True)
        self._faults.append(fault)
        if mishap.trouble in (Trouble.CUT_AFTER, Trouble.FAILING_AFTER):
            self.damage.lost_answers.append(fault)
