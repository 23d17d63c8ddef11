"""Methods that send again what was sent before."""

from typing import Any

from playground.telegram.account import Account
from playground.telegram.captions import caption_part, without_caption
from playground.telegram.chats import Message, message_json
from playground.telegram.destinations import Destination, found_destination, requested_envelope
from playground.telegram.errors import bad_request
from playground.telegram.parameters import Parameters
from playground.telegram.texts import requested_caption

NEVER_COPIED = ("has_protected_content", "media_group_id", "forward_origin")


def copy_message(account: Account, params: Parameters) -> dict[str, Any]:
    """Send a message once more as the bot's own; a photo or file may get another caption."""
    requested_caption(params)
    original, destination = _requested(account, params, "copy", "copied")
    extra = _content(original)
    if params.has("caption") and not original.text:
        extra = without_caption(extra) | caption_part(account, params)
    account.flood.spend(destination.chat, "send")
    return {"message_id": _post(account, destination, original, extra).message_id}


def forward_message(account: Account, params: Parameters) -> dict[str, Any]:
    """Send a message once more with a note whose it was; what was forwarded before keeps its first note."""
    original, destination = _requested(account, params, "forward", "forwarded")
    origin = {"type": "user", "sender_user": original.sender.as_json(), "date": original.date}
    extra = _content(original) | {"forward_origin": original.extra.get("forward_origin", origin)}
    account.flood.spend(destination.chat, "send")
    return message_json(destination.chat, _post(account, destination, original, extra))


def _requested(account: Account, params: Parameters, verb: str, done: str) -> tuple[Message, Destination]:
    """Find the message and where it goes; service messages and protected ones stay where they are."""
    envelope = requested_envelope(params)
    source = account.readable_chat(params.text("from_chat_id"))
    original = source.messages.get(params.number("message_id"))
    if params.number("message_id") <= 0:
        raise bad_request("message identifier is not specified")
    if original is None:
        raise bad_request(f"message to {verb} not found")
    if original.service or original.extra.get("has_protected_content"):
        raise bad_request(f"message can't be {done}")
    return original, found_destination(account, params, envelope)


def _content(original: Message) -> dict[str, Any]:
    return {name: value for name, value in original.extra.items() if name not in NEVER_COPIED}


def _post(account: Account, destination: Destination, original: Message, extra: dict[str, Any]) -> Message:
    return destination.post(account, extra, text=original.text, entities=original.entities)


METHODS = {"copyMessage": copy_message, "forwardMessage": forward_message}
