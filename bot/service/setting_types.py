"""The kinds of values that settings have. Each field carries in `title` what is allowed, for its page and its error."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

ADDRESS = r"https?://[^\s/?#]+(/[^\s?#]*)?"
PRINTABLE = r"[!-~]+"
A_URL = "an address that begins with http:// or https://"


def setting(default: Any, allowed: str, description: str, **bounds: Any) -> Any:
    """A field; `bounds` is whatever else pydantic's `Field` takes."""
    return Field(default=default, title=allowed, description=description, **bounds)


def read_as(*names: str) -> AliasChoices:
    """Other names than the field's own, the first one that is set wins."""
    return AliasChoices(*names)


def matching(pattern: str) -> AfterValidator:
    """Allow only texts that match as a whole."""

    def check(text: str) -> str:
        return _matched(pattern, text)

    return AfterValidator(check)


def secret(pattern: str) -> AfterValidator:
    """Allow only secrets that match as a whole; spaces and line breaks around them are dropped."""

    def check(value: SecretStr) -> SecretStr:
        return SecretStr(_matched(pattern, value.get_secret_value().strip()))

    return AfterValidator(check)


def each(pattern: str) -> AfterValidator:
    """Allow only lists whose every entry matches as a whole."""

    def check(entries: frozenset[str]) -> frozenset[str]:
        return frozenset(_matched(pattern, entry) for entry in entries)

    return AfterValidator(check)


def _matched(pattern: str, text: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise ValueError("not what is allowed")
    return text


def _split(given: Any) -> Any:
    return [entry.strip() for entry in given.split(",") if entry.strip()] if isinstance(given, str) else given


def _small(given: Any) -> Any:
    return given.strip().lower() if isinstance(given, str) else given


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _with_slash(url: str) -> str:
    return url.rstrip("/") + "/"


Address = Annotated[str, matching(ADDRESS), AfterValidator(_without_slash)]
Folder = Annotated[str, matching(ADDRESS), AfterValidator(_with_slash)]
"""An address that ends with a slash, so that names can be put after it."""
ModelAddress = Annotated[
    str, matching(rf"local|{ADDRESS}(?<!/completions)(?<!/completions/)"), AfterValidator(_without_slash)
]
DatabaseAddress = Annotated[str, matching(r"(sqlite(\+aiosqlite)?:///|postgres(ql)?(\+psycopg)?://).+")]
HostName = Annotated[str, matching(r"[^\s/]+")]
Key = Annotated[SecretStr, secret(PRINTABLE)]
SlackBotToken = Annotated[SecretStr, secret(r"xoxb-[!-~]+")]
SlackAppToken = Annotated[SecretStr, secret(r"xapp-[!-~]+")]
TelegramToken = Annotated[SecretStr, secret(r"\d+:[A-Za-z0-9_-]+")]
WebhookSecret = Annotated[SecretStr, secret(r"[A-Za-z0-9_-]{1,256}")]
"""Telegram's rule for `secret_token`."""
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
SlackUsers = Annotated[frozenset[str], NoDecode, BeforeValidator(_split), each(r"[UW][A-Z0-9]+")]
SlackChannels = Annotated[frozenset[str], NoDecode, BeforeValidator(_split), each(r"[CGD][A-Z0-9]+")]
TelegramUsers = Annotated[frozenset[str], NoDecode, BeforeValidator(_split), each(r"\d+")]
TelegramChats = Annotated[frozenset[str], NoDecode, BeforeValidator(_split), each(r"-?\d+")]
AnyCase = BeforeValidator(_small)
