"""Privacy mode: which messages of a group reach a bot."""

from typing import Any

from playground.telegram.account import Account
from playground.telegram.chats import Chat, Message


def sees(account: Account, chat: Chat, message: Message) -> bool:
    """Tell whether a group message reaches the bot: in privacy mode only what is meant for it."""
    if chat.bot_status in ("left", "kicked"):
        return False
    if chat.admin or not account.switches.privacy_mode or message.service:
        return True
    answered = chat.messages.get(message.reply_to or 0)
    return bool(answered and answered.sender is account.bot) or _is_addressed(account, chat, message)


def _is_addressed(account: Account, chat: Chat, message: Message) -> bool:
    name = f"@{account.bot.username}".lower()
    text = message.text or message.extra.get("caption", "")
    entities = message.entities or message.extra.get("caption_entities", [])
    words = [(entity, _entity_text(text, entity)) for entity in entities]
    for entity, word in words:
        if entity["type"] == "mention" and word.lower() == name:
            return True
        if entity["type"] == "text_mention" and entity["user"]["id"] == account.bot.id:
            return True
        if entity["type"] == "bot_command" and (word.lower().endswith(name) or _spoke_here(account, chat, word)):
            return True
    return False


def _spoke_here(account: Account, chat: Chat, command: str) -> bool:
    """A command without a name goes to the bot that posted last in the group; there is only this one."""
    return "@" not in command and any(message.sender is account.bot for message in chat.messages.values())


def _entity_text(text: str, entity: dict[str, Any]) -> str:
    units = text.encode("utf-16-le")
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")
