"""What a person types, as Slack's client sends it on. Pure."""

import re
from collections.abc import Mapping
from typing import Any

SEQUENCE = re.compile(r"<(?:[@#!][^<>\s]+|(?:https?://|mailto:)[^<>\s|]+(?:\|[^<>]*)?)>")
PIECE = re.compile(
    r"<@(?P<user>[UWB][A-Z0-9]+)>|<#(?P<channel>C[A-Z0-9]+)(?:\|[^<>]*)?>|<!(?P<range>here|channel|everyone)>|(?P<link><(?:https?://|mailto:)[^<>]+>)"
)
NAMED = re.compile(r"<([@#])([UWC][A-Z0-9]+)(?:\|[^<>]*)?>")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


def encoded(typed: str) -> str:
    """Escape what a person typed; mentions and links in Slack's own writing stay as they are."""
    parts, end = [], 0
    for match in SEQUENCE.finditer(typed):
        parts += [_escaped(typed[end : match.start()]), match[0]]
        end = match.end()
    return "".join([*parts, _escaped(typed[end:])])


def as_rich_text(text: str) -> list[dict[str, Any]]:
    """Show an encoded text as the block that the client makes of it."""
    elements: list[dict[str, Any]] = []
    end = 0
    for match in PIECE.finditer(text):
        elements += [*_plain(text[end : match.start()]), _element(match)]
        end = match.end()
    elements += _plain(text[end:])
    if not elements:
        return []
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}]


def in_command(typed: str, names: Mapping[str, str], *, escape: bool) -> str:
    """Give a command's text as the app gets it: people and channels as ids with their name, or by name alone."""

    def named(match: re.Match[str]) -> str:
        sign, id_ = match.groups()
        name = names.get(id_, id_)
        return f"<{sign}{id_}|{name}>" if escape else f"{sign}{name}"

    return NAMED.sub(named, typed)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str) -> list[dict[str, Any]]:
    shown = re.sub(r"&(?:lt|gt|amp);", lambda match: ENTITIES[match[0]], text)
    return [{"type": "text", "text": shown}] if shown else []


def _element(match: re.Match[str]) -> dict[str, Any]:
    if match["user"]:
        return {"type": "user", "user_id": match["user"]}
    if match["channel"]:
        return {"type": "channel", "channel_id": match["channel"]}
    if match["range"]:
        return {"type": "broadcast", "range": match["range"]}
    url, _, label = match["link"][1:-1].partition("|")
    return {"type": "link", "url": url, **({"text": label} if label else {})}
