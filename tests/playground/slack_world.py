"""A workspace with two people, a channel and an app, looked at through Slack's own SDK."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from playground.clock import Clock, ManualClock
from playground.slack import SlackStandIn

Json = dict[str, Any]


def text_block(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str = "stop", label: str = "Stop", value: str = "v") -> Json:
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label},
        "value": value,
    }


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def modal(*blocks: Json, **fields: Any) -> Json:
    title = {"type": "plain_text", "text": "Rename"}
    submit = {"type": "plain_text", "text": "OK"}
    frame = {"type": "modal", "callback_id": "form", "title": title, "submit": submit}
    return {**frame, "blocks": list(blocks) or [text_block("empty")], **fields}


def text_input(block_id: str = "title", **element: Any) -> Json:
    field = {"type": "plain_text_input", "action_id": "text", **element}
    return {"type": "input", "block_id": block_id, "label": {"type": "plain_text", "text": "Title"}, "element": field}


class World:
    def __init__(self, slack: SlackStandIn) -> None:
        self.slack = slack
        self.ann = slack.add_person("Ann Lee")
        self.bob = slack.add_person("Bob Ray")
        self.general = slack.add_channel("general", members=[self.ann, self.bob])
        self.dm = slack.open_dm(self.ann)
        self.client = self.client_with(slack.bot_token)

    def client_with(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(token, base_url=self.slack.api_url, retry_handlers=[])

    async def call(self, method: str, **args: Any) -> Json:
        """Call as the SDK does: as JSON."""
        response = await self.client.api_call(method, json=args)
        assert isinstance(response.data, dict)
        return response.data

    async def refusal(self, method: str, **args: Any) -> str:
        """The word with which the call is refused, "" where it is not."""
        try:
            await self.call(method, **args)
        except SlackApiError as error:
            return str(error.response["error"])
        return ""

    async def post(self, text: str = "hello", **args: Any) -> str:
        """A message of the app in the channel; its `ts`."""
        answer = await self.call("chat.postMessage", **{"channel": self.general.id, "text": text, **args})
        return str(answer["ts"])


@asynccontextmanager
async def world(clock: Clock | None = None, *, rates: bool = False, **flags: Any) -> AsyncIterator[World]:
    """A running workspace that stands still in time unless a clock is given; limits are off unless asked for."""
    async with SlackStandIn(clock or ManualClock(), **flags) as slack:
        slack.rates.enabled = rates
        yield World(slack)
