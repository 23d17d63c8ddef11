"""How many calls Slack takes: by method, app and workspace, in windows of a minute; posts by channel, too.

Slack promises at least these numbers (https://docs.slack.dev/apis/web-api/rate-limits, the tiers by method as of
November 2026), and says only "hundreds" where a method has no tier.
"""

from adapters.slack.config import PLATFORM
from bot.engine.budgets import Bucket, Budget, Budgets, Way, Window
from bot.engine.chats import ChatKey
from bot.engine.ports import Kind

TIER_2, TIER_3, TIER_4 = (Window(most, 60.0) for most in (20, 50, 100))
SPECIAL = Window(300, 60.0)

WINDOWS = {
    "agents.sessions.rename": TIER_3,
    "agents.sessions.setStatus": TIER_3,
    "assistant.threads.setStatus": SPECIAL,
    "chat.appendStream": TIER_4,
    "chat.delete": TIER_3,
    "chat.postEphemeral": TIER_4,
    "chat.postMessage": SPECIAL,
    "chat.startStream": TIER_2,
    "chat.stopStream": TIER_2,
    "chat.update": TIER_3,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.delete": TIER_3,
    "files.getUploadURLExternal": TIER_4,
    "reactions.add": TIER_3,
    "reactions.remove": TIER_2,
    "users.info": TIER_4,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.update": TIER_4,
}

ONE_A_SECOND = Bucket(1, 1.05)
"""Posts in one channel; a little slower, for they may arrive closer together than they were sent."""

BEGUN = Window(20, 60.0)
"""How often a session is set to "processing": each has to be set back, and a title may have to make one."""

QUICKEST = {"chat.update": 0.25, "chat.appendStream": 0.12}
"""Seconds between two previews of one reply: quicker ones nobody reads."""


def of_method(workspace: str, method: str) -> Budgets:
    """What each call of the method spends, wherever it goes. One without a number closes only where Slack says so."""
    windows = (WINDOWS[method],) if method in WINDOWS else ()
    return (Budget(f"{PLATFORM}:{workspace}:{method}", windows, quickest=QUICKEST.get(method, 0.0)),)


def posts(key: ChatKey) -> Budgets:
    return *of_method(key.workspace, "chat.postMessage"), *in_channel(key)


def in_channel(key: ChatKey) -> Budgets:
    """What a post spends besides its call."""
    return (Budget(f"{PLATFORM}:{key.workspace}:{key.channel}:posts", bucket=ONE_A_SECOND),)


def updates(key: ChatKey) -> Budgets:
    return of_method(key.workspace, "chat.update")


def starts(key: ChatKey) -> Budgets:
    return of_method(key.workspace, "chat.startStream")


def appends(key: ChatKey) -> Budgets:
    return of_method(key.workspace, "chat.appendStream")


def stops(key: ChatKey) -> Budgets:
    return of_method(key.workspace, "chat.stopStream")


def begun(key: ChatKey) -> Budgets:
    """What a session that is set to "processing" spends besides its call."""
    return (Budget(f"{PLATFORM}:{key.workspace}:processing", (BEGUN,)),)


def nothing(key: ChatKey) -> Budgets:
    """What spends nothing: there is no call to be made."""
    return (Budget(f"{PLATFORM}:{key.workspace}:nothing"),)


def by_edits(key: ChatKey) -> Way:
    return Way("edit", posts(key), updates(key), updates(key))


def by_stream(key: ChatKey) -> Way:
    return Way("stream", starts(key), appends(key), stops(key))


def of_kind(key: ChatKey, kind: Kind) -> Budgets:
    """What a call of this kind spends."""
    match kind:
        case Kind.SEND:
            return posts(key)
        case Kind.EDIT:
            return updates(key)
        case Kind.DELETE:
            return of_method(key.workspace, "chat.delete")
        case Kind.TITLE:
            return of_method(key.workspace, "agents.sessions.rename")
        case Kind.WORKING:
            return of_method(key.workspace, "assistant.threads.setStatus")
        case Kind.IDLE:
            return of_method(key.workspace, "agents.sessions.setStatus")
        case Kind.WAITING:
            return of_method(key.workspace, "reactions.add")
        case Kind.NO_MORE_WAITING:
            return of_method(key.workspace, "reactions.remove")
        case Kind.PLACE:
            return of_method(key.workspace, "conversations.open")
        case Kind.FILE:
            return *of_method(key.workspace, "files.completeUploadExternal"), *in_channel(key)
