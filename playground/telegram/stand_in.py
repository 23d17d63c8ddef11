"""The stand-in as a whole: a Bot API server, the people in front of it, and windows to look through."""

import asyncio
import random
from collections.abc import Callable
from typing import Any

from playground.clock import Clock
from playground.telegram.account import FIRST_SUPERGROUP, Account, Switches
from playground.telegram.calls import Call
from playground.telegram.chats import Chat, Message, Person
from playground.telegram.drafts import DraftFrame
from playground.telegram.faults import Fault, Faults
from playground.telegram.flood import Flood
from playground.telegram.methods import all_methods
from playground.telegram.people import People
from playground.telegram.rendering import rendered_html
from playground.telegram.rich_limits import plain_text
from playground.telegram.rich_rendering import rich_html
from playground.telegram.server import Server

FIRST_PERSON = 700_100_001
FIRST_BASIC_GROUP = -4_000_001
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"


class TelegramStandIn(People):
    """A strict Telegram for one bot, on this machine.

    It refuses what the real service refuses and, in doubt, a little more. Stopping and starting it again keeps
    everything, the port included.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        topics_enabled: bool = False,
        users_create_topics: bool = False,
        username: str = "threadline_bot",
        privacy_mode: bool = True,
        wraps_all: bool = True,
        token: str = "",
    ) -> None:
        token = token or f"{random.randint(10**9, 10**10)}:AA{''.join(random.choices(LETTERS, k=33))}"
        bot = Person(int(token.split(":")[0]), "Threadline", username=username, is_bot=True)
        switches = Switches(topics_enabled, users_create_topics, privacy_mode, wraps_all)
        super().__init__(Account(clock or Clock(), token, bot, switches))
        self.faults = Faults()
        self._server = Server(self.account, self.faults)

    async def start(self) -> None:
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop()

    async def __aenter__(self) -> "TelegramStandIn":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def clock(self) -> Clock:
        return self.account.clock

    @property
    def token(self) -> str:
        return self.account.token

    @property
    def bot(self) -> Person:
        return self.account.bot

    @property
    def bot_id(self) -> int:
        return self.account.bot.id

    @property
    def username(self) -> str:
        return self.account.bot.username

    @property
    def methods(self) -> frozenset[str]:
        """The names of all methods that the stand-in has."""
        return frozenset(name for name, _ in all_methods().values())

    @property
    def flood(self) -> Flood:
        """The limits: `telegram.flood.enabled = False` lifts them, `.limits` changes them."""
        return self.account.flood

    # People and places

    def add_person(self, name: str, username: str = "", language_code: str = "en") -> Person:
        first, _, last = name.partition(" ")
        person = Person(FIRST_PERSON + len(self.account.people), first, last, username, language_code)
        self.account.people[person.id] = person
        return person

    def private_chat(self, person: Person) -> Chat:
        """Give the chat between a person and the bot; the bot may write there once the person has."""
        return self.account.chats.setdefault(person.id, Chat(person.id, "private", person=person))

    def add_group(
        self,
        title: str,
        members: list[Person],
        *,
        forum: bool = False,
        basic: bool = False,
        bot_rights: set[str] | None = None,
        bot_in: bool = True,
        username: str = "",
    ) -> Chat:
        """Set up a supergroup, or a basic group; its first member owns it, and no update tells of it."""
        group = self._new_group(title, members, basic)
        group.forum, group.username, group.bot_rights = forum, username, bot_rights or set()
        group.bot_status = ("administrator" if bot_rights else "member") if bot_in else "left"
        return group

    def _new_group(self, title: str, members: list[Person], basic: bool) -> Chat:
        number = FIRST_BASIC_GROUP if basic else FIRST_SUPERGROUP
        chat_id = number - len(self.account.chats)
        kind = "group" if basic else "supergroup"
        group = Chat(chat_id, kind, title=title, members={person.id: person for person in members})
        self.account.chats[chat_id] = group
        return group

    async def upgrade_group(self, person: Person, group: Chat) -> Chat:
        """Make a supergroup of a basic group: another id, and the old one refuses everything."""
        new = self._new_group(group.title, list(group.members.values()), basic=False)
        new.bot_status, new.bot_rights = group.bot_status, group.bot_rights
        leaving = self.account.post(group, person, service=True, extra={"migrate_to_chat_id": new.id})
        self._tell("message", group, leaving)
        arriving = self.account.post(new, person, service=True, extra={"migrate_from_chat_id": group.id})
        self._tell("message", new, arriving)
        group.migrated_to = new.id
        return new

    # Windows

    def messages(self, chat: Chat, thread: int | None = None) -> list[Message]:
        """Show the messages with text that stand in a chat now, oldest first; with `thread` those of one topic."""
        return [
            message
            for message in chat.messages.values()
            if not message.service and (thread is None or message.thread == thread)
        ]

    def bot_messages(self, chat: Chat, thread: int | None = None) -> list[Message]:
        return [message for message in self.messages(chat, thread) if message.sender is self.bot]

    def message(self, chat: Chat, message_id: int) -> Message:
        return chat.messages[message_id]

    def rendered(self, chat: Chat, message_id: int) -> str:
        """Show the text that a person sees, without its formatting; of a rich message a line for each block."""
        message = chat.messages[message_id]
        return plain_text(message.extra.get("rich_message", {}).get("blocks", [])) or message.text

    def html(self, chat: Chat, message_id: int) -> str:
        """Show the text that a person sees, its formatting as HTML tags."""
        message = chat.messages[message_id]
        rich = message.extra.get("rich_message")
        return rich_html(rich["blocks"]) if rich else rendered_html(message.text, message.entities)

    def draft(self, chat: Chat, thread: int | None = None) -> DraftFrame | None:
        """Show the draft that a person sees now."""
        return self.account.drafts.visible(chat, thread)

    @property
    def draft_frames(self) -> list[DraftFrame]:
        return self.account.drafts.frames

    @property
    def calls(self) -> list[Call]:
        return self.account.calls

    def calls_of(self, *methods: str) -> list[Call]:
        wanted = {method.lower() for method in methods}
        return [call for call in self.calls if call.method.lower() in wanted]

    @property
    def refused(self) -> list[Call]:
        """The calls that were answered with an error; one whose connection broke got no answer."""
        return [call for call in self.calls if call.status >= 400]

    @property
    def flood_violations(self) -> list[Call]:
        """The calls that came before the `retry_after` of their chat was over; a good bot makes none."""
        return [call for call in self.calls if call.too_early]

    @property
    def pending_updates(self) -> list[dict[str, Any]]:
        self.account.queue.drop_expired()
        return [update.body for update in self.account.queue.waiting]

    @property
    def webhook_deliveries(self) -> list[Any]:
        return self.account.webhook.deliveries

    async def wait_for(self, condition: Callable[[], object], timeout: float = 10.0) -> None:  # noqa: ASYNC109 - the tests' own word
        """Return as soon as the condition holds; raise `TimeoutError` after so many real seconds."""
        await self.account.changes.wait_for(condition, timeout)

    # Trouble on demand

    def fail(
        self,
        method: str,
        status: int = 500,
        *,
        description: str = "",
        retry_after: int | None = None,
        times: int = 1,
        applied: bool = False,
        chat: Chat | None = None,
    ) -> Fault:
        """Let the next calls of a method fail; `applied` means that they take effect all the same."""
        chat_id = chat.id if chat else None
        return self.faults.plan(Fault(method, times, status, description, retry_after, applied, chat_id=chat_id))

    def reset(self, method: str, *, applied: bool, times: int = 1) -> Fault:
        """Break the connection of the next calls off, before or after they took effect."""
        return self.faults.plan(Fault(method, times, status=0, applied=applied))

    def slow(self, method: str, seconds: float, *, times: int = 1, applied: bool = True) -> Fault:
        """Answer the next calls so many seconds later, on the stand-in's clock."""
        return self.faults.plan(Fault(method, times, seconds=seconds, applied=applied))

    def hold(self, method: str, *, times: int = 1, applied: bool = False) -> asyncio.Event:
        """Hold the next calls until the event that you get is set."""
        gate = asyncio.Event()
        self.faults.plan(Fault(method, times, gate=gate, applied=applied))
        return gate

    @property
    def outage(self) -> int:
        """The status with which every call fails now, such as 502; 0 where the service is well."""
        return self.faults.outage

    @outage.setter
    def outage(self, status: int) -> None:
        self.faults.outage = status
        if status:
            self.drop_connections()

    def drop_connections(self) -> None:
        """Break off every `getUpdates` that waits now; the updates stay queued."""
        self._server.drop_connections()

    def push_raw(self, update: dict[str, Any]) -> int:
        """Queue any update, also a broken one, and give its id."""
        return self.account.queue.push_raw(update)

    def redeliver(self, update_id: int) -> None:
        """Deliver an update once more."""
        self.account.queue.redeliver(update_id)

    @property
    def last_update_id(self) -> int:
        return self.account.queue.next_id - 1
