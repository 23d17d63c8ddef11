"""Half of an adapter, for a process that takes nothing in."""

from collections.abc import Sequence

from aiohttp import web

from bot.engine.engine import Engine
from bot.engine.ports import Messenger
from bot.service.service import Adapter


class SendingOnly:
    """An `Adapter` that is started in order to send: no sockets, no polling, no routes."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    @property
    def messenger(self) -> Messenger:
        return self._adapter.messenger

    async def start(self, engine: Engine) -> None:
        await self._adapter.start_sending()

    async def start_sending(self) -> None:
        await self._adapter.start_sending()

    def routes(self) -> Sequence[web.RouteDef]:
        return []

    def ready(self) -> str | None:
        return self._adapter.ready()

    def remark(self) -> str | None:
        return self._adapter.remark()

    async def stop_intake(self) -> None:
        await self._adapter.stop_intake()

    async def close(self) -> None:
        await self._adapter.close()

    async def check(self) -> list[str]:
        return await self._adapter.check()
