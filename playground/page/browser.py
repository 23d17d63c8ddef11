"""One browser that has the page open: what it is shown, and what it asks for."""

import asyncio
import inspect
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from playground.page import slack_actions, slack_view, strip, telegram_actions, telegram_view, world_actions
from playground.page.actions import Action, Refused, Visit
from playground.page.world import NotAllowed, World
from playground.slack.errors import NotPossible, Refusal

TICK = 0.5
"""Seconds after which a browser is shown what only time has changed."""

GATHER = 0.04
"""Seconds in which changes are gathered, so that a quick model makes 25 pictures a second at most."""

ACTIONS: Mapping[str, Action] = {
    **world_actions.ACTIONS,
    **strip.ACTIONS,
    **slack_actions.ACTIONS,
    **telegram_actions.ACTIONS,
}
log = logging.getLogger(__name__)

BROKEN = "That did not work; the playground's log says why."
NOT_UNDERSTOOD = "The page asked for something that does not exist."


class Browser:
    """Sends each part of the page whenever it is another one than before, and does what the person does."""

    def __init__(self, world: World, socket: web.WebSocketResponse, wanted: str) -> None:
        self._world = world
        self._socket = socket
        self._visit = Visit(world, world.welcome(wanted))
        self._shown: dict[str, str] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until the browser goes."""
        changed = asyncio.Event()
        with self._world.present(self._visit.guest), self._world.listen(changed):
            await world_actions.greet(self._visit)
            showing = asyncio.create_task(self._keep_showing(changed), name="page-shown")
            try:
                async for message in self._socket:
                    if message.type == WSMsgType.TEXT:
                        self._take(message.data, changed)
            finally:
                for task in (showing, *self._running):
                    task.cancel()
                await asyncio.gather(showing, *self._running, return_exceptions=True)

    async def _keep_showing(self, changed: asyncio.Event) -> None:
        try:
            while True:
                changed.clear()
                await self._show()
                await asyncio.sleep(GATHER)
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK):
                        await changed.wait()
        except ConnectionError:
            return  # the browser went; `run` notices too
        except Exception:
            log.exception("a picture of the page failed")
            await self._socket.close(code=1011)  # it connects again, rather than stand still

    async def _show(self) -> None:
        for part, picture in self._parts().items():
            text = json.dumps(picture, ensure_ascii=False)
            if self._shown.get(part) != text:
                self._shown[part] = text
                await self._socket.send_str(f'{{"part": "{part}", "data": {text}}}')

    def _parts(self) -> dict[str, Any]:
        visit = self._visit
        return {
            "people": world_actions.people_part(visit),
            "slack": slack_view.slack_part(visit),
            "telegram": telegram_view.telegram_part(visit),
            "strip": strip.strip_part(self._world),
        }

    def _take(self, text: str, changed: asyncio.Event) -> None:
        """Do what is asked in a task of its own: some of it waits for the bot's answer."""
        task = asyncio.create_task(self._do(text), name="page-action")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda _: changed.set())

    async def _do(self, text: str) -> None:
        """Answer with what the action gives, or with the sentence that says why it cannot be done."""
        number: Any = None
        try:
            asked = json.loads(text)
            json.dumps(asked, ensure_ascii=False).encode()  # half a surrogate pair could be shown to nobody
            number = asked["id"]
            action = ACTIONS[asked["do"]]
            arguments = dict(asked.get("args") or {})
            inspect.signature(action).bind(self._visit, **arguments)
        except (ValueError, KeyError, TypeError, RecursionError):
            await self._answer({"id": number, "error": NOT_UNDERSTOOD})
            return
        try:
            result = await action(self._visit, **arguments)
        except KeyError:  # something that is not there any more: Python's words are for nobody
            await self._answer({"id": number, "error": NOT_UNDERSTOOD})
        except (NotPossible, NotAllowed, Refused, Refusal, LookupError, ValueError) as error:
            await self._answer({"id": number, "error": str(error) or NOT_UNDERSTOOD})
        except Exception:  # whatever a browser sends, the others go on
            log.exception("an action of the page failed")
            await self._answer({"id": number, "error": BROKEN})
        else:
            await self._answer({"id": number, "result": result})

    async def _answer(self, body: dict[str, Any]) -> None:
        with suppress(ConnectionError):
            await self._socket.send_str(json.dumps(body, ensure_ascii=False))
