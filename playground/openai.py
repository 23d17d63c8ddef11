"""A stand-in for an OpenAI-compatible endpoint: a real server that says what it is told to say."""

import asyncio
import itertools
import json
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from playground import openai_rules as rules
from playground.clock import Clock
from playground.openai_script import Answer, Failure, Request, error_of, usage_of

Reply = Callable[[Request], str | Answer | Failure | None]
Titles = Callable[[Request], str | None]


class ScriptedEndpoint:
    """Serves `/v1/chat/completions` and `/v1/models` on loopback, as strict as the real one.

    Answers and failures are used up in the order in which they were told; with none left `answer_with` decides, else
    the question comes back. `titles` goes first: what it answers (by the system text, say) leaves the queue alone.
    Without `key` everybody may ask; with `strict` only the named models are known.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        key: str | None = None,
        models: tuple[str, ...] = ("scripted",),
        strict: bool = False,
    ) -> None:
        self.requests: list[Request] = []
        self.closed_early = 0
        self.refused = 0
        """Completions that were not even taken in: no key, a wrong body, an unknown model."""
        self.running = 0
        self.context_limit: int | None = None
        """Characters of a prompt that are too many plus one."""
        self.refuses: tuple[str, ...] = ()
        """Parameters that this server does not know."""
        self.lists_models = True
        self.titles: Titles | None = None
        self._clock = clock or Clock()
        self._key, self._models, self._strict = key, models, strict
        self._queue: deque[Answer | Failure | None] = deque()
        self._reply: Reply = lambda request: f"You said: {request.question}"
        self._numbers = itertools.count(1)
        self._changed = asyncio.Event()
        self._stopping = False
        self._runner: web.AppRunner | None = None
        self._port = 0

    # -- the script

    def say(self, text: str, **how: Any) -> Answer:
        """Queue an answer; `how` is what `Answer` takes."""
        answer = Answer(text, **how)
        self._queue.append(answer)
        return answer

    def fail(
        self, status: int, message: str = "The server had an error while processing your request.", **how: Any
    ) -> Failure:
        """Queue an error status; `how` is what `Failure` takes: `code`, `kind`, `body`, `retry_after`."""
        failure = Failure(status, message, **how)
        self._queue.append(failure)
        return failure

    def drop(self) -> None:
        """Queue a connection that is cut before a byte of the answer."""
        self._queue.append(None)

    def answer_with(self, reply: Reply) -> None:
        """Decide what is said when the queue is empty: a text, an answer, an error status, or None for a cut."""
        self._reply = reply

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:  # noqa: ASYNC109 - a test says how long
        """Wait until the condition holds, looking whenever something happened here; TimeoutError after real seconds."""
        async with asyncio.timeout(timeout):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    # -- the server

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    async def start(self, port: int = 0) -> None:
        app = web.Application(client_max_size=64 * 1024**2)
        app.router.add_post("/v1/chat/completions", self._completions)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_route("*", "/{rest:.*}", self._unknown)
        # handler_cancellation: a caller that goes must stop the answer, as with a real model server.
        self._runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._stopping = True
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # -- the routes

    async def _unknown(self, http: web.Request) -> web.Response:
        return failed(Failure(404, f"Invalid URL ({http.method} {http.path})", kind=rules.INVALID))

    async def _list_models(self, http: web.Request) -> web.Response:
        if problem := rules.key_problem(http.headers.get("Authorization"), self._key):
            return failed(problem)
        if not self.lists_models:
            return await self._unknown(http)
        models = [
            {"id": name, "object": "model", "created": 1_790_000_000, "owned_by": "playground"} for name in self._models
        ]
        return web.json_response({"object": "list", "data": models})

    async def _completions(self, http: web.Request) -> web.StreamResponse:
        body = await body_of(http)
        if problem := self._problem(http, body):
            self.refused += 1
            return failed(problem)
        request = Request(body, dict(http.headers))
        self.requests.append(request)
        self._changed.set()
        step = rules.length_problem(request, self.context_limit) or self._next(request)
        if step is None:
            return cut_off(http)
        if isinstance(step, Failure):
            return failed(step)
        with self._watched():
            answer = step.limited(request.max_tokens)
            return await (self._stream(http, request, answer) if body.get("stream") else self._whole(request, answer))

    def _problem(self, http: web.Request, body: Any) -> Failure | None:
        return (
            rules.key_problem(http.headers.get("Authorization"), self._key)
            or rules.body_problem(body)
            or rules.model_problem(body["model"], self._models, self._strict)
            or rules.unsupported(body, self.refuses)
        )

    def _next(self, request: Request) -> Answer | Failure | None:
        title = self.titles(request) if self.titles else None
        if title is not None:
            return Answer(title)
        if self._queue:
            return self._queue.popleft()
        step = self._reply(request)
        return Answer(step) if isinstance(step, str) else step

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Count the answers that run, and those whose caller went before the end."""
        self.running += 1
        try:
            yield
        except (asyncio.CancelledError, ConnectionError):
            self.closed_early += not self._stopping
            raise
        finally:
            self.running -= 1
            self._changed.set()

    async def _whole(self, request: Request, answer: Answer) -> web.Response:
        await self._clock.sleep(answer.delay + (len(answer.text) / answer.rate if answer.rate else 0))
        message = {"role": "assistant", "content": answer.text, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish, "logprobs": None}
        return web.json_response(
            self._head(request, "chat.completion") | {"choices": [choice], "usage": usage_of(request, answer)}
        )

    async def _stream(self, http: web.Request, request: Request, answer: Answer) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache"}
        )
        await response.prepare(http)
        head = self._head(request, "chat.completion.chunk")
        async with aclosing(self._events(request, answer, head)) as events:
            async for event in events:
                if event is None:
                    return cut_off(http)
                await response.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        if answer.finish is not None:
            await response.write(b"data: [DONE]\n\n")
        return response

    def _head(self, request: Request, kind: str) -> dict[str, Any]:
        number = next(self._numbers)
        return {
            "id": f"chatcmpl-{number}",
            "object": kind,
            "created": int(self._clock.now()),
            "model": request.body["model"],
        }

    async def _events(
        self, request: Request, answer: Answer, head: dict[str, Any]
    ) -> AsyncGenerator[dict[str, Any] | None]:
        """The stream's events; None: cut the connection here."""
        yield head | {"choices": [choice({"role": "assistant", "content": ""})]}
        await self._clock.sleep(answer.delay)
        if answer.reasoning:
            yield head | {"choices": [choice({"reasoning_content": answer.reasoning})]}
        async with aclosing(self._paced(answer, self._clock.now())) as pieces:
            async for at, piece in pieces:
                if at == answer.break_after:
                    yield None
                elif at == answer.error_after:
                    yield {"error": dict(answer.error)}
                    return
                elif piece:
                    yield head | {"choices": [choice({"content": piece})]}
        if answer.finish is not None:
            yield head | {"choices": [choice({}, answer.finish)]}
        if (request.body.get("stream_options") or {}).get("include_usage"):
            yield head | {"choices": [], "usage": usage_of(request, answer)}

    async def _paced(self, answer: Answer, start: float) -> AsyncGenerator[tuple[int, str]]:
        """The pieces at their moments, with an empty one at the end, so that every mark is met."""
        for at, piece in [*answer.pieces(), (len(answer.text), "")]:
            if at == answer.silent_after:
                answer.silent.set()
                await answer.go.wait()
            if answer.rate:
                await self._clock.sleep(start + (at + len(piece)) / answer.rate - self._clock.now())
            yield at, piece


def choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def failed(failure: Failure) -> web.Response:
    error = error_of(failure.message, failure.kind or "server_error", failure.code)
    text = failure.body if failure.body is not None else json.dumps({"error": error})
    headers = {} if failure.retry_after is None else {"Retry-After": f"{failure.retry_after:g}"}
    return web.Response(status=failure.status, text=text, content_type="application/json", headers=headers)


def cut_off(http: web.Request) -> web.Response:
    """Close the connection in the middle, as a crash does."""
    if http.transport is not None:
        http.transport.close()
    return web.Response()


async def body_of(http: web.Request) -> Any:
    try:
        return await http.json()
    except ValueError:
        return None
