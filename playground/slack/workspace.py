"""The workspace: who is there, what was written, and how each change is told to the app."""

import random
from collections.abc import Callable
from typing import Any

from playground.changes import Changes
from playground.clock import Clock
from playground.slack.app import App
from playground.slack.errors import Refusal
from playground.slack.files import File
from playground.slack.ids import Ids, Stamps
from playground.slack.mentions import Notification, live_texts, notified_by, notified_by_names
from playground.slack.messages import Message
from playground.slack.oauth import Grants
from playground.slack.places import CHANNEL_TYPES, Channel, Person
from playground.slack.rates import Rates
from playground.slack.sessions import Sessions
from playground.slack.tasks import Tasks
from playground.slack.triggers import Triggers
from playground.slack.views import Views

DOMAIN = "threadline-test"
TEAM_NAME = "Threadline test"
TS_DIGITS = 17


class Workspace:
    """Everything that is kept. Changes go through `post`, `change` and `remove`, which also tell the app.

    `edit_window` is for how many seconds a message may be changed; None for as long as it stands.
    """

    def __init__(self, clock: Clock, dice: random.Random, strict_rates: bool) -> None:
        self.clock = clock
        self.dice = dice
        self.ids = Ids(dice)
        self.stamps = Stamps(clock)
        self.changes = Changes()
        self.tasks = Tasks()
        self.rates = Rates(clock, strict_rates)
        self.team_id = self.ids.new("T")
        self.app = self._new_app()
        self.bot = Person(
            self.ids.new("U"), "Threadline", "threadline", self.team_id, self.ids.new("B"), self.app.app_id
        )
        self.people: dict[str, Person] = {self.bot.id: self.bot}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Message] = []
        self.notified: list[Notification] = []
        self.statuses: dict[tuple[str, str], tuple[str, float]] = {}
        self.prompts: dict[tuple[str, str], dict[str, Any]] = {}
        self.sessions = Sessions(clock)
        self.triggers = Triggers(clock, dice)
        self.views = Views(self.ids, dice)
        self.contexts: dict[str, list[dict[str, Any]]] = {}
        self.edit_window: float | None = None
        self.files: dict[str, File] = {}
        self.grants = Grants(clock, random.Random(self.app.app_id))
        self.installer = self.bot.id
        self.base_url = ""
        self.send_event: Callable[[dict[str, Any]], None] = lambda _: None

    def _new_app(self) -> App:
        secrets = ["".join(self.dice.choices("0123456789abcdef", k=32)) for _ in range(4)]
        app_id = self.ids.new("A")
        return App(app_id, self.team_id, f"xoxb-{secrets[0]}", f"xapp-1-{app_id}-{secrets[1]}", secrets[2], secrets[3])

    # Looking up

    def channel(self, channel_id: str) -> Channel:
        """Give a place that the app may know of; refuse with `channel_not_found`."""
        found = self.channels.get(channel_id)
        if found is None or (found.is_private and not found.bot_in):
            raise Refusal("channel_not_found")
        return found

    def person(self, user_id: str) -> Person:
        if user_id not in self.people:
            raise Refusal("user_not_found")
        return self.people[user_id]

    def dm(self, person: Person) -> Channel:
        """Give the conversation between a person and the app, made on the way where there is none."""
        for channel in self.channels.values():
            if channel.kind == "im" and person.id in channel.members:
                return channel
        return self.add_channel("", "im", [person], bot_in=True)

    def add_channel(self, name: str, kind: str, members: list[Person], bot_in: bool) -> Channel:
        prefix = {"im": "D", "mpim": "G"}.get(kind, "C")
        creator = members[0].id if members else ""
        channel = Channel(self.ids.new(prefix), name, kind, {p.id: p for p in members}, bot_in, creator=creator)
        channel.created = int(self.clock.now())
        self.channels[channel.id] = channel
        return channel

    def new_file(self, name: str, user: str) -> File:
        file = File(self.ids.new("F"), name, user)
        return self.files.setdefault(file.id, file)

    def names(self) -> dict[str, str]:
        """Give what stands for an id where a person reads it."""
        return {p.id: p.name for p in self.people.values()} | {c.id: c.name for c in self.channels.values()}

    def root(self, channel: Channel, thread_ts: str) -> Message:
        """Give the message that a thread hangs on; refuse what is none."""
        if not is_ts(thread_ts):
            raise Refusal("invalid_thread_ts")
        root = channel.messages.get(thread_ts)
        if root is None:
            raise Refusal("thread_not_found")
        if root.tombstone or (root.thread_ts and root.thread_ts != root.ts):
            raise Refusal("cannot_reply_to_message")
        return root

    def wire(self, channel: Channel, message: Message) -> dict[str, Any]:
        """Show a message as the Web API does."""
        return message.wire(channel.replies(message.ts), self.team_id)

    # Changing

    def post(self, channel: Channel, message: Message) -> Message:
        """Put a message into a channel and tell the app; of a mention twice, in any order."""
        channel.messages[message.ts] = message
        event = {**self.event_message(channel, message), "channel": channel.id, "event_ts": message.ts}
        told = [{**event, "channel_type": channel.kind}]
        if self._mentions_app(channel, message):
            kept = ("user", "ts", "client_msg_id", "text", "team", "blocks", "thread_ts", "parent_user_id", "files")
            mention = {name: event[name] for name in kept if name in event}
            told.append({**mention, "type": "app_mention", "channel": channel.id, "event_ts": message.ts})
        self.dice.shuffle(told)
        for one in told:
            self.emit(one, channel)
        self.touch_root(channel, message)
        self.changes.notify()
        return message

    def event_message(self, channel: Channel, message: Message) -> dict[str, Any]:
        root = channel.messages.get(message.thread_ts)
        parent = {"parent_user_id": root.user} if root and root is not message else {}
        return {**message.wire(team_id=self.team_id), **parent}

    def change(self, channel: Channel, message: Message, before: dict[str, Any], *, hidden: bool = False) -> None:
        """Tell the app that a message is another one now; `hidden` is Slack's mark for what no person did."""
        ts = self.stamps.new()
        event: dict[str, Any] = {
            "type": "message",
            "subtype": "message_changed",
            "message": self.wire(channel, message),
            "previous_message": before,
            "channel": channel.id,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
            "channel_type": channel.kind,
        }
        self.emit(event if hidden else {k: v for k, v in event.items() if k != "hidden"}, channel)
        self.changes.notify()

    def remove(self, channel: Channel, message: Message) -> None:
        """Delete a message and tell the app; a root with replies leaves a tombstone."""
        before, ts = self.wire(channel, message), self.stamps.new()
        if channel.replies(message.ts):
            message.tombstone = True
        else:
            del channel.messages[message.ts]
        event = {"type": "message", "subtype": "message_deleted", "previous_message": before, "hidden": True}
        where = {"channel": channel.id, "deleted_ts": message.ts, "ts": ts, "event_ts": ts}
        self.emit({**event, **where, "channel_type": channel.kind}, channel)
        self.touch_root(channel, message)
        self.changes.notify()

    def remove_file(self, file: File) -> None:
        """Delete a file and tell the app; where it stood there is a tombstone."""
        file.deleted = True
        for channel in (self.channels[place] for place in file.places):
            for message in [m for m in channel.messages.values() if any(f["id"] == file.id for f in m.files)]:
                before = self.wire(channel, message)
                message.files = [file.tombstone() if f["id"] == file.id else f for f in message.files]
                self.change(channel, message, before)

    def touch_root(self, channel: Channel, message: Message) -> None:
        """Tell of a thread's new numbers: the root "changed", though nothing that anybody wrote did."""
        root = channel.messages.get(message.thread_ts)
        if root is not None and root is not message and not root.tombstone:
            self.change(channel, root, root.wire(team_id=self.team_id), hidden=True)

    def emit(self, event: dict[str, Any], channel: Channel | None = None) -> None:
        """Send an event to the app, if it is subscribed, has the scope and is a member of the place."""
        name = event["type"]
        if name == "message" and channel is not None:
            name = f"message.{CHANNEL_TYPES[channel.kind]}"
        if self.app.hears(name) and (channel is None or channel.bot_in):
            self.send_event(self._envelope(event))

    def react(self, message: Message, user: str, name: str) -> None:
        """Add somebody's reaction and tell the app."""
        message.reactions.setdefault(name, []).append(user)
        self._tell_reaction("reaction_added", message, user, name)

    def unreact(self, message: Message, user: str, name: str) -> None:
        """Take somebody's reaction away and tell the app."""
        message.reactions[name].remove(user)
        if not message.reactions[name]:
            del message.reactions[name]
        self._tell_reaction("reaction_removed", message, user, name)

    def _tell_reaction(self, kind: str, message: Message, user: str, name: str) -> None:
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event = {"type": kind, "user": user, "reaction": name, "item": item, "item_user": message.user}
        self.emit({**event, "event_ts": self.stamps.new()}, self.channels[message.channel])
        self.changes.notify()

    def note_mentions(self, message: Message, via: str, *, link_names: bool = False) -> None:
        """Write down whom a message of the app notifies."""
        streamed = message.stream
        parts = [message.text, message.markdown_text, *live_texts(message.blocks), *live_texts(message.attachments)]
        if streamed:
            parts += [streamed.text, streamed.plan, *live_texts(list(streamed.cards.values()))]
            parts += live_texts(streamed.blocks)
        handles = frozenset(person.handle for person in self.people.values())
        for part in parts:
            found = notified_by(part) + (notified_by_names(part, handles) if link_names else [])
            self._note(message, via, found)

    def _note(self, message: Message, via: str, found: list[str]) -> None:
        known = {(note.who, note.ts) for note in self.notified}
        fresh = [who for who in dict.fromkeys(found) if (who, message.ts) not in known]
        self.notified += [Notification(who, message.channel, message.ts, via) for who in fresh]

    def _mentions_app(self, channel: Channel, message: Message) -> bool:
        quiet = message.subtype not in ("", "file_share", "thread_broadcast", "me_message")
        return channel.kind != "im" and not quiet and message.user != self.bot.id and self.bot.mention in message.text

    def _envelope(self, event: dict[str, Any]) -> dict[str, Any]:
        authorization = {"enterprise_id": None, "team_id": self.team_id, "user_id": self.bot.id, "is_bot": True}
        return {
            "token": self.app.verification_token,
            "team_id": self.team_id,
            "context_team_id": self.team_id,
            "context_enterprise_id": None,
            "api_app_id": self.app.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": self.ids.new("Ev"),
            "event_time": int(self.clock.now()),
            "authorizations": [{**authorization, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
            "event_context": f"4-{self.ids.new('X', 20)}",
        }


def is_ts(value: str) -> bool:
    """Say whether this is a timestamp as Slack writes them: seconds, point, six digits."""
    seconds, point, micro = value.partition(".")
    return bool(point) and len(value) == TS_DIGITS and seconds.isdecimal() and micro.isdecimal()
