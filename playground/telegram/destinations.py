"""Where a message of the bot goes: what all sending methods read and check alike."""

from dataclasses import dataclass
from typing import Any

from playground.telegram.account import Account
from playground.telegram.chats import Chat, Message
from playground.telegram.errors import bad_request
from playground.telegram.keyboards import requested_markup
from playground.telegram.parameters import Parameters
from playground.telegram.topics import requested_thread

NOT_HERE = {
    "business_connection_id": "business connection not found",
    "message_effect_id": "EFFECT_ID_INVALID",
    "allow_paid_broadcast": "FLOODSKIP_NOT_ALLOWED",
}


@dataclass(frozen=True)
class Envelope:
    """What is read before the chat is looked up: the keyboard, and which message is answered."""

    markup: dict[str, Any] | None
    reply: Parameters


@dataclass(frozen=True)
class Destination:
    """The place of a message that may be sent, and what the message shows of how it was sent."""

    chat: Chat
    thread: int | None
    reply_to: int | None
    markup: dict[str, Any] | None
    shown: dict[str, Any]

    def post(self, account: Account, extra: dict[str, Any] | None = None, **content: Any) -> Message:
        """Put a message there; the bot's budget was spent before."""
        return account.post(
            self.chat,
            account.bot,
            markup=self.markup,
            thread=self.thread,
            in_topic=self.thread is not None,
            reply_to=self.reply_to,
            extra=(extra or {}) | self.shown,
            **content,
        )


def requested_envelope(params: Parameters) -> Envelope:
    reply = _requested_reply(params)
    return Envelope(requested_markup(params), reply)


def found_destination(account: Account, params: Parameters, envelope: Envelope) -> Destination:
    """Find chat, topic and the message that is answered; refuse what the bot may not do there."""
    chat = account.writable_chat(params.text("chat_id"))
    thread = requested_thread(account, chat, params.number("message_thread_id"))
    reply_to = _reply_target(account, chat, envelope.reply)
    _refuse_what_is_paid_for(params)
    shown: dict[str, Any] = _quote(chat, reply_to, envelope.reply)
    if params.flag("protect_content"):
        shown["has_protected_content"] = True
    return Destination(chat, thread, reply_to, envelope.markup, shown)


def _quote(chat: Chat, reply_to: int | None, reply: Parameters) -> dict[str, Any]:
    """Show which words of a message are answered; their place is counted in UTF-16 units."""
    words = reply.text("quote")
    if not words or reply_to is None:
        return {}
    before = chat.messages[reply_to].text.partition(words)[0]
    position = len(before.encode("utf-16-le")) // 2
    return {"quote": {"text": words, "position": position, "is_manual": True}}


def _refuse_what_is_paid_for(params: Parameters) -> None:
    """Refuse what this bot has not: business connections, effects, Stars for broadcasts."""
    for name, reason in NOT_HERE.items():
        if params.has(name) and params.text(name) not in ("false", "False", "0"):
            raise bad_request(reason)


def _requested_reply(params: Parameters) -> Parameters:
    """Read which message is answered, in the new form or in the old one."""
    reply = params.structure("reply_parameters", "reply parameters")
    if reply is None:
        old = {"message_id": params.number("reply_to_message_id")}
        return Parameters(old | {"allow_sending_without_reply": params.flag("allow_sending_without_reply")})
    if not isinstance(reply, dict):
        raise bad_request("object expected as reply parameters")
    return Parameters(reply)


def _reply_target(account: Account, chat: Chat, reply: Parameters) -> int | None:
    """Find the message that is answered; answers to other chats are more than this stand-in can do."""
    elsewhere = reply.has("chat_id") and account.find_chat(reply.text("chat_id")) is not chat
    message = chat.messages.get(reply.number("message_id"))
    if message and not elsewhere:
        if reply.text("quote") not in message.text:
            raise bad_request("QUOTE_TEXT_INVALID")
        return message.message_id
    if reply.number("message_id") and not reply.flag("allow_sending_without_reply"):
        raise bad_request("message to be replied not found")
    return None
