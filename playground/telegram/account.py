"""One bot's account and everything around it: its people, chats, queue and limits."""

from dataclasses import dataclass, field
from typing import Any

from playground.changes import Changes
from playground.clock import Clock
from playground.telegram.callbacks import Callbacks
from playground.telegram.calls import Call
from playground.telegram.chats import Chat, Message, Person, Topic, message_json
from playground.telegram.drafts import Drafts
from playground.telegram.errors import ApiError, bad_request, forbidden
from playground.telegram.files import Files
from playground.telegram.flood import Flood
from playground.telegram.polling import Polling
from playground.telegram.updates import UpdateQueue
from playground.telegram.webhooks import Webhook

FIRST_SUPERGROUP = -1_001_000_000_001
SUPERGROUP_LIMIT = -1_000_000_000_000


@dataclass
class Profile:
    """What the bot says about itself; texts and commands by language and scope."""

    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    commands: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    menu_buttons: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Switches:
    """What BotFather can switch; `wraps_all` is a client that makes a topic of what is typed in "All"."""

    topics_enabled: bool = False
    users_create_topics: bool = False
    privacy_mode: bool = True
    wraps_all: bool = True


class Account:
    """The state that methods and people work on."""

    def __init__(self, clock: Clock, token: str, bot: Person, switches: Switches) -> None:
        self.clock = clock
        self.token = token
        self.bot = bot
        self.switches = switches
        self.changes = Changes()
        self.people: dict[int, Person] = {bot.id: bot}
        self.chats: dict[int, Chat] = {}
        self.queue = UpdateQueue(clock, self._queue_changed)
        self.polling = Polling(clock, self.queue)
        self.webhook = Webhook(clock, self.queue, on_delivery=self.changes.notify)
        self.flood = Flood(clock)
        self.drafts = Drafts(clock)
        self.callbacks = Callbacks(clock)
        self.profile = Profile()
        self.files = Files(self.now)
        self.calls: list[Call] = []
        self.logged_out = False
        self._next_message_id = 100
        self._next_in_supergroup: dict[int, int] = {}

    def now(self) -> float:
        return self.clock.now()

    def _queue_changed(self) -> None:
        self.polling.wake()
        self.webhook.wake()
        self.changes.notify()

    def find_chat(self, chat_id: str) -> Chat:
        """Find a chat by its number or @name; refuse what the bot has never met."""
        if not chat_id:
            raise bad_request("chat_id is empty")
        if chat_id.startswith("@"):
            named = [chat for chat in self.chats.values() if chat.username.lower() == chat_id[1:].lower()]
            chat = named[0] if named else None
        else:
            chat = self.chats.get(int(chat_id)) if chat_id.lstrip("-").isdigit() else None
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def readable_chat(self, chat_id: str) -> Chat:
        """Find a chat that the bot may look at."""
        chat = self.find_chat(chat_id)
        if not chat.private:
            _check_membership(chat)
        elif not chat.started:
            raise self._not_started(chat)
        return chat

    def writable_chat(self, chat_id: str) -> Chat:
        """Find a chat that the bot may write to; the refusal says why it may not."""
        chat = self.readable_chat(chat_id)
        if chat.migrated_to:
            raise ApiError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.migrated_to,
            )
        if chat.person and chat.person.deactivated:
            raise forbidden("user is deactivated")
        if chat.private and chat.bot_status == "kicked":
            raise forbidden("bot was blocked by the user")
        return chat

    def _not_started(self, chat: Chat) -> ApiError:
        """A bot may not write first: it knows people from groups at most, and those it may not bother either."""
        met = any(chat.id in group.members for group in self.chats.values() if not group.private)
        return forbidden("bot can't initiate conversation with a user") if met else bad_request("chat not found")

    def new_message_id(self, chat: Chat) -> int:
        """Count as Telegram does: one row for all private chats and basic groups, one for each supergroup."""
        if chat.type == "supergroup":
            self._next_in_supergroup[chat.id] = self._next_in_supergroup.get(chat.id, 1) + 1
            return self._next_in_supergroup[chat.id]
        self._next_message_id += 1
        return self._next_message_id

    def post(self, chat: Chat, sender: Person, **content: Any) -> Message:
        """Put a message into a chat. What the bot posts there ends its draft."""
        message = Message(self.new_message_id(chat), sender, int(self.now()), **content)
        chat.messages[message.message_id] = message
        if sender is self.bot and not message.service:
            self.drafts.clear(chat, message.thread)
        self.changes.notify()
        return message

    def open_topic(self, chat: Chat, sender: Person, name: str, **details: Any) -> Topic:
        """Open a topic: its id is that of the service message that tells of it."""
        topic = Topic(0, name, by_bot=sender is self.bot, **details)
        root = self.post(chat, sender, service=True, in_topic=True, extra={"forum_topic_created": topic.as_json()})
        topic.thread = root.thread = root.message_id
        chat.topics[topic.thread] = topic
        return topic

    def announce(self, kind: str, chat: Chat, message: Message) -> int | None:
        """Make an update of a message; messages and edits of one chat stay in order."""
        return self.queue.push(kind, message_json(chat, message), key=f"chat {chat.id}")


def _check_membership(chat: Chat) -> None:
    kind = "supergroup chat" if chat.type == "supergroup" else "group chat"
    if chat.bot_status == "kicked":
        raise forbidden(f"bot was kicked from the {kind}")
    if chat.bot_status == "left":
        raise forbidden(f"bot is not a member of the {kind}")
