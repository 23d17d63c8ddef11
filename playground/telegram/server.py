"""The Bot API as a web server on this machine."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

from playground.telegram.account import Account
from playground.telegram.answers import Answer
from playground.telegram.calls import Call
from playground.telegram.errors import ApiError
from playground.telegram.faults import ConnectionLost, Fault, Faults
from playground.telegram.flood import CalledTooEarly
from playground.telegram.methods import all_methods, find_method
from playground.telegram.parameters import Parameters, read_parameters

TOKEN = re.compile(r"\d+:[\w-]{30,}")
NOT_IN_WEBHOOK_ANSWERS = ("get", "setwebhook", "deletewebhook", "logout", "close")
MOST_BODY_BYTES = 51 << 20


class Server:
    """Answers requests for one bot; keeps its port over a restart."""

    def __init__(self, account: Account, faults: Faults) -> None:
        self.account = account
        self.faults = faults
        self.port = 0
        self._methods = all_methods()
        self._polls: set[asyncio.Transport] = set()
        self._runner: web.AppRunner | None = None
        account.webhook.call_method = self.call_from_webhook

    async def start(self) -> None:
        app = web.Application(client_max_size=MOST_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.account.webhook.start()

    async def stop(self) -> None:
        await self.account.webhook.stop()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def drop_connections(self) -> None:
        """Break off every `getUpdates` that waits; its updates stay queued."""
        for connection in list(self._polls):
            connection.abort()

    async def call_from_webhook(self, method: str, params: dict[str, Any]) -> None:
        """Run the method call of a webhook's answer; a refusal is seen in the log only."""
        if method.lower().startswith(NOT_IN_WEBHOOK_ANSWERS):
            return
        await self._call(method, Parameters(params), note="webhook answer")

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        try:
            if path.startswith("file/"):
                return self._download(path.removeprefix("file/"))
            name = self._method_name(path)
            with self._noted_poll(request, name):
                body = await self._call(name, await read_parameters(request))
        except ApiError as error:
            return _error_response(error)
        except ConnectionLost:
            if request.transport:
                request.transport.abort()
            return web.Response()
        return web.json_response(body)

    @contextmanager
    def _noted_poll(self, request: web.Request, name: str) -> Iterator[None]:
        """Remember the connection of a `getUpdates` while it waits."""
        polls = {request.transport} if name.lower() == "getupdates" and request.transport else set()
        self._polls |= polls
        try:
            yield
        finally:
            self._polls -= polls

    def _download(self, path: str) -> web.Response:
        """Give a file under the link that `getFile` made: the address carries the token."""
        bot, _, file_path = path.partition("/")
        self._check_token(bot)
        return web.Response(body=self.account.files.download(file_path), content_type="application/octet-stream")

    def _method_name(self, path: str) -> str:
        """Take `bot<token>/<method>` apart."""
        bot, _, method = path.partition("/")
        if not method or "/" in method:
            raise ApiError(404, "Not Found")
        self._check_token(bot)
        return method

    def _check_token(self, bot: str) -> None:
        """Refuse a wrong token, and any for a bot that logged out."""
        if not bot.startswith("bot"):
            raise ApiError(404, "Not Found")
        token = bot.removeprefix("bot")
        if ":" not in token:
            raise ApiError(401, "Unauthorized: invalid token specified")
        if not TOKEN.fullmatch(token) or token != self.account.token:
            raise ApiError(401, "Unauthorized")
        if self.account.logged_out:
            raise ApiError(400, "Bad Request: Logged out")

    async def _call(self, name: str, params: Parameters, note: str = "") -> dict[str, Any]:
        """Run a method and write down how it ended."""
        call = Call(name, params.values, self.account.now(), notes=[note] if note else [])
        self.account.calls.append(call)
        try:
            answer = await self._run(call, params)
        except ApiError as error:
            call.status, call.error = error.code, error.description
            call.too_early = isinstance(error, CalledTooEarly)
            if note:
                return error.body()
            raise
        except ConnectionLost:
            call.error = "connection lost"
            raise
        except asyncio.CancelledError:
            call.error = "the client went away"
            raise
        finally:
            call.done, call.answered_at = True, self.account.now()
            self.account.changes.notify()
        call.status, call.result = 200, answer.result
        return answer.body()

    async def _run(self, call: Call, params: Parameters) -> Answer:
        call.method, method = find_method(self._methods, call.method)
        self.account.changes.notify()
        fault = self.faults.take(call.method, call.chat_id)
        if fault and not fault.applied:
            await self._suffer(fault, call)
        result = method(self.account, params)
        if delay := self.account.flood.take_delay():
            await self.account.clock.sleep(delay)
        if inspect.isawaitable(result):
            result = await result
        if fault and fault.applied:
            await self._suffer(fault, call)
        return result if isinstance(result, Answer) else Answer(result)

    async def _suffer(self, fault: Fault, call: Call) -> None:
        """Let a fault have its way: wait, close the chat, fail."""
        if fault.gate:
            await fault.gate.wait()
        if fault.seconds:
            await self.account.clock.sleep(fault.seconds)
        error = fault.error()
        if isinstance(error, ApiError) and error.code == 429 and call.chat_id is not None:
            self.account.flood.close(call.chat_id, error.parameters["retry_after"])
        if error:
            raise error


def _error_response(error: ApiError) -> web.Response:
    """Answer with an error; a broken gateway speaks HTML, as it does at Telegram."""
    if error.code == 502:
        page = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
        return web.Response(status=502, text=page, content_type="text/html")
    headers = {"Retry-After": str(error.parameters["retry_after"])} if "retry_after" in error.parameters else {}
    return web.json_response(error.body(), status=error.code, headers=headers)
