"""Messages of Slack as the page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from playground.page.slack_blocks import attachment, html_part, parts, task_html
from playground.page.slack_elements import Part
from playground.page.slack_html import Names
from playground.page.slack_markdown import markdown_html
from playground.page.slack_mrkdwn import mrkdwn_html
from playground.page.slack_typing import typed
from playground.slack import SlackStandIn
from playground.slack.messages import Message
from playground.slack.places import Channel

HOUSEKEEPING = frozenset(
    f"channel_{what}" for what in ("join", "leave", "topic", "purpose", "name", "archive", "unarchive")
)


@dataclass(frozen=True)
class Replies:
    """What the button under a root says of its thread."""

    count: int
    last: float


def replies(channel: Channel) -> dict[str, Replies]:
    """Count the threads of a channel, in one go."""
    found: dict[str, Replies] = {}
    for message in channel.messages.values():
        if message.thread_ts and message.thread_ts != message.ts:
            before = found.get(message.thread_ts)
            found[message.thread_ts] = Replies(before.count + 1 if before else 1, float(message.ts))
    return found


def message_part(slack: SlackStandIn, names: Names, message: Message) -> Part:
    """A message without its thread's numbers. Parts that are empty or false are left out."""
    author = slack.workspace.people.get(message.user)
    mine = message.user == names.me and not message.tombstone and not message.ephemeral_to
    shown: Part = {
        "ts": message.ts,
        "time": float(message.ts),
        "author": str(message.extra.get("username") or (author.name if author else message.user)),
        "app": bool(author and author.is_bot),
        "parts": content(names, message),
        "deleted": message.tombstone,
        "system": message.subtype in HOUSEKEEPING,
        "ephemeral": bool(message.ephemeral_to),
        "streaming": message.streaming_state == "in_progress",
        "growing": message.streaming_state == "in_progress",
        "stopped": message.streaming_state == "stopped",
        "edited": message.edited is not None,
        "files": [str(file.get("name") or file.get("id", "")) for file in message.files],
        "reactions": [{"name": name, "count": len(users)} for name, users in message.reactions.items()],
        "typed": typed(message.text, names) if mine and not message.subtype else None,
        "mine": mine,
    }
    return {name: value for name, value in shown.items() if value or name in ("ts", "time", "parts")}


def content(names: Names, message: Message) -> list[Part]:
    """What stands in a message: the blocks where there are some; what a person typed is read with its marks."""
    if message.tombstone:
        return [html_part("This message was deleted.")]
    shown = _body(names, message)
    return [*shown, *(attachment(one, names) for one in message.attachments)]


def _body(names: Names, message: Message) -> list[Part]:
    if message.stream:
        return [*_streamed(names, message), *parts(message.blocks, names)]
    if message.blocks and message.bot_id:
        return parts(message.blocks, names)
    if message.markdown_text:
        return [html_part(markdown_html(message.markdown_text, names))]
    return [html_part(mrkdwn_html(message.text, names))] if message.text else []


def _streamed(names: Names, message: Message) -> Iterable[Part]:
    stream = message.stream
    assert stream is not None  # the caller looked
    cards = "".join(task_html(card, names) for card in stream.cards.values())
    title = f"<b>{escape(stream.plan)}</b>" if stream.plan else ""
    if title or cards:
        yield html_part(title + cards)
    if stream.text:
        yield html_part(markdown_html(stream.text, names))
    yield from parts(stream.blocks, names)


def standing(slack: SlackStandIn, channel: Channel, names: Names, root: str | None, most: int) -> list[Message]:
    """The newest messages of a channel, or of the thread with this root, and what only this person sees there."""
    if root is None:
        found = [m for m in channel.messages.values() if _is_in_channel(m)]
    else:
        found = [m for m in channel.messages.values() if root in (m.ts, m.thread_ts)]
        found = [*found[:1], *found[1:][1 - most :]]
    private = [
        m
        for m in slack.workspace.ephemerals
        if m.ephemeral_to == names.me and m.channel == channel.id and m.thread_ts == (root or "")
    ]
    return sorted([*found, *private], key=lambda m: m.ts)[-most:] if root is None else _by_time(found, private)


def _by_time(found: list[Message], private: list[Message]) -> list[Message]:
    return sorted([*found, *private], key=lambda m: m.ts)


def _is_in_channel(message: Message) -> bool:
    return message.thread_ts in ("", message.ts) or message.subtype == "thread_broadcast"


def session_part(slack: SlackStandIn, channel: Channel, root: str) -> dict[str, Any] | None:
    """A thread's agent session: its title, and whether Slack shows its own Stop."""
    session = slack.session(channel, root)
    if session is None:
        return None
    hears = slack.app.hears("agent_session_stopped")
    return {"title": session.title, "stop": session.state == "processing" and hears, "by": slack.workspace.bot.name}


def mark_growing(slack: SlackStandIn, channel: Channel, root: str, shown: list[Part]) -> None:
    """Mark the app's last message of a thread while its session says that an answer is being written."""
    session = slack.session(channel, root)
    if shown and session and session.state == "processing" and shown[-1].get("app"):
        shown[-1]["growing"] = True
