"""Whatever an app sends, the stand-in answers in Slack's words and does not break."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from playground.slack import SlackStandIn
from tests.playground.slack_world import World, world
from tests.playground.test_slack_sdk import CALLS, EXTRA_SCOPES

NONSENSE: list[Any] = [
    None, True, 7, -1, 1.5, "", "nonsense", "\x00", [], {}, [7], [None], [[]], {"type": 7}, {"type": ["section"]},
    [{"type": "section", "text": 7}], [{}], {"type": "modal", "blocks": [7], "title": 7}, {"blocks": {}}, [{"id": []}],
    [{"type": "container", "child_blocks": 7}], [{"type": "carousel", "elements": {}}], [{"type": "task_update"}],
]  # fmt: skip


class Mangler(AsyncWebClient):
    """The SDK's client, which sends something else in one argument of one method."""

    method = ""
    argument = ""
    value: Any = None

    async def api_call(self, api_method: str, **request: Any) -> AsyncSlackResponse:
        for kind in ("json", "params", "data"):
            if api_method == self.method and self.argument in (request.get(kind) or {}):
                value = self.value if kind == "json" or isinstance(self.value, str) else json.dumps(self.value)
                request[kind] = {**request[kind], self.argument: value}
        return await super().api_call(api_method, **request)


class Mangled(World):
    def __init__(self, slack: SlackStandIn) -> None:
        self.mangler = Mangler("", base_url=slack.api_url, retry_handlers=[])
        super().__init__(slack)

    def client_with(self, token: str) -> AsyncWebClient:
        self.mangler.token = token or None
        return self.mangler


@pytest.fixture
async def w() -> AsyncIterator[Mangled]:
    async with world() as running:
        running.slack.app.scopes |= EXTRA_SCOPES
        yield Mangled(running.slack)


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # by the SDK's oauth.v2.access alone
@pytest.mark.parametrize("method", sorted(CALLS))
async def test_nonsense_in_any_argument_is_refused_or_passed_over(w: Mangled, method: str) -> None:
    await CALLS[method](w)
    w.mangler.method = method
    for argument in w.slack.calls_of(method)[-1].args:
        for value in NONSENSE:
            w.mangler.argument, w.mangler.value = argument, value
            w.slack.app.token_error, w.mangler.token = "", w.slack.bot_token
            with suppress(SlackClientError):
                await CALLS[method](w)
            call = w.slack.calls[-1]
            assert (call.method, call.status, call.response["ok"]) == (method, 200, call.error is None), (
                argument,
                value,
            )
