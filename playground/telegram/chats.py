"""People, chats, topics and messages: what Telegram remembers."""

from dataclasses import dataclass, field
from typing import Any

GENERAL_TOPIC = 1


@dataclass(eq=False)
class Person:
    """Somebody with an account: a user, or the bot itself."""

    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "en"
    is_bot: bool = False
    deactivated: bool = False

    def as_json(self) -> dict[str, Any]:
        """Show the person as a `User`; empty fields are left out, as Telegram does."""
        shown: dict[str, Any] = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        optional = {"last_name": self.last_name, "username": self.username}
        if not self.is_bot:
            optional["language_code"] = self.language_code
        return shown | {name: value for name, value in optional.items() if value}


@dataclass(eq=False)
class Topic:
    """One thread of a forum or of a private chat; its id is the id of the service message that opened it.

    `remembered_until` is the moment until which the service takes messages for it although it is deleted.
    """

    thread: int
    name: str
    icon_color: int = 0x6FB9F0
    icon_custom_emoji_id: str = ""
    implicit: bool = False
    closed: bool = False
    deleted: bool = False
    by_bot: bool = False
    remembered_until: float = 0.0

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"name": self.name, "icon_color": self.icon_color}
        if self.icon_custom_emoji_id:
            shown["icon_custom_emoji_id"] = self.icon_custom_emoji_id
        return shown | ({"is_name_implicit": True} if self.implicit else {})


@dataclass(eq=False)
class Message:
    """One message as it stands now, with the texts it had before."""

    message_id: int
    sender: Person
    date: int
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    markup: dict[str, Any] | None = None
    thread: int | None = None
    in_topic: bool = False
    reply_to: int | None = None
    edit_date: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    service: bool = False
    edits: list[str] = field(default_factory=list)
    reactions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def from_bot(self) -> bool:
        return self.sender.is_bot

    @property
    def buttons(self) -> list[list[dict[str, Any]]]:
        """The rows of inline buttons under the message."""
        rows: list[list[dict[str, Any]]] = (self.markup or {}).get("inline_keyboard", [])
        return rows

    @property
    def button_labels(self) -> list[str]:
        return [button["text"] for row in self.buttons for button in row]

    def replace_text(self, text: str, entities: list[dict[str, Any]], now: float) -> None:
        self.edits.append(self.text)
        self.text, self.entities, self.edit_date = text, entities, int(now)


@dataclass(eq=False)
class Chat:
    """A private chat, a basic group or a supergroup, with its messages and the bot's standing in it."""

    id: int
    type: str
    title: str = ""
    person: Person | None = None
    username: str = ""
    forum: bool = False
    members: dict[int, Person] = field(default_factory=dict)
    bot_status: str = "member"
    bot_rights: set[str] = field(default_factory=set)
    started: bool = False
    migrated_to: int | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    pinned: list[int] = field(default_factory=list)
    heard_at: float = float("-inf")

    @property
    def private(self) -> bool:
        return self.type == "private"

    @property
    def admin(self) -> bool:
        return self.bot_status == "administrator"

    def may(self, right: str) -> bool:
        return self.admin and right in self.bot_rights

    def topic(self, thread: int | None) -> Topic | None:
        """Find a topic that still exists."""
        topic = self.topics.get(thread) if thread else None
        return topic if topic and not topic.deleted else None

    def as_json(self) -> dict[str, Any]:
        if self.person:
            shown = self.person.as_json() | {"type": "private"}
            return {name: shown[name] for name in shown if name not in ("is_bot", "language_code")}
        optional: dict[str, Any] = {"username": self.username, "is_forum": self.forum}
        return {"id": self.id, "title": self.title, "type": self.type} | {k: v for k, v in optional.items() if v}


def message_json(chat: Chat, message: Message, depth: int = 1) -> dict[str, Any]:
    """Show a message as Telegram sends it; a quoted message is shown without the one it quotes itself."""
    shown: dict[str, Any] = {
        "message_id": message.message_id,
        "from": message.sender.as_json(),
        "chat": chat.as_json(),
        "date": message.date,
    }
    shown |= _thread_json(message)
    quoted = chat.messages.get(_quoted_id(message)) if depth else None
    if quoted:
        shown["reply_to_message"] = message_json(chat, quoted, depth=0)
    return shown | _content_json(message)


def _thread_json(message: Message) -> dict[str, Any]:
    if message.thread is None:
        return {}
    return {"message_thread_id": message.thread} | ({"is_topic_message": True} if message.in_topic else {})


def _quoted_id(message: Message) -> int:
    """Name the message that this one answers: in a topic every other message answers its opening."""
    if message.reply_to is not None:
        return message.reply_to
    opened_here = message.thread == message.message_id
    return message.thread if message.thread and message.in_topic and not opened_here else 0


def _content_json(message: Message) -> dict[str, Any]:
    optional: dict[str, Any] = {
        "edit_date": message.edit_date,
        "text": message.text,
        "entities": message.entities,
        "reply_markup": message.markup if message.buttons else None,
    }
    return {name: value for name, value in optional.items() if value} | message.extra
