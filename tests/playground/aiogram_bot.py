"""A bot made with aiogram, on a Telegram stand-in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from playground.telegram import TelegramStandIn


class PlainSession(AiohttpSession):
    """A session that closes at once; aiogram's own waits a quarter of a second for TLS, of which there is none."""

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


@asynccontextmanager
async def aiogram_bot(telegram: TelegramStandIn, token: str = "") -> AsyncIterator[Bot]:
    session = PlainSession(api=TelegramAPIServer.from_base(telegram.api_url))
    async with Bot(token or telegram.token, session=session) as bot:
        yield bot
