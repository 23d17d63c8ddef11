"""What a request asks for, however it was encoded.

The Bot API takes parameters from the query string, urlencoded and multipart forms and JSON bodies alike, and reads
each of them as text: numbers arrive as "5", structures as JSON in a string.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from playground.telegram.errors import ApiError, bad_request

TRUE_WORDS = frozenset({"true", "True", "TRUE", "1", "yes", "Yes", "YES"})
DEEPEST = 100
LEADING_INTEGER = re.compile(r"-?\d+")


@dataclass(frozen=True)
class UploadedFile:
    """A file that came with a request."""

    name: str
    mime_type: str
    data: bytes


class Parameters:
    """One request's parameters; what is missing reads as empty, as it does in the real server."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {name: checked_strings(value) for name, value in values.items()}

    def has(self, name: str) -> bool:
        return self.text(name) != ""

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None or isinstance(value, UploadedFile):
            return ""
        return value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int = 0) -> int:
        """Read an integer as leniently as the real server: what follows the digits does not count."""
        digits = LEADING_INTEGER.match(self.text(name))
        return int(digits.group()) if digits else default

    def flag(self, name: str) -> bool:
        return self.text(name) in TRUE_WORDS

    def upload(self, name: str) -> UploadedFile | None:
        """Give a file that was uploaded under this name."""
        value = self.values.get(name)
        return value if isinstance(value, UploadedFile) else None

    def structure(self, name: str, called: str) -> Any:
        """Decode a structure, or give None where it is missing; `called` is its name in the refusal."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return checked_strings(json.loads(value))
        except (ValueError, RecursionError):
            raise bad_request(f"can't parse {called} JSON object") from None


def checked_strings(value: Any, depth: int = 0) -> Any:
    """Give a value back, unless it is nested too deep or there is half a UTF-16 pair in it.

    JSON can write such a half, UTF-8 cannot.
    """
    if depth >= DEEPEST:
        raise bad_request("can't parse JSON object")
    if isinstance(value, str) and not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value):
        raise bad_request("strings must be encoded in UTF-8")
    if isinstance(value, dict):
        return {checked_strings(name): checked_strings(inner, depth + 1) for name, inner in value.items()}
    return [checked_strings(inner, depth + 1) for inner in value] if isinstance(value, list) else value


async def read_parameters(request: web.Request) -> Parameters:
    """Join the query string and the body; the body wins, files are kept as bytes."""
    values: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        values.update(await _json_body(request))
    elif request.can_read_body:
        values.update(await _form_body(request))
    return Parameters(values)


async def _json_body(request: web.Request) -> dict[str, Any]:
    if not request.can_read_body:
        return {}
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        raise bad_request("can't parse JSON object") from None
    if not isinstance(body, dict):
        raise bad_request("object expected")
    return {name: value for name, value in body.items() if value is not None}


async def _form_body(request: web.Request) -> dict[str, Any]:
    try:
        form = await request.post()
    except UnicodeDecodeError:
        raise ApiError(400, "Bad Request: strings must be encoded in UTF-8") from None
    except web.HTTPRequestEntityTooLarge:
        raise ApiError(413, "Request Entity Too Large") from None
    return {name: _form_value(value) for name, value in form.items()}


def _form_value(value: str | bytes | bytearray | web.FileField) -> Any:
    if isinstance(value, web.FileField):
        return UploadedFile(value.filename, value.content_type, value.file.read())
    return value if isinstance(value, str) else value.decode()
