"""Methods that send, edit, delete and mark messages."""

from typing import Any

from playground.telegram.account import Account
from playground.telegram.chats import GENERAL_TOPIC, Chat, Message, message_json
from playground.telegram.destinations import found_destination, requested_envelope
from playground.telegram.errors import NOT_MODIFIED, bad_request
from playground.telegram.keyboards import requested_markup
from playground.telegram.parameters import Parameters
from playground.telegram.rich_messages import requested_rich, rich_content
from playground.telegram.texts import FormattedText, formatted, requested_text
from playground.telegram.topics import requested_thread

LASTING = ("has_protected_content", "forward_origin", "quote")
TWO_DAYS = 48 * 3600
MOST_DELETED_AT_ONCE = 100
ACTION_NAMES = (
    "typing upload_photo record_video upload_video record_voice upload_voice record_audio upload_audio"
    " upload_document find_location pick_up_location record_video_note upload_video_note choose_sticker cancel"
)
REACTION_NAMES = (
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐"
    " 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂"
    " 🤷 🤷‍♀ 😡"
)
CHAT_ACTIONS = frozenset(ACTION_NAMES.split())
REACTIONS = frozenset(REACTION_NAMES.split())


def send_message(account: Account, params: Parameters) -> dict[str, Any]:
    text = requested_text(params)
    preview = _link_preview(params)
    destination = found_destination(account, params, requested_envelope(params))
    content = formatted(text, account.people.get)
    account.flood.spend(destination.chat, "send")
    message = destination.post(account, preview, text=content.text, entities=content.entities)
    return message_json(destination.chat, message)


def _link_preview(params: Parameters) -> dict[str, Any]:
    """Read how links shall be previewed, in the new form or the old one; the message shows it again."""
    options = params.structure("link_preview_options", "link preview options")
    if options is None:
        none = {"link_preview_options": {"is_disabled": True}}
        return none if params.flag("disable_web_page_preview") else {}
    if not isinstance(options, dict):
        raise bad_request("object expected as link preview options")
    return {"link_preview_options": options}


def edit_message_text(account: Account, params: Parameters) -> dict[str, Any]:
    """Change a text, or put a rich message in its place."""
    if params.has("rich_message"):
        return _edit_rich(account, params)
    text = requested_text(params)
    preview = _link_preview(params)
    markup = requested_markup(params, inline_only=True)
    chat, message = _own_text(account, params)
    content = formatted(text, account.people.get)
    account.flood.spend(chat, "edit")
    _replace(account, message, content, markup, preview)
    return message_json(chat, message)


def _edit_rich(account: Account, params: Parameters) -> dict[str, Any]:
    if params.has("text"):
        raise bad_request("text and rich_message can't be used together")
    rich = requested_rich(params)
    markup = requested_markup(params, inline_only=True)
    chat, message = _own_text(account, params)
    content = rich_content(account, params, rich)
    account.flood.spend(chat, "edit")
    _replace(account, message, FormattedText("", []), markup, {"rich_message": content})
    return message_json(chat, message)


def _own_text(account: Account, params: Parameters) -> tuple[Chat, Message]:
    chat, message = own_message(account, params)
    if not message.text and "rich_message" not in message.extra:
        raise bad_request("there is no text in the message to edit")
    return chat, message


def _replace(
    account: Account, message: Message, content: FormattedText, markup: dict[str, Any] | None, extra: dict[str, Any]
) -> None:
    """Put new content into a message; refuse what is already there. How links are previewed does not count."""
    new = (content.text, content.entities, markup, extra.get("rich_message"))
    if new == (message.text, message.entities, message.markup, message.extra.get("rich_message")):
        raise bad_request(NOT_MODIFIED)
    message.replace_text(content.text, content.entities, account.now())
    message.markup, message.extra = markup, extra | _lasting(message)


def _lasting(message: Message) -> dict[str, Any]:
    """Keep what an edit does not change."""
    return {name: value for name, value in message.extra.items() if name in LASTING}


def edit_message_reply_markup(account: Account, params: Parameters) -> dict[str, Any]:
    markup = requested_markup(params, inline_only=True)
    chat, message = own_message(account, params)
    account.flood.spend(chat, "edit")
    if markup == message.markup:
        raise bad_request(NOT_MODIFIED)
    message.markup = markup
    message.edit_date = int(account.now())
    return message_json(chat, message)


def delete_message(account: Account, params: Parameters) -> bool:
    chat = account.writable_chat(params.text("chat_id"))
    message = _found_message(chat, params, "message to delete")
    account.flood.spend(chat, "free")
    _check_deletable(account, chat, message)
    del chat.messages[message.message_id]
    return True


def delete_messages(account: Account, params: Parameters) -> bool:
    """Delete what can be found of up to 100 messages; one that may not be deleted stops it all."""
    wanted = _requested_ids(params)
    chat = account.writable_chat(params.text("chat_id"))
    account.flood.spend(chat, "free")
    found = [chat.messages[message_id] for message_id in wanted if message_id in chat.messages]
    for message in found:
        _check_deletable(account, chat, message)
    for message in found:
        chat.messages.pop(message.message_id, None)
    return True


def send_chat_action(account: Account, params: Parameters) -> bool:
    if params.text("action").lower() not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = account.writable_chat(params.text("chat_id"))
    thread = params.number("message_thread_id")
    if thread != GENERAL_TOPIC:
        requested_thread(account, chat, thread)
    account.flood.spend(chat, "typing")
    return True


def set_message_reaction(account: Account, params: Parameters) -> bool:
    """Put one emoji of the bot under a message, or take it away."""
    reaction = params.structure("reaction", "reaction types") or []
    if not isinstance(reaction, list):
        raise bad_request("expected an Array of ReactionType")
    chat = account.readable_chat(params.text("chat_id"))
    message = _found_message(chat, params, "message to react")
    account.flood.spend(chat, "free")
    if len(reaction) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    for one in reaction:
        if not isinstance(one, dict) or one.get("type") != "emoji" or str(one.get("emoji")) not in REACTIONS:
            raise bad_request("REACTION_INVALID")
    message.reactions = reaction
    return True


def pin_chat_message(account: Account, params: Parameters) -> bool:
    chat = account.writable_chat(params.text("chat_id"))
    message = _found_message(chat, params, "message to pin")
    _check_may_pin(chat)
    account.flood.spend(chat, "free")
    if message.message_id not in chat.pinned:
        chat.pinned.append(message.message_id)
    return True


def unpin_chat_message(account: Account, params: Parameters) -> bool:
    """Unpin one message, or the one pinned last where none is named."""
    chat = account.writable_chat(params.text("chat_id"))
    _check_may_pin(chat)
    account.flood.spend(chat, "free")
    wanted = params.number("message_id") or (chat.pinned[-1] if chat.pinned else 0)
    if wanted not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(wanted)
    return True


def _check_may_pin(chat: Chat) -> None:
    if not chat.private and not chat.may("can_pin_messages"):
        raise bad_request("not enough rights to manage pinned messages in the chat")


def _found_message(chat: Chat, params: Parameters, called: str) -> Message:
    message = chat.messages.get(params.number("message_id"))
    if params.number("message_id") <= 0:
        raise bad_request("message identifier is not specified")
    if message is None:
        raise bad_request(f"{called} not found")
    return message


def own_message(account: Account, params: Parameters) -> tuple[Chat, Message]:
    """Find a message that the bot sent and may change."""
    if not params.has("chat_id") and not params.has("message_id"):
        raise bad_request("message identifier is not specified")
    chat = account.writable_chat(params.text("chat_id"))
    message = _found_message(chat, params, "message to edit")
    if message.sender is not account.bot or message.service:
        raise bad_request("message can't be edited")
    return chat, message


def _check_deletable(account: Account, chat: Chat, message: Message) -> None:
    """A bot deletes what is its own and whatever is in a private chat, for two days; more only as administrator."""
    if chat.may("can_delete_messages"):
        return
    recent = account.now() - message.date < TWO_DAYS
    if not recent or not (chat.private or message.sender is account.bot):
        raise bad_request("message can't be deleted")


def _requested_ids(params: Parameters) -> list[int]:
    wanted = params.structure("message_ids", "message_ids")
    if not wanted:
        raise bad_request("message identifiers are not specified")
    if not isinstance(wanted, list):
        raise bad_request("expected an Array of message identifiers")
    if len(wanted) > MOST_DELETED_AT_ONCE:
        raise bad_request("too many message identifiers specified")
    if not all(str(one).isdigit() and int(one) > 0 for one in wanted):
        raise bad_request("invalid message identifier specified")
    return [int(one) for one in wanted]


METHODS = {
    "sendMessage": send_message,
    "editMessageText": edit_message_text,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "sendChatAction": send_chat_action,
    "setMessageReaction": set_message_reaction,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
}
