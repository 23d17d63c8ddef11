"""A model that writes 40 words a second to everybody who asks, and remembers when it wrote which word."""

import asyncio
import json
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from benchmarks.streaming.work import WORDS_A_SECOND
from playground.clock import Clock

END = b"data: [DONE]\n\n"


class Endpoint:
    """An OpenAI-compatible endpoint. `written` has the moments of each word, by the question's own word."""

    def __init__(self, clock: Clock, deltas: Sequence[str]) -> None:
        self.clock = clock
        self._events = [_event({"content": delta}) for delta in deltas]
        self.written: dict[str, list[float]] = {}
        self.ended = 0
        self._runner: web.AppRunner | None = None
        self.base_url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        port = self._runner.addresses[0][1]
        self.base_url = f"http://127.0.0.1:{port}/v1"
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        question = str(body["messages"][-1]["content"])
        if "question-" in question and "You name conversations" not in str(body["messages"][0]):
            await self._write(response, question[question.index("question-") :].split()[0])
        else:
            await response.write(_event({"content": "A title"}))
        await response.write(_event({}, finish="stop") + END)
        return response

    async def _write(self, response: web.StreamResponse, question: str) -> None:
        """Write word by word, each at its moment; one that is late is followed by the next at its own."""
        start, moments = self.clock.now(), self.written.setdefault(question, [])
        moments.clear()
        for number, event in enumerate(self._events):
            wait = start + number / WORDS_A_SECOND - self.clock.now()
            if wait > 0:
                await asyncio.sleep(wait)
            moments.append(self.clock.now())
            await response.write(event)
        self.ended += 1


def _event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"
