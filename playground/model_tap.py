"""A tap on the wire between the bot and its model: it hands everything on, counts what is written, and can slow it."""

import asyncio
import itertools
import json
import re
import time
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from playground.changes import Changes

KEPT = 50
"""Answers that are remembered."""

SLOW_PAUSE = 0.3
"""Seconds between two deltas of a model that is made slow."""

NOT_PASSED_ON = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
NOT_PASSED_BACK = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding", "keep-alive"})
LARGEST_BODY = 64 << 20
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DONE = b"data: [DONE]"
EVENT_END = re.compile(rb"\r?\n\r?\n")


@dataclass(eq=False)
class Writing:
    """One streamed answer as it comes from the model; `marks` are (seconds, characters so far) after each delta."""

    number: int
    started: float
    text: str = ""
    marks: list[tuple[float, int]] = field(default_factory=list)
    ended: float | None = None
    broken_off: bool = False
    """The bot hung up before the end: somebody pressed Stop, or it gave up."""

    def add(self, delta: str, now: float) -> None:
        self.text += delta
        self.marks.append((now, len(self.text)))

    def written_at(self, character: int) -> float | None:
        """When the character with this number (from 0) came; None where it has not."""
        return next((moment for moment, end in self.marks if end > character), None)


class ModelTap:
    """Serves `/v1/…` on loopback and asks `upstream` (its `/v1` address) for everything.

    Times are of the monotonic clock. Keys go through and are kept nowhere.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream.rstrip("/")
        self.slow = False
        self.changes = Changes()
        self.writings: deque[Writing] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def running(self) -> list[Writing]:
        return [writing for writing in self.writings if writing.ended is None]

    async def start(self) -> None:
        # How long a model may be silent is for the bot to say, which goes when it has waited enough. A proxy is only
        # for what is outside of this machine.
        outside = urlsplit(self.upstream).hostname not in LOOPBACK
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=30), trust_env=outside
        )
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/v1/{rest:.*}", self._pass_on)
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()
        self._runner = self._session = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _pass_on(self, request: web.Request) -> web.StreamResponse:
        assert self._session is not None  # started
        url = f"{self.upstream}/{request.match_info['rest']}"
        headers = {name: value for name, value in request.headers.items() if name.lower() not in NOT_PASSED_ON}
        asked = self._session.request(
            request.method, url, params=request.query, headers=headers, data=await request.read()
        )
        try:
            async with asked as answer:
                if answer.content_type == "text/event-stream":
                    return await self._stream(request, answer)
                return web.Response(status=answer.status, body=await answer.read(), headers=_headers(answer))
        except aiohttp.ClientConnectorError as error:
            reason = f"The model at {self.upstream} cannot be reached: {error.os_error.strerror or 'no connection'}."
            return web.json_response({"error": {"message": reason, "type": "server_error"}}, status=502)

    async def _stream(self, request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=_headers(answer))
        await response.prepare(request)
        writing = Writing(next(self._numbers), time.monotonic())
        self.writings.append(writing)
        try:
            async with aclosing(_events(answer)) as events:
                async for event in events:
                    if delta := delta_of(event):
                        await asyncio.sleep(SLOW_PAUSE if self.slow else 0)
                        writing.add(delta, time.monotonic())
                        self.changes.notify()
                    if event.strip() == DONE:
                        writing.ended = time.monotonic()
                    await response.write(event)
        except (asyncio.CancelledError, ConnectionError):
            writing.broken_off = writing.ended is None
            raise
        except aiohttp.ClientError:
            if request.transport is not None:
                request.transport.close()  # as it came: broken off
        finally:
            writing.ended = writing.ended or time.monotonic()
            self.changes.notify()
        return response


async def _events(answer: aiohttp.ClientResponse) -> AsyncGenerator[bytes]:
    """The events of a stream, each with the empty line that ends it."""
    rest = b""
    async for piece in answer.content.iter_any():
        rest += piece
        while end := EVENT_END.search(rest):
            yield rest[: end.end()]
            rest = rest[end.end() :]
    if rest:
        yield rest


def delta_of(event: bytes) -> str:
    """What an event adds to the answer; empty where it is none that does."""
    data = b"".join(line[5:] for line in event.splitlines() if line.startswith(b"data:")).strip()
    try:
        body: Any = json.loads(data)
        content = body["choices"][0]["delta"].get("content")
        return content if isinstance(content, str) else ""
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return ""


def _headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.lower() not in NOT_PASSED_BACK}
