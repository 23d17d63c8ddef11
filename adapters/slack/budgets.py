"""How many calls Slack takes: by method, app and workspace, in windows of a minute; posts by channel, too.

https://docs.slack.dev/apis/web-api/rate-limits
"""

from adapters.slack.config import PLATFORM
from bot.engine.budgets import Bucket, Budget, Budgets, Window
from bot.engine.chats import ChatKey
from bot.engine.ports import Kind

TIER_2, TIER_3, TIER_4 = (Window(most, 60.0) for most in (20, 50, 100))
POSTS = Window(300, 60.0)
SPECIAL = Window(300, 60.0)
"""Slack says "hundreds" of posts a minute for a workspace, and gives no number for the status line."""

ONE_A_SECOND = Bucket(1, 1.05)
"""Posts in one channel; a little slower, for they may arrive closer together than they were sent."""

QUICKEST_UPDATE = 0.25
QUICKEST_APPEND = 0.12
"""Seconds between two previews of one reply: quicker ones nobody reads."""


def _of(key: ChatKey, method: str, window: Window, quickest: float = 0.0) -> Budget:
    return Budget(f"{PLATFORM}:{key.workspace}:{method}", (window,), quickest=quickest)


def posts(key: ChatKey) -> Budgets:
    channel = Budget(f"{PLATFORM}:{key.workspace}:{key.channel}:posts", bucket=ONE_A_SECOND)
    return _of(key, "chat.postMessage", POSTS), channel


def updates(key: ChatKey) -> Budgets:
    return (_of(key, "chat.update", TIER_3, QUICKEST_UPDATE),)


def of_kind(key: ChatKey, kind: Kind) -> Budgets:
    """What a call of this kind spends."""
    match kind:
        case Kind.SEND:
            return posts(key)
        case Kind.EDIT:
            return updates(key)
        case Kind.DELETE:
            return (_of(key, "chat.delete", TIER_3),)
        case Kind.TITLE:
            return (_of(key, "agents.sessions.rename", TIER_3),)
        case Kind.WORKING:
            return _of(key, "agents.sessions.setStatus", TIER_3), _of(key, "assistant.threads.setStatus", SPECIAL)
        case Kind.IDLE:
            return (_of(key, "agents.sessions.setStatus", TIER_3),)
        case Kind.WAITING:
            return (_of(key, "reactions.add", TIER_3),)
        case Kind.NO_MORE_WAITING:
            return (_of(key, "reactions.remove", TIER_2),)
        case Kind.PLACE:
            return ()
