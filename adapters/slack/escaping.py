"""Text as text for Slack: nothing in it is markup, nothing in it calls people."""

from __future__ import annotations

import re

from adapters.markdown.characters import JOINER

SPECIAL = re.compile(r"[`*\[\]~_]|\\(?=[!-/:-@\[-`{-~]|$)")
"""What Markdown may read as a mark."""

_BROADCAST = re.compile(r"https?://[^\s<>]+|(?<![\w%+-])@(?=(?:here|channel|everyone)\b)", re.IGNORECASE)
_ADDRESS = re.compile(r"(https?://[^\s<>]+)")


def escape(text: str) -> str:
    """Escape a text for mrkdwn (`text`, section blocks): `&`, `<` and `>`."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def disarm(text: str) -> str:
    """Keep `@here` from being read as a mention, by an invisible joiner; addresses and e-mail stay as they are."""
    return _BROADCAST.sub(lambda found: "@" + JOINER if found[0] == "@" else found[0], text)


def angles(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def literal(text: str) -> str:
    """Write text so that none of it is markup; addresses in it keep working."""
    parts = _ADDRESS.split(disarm(text))
    return "".join(_address(part) if number % 2 else escaped(part) for number, part in enumerate(parts))


def escaped(text: str) -> str:
    return angles(SPECIAL.sub(lambda found: _escape_one(found, text), text))


def _escape_one(found: re.Match[str], text: str) -> str:
    """Escape what Markdown could read as a mark. What it cannot is left, so that the text stays readable anywhere."""
    before, after = text[found.start() - 1 : found.start()] or " ", text[found.end() : found.end() + 1] or " "
    mark = found[0]
    if mark in "*_~" and before.isspace() and after.isspace() and found.start() > 0 and found.end() < len(text):
        return mark
    if mark == "_" and before.isalnum() and after.isalnum():
        return mark
    if mark == "[" or (mark == "]" and after not in "([:"):
        return mark
    return "\\" + mark


_IN_ADDRESS: dict[str, str] = {"*": "%2A", "_": "%5F", "~": "%7E", "`": "%60", "[": "%5B", "]": "%5D", "\\": "%5C"}


def _address(address: str) -> str:
    """Write a bare address; what could be markup at its edges is written as an address may write it."""
    return angles(re.sub(r"(?<![^\W_])_|_(?![^\W_])|[*~`\[\]\\]", lambda found: _IN_ADDRESS[found[0]], address))
