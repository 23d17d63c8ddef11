"""The method that sends rich messages."""

from typing import Any

from playground.telegram.account import Account
from playground.telegram.chats import message_json
from playground.telegram.destinations import found_destination, requested_envelope
from playground.telegram.parameters import Parameters
from playground.telegram.rich_messages import requested_rich, rich_content


def send_rich_message(account: Account, params: Parameters) -> dict[str, Any]:
    """Send a rich message; it has no `text`, only blocks."""
    rich = requested_rich(params)
    destination = found_destination(account, params, requested_envelope(params))
    content = rich_content(account, params, rich)
    account.flood.spend(destination.chat, "send")
    return message_json(destination.chat, destination.post(account, {"rich_message": content}))


METHODS = {"sendRichMessage": send_rich_message}
