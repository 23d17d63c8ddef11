"""An app behind the stand-in for Slack that does what a test says: it takes deliveries over HTTP, without a bot."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from playground.slack import SlackStandIn

Json = dict[str, Any]


class PageApp:
    """Keeps what it was sent; `answers` gives the body of the acknowledgement, `status` its HTTP status."""

    def __init__(self) -> None:
        self.events: list[Json] = []
        self.interactions: list[Json] = []
        self.commands: list[Json] = []
        self.answers: Callable[[Json], Json | None] = lambda _: None
        self.status = 200

    async def take(self, request: web.Request) -> web.Response:
        if request.content_type == "application/json":
            self.events.append((await request.json())["event"])
            return web.Response()
        form = await request.post()
        body: Json = json.loads(str(form["payload"])) if "payload" in form else dict(form)
        (self.interactions if "payload" in form else self.commands).append(body)
        answer = self.answers(body)
        return web.Response(status=self.status) if answer is None else web.json_response(answer)

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]


@asynccontextmanager
async def page_app(slack: SlackStandIn) -> AsyncIterator[PageApp]:
    """Let the stand-in deliver to a new app."""
    made = PageApp()
    app = web.Application()
    app.router.add_post("/", made.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.deliver_to(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    try:
        yield made
    finally:
        await runner.cleanup()
