"""Captions: the text under a photo, a file or a voice message."""

from typing import Any

from playground.telegram.account import Account
from playground.telegram.parameters import Parameters
from playground.telegram.texts import formatted_caption, requested_caption

CAPTION_FIELDS = ("caption", "caption_entities", "show_caption_above_media")


def caption_part(account: Account, params: Parameters) -> dict[str, Any]:
    """Make the part of a message that shows its caption; at most 1024 characters, and it may be missing."""
    content = formatted_caption(requested_caption(params), account.people.get)
    shown: dict[str, Any] = {
        "caption": content.text,
        "caption_entities": content.entities,
        "show_caption_above_media": params.flag("show_caption_above_media"),
    }
    return {name: value for name, value in shown.items() if value}


def without_caption(extra: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in extra.items() if name not in CAPTION_FIELDS}
