"""Methods that send photos and files, one or an album, and change their captions."""

import random
from dataclasses import replace
from typing import Any

from playground.telegram.account import Account
from playground.telegram.captions import caption_part, without_caption
from playground.telegram.chats import message_json
from playground.telegram.destinations import found_destination, requested_envelope
from playground.telegram.errors import NOT_MODIFIED, bad_request
from playground.telegram.files import FOLDERS
from playground.telegram.keyboards import requested_markup
from playground.telegram.methods_messages import own_message
from playground.telegram.parameters import Parameters
from playground.telegram.texts import requested_caption
from playground.telegram.uploads import media_part, requested_media

ALBUM_SIZES = range(2, 11)
ALONE_IN_ALBUMS = frozenset({"document", "audio"})
IN_ALBUMS = ALONE_IN_ALBUMS | {"photo", "video"}
OWN_WORDS = ("performer", "title")
OWN_NUMBERS = ("duration", "width", "height")


def _send_media(kind: str) -> Any:
    def send_media(account: Account, params: Parameters) -> dict[str, Any]:
        requested_caption(params)
        destination = found_destination(account, params, requested_envelope(params))
        extra = described(params, requested_media(account, params, kind)) | caption_part(account, params)
        account.flood.spend(destination.chat, "send")
        return message_json(destination.chat, destination.post(account, extra))

    return send_media


def described(params: Parameters, part: dict[str, Any]) -> dict[str, Any]:
    """Add what the bot says about a file itself: its length, size, title, performer, and whether it is covered."""
    shown: dict[str, Any] = {}
    for kind, file in part.items():
        known = file if isinstance(file, dict) else {}
        words = {name: params.text(name) for name in OWN_WORDS if kind == "audio" and params.has(name)}
        numbers = {name: params.number(name) for name in OWN_NUMBERS if name in known and params.has(name)}
        shown[kind] = known | words | numbers if known else file
    return shown | ({"has_media_spoiler": True} if params.flag("has_spoiler") else {})


def send_media_group(account: Account, params: Parameters) -> list[dict[str, Any]]:
    """Send an album of 2-10 photos and videos, or of documents or music alone; it has no keyboard.

    Each of them counts as a message.
    """
    items = _requested_items(params)
    envelope = replace(requested_envelope(params), markup=None)
    destination = found_destination(account, params, envelope)
    group = {"media_group_id": str(random.randint(10**16, 10**17))}
    parts = [_item_part(account, params, item) | caption_part(account, item) | group for item in items]
    account.flood.spend(destination.chat, "send", calls=len(parts))
    messages = [destination.post(account, part) for part in parts]
    return [message_json(destination.chat, message) for message in messages]


def _requested_items(params: Parameters) -> list[Parameters]:
    media = params.structure("media", "media")
    if not isinstance(media, list) or not all(isinstance(item, dict) for item in media):
        raise bad_request("expected an Array of InputMedia")
    if len(media) not in ALBUM_SIZES:
        raise bad_request(f"too {'many' if len(media) > 1 else 'few'} messages to send as an album")
    kinds = {str(item.get("type")) for item in media}
    if not kinds <= IN_ALBUMS:
        raise bad_request("can't parse InputMedia: type must be one of photo, video, document, audio")
    if kinds & ALONE_IN_ALBUMS and len(kinds) > 1:
        raise bad_request("documents and audio can't be mixed with other media types in an album")
    return [Parameters(item) for item in media]


def _item_part(account: Account, params: Parameters, item: Parameters) -> dict[str, Any]:
    part = media_part(account, params, item.text("type"), item.text("media"))
    if part is None:
        raise bad_request("media not found")
    return described(item, part)


def edit_message_caption(account: Account, params: Parameters) -> dict[str, Any]:
    """Change, add or remove the caption of a photo or file."""
    requested_caption(params)
    markup = requested_markup(params, inline_only=True)
    chat, message = own_message(account, params)
    if not FOLDERS.keys() & message.extra.keys():
        raise bad_request("there is no caption in the message to edit")
    extra = without_caption(message.extra) | caption_part(account, params)
    account.flood.spend(chat, "edit")
    if (extra, markup) == (message.extra, message.markup):
        raise bad_request(NOT_MODIFIED)
    message.extra, message.markup, message.edit_date = extra, markup, int(account.now())
    return message_json(chat, message)


METHODS = {
    "sendPhoto": _send_media("photo"),
    "sendDocument": _send_media("document"),
    "sendAudio": _send_media("audio"),
    "sendVoice": _send_media("voice"),
    "sendVideo": _send_media("video"),
    "sendMediaGroup": send_media_group,
    "editMessageCaption": edit_message_caption,
}
