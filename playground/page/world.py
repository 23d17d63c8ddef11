"""What the page shows: a Slack workspace, two bots on Telegram, and people who are in all of it."""

import itertools
from asyncio import Event
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from playground.changes import Changes
from playground.model_tap import ModelTap
from playground.page.lag import LagMeter
from playground.page.screens import screens
from playground.page.trouble import Trouble
from playground.slack import SlackStandIn
from playground.slack.places import Person as SlackPerson
from playground.telegram import TelegramStandIn
from playground.telegram.chats import Chat
from playground.telegram.chats import Person as TelegramPerson

FIRST_NAMES = ("Ann", "Ben", "Cleo")
LONGEST_NAME = 30
MOST_GUESTS = 20
RANGES = ("here", "channel", "everyone")
"""Whom a mention in Slack may mean besides people."""


@dataclass(frozen=True)
class About:
    """What the page says about the model behind the bot."""

    model: str
    kind: str
    """`local`, `scripted` (where the local one cannot run) or `own`."""

    note: str
    """One or two sentences for the newcomer."""


@dataclass(frozen=True)
class Guest:
    """One of the people who use the page, with an account on each platform."""

    id: str
    name: str
    slack: SlackPerson
    telegram: TelegramPerson
    topics: TelegramPerson
    """The same account as the bot with topics knows it."""


class NotAllowed(ValueError):
    """Something that the page does not let people do; the text is for them."""


@dataclass
class World:
    """The stand-ins, the people in them, and who is looking. `topics` is Telegram for a second bot, with topics."""

    slack: SlackStandIn
    telegram: TelegramStandIn
    topics: TelegramStandIn
    tap: ModelTap
    about: About
    changes: Changes = field(default_factory=Changes)
    guests: dict[str, Guest] = field(default_factory=dict)
    online: dict[str, int] = field(default_factory=dict)
    greeted: bool = False
    """Whether the first questions were asked."""

    def __post_init__(self) -> None:
        telegrams = (self.telegram, self.topics)
        self.lag = LagMeter(self.tap, lambda: screens(self.slack, telegrams))
        self.trouble = Trouble(self.slack, telegrams, self.tap, self.changes)
        self.general = self.slack.add_channel("general")
        self.slack.add_channel("launch")
        self.slack.add_channel("random", bot=False)
        self.group: Chat = self.telegram.add_group("Weekend trip", [])
        for name in FIRST_NAMES:
            self.add_guest(name)

    def add_guest(self, name: str) -> Guest:
        """Let somebody in everywhere; raises NotAllowed."""
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise NotAllowed(f"A name has 1 to {LONGEST_NAME} characters.")
        if not name.isprintable() or name.casefold() in self._taken_names():
            raise NotAllowed("Somebody is called like that already, or nobody can read it.")
        if len(self.guests) >= MOST_GUESTS:
            raise NotAllowed(f"There are {MOST_GUESTS} people already.")
        slack, telegram = self.slack.add_person(name), self.telegram.add_person(name)
        guest = Guest(self._new_id(name), name, slack, telegram, self.topics.add_person(name))
        self.guests[guest.id] = guest
        for channel in self.slack.workspace.channels.values():
            if channel.kind == "channel":
                channel.members[slack.id] = slack
        self.group.members[telegram.id] = telegram
        self.slack.open_dm(slack)
        self.telegram.private_chat(telegram)
        self.topics.private_chat(guest.topics)
        self.changes.notify()
        return guest

    def _taken_names(self) -> set[str]:
        """Names that a mention would not tell apart."""
        bots = (self.slack.workspace.bot.name, self.telegram.bot.first_name)
        return {name.casefold() for name in (*bots, *RANGES, *(guest.name for guest in self.guests.values()))}

    def _new_id(self, name: str) -> str:
        word = "".join(filter(str.isalnum, name.casefold())) or "guest"
        ids = itertools.chain([word], (f"{word}{number}" for number in itertools.count(2)))
        return next(guest_id for guest_id in ids if guest_id not in self.guests)

    def welcome(self, wanted: str) -> Guest:
        """Give the person that a browser was before, else one whom no other browser is now."""
        if wanted in self.guests:
            return self.guests[wanted]
        free = (guest for guest in self.guests.values() if not self.online.get(guest.id))
        return next(free, next(iter(self.guests.values())))

    @contextmanager
    def present(self, guest: Guest) -> Iterator[None]:
        """Count a browser as being this person."""
        self.online[guest.id] = self.online.get(guest.id, 0) + 1
        self.changes.notify()
        try:
            yield
        finally:
            self.online[guest.id] -= 1
            self.changes.notify()

    @contextmanager
    def listen(self, event: Event) -> Iterator[None]:
        """Set the event whenever anything changes anywhere."""
        with ExitStack() as stack:
            accounts = (self.telegram.account, self.topics.account)
            for source in (self, self.slack.workspace, self.tap, *accounts):
                stack.enter_context(source.changes.listen(event))
            yield
