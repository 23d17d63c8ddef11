"""reactions.add and reactions.remove."""

import re

from playground.slack.arguments import Arguments
from playground.slack.errors import Refusal
from playground.slack.messages import Message
from playground.slack.methods import Answer, MethodTable
from playground.slack.workspace import Workspace

METHODS = MethodTable()
NAME = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")
MOST_NAMES = 50
MOST_OWN = 23
"""Emoji of one author on one message. Like the other number it is believed, in no document that was read."""


@METHODS.method("reactions.add", scope="reactions:write", tier=3)
def add(workspace: Workspace, args: Arguments) -> Answer:
    message, name = _target(workspace, args)
    users = message.reactions.get(name, [])
    if workspace.bot.id in users:
        raise Refusal("already_reacted")
    if sum(workspace.bot.id in others for others in message.reactions.values()) >= MOST_OWN:
        raise Refusal("too_many_reactions")
    if not users and len(message.reactions) >= MOST_NAMES:
        raise Refusal("too_many_emoji")
    workspace.react(message, workspace.bot.id, name)
    return {}


@METHODS.method("reactions.remove", scope="reactions:write", tier=2)
def remove(workspace: Workspace, args: Arguments) -> Answer:
    message, name = _target(workspace, args)
    if workspace.bot.id not in message.reactions.get(name, []):
        raise Refusal("no_reaction")
    workspace.unreact(message, workspace.bot.id, name)
    return {}


def _target(workspace: Workspace, args: Arguments) -> tuple[Message, str]:
    channel, name = workspace.channel(args.needed("channel")), args.needed("name")
    if not NAME.fullmatch(name):
        raise Refusal("invalid_name")
    if not channel.bot_in:
        raise Refusal("not_in_channel")
    if channel.archived:
        raise Refusal("is_archived")
    message = channel.messages.get(args.needed("timestamp"))
    if message is None or message.tombstone:
        raise Refusal("message_not_found")
    return message, name
