"""The chats that a guest has on Telegram, and which of them is open."""

from dataclasses import dataclass

from playground.page.actions import Refused, Visit
from playground.telegram import Chat, Person, TelegramStandIn, Topic

NO_SUCH_CHAT = "There is no such chat."
NO_SUCH_TOPIC = "There is no such topic any more."


@dataclass(frozen=True)
class Place:
    """A chat as one guest has it: whose Telegram it is on, and who the guest is there."""

    id: str
    name: str
    telegram: TelegramStandIn
    person: Person
    chat: Chat

    @property
    def has_topics(self) -> bool:
        return self.chat.forum or (self.chat.private and self.telegram.account.switches.topics_enabled)

    @property
    def blocked(self) -> bool:
        return self.chat.private and self.chat.bot_status == "kicked"

    @property
    def topics(self) -> list[Topic]:
        """The topics that exist, oldest first."""
        return [topic for topic in self.chat.topics.values() if not topic.deleted]


def places(visit: Visit) -> dict[str, Place]:
    """Every chat of the guest; nobody reaches a chat of others through them."""
    world, guest = visit.world, visit.guest
    found = (
        Place("bot", "Threadline", world.telegram, guest.telegram, world.telegram.private_chat(guest.telegram)),
        Place("topics", "Threadline · topics", world.topics, guest.topics, world.topics.private_chat(guest.topics)),
        Place("group", world.group.title, world.telegram, guest.telegram, world.group),
    )
    return {place.id: place for place in found}


def place_named(visit: Visit, chat: object) -> Place:
    """Find one of the guest's chats; raises Refused."""
    found = places(visit).get(chat) if isinstance(chat, str) else None
    if found is None:
        raise Refused(NO_SUCH_CHAT)
    return found


def topic_of(place: Place, thread: object) -> Topic:
    """Find a topic that exists; raises Refused."""
    topic = place.chat.topic(thread) if isinstance(thread, int) else None
    if topic is None:
        raise Refused(NO_SUCH_TOPIC)
    return topic


def open_place(visit: Visit) -> tuple[Place, int | None]:
    """What this browser has open: a chat and perhaps one of its topics."""
    place = places(visit)[visit.telegram.get("chat", "bot")]
    topic = place.chat.topic(visit.telegram.get("thread"))
    return place, topic.thread if topic else None
