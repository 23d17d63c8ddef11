"""conversations.*: places, their members and what was written there."""

from collections.abc import Callable
from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.errors import Refusal
from playground.slack.messages import Message
from playground.slack.methods import Answer, MethodTable
from playground.slack.pages import MOST_ROWS, page
from playground.slack.places import CHANNEL_TYPES, Channel
from playground.slack.rates import TIERS, Limit
from playground.slack.workspace import Workspace, is_ts

METHODS = MethodTable()
MOST_DISTRIBUTED = 15
"""Messages in one answer, for apps that are installed from outside the Marketplace."""

KIND_OF_TYPE = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}


def _history_limits(name: str) -> Callable[[Workspace, Arguments], list[Limit]]:
    def limits(workspace: Workspace, _args: Arguments) -> list[Limit]:
        return [Limit((name,), TIERS[1 if workspace.app.distributed else 3])]

    return limits


@METHODS.method("conversations.open", tier=3)
def open_(workspace: Workspace, args: Arguments) -> Answer:
    if args.text("channel"):
        return {"channel": {"id": _known(workspace, args, "read").id}}
    users = [user for user in args.needed("users").split(",") if user]
    workspace.app.need_scope("im:write" if len(users) == 1 else "mpim:write")
    people = [workspace.person(user) for user in users]
    if len(people) == 1:
        return {"channel": {"id": workspace.dm(people[0]).id}}
    return {"channel": {"id": workspace.add_channel("mpdm", "mpim", people, bot_in=True).id}}


@METHODS.method("conversations.info", tier=3, takes_json=False)
def info(workspace: Workspace, args: Arguments) -> Answer:
    return {"channel": _known(workspace, args, "read").wire()}


@METHODS.method("conversations.list", tier=2, takes_json=False)
def list_(workspace: Workspace, args: Arguments) -> Answer:
    kinds = _kinds(workspace, args)
    found = [c for c in workspace.channels.values() if c.kind in kinds and (c.kind == "channel" or c.bot_in)]
    kept = [c for c in found if not (c.archived and args.flag("exclude_archived"))]
    rows, rest = page(kept, args)
    return {"channels": [channel.wire() for channel in rows], **rest}


@METHODS.method("users.conversations", tier=3, takes_json=False)
def of_user(workspace: Workspace, args: Arguments) -> Answer:
    kinds, user = _kinds(workspace, args), args.text("user", workspace.bot.id)
    person = workspace.person(user)
    mine = person is workspace.bot
    visible = [c for c in workspace.channels.values() if c.kind in kinds and (c.kind == "channel" or c.bot_in)]
    rows, rest = page([c for c in visible if (c.bot_in if mine else user in c.members)], args)
    return {"channels": [channel.wire() for channel in rows], **rest}


@METHODS.method("conversations.members", tier=4, takes_json=False)
def members(workspace: Workspace, args: Arguments) -> Answer:
    channel = _known(workspace, args, "read")
    ids = [*channel.members, *([workspace.bot.id] if channel.bot_in else [])]
    rows, rest = page(ids, args)
    return {"members": rows, **rest}


@METHODS.method("conversations.join", scope="channels:join", tier=3)
def join(workspace: Workspace, args: Arguments) -> Answer:
    channel = workspace.channel(args.needed("channel"))
    if channel.kind != "channel":
        raise Refusal("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refusal("is_archived")
    if channel.bot_in:
        return {"channel": channel.wire(), "warning": "already_in_channel"}
    channel.bot_in = True
    text = f"{workspace.bot.mention} has joined the channel"
    message = Message(workspace.stamps.new(), channel.id, workspace.bot.id, text, subtype="channel_join")
    workspace.post(channel, message)
    return {"channel": channel.wire()}


@METHODS.method("conversations.history", limits=_history_limits("conversations.history"))
def history(workspace: Workspace, args: Arguments) -> Answer:
    channel = _readable(workspace, args)
    roots = [m for m in channel.messages.values() if m.thread_ts in ("", m.ts) or m.subtype == "thread_broadcast"]
    newest_first = [m for m in reversed(roots) if _is_between(m, args)]
    rows, rest = page(newest_first, args, _most(workspace), _usual(workspace, 100))
    return {"messages": [_shown(workspace, channel, m, args) for m in rows], **_more(rest)}


@METHODS.method("conversations.replies", takes_json=False, limits=_history_limits("conversations.replies"))
def replies(workspace: Workspace, args: Arguments) -> Answer:
    channel, ts = _readable(workspace, args), args.needed("ts")
    message = channel.messages.get(ts)
    if message is None:
        raise Refusal("thread_not_found")
    root = channel.messages.get(message.thread_ts or ts, message)
    found = [m for m in [root, *channel.replies(root.ts)] if m is root or _is_between(m, args)]
    rows, rest = page(found, args, _most(workspace), _usual(workspace, MOST_ROWS))
    return {"messages": [_shown(workspace, channel, m, args) for m in rows], **_more(rest)}


def _known(workspace: Workspace, args: Arguments, right: str) -> Channel:
    channel = workspace.channel(args.needed("channel"))
    workspace.app.need_scope(f"{channel.scope_word}:{right}")
    return channel


def _readable(workspace: Workspace, args: Arguments) -> Channel:
    channel = _known(workspace, args, "history")
    if not channel.bot_in:
        raise Refusal("not_in_channel")
    return channel


def _kinds(workspace: Workspace, args: Arguments) -> list[str]:
    kinds = [KIND_OF_TYPE.get(word.strip(), "") for word in args.text("types", "public_channel").split(",")]
    if "" in kinds:
        raise Refusal("invalid_types")
    for kind in kinds:
        workspace.app.need_scope(f"{CHANNEL_TYPES[kind]}:read")
    return kinds


def _more(rest: dict[str, Any]) -> dict[str, Any]:
    return {**rest, "has_more": bool(rest["response_metadata"]["next_cursor"])}


def _most(workspace: Workspace) -> int:
    return MOST_DISTRIBUTED if workspace.app.distributed else MOST_ROWS


def _usual(workspace: Workspace, otherwise: int) -> int:
    return MOST_DISTRIBUTED if workspace.app.distributed else otherwise


def _is_between(message: Message, args: Arguments) -> bool:
    oldest, latest = _bound(args, "oldest", "0"), _bound(args, "latest", "9" * 10)
    at = float(message.ts)
    return oldest <= at <= latest if args.flag("inclusive") else oldest < at < latest


def _bound(args: Arguments, name: str, default: str) -> float:
    text = args.text(name, default)
    if not is_ts(text) and not text.isdecimal():
        raise Refusal(f"invalid_ts_{name}")
    return float(text)


def _shown(workspace: Workspace, channel: Channel, message: Message, args: Arguments) -> dict[str, Any]:
    shown = workspace.wire(channel, message)
    if message.metadata and args.flag("include_all_metadata"):
        shown["metadata"] = message.metadata
    return shown
