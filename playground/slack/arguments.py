"""What a request asks for, however it was encoded."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from playground.slack.errors import Refusal

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
CHARSETS = ("utf-8", "iso-8859-1")
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
ARRAY = re.compile(r"[A-Za-z0-9_-]+\[.*\]", re.DOTALL)
TRUE = ("true", "1", True, 1)


class Arguments:
    """One request's arguments; what a method does not know is ignored, as Slack does."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name: value for name, value in values.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str):
            raise Refusal("invalid_arguments", f"must be a string [json-pointer:/{name}]")
        return value

    def needed(self, name: str) -> str:
        """Give a text that must be there."""
        value = self.text(name)
        if not value:
            raise Refusal("invalid_arguments", f"missing required field: {name}")
        return value

    def optional(self, name: str) -> str | None:
        return self.text(name) if name in self else None

    def number(self, name: str, default: int) -> int:
        try:
            return int(str(self.values.get(name, default)))
        except ValueError:
            raise Refusal("invalid_arguments", f"must be an integer [json-pointer:/{name}]") from None

    def flag(self, name: str) -> bool:
        return self.values.get(name) in TRUE

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:
        """Give a list or an object; forms bring it as JSON text. None where it is missing."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal(error, f"no valid JSON [json-pointer:/{name}]") from None


async def read_arguments(request: web.Request, takes_json: bool) -> Arguments:
    """Join query and body. A JSON body counts for nothing where the method takes forms only."""
    values: dict[str, Any] = {**request.query, **_client(request)}
    if request.method == "POST" and request.can_read_body:
        values.update(await _read_body(request, takes_json))
    _check_names(values)
    return Arguments(values)


def _check_names(values: Mapping[str, Any]) -> None:
    for name in values:
        if ARRAY.fullmatch(name):
            raise Refusal("invalid_array_arg")
        if not NAME.fullmatch(name):
            raise Refusal("invalid_arg_name")


def _client(request: web.Request) -> dict[str, str]:
    """Give the app's id and secret where they come as OAuth has it: like a login."""
    kind, _, login = request.headers.get("Authorization", "").partition(" ")
    if kind != "Basic":
        return {}
    try:
        client_id, _, client_secret = b64decode(login, validate=True).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": client_id, "client_secret": client_secret}


async def _read_body(request: web.Request, takes_json: bool) -> dict[str, Any]:
    if "Content-Type" not in request.headers and await request.read():
        raise Refusal("missing_post_type")
    if (request.charset or "utf-8").lower() not in CHARSETS:
        raise Refusal("invalid_charset")
    if request.content_type == "application/json":
        body = await _read_json(request)
        return body if takes_json else {}
    if request.content_type in FORMS:
        return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    if not await request.read():
        return {}
    raise Refusal("invalid_post_type")


async def _read_json(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.text())
    except ValueError:
        raise Refusal("invalid_json") from None
    if not isinstance(body, dict):
        raise Refusal("json_not_object")
    return body
