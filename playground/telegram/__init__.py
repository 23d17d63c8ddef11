"""A strict stand-in for Telegram's Bot API: a real server on this machine, for tests and for the playground.

    async with TelegramStandIn(clock) as telegram:
        ann = telegram.add_person("Ann Lee")
        chat = telegram.private_chat(ann)
        await telegram.send(ann, chat, "hello")             # the bot works against telegram.api_url with telegram.token
        await telegram.wait_for(lambda: telegram.bot_messages(chat))
        assert not telegram.refused and not telegram.flood_violations

`docs/stand-in-telegram.md` tells what is there and what is not, method by method.
"""

from playground.telegram.callbacks import Toast
from playground.telegram.calls import Call
from playground.telegram.chats import Chat, Message, Person, Topic
from playground.telegram.flood_limits import Budget, ChatBudgets, FloodLimits
from playground.telegram.stand_in import TelegramStandIn

__all__ = [
    "Budget",
    "Call",
    "Chat",
    "ChatBudgets",
    "FloodLimits",
    "Message",
    "Person",
    "TelegramStandIn",
    "Toast",
    "Topic",
]
