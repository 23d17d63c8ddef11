"""A strict stand-in for Telegram's Bot API: a real server on this machine, for tests and for the playground."""

from playground.telegram.callbacks import Toast
from playground.telegram.calls import Call
from playground.telegram.chats import Chat, Message, Person, Topic
from playground.telegram.flood import FloodLimits
from playground.telegram.stand_in import TelegramStandIn

__all__ = ["Call", "Chat", "FloodLimits", "Message", "Person", "TelegramStandIn", "Toast", "Topic"]
