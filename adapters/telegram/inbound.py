"""Telegram's updates, turned into what people did. Pure: a decoded update in, a value or None out.

The raw JSON is read, and of it only what is needed: a kind of content that is newer than any library still reaches us
as the message that it came with. A shape that breaks a promise of the Bot API raises KeyError, TypeError or ValueError.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.telegram.spans import Spans, sound
from bot.engine import texts
from bot.engine.chats import Author, ChatKey, MessageRef
from bot.engine.incoming import Command, Edited, IncomingMessage, Press, TitleChange

# What Telegram is asked to send. Everything else is filtered out when it happens (facts: 6.1).
UPDATE_KINDS = ("message", "edited_message", "callback_query", "my_chat_member", "stopped_message_generation")

# In groups a bare "/name" may be meant for another bot: only these are ours without "@username".
COMMANDS = (*texts.COMMANDS, "start")

# The more telling kind comes first: an animation comes with a document, a venue with a location.
_ATTACHMENTS = (
    "animation", "audio", "document", "photo", "sticker", "story", "video", "video_note", "voice",
    "contact", "venue", "location", "poll", "dice", "game",
)  # fmt: skip
_SHADOWED = {"animation": "document", "venue": "location"}

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is, from getMe."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class GenerationStopped:
    """Somebody pressed Telegram's own Stop under a draft; 0 where it is not said under which."""

    event_id: str
    key: ChatKey
    draft: int


Incoming = IncomingMessage | Edited | Command | Press | TitleChange | GenerationStopped


def event_id(update: Json, me: Identity) -> str:
    """The same for every delivery of the update."""
    return f"telegram:{me.id}:{update['update_id']}"


def read(update: Json, me: Identity) -> Incoming | None:
    """Say what a person did; None for what is no business of ours (other bots, service messages, small talk)."""
    if (message := update.get("message")) is not None:
        return _message(event_id(update, me), message, me)
    if (edited := update.get("edited_message")) is not None:
        return _edit(_message(event_id(update, me), edited, me))
    if (query := update.get("callback_query")) is not None:
        return _press(event_id(update, me), query, me)
    if (stopped := update.get("stopped_message_generation")) is not None:
        key = _key(me, stopped["chat"]["id"], stopped.get("message_thread_id"))
        return GenerationStopped(event_id(update, me), key, _draft_id(stopped.get("draft_id")))
    return None


def message_in(update: Json) -> tuple[int, int] | None:
    """The chat and the number of the message that an update tells of."""
    message = update.get("message") or (update.get("callback_query") or {}).get("message")
    return (int(message["chat"]["id"]), int(message["message_id"])) if message else None


def place_of(message: Json, me: Identity) -> ChatKey:
    """The chat and topic of a message; a thread id counts only as a topic's, else it names a reply chain."""
    thread = message.get("message_thread_id") if message.get("is_topic_message") else None
    return _key(me, message["chat"]["id"], thread)


def is_accessible(message: Json) -> bool:
    """Whether a pressed message is still at hand; Telegram marks one that is not by the date 0."""
    return bool(message.get("date", 0))


def _key(me: Identity, chat_id: int, thread: int | None) -> ChatKey:
    return ChatKey("telegram", str(me.id), str(int(chat_id)), "" if thread is None else str(int(thread)))


def _draft_id(given: object) -> int:
    """The number, which comes as text although it is documented as one (facts: 1.1)."""
    return int(given) if isinstance(given, int | str) and str(given).lstrip("-").isdecimal() else 0


def _author(sender: Json) -> Author:
    name = " ".join(part for part in (sender.get("first_name"), sender.get("last_name")) if part)
    language = sender.get("language_code")
    return Author(str(int(sender["id"])), sound(name), language if isinstance(language, str) else "")


def _message(event: str, message: Json, me: Identity) -> Incoming | None:
    sender = message.get("from")
    if sender is None or sender.get("is_bot") or "sender_chat" in message:
        return None
    if (edited := message.get("forum_topic_edited")) is not None:
        return _title_change(event, place_of(message, me), edited)
    attachments = tuple(_attachments(message))
    spans = Spans.of(message)
    if spans is None and not attachments:
        return None
    return _written(event, message, spans or Spans("", ()), attachments, me)


def _replied_to(message: Json) -> str | None:
    """The message that this one answers; in a topic every plain message "answers" what opened the topic."""
    replied = (message.get("reply_to_message") or {}).get("message_id")
    opening = bool(message.get("is_topic_message")) and replied == message.get("message_thread_id")
    return None if replied is None or opening else str(int(replied))


def _edit(now: Incoming | None) -> Edited | None:
    """The new text, which may be that of a question asked with /new; any other command was no question."""
    match now:
        case IncomingMessage(event_id=event, ref=ref, author=author, text=text):
            return Edited(event, ref, author, text)
        case Command(event_id=event, name="new", key=key, source=str(source), author=author, argument=text):
            return Edited(event, MessageRef(key, source), author, text)
    return None


def _written(
    event: str, message: Json, spans: Spans, attachments: tuple[str, ...], me: Identity
) -> IncomingMessage | Command | None:
    private = message["chat"]["type"] == "private"
    key, author, source = place_of(message, me), _author(message["from"]), str(int(message["message_id"]))
    addressed = private or _speaks_to(message, spans, me)
    text = spans.text.strip() if private else spans.without(lambda kind, part, about: _is_me(kind, part, about, me))
    name, target = _command_name(spans)
    if name and target not in ("", me.username.lower()) and not private:
        return None
    if name and _is_ours(name, target, addressed, me):
        return Command(event, name, _argument(text), key, author, private, source, _replied_to(message))
    if not addressed:
        return None
    replied = str(message["reply_to_message"]["message_id"]) if _answers(message, me) else ""
    return IncomingMessage(event, MessageRef(key, source), author, text, attachments=attachments, reply_to=replied)


def _title_change(event: str, key: ChatKey, edited: Json) -> TitleChange | None:
    """Only a new name counts: a new icon comes in the same shape without one."""
    name = sound(edited.get("name") or "").strip()
    return TitleChange(event, key, name) if name and key.thread else None


def _attachments(message: Json) -> Iterator[str]:
    shadowed = {_SHADOWED[kind] for kind in _SHADOWED if kind in message}
    for kind in _ATTACHMENTS:
        if kind in message and kind not in shadowed:
            content = message[kind]
            yield sound(content.get("file_name") or kind) if isinstance(content, Mapping) else kind


def _command_name(spans: Spans) -> tuple[str, str]:
    """The command at the very beginning, without slash, and the bot that it names; empty where there is none."""
    first = spans.first("bot_command")
    name, _, target = first.removeprefix("/").partition("@")
    return name.lower(), target.lower()


def _is_ours(name: str, target: str, addressed: bool, me: Identity) -> bool:
    return target == me.username.lower() or (not target and (addressed or name in COMMANDS))


def _argument(text: str) -> str:
    """What follows the command word."""
    return "".join(text.split(maxsplit=1)[1:])


def _speaks_to(message: Json, spans: Spans, me: Identity) -> bool:
    return spans.any(lambda kind, part, about: _is_me(kind, part, about, me)) or _answers(message, me)


def _answers(message: Json, me: Identity) -> bool:
    """Whether it is a reply to us. Every plain message in a topic "replies" to what opened the topic; that is none."""
    replied = message.get("reply_to_message") or {}
    opening = bool(message.get("is_topic_message")) and replied.get("message_id") == message.get("message_thread_id")
    return not opening and (replied.get("from") or {}).get("id") == me.id


def _is_me(kind: str, part: str, about: int | None, me: Identity) -> bool:
    if kind == "mention":
        return part.lower() == f"@{me.username.lower()}"
    return kind == "text_mention" and about == me.id


def _press(event: str, query: Json, me: Identity) -> Press | None:
    message, data = query.get("message"), query.get("data")
    if message is None or data is None or query["from"].get("is_bot"):
        return None
    key = place_of(message, me)
    return Press(event, sound(data), key, _author(query["from"]), str(int(message["message_id"])))
