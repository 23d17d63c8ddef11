"""A Bot API that answers what a test tells it to, on a real socket; for failures that are hard to provoke otherwise."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

TOKEN = "5550001111:AAF4k3-Tok3n_for_tests_only_000000000"
_JSON_FIELDS = {
    "allowed_updates", "commands", "entities", "link_preview_options", "reply_markup", "reply_parameters", "scope",
}  # fmt: skip
_ME = {
    "id": 5550001111, "is_bot": True, "first_name": "Threadline", "username": "threadline_bot",
    "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False,
    "has_topics_enabled": True,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived; values that are JSON inside a form field are decoded."""

    method: str
    params: dict[str, Any]


class ScriptedBotApi:
    """Keeps updates until they are confirmed by an offset, and says "ok" to everything that is not scripted."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.updates: list[Any] = []
        self._scripts: dict[str, list[web.Response | None]] = {}
        self._changed = asyncio.Condition()
        self._next_id = 700
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.webhook_error = ""

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def add(self, *updates: Any) -> None:
        """Put updates into the queue, as if they had happened now."""
        self.updates.extend(updates)
        await self._notify()

    def refuse(self, method: str, status: int, description: str, **parameters: object) -> None:
        """Have the next call of the method refused."""
        body = {"ok": False, "error_code": status, "description": description}
        body |= {"parameters": parameters} if parameters else {}
        self._script(method, web.json_response(body, status=status))

    def answer_raw(self, method: str, status: int, text: str) -> None:
        self._script(method, web.Response(status=status, text=text, content_type="text/html"))

    def hang_up(self, method: str) -> None:
        """Have the connection of the next call cut without an answer."""
        self._script(method, None)

    def of(self, method: str) -> list[dict[str, Any]]:
        return [call.params for call in self.calls if call.method == method]

    async def wait_for(self, condition: Callable[[], bool], timeout: float = 5.0) -> None:  # noqa: ASYNC109 - a test's own limit
        """Wait until the condition holds; looked at after every call."""
        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(condition)

    def _script(self, method: str, response: web.Response | None) -> None:
        self._scripts.setdefault(method, []).append(response)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        params = await _params(request)
        self.calls.append(Call(method, params))
        await self._notify()
        if request.match_info["token"] != TOKEN:
            return web.json_response({"ok": False, "error_code": 401, "description": "Unauthorized"}, status=401)
        if self._scripts.get(method):
            scripted = self._scripts[method].pop(0)
            if scripted is None:
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            return scripted
        return web.json_response({"ok": True, "result": await self._result(method, params)})

    async def _result(self, method: str, params: dict[str, Any]) -> object:
        if method == "getUpdates":
            return await self._pending(params["offset"], params["timeout"])
        if method == "getMe":
            return _ME
        if method == "getWebhookInfo":
            told = {"last_error_message": self.webhook_error} if self.webhook_error else {}
            return {"url": "", "has_custom_certificate": False, "pending_update_count": 0, **told}
        if method == "createForumTopic":
            return {"message_thread_id": 777, "name": params["name"], "icon_color": 7322096}
        return self._message(params) if method in ("sendMessage", "editMessageText") else True

    async def _pending(self, offset: int, wait: int) -> list[Any]:
        """Confirm what is below the offset; an offset far in the future confirms nothing (the ids began anew)."""
        last = max((update["update_id"] for update in self.updates if "update_id" in update), default=0)
        if offset <= last + 10:
            self.updates = [update for update in self.updates if update.get("update_id", offset) >= offset]
        async with self._changed:
            self._changed.notify_all()
            await self._changed.wait_for(lambda: bool(self.updates) or not wait)
        return list(self.updates)

    def _message(self, params: dict[str, Any]) -> dict[str, Any]:
        self._next_id += 1
        chat = {"id": int(params["chat_id"]), "type": "private", "first_name": "Ann"}
        return {"message_id": self._next_id, "date": 1795340000, "chat": chat, "from": _ME, "text": params["text"]}


async def _params(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return {name: _decoded(name, value) for name, value in (await request.json()).items()}
    return {name: _decoded(name, str(value)) for name, value in (await request.post()).items()}


def _decoded(name: str, value: Any) -> Any:
    return json.loads(value) if name in _JSON_FIELDS and isinstance(value, str) else value
