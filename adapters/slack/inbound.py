"""Slack's payloads turned into what people did. Pure: names are looked up before."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adapters.slack import commands, markup
from adapters.slack.blocks import BUTTON_PREFIX
from adapters.slack.config import PLATFORM, Asker, Identity, Profile
from bot.engine.chats import Author, ChatKey, MessageRef
from bot.engine.incoming import Command, Edited, IncomingMessage, Press, Removed, TitleChange
from bot.engine.posts import Action, Button
from bot.engine.preferences import NEW_CHATS

Payload = Mapping[str, Any]

FRESH = 10.0
"""Seconds in which a reply may overtake the message that it replies to."""

CONTENT = frozenset({None, "file_share", "thread_broadcast", "me_message"})
"""Subtypes of a message that carry what a person wrote; joins, topics, edits and deletions are others."""

SLACKBOT = "USLACKBOT"

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and the command that it may be. An uncertain command counts only where a chat lives."""

    message: IncomingMessage
    command: Command | None = None
    certain: bool = False


def event_id(body: Payload) -> str | None:
    """What names this delivery in the event log; the same in every repeat."""
    found = body.get("event_id") or body.get("trigger_id")
    return f"{PLATFORM}:{found}" if isinstance(found, str) else None


def people_in(event: Payload) -> list[str]:
    """The author and everybody mentioned."""
    return [str(event["user"]), *_MENTION.findall(event.get("text") or "")]


def is_content(event: Payload, me: Identity) -> bool:
    """Whether a person wrote this: not we, no other bot, no housekeeping."""
    author = event.get("user")
    from_person = bool(author) and author not in (me.user, SLACKBOT) and not event.get("bot_id")
    return from_person and event.get("subtype") in CONTENT and not event.get("hidden")


def said(event: Payload, me: Identity, people: Mapping[str, Profile]) -> Said | None:
    """A `message` or `app_mention` event; None where it is not for us.

    Both arrive for one mention and lead to equal values. `people` are who is known by user id.
    """
    if not is_content(event, me):
        return None
    text, channel, ts = event.get("text") or "", _id(event, "channel"), _id(event, "ts")
    root = _id(event, "thread_ts") if event.get("thread_ts") else ts
    direct = _is_direct(event)
    leading, rest = _without_leading_mention(text, me)
    addressed = direct or me.user in _MENTION.findall(text)
    if not addressed and root == ts:
        return None
    user = _id(event, "user")
    names = {known: profile.name for known, profile in people.items()}
    plain = markup.decode(rest, {me.user: me.name, **names}).strip()
    message = IncomingMessage(
        event_id=f"{PLATFORM}:{me.team}:{channel}:{ts}",
        ref=MessageRef(me.key(channel, root), ts),
        author=_author(user, people.get(user)),
        text=plain,
        addressed=addressed,
        attachments=_attachments(event),
    )
    return _with_command(message, commands.find(plain, mentioned=leading, direct=direct), direct)


def changed(body: Payload, me: Identity) -> Payload | None:
    """The message in its new form, if a person has changed its text: other changes (unfurls, replies) come alike."""
    event = body["event"]
    now, before = event.get("message"), event.get("previous_message")
    if not isinstance(now, dict) or not isinstance(before, dict) or not now.get("edited"):
        return None
    return {**now, "channel": event["channel"]} if is_content(now, me) and now["text"] != before.get("text") else None


def edited(body: Payload, message: Payload, me: Identity, people: Mapping[str, Profile]) -> Edited | None:
    """What a `changed` message says now; None for a command."""
    leading, rest = _without_leading_mention(message["text"], me)
    names = {known: profile.name for known, profile in people.items()}
    plain = markup.decode(rest, {me.user: me.name, **names}).strip()
    if commands.find(plain, mentioned=leading, direct=False):
        return None
    user = _id(message, "user")
    return Edited(f"{PLATFORM}:{body['event_id']}", ref_of(message, me), _author(user, people.get(user)), plain)


def removed(body: Payload, me: Identity) -> Removed | None:
    """A person's message that was deleted. Of one with replies a tombstone stays, which Slack may tell as a change."""
    event = body["event"]
    now, before = event.get("message"), event.get("previous_message")
    buried = isinstance(now, dict) and now.get("subtype") == "tombstone"
    if not isinstance(before, dict) or not (event.get("subtype") == "message_deleted" or buried):
        return None
    message = {**before, "channel": event["channel"]}
    return Removed(f"{PLATFORM}:{body['event_id']}", ref_of(message, me)) if is_content(message, me) else None


def ref_of(message: Payload, me: Identity) -> MessageRef:
    """The message, in the thread that it stands in or begins."""
    ts = _id(message, "ts")
    return MessageRef(me.key(_id(message, "channel"), message.get("thread_ts") or ts), ts)


def _with_command(message: IncomingMessage, words: commands.Words | None, direct: bool) -> Said:
    if words is None:
        return Said(message)
    command = Command(
        event_id=message.event_id,
        name=words.name,
        argument=words.argument,
        key=message.ref.key,
        author=message.author,
        private=direct,
        source=message.ref.id,
    )
    return Said(message, command, words.certain)


def _id(event: Payload, field: str) -> str:
    """An id, which Slack writes as text. Raises ValueError for anything else, so that it is not stored as one."""
    found = event[field]
    if not isinstance(found, str) or not found:
        raise ValueError(field)
    return found


def _is_direct(event: Payload) -> bool:
    """Whether only the person and we are there; a group message (mpim) is like a channel."""
    kind = event.get("channel_type")
    return kind == "im" or (kind is None and str(event["channel"]).startswith("D"))


def _without_leading_mention(text: str, me: Identity) -> tuple[bool, str]:
    ours = rf"(?:\s*<@{re.escape(me.user)}(?:\|[^<>]*)?>[,:]?)+\s*"
    found = re.match(ours, text)
    return (True, text[found.end() :]) if found else (False, text)


def _attachments(event: Payload) -> tuple[str, ...]:
    return tuple(str(file.get("name") or file.get("title") or "file") for file in event.get("files") or ())


def first_of(messages: Any, key: ChatKey, me: Identity) -> Said | None:
    """What the first of a thread's messages says to us; None where there is none, or it is not for us."""
    first = messages[0] if isinstance(messages, list) and messages else None
    return said({**first, "channel": key.channel}, me, {}) if isinstance(first, dict) and first.get("ts") else None


def thread_is_fresh(ref: MessageRef) -> bool:
    """Whether the message was written within seconds of the one that began its thread."""
    try:
        return 0 < float(ref.id) - float(ref.key.thread) < FRESH
    except ValueError:
        return False


def title_change(body: Payload, me: Identity) -> TitleChange | None:
    """A session renamed in Slack by a person; None for our own renaming."""
    event = body["event"]
    if event.get("user") == me.user:
        return None
    return TitleChange(f"{PLATFORM}:{body['event_id']}", session_place(event, me), _id(event, "title"))


def session_place(event: Payload, me: Identity) -> ChatKey:
    """Where the agent session of an event lives."""
    return me.key(_id(event, "channel"), event.get("thread_ts") or "")


def ended_streams(event: Payload) -> list[str]:
    """The messages whose streams Slack's own Stop has ended."""
    ended = event.get("streaming_message_ts")
    return [ts for ts in ended if isinstance(ts, str)] if isinstance(ended, list) else []


def asker(event: Payload, me: Identity) -> Asker:
    """Who wrote the message, with their own team: that of another company in a channel shared with it."""
    team = event.get("user_team") or event.get("source_team") or event.get("team")
    return Asker(str(event["user"]), team if isinstance(team, str) else me.team)


def home_opened(body: Payload, me: Identity, profile: Profile | None) -> tuple[Author, ChatKey] | None:
    """Who looks at their Home tab, and their own place; None for the Messages tab."""
    event = body["event"]
    if event.get("tab") != "home":
        return None
    return _author(event["user"], profile), me.key(event.get("channel") or event["user"])


def removal(event: Payload, me: Identity) -> str | None:
    """Why we can no longer work here, if that is what the event says."""
    if event.get("type") == "app_uninstalled":
        return "the app was uninstalled from the Slack workspace"
    revoked = (event.get("tokens") or {}).get("bot") or ()
    return "the bot's Slack token was revoked" if me.user in revoked else None


def slash(body: Payload, me: Identity, profile: Profile | None = None) -> Command:
    """A slash command; Slack says no thread. `/chat-rename` is the command `rename`.

    A new chat begins in the person's Messages tab, wherever it is asked for.
    """
    word = str(body["command"]).removeprefix("/").lower().removeprefix("chat-")
    author = _author(body["user_id"], profile, body.get("user_name"))
    argument = markup.decode(body.get("text") or "", {}).strip()
    key = me.key(body["user_id"] if word == "new" else body["channel_id"])
    return Command(f"{PLATFORM}:{body['trigger_id']}", word, argument, key, author, private=True)


def actor(body: Payload, profile: Profile | None = None) -> Author:
    """Who pressed, chose or submitted."""
    user = body["user"]
    return _author(user["id"], profile, user.get("name") or user.get("username"))


def _author(user: str, profile: Profile | None, handle: str | None = None) -> Author:
    return Author(user, profile.name, profile.language) if profile else Author(user, handle or user)


def press(body: Payload, me: Identity, profile: Profile | None = None) -> Press | None:
    """A pressed button or chosen entry of ours; None for a link, which only tells that it was followed, and for foreign
    elements.
    """
    action = body["actions"][0]
    if not str(action.get("action_id")).startswith(BUTTON_PREFIX):
        return None
    container = body.get("container") or {}
    return Press(
        event_id=f"{PLATFORM}:{body['trigger_id']}",
        data=str(action.get("value") or (action.get("selected_option") or {}).get("value") or ""),
        key=place_of_press(body, me),
        author=actor(body, profile),
        message_id=str(container.get("message_ts") or ""),
    )


def place_of_press(body: Payload, me: Identity) -> ChatKey:
    """The thread of the pressed message; a view carries its place, an ephemeral message stands in no thread."""
    if view := body.get("view"):
        return read_place(view.get("private_metadata"), me, body["user"]["id"])
    container, message = body.get("container") or {}, body.get("message") or {}
    channel = container.get("channel_id") or body["channel"]["id"]
    thread = message.get("thread_ts") or container.get("thread_ts")
    if not thread and not container.get("is_ephemeral"):
        thread = message.get("ts") or container["message_ts"]
    return me.key(channel, thread or "")


def shortcut(body: Payload, me: Identity, name: str, profile: Profile | None = None) -> Command:
    """A shortcut as the command `name`: on a message it means that message's thread, else the person's own place.

    One on a message is not `private`: the engine would offer the person's other chats where none lives in the thread.
    """
    author, key = actor(body, profile), place_of_shortcut(body, me)
    event, about = f"{PLATFORM}:{body['trigger_id']}", (body.get("message") or {}).get("ts")
    return Command(event, name, "", key, author, private=not key.thread, about=about)


def place_of_shortcut(body: Payload, me: Identity) -> ChatKey:
    message = body.get("message")
    if message is None:
        return me.key(body["user"]["id"])
    return me.key(body["channel"]["id"], message.get("thread_ts") or body.get("message_ts") or message["ts"])


def write_place(key: ChatKey, data: str = "") -> str:
    """A view's `private_metadata`: where it belongs, and what submitting it presses."""
    return json.dumps({"channel": key.channel, "thread": key.thread, "data": data})


def read_place(metadata: str | None, me: Identity, person: str) -> ChatKey:
    """The place that a view carries; the person's own where it carries none."""
    place = json.loads(metadata) if metadata else {}
    return me.key(str(place.get("channel") or person), str(place.get("thread") or ""))


def submitted_title(body: Payload, me: Identity, profile: Profile | None = None) -> Command | Press:
    """The rename modal, submitted.

    It means the chat that it names, else the thread of the message that it was opened on, and no other.
    """
    author, key, data = _submitted(body, me, profile)
    title, event = entered(body, "title"), f"{PLATFORM}:{body['trigger_id']}"
    if data and title:
        return Press(event, f"{data}:{title}", key, author, message_id="")
    return Command(event, "rename", title, key, author, private=not key.thread)


def submitted_instructions(body: Payload, me: Identity, profile: Profile | None = None) -> Command | Press:
    """The modal that asks what new chats shall keep to: the command, or where it is left empty, to forget it."""
    author, key, _ = _submitted(body, me, profile)
    text, event = entered(body, "text"), f"{PLATFORM}:{body['trigger_id']}"
    if text:
        return Command(event, "instructions", text, key, author, private=True)
    return Press(event, Button("", Action.FORGET_INSTRUCTIONS, NEW_CHATS).data, key, author, message_id="")


def submitted_question(body: Payload, me: Identity, profile: Profile | None = None) -> Command:
    """The modal that asks what a new chat is about: it begins in the person's Messages tab."""
    author, event = actor(body, profile), f"{PLATFORM}:{body['trigger_id']}"
    return Command(event, "new", entered(body, "text"), me.key(author.id), author, private=True)


def submitted_answer(body: Payload, me: Identity, profile: Profile | None = None) -> Press:
    """A modal that asks, submitted: the same as pressing the button it stands for."""
    author, key, data = _submitted(body, me, profile)
    return Press(f"{PLATFORM}:{body['trigger_id']}", data, key, author, message_id="")


def entered(body: Payload, name: str) -> str:
    """What the person wrote into the field of a modal."""
    return str(body["view"]["state"]["values"][name][name].get("value") or "").strip()


def _submitted(body: Payload, me: Identity, profile: Profile | None) -> tuple[Author, ChatKey, str]:
    """Who submitted a modal, the place that it carries, and what it presses."""
    metadata = body["view"].get("private_metadata")
    data = str(json.loads(metadata).get("data") or "") if metadata else ""
    return actor(body, profile), read_place(metadata, me, body["user"]["id"]), data
