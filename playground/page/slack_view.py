"""What a person sees of Slack."""

from typing import Any

from playground.page.actions import Visit
from playground.page.slack_blocks import parts
from playground.page.slack_elements import plain
from playground.page.slack_html import Names
from playground.page.slack_messages import Replies, mark_growing, message_part, replies, session_part, standing
from playground.page.slack_places import Place, channels, names, open_place
from playground.slack.messages import Message
from playground.slack.places import Channel
from playground.slack.workspace import DOMAIN

Json = dict[str, Any]

WORKSPACE = "Playground"
MOST_MESSAGES = 200


def slack_part(visit: Visit) -> Json:
    place, known = open_place(visit), names(visit)
    app = visit.world.slack.app
    return {
        "workspace": WORKSPACE,
        "domain": f"{DOMAIN}.slack.com",
        "chosen": bool(visit.slack.get("chosen")),
        "channels": [_entry(visit, channel, place) for channel in channels(visit)],
        "offers": offers(visit),
        "shortcuts": [
            {"kind": one.kind, "name": one.name, "callback": one.callback_id, "note": one.description}
            for one in app.shortcuts
        ],
        "place": place_part(visit, place, known),
        "thread": thread_part(visit, place, known) if place.thread else None,
        "modal": modal_part(visit, known),
    }


def _entry(visit: Visit, channel: Channel, place: Place) -> Json:
    """One line of the list of places. What is open is read; else what stands there since it was open last is new."""
    read = visit.slack.setdefault("read", {})
    newest = next(reversed(channel.messages), "")
    if channel.id == place.channel.id or channel.id not in read:
        read[channel.id] = newest
    return {
        "id": channel.id,
        "name": channel.name or visit.world.slack.workspace.bot.name,
        "app": channel.kind == "im",
        "unread": _news(visit, channel, read[channel.id]),
    }


def _news(visit: Visit, channel: Channel, read: str) -> bool:
    """Whether somebody else wrote since; in a channel replies do not count."""
    for message in reversed(channel.messages.values()):
        if message.ts <= read:
            return False
        if message.user != visit.guest.slack.id and (channel.kind == "im" or not message.thread_ts):
            return True
    return False


def offers(visit: Visit) -> list[Json]:
    """What the composers complete: commands, then people."""
    workspace, me = visit.world.slack.workspace, visit.guest.slack
    commands = [
        {"insert": one.command, "hint": " · ".join(filter(None, (one.description, one.usage_hint))), "first": True}
        for one in workspace.app.command_list
    ]
    people = [workspace.bot, *(p for p in workspace.people.values() if p not in (workspace.bot, me))]
    return [*commands, *({"insert": f"@{p.name}", "hint": "app" if p.is_bot else ""} for p in people)]


def place_part(visit: Visit, place: Place, known: Names) -> Json:
    """The open channel, or the open tab of the app."""
    channel, slack = place.channel, visit.world.slack
    app = slack.app
    shown: Json = {
        "id": channel.id,
        "name": channel.name or slack.workspace.bot.name,
        "app": channel.kind == "im",
        "tab": place.tab,
        "tabs": [tab for tab, on in (("messages", app.messages_tab), ("home", app.home_tab)) if on],
        "here": channel.bot_in,
        "closed": channel.kind == "im" and (app.messages_read_only or not app.messages_tab),
        "messages": [],
    }
    if place.tab == "home":
        view = slack.home(visit.guest.slack)
        return shown | {"home": {"id": view["id"], "parts": parts(view["blocks"], known)} if view else None}
    threads = replies(channel)
    found = standing(slack, channel, known, None, MOST_MESSAGES)
    messages = [_with_thread(visit, channel, message_part(slack, known, m), threads.get(m.ts)) for m in found]
    return shown | {"messages": messages, "prompts": [] if found else prompts(visit, channel)}


def _with_thread(visit: Visit, channel: Channel, shown: Json, thread: Replies | None) -> Json:
    slack = visit.world.slack
    status = slack.status(channel, shown["ts"])
    more: Json = {"replies": thread.count, "last": thread.last} if thread else {}
    more |= {"status": f"{slack.workspace.bot.name} {status}"} if status else {}
    session = slack.session(channel, shown["ts"]) if channel.kind == "im" else None
    return shown | more | ({"title": session.title} if session and session.title else {})


def prompts(visit: Visit, channel: Channel) -> list[Json]:
    """What an empty Messages tab suggests: what the app set there, else what its manifest says."""
    if channel.kind != "im":
        return []
    workspace = visit.world.slack.workspace
    given = workspace.prompts.get((channel.id, ""))
    if given is not None:
        return [{"title": str(one["title"]), "message": str(one["message"])} for one in given["prompts"]]
    return [{"title": one.title, "message": one.message} for one in workspace.app.suggested_prompts]


def thread_part(visit: Visit, place: Place, known: Names) -> Json:
    """The open thread, with the line under it and the app's session."""
    slack, channel, root = visit.world.slack, place.channel, place.thread or ""
    found: list[Message] = standing(slack, channel, known, root, MOST_MESSAGES)
    shown, status = [message_part(slack, known, message) for message in found], slack.status(channel, root)
    mark_growing(slack, channel, root, shown)
    return {
        "root": root,
        "messages": shown,
        "status": f"{slack.workspace.bot.name} {status}" if status else "",
        "session": session_part(slack, channel, root),
        "locked": channel.messages[root].tombstone,
    }


def modal_part(visit: Visit, known: Names) -> Json | None:
    """The modal on top."""
    stack = visit.world.slack.views(visit.guest.slack)
    if not stack:
        return None
    view = stack[-1]
    return {
        "id": view["id"],
        "title": plain(view["title"]),
        "submit": plain(view["submit"]) if view["submit"] else None,
        "close": plain(view["close"]) or "Close",
        "frozen": bool(view.get("submit_disabled")),
        "parts": parts(view["blocks"], known),
        "depth": len(stack),
    }
