"""What a person does in Telegram. A browser may send anything: each action checks what it gets."""

import itertools
from typing import Any

from playground.page.actions import Action, Refused, Visit
from playground.page.telegram_places import Place, place_named, topic_of
from playground.telegram import Message
from playground.telegram.rich_buttons import buttons_in

MOST_CHARACTERS = 4096
LONGEST_TOPIC = 128
BLOCKED = "You have blocked the bot. Unblock it to write."
GONE = "This message is not there any more."
STANDINGS = ("member", "administrator", "out")
RIGHTS = frozenset({"can_delete_messages", "can_pin_messages", "can_manage_topics"})


async def open_chat(visit: Visit, chat: object, thread: object = None) -> None:
    """Show this browser another chat, or a topic of it."""
    place = place_named(visit, chat)
    visit.telegram = {"chat": place.id, "thread": topic_of(place, thread).thread if thread is not None else None}


async def post(
    visit: Visit, chat: object, text: object, thread: object = None, reply_to: object = None
) -> dict[str, Any]:
    """Write; gives where the message came to stand, because one written in "All" opens a topic."""
    place = place_named(visit, chat)
    if place.blocked:
        raise Refused(BLOCKED)
    topic = topic_of(place, thread).thread if thread is not None else None
    answered = _message(place, reply_to) if reply_to is not None else None
    if answered is not None and topic is None and place.has_topics:
        topic = answered.thread
    posted = await place.telegram.send(
        place.person, place.chat, _text(text), thread=topic, reply_to=answered.message_id if answered else None
    )
    return {"chat": place.id, "thread": place.chat.messages[posted].thread if place.has_topics else None}


async def edit(visit: Visit, chat: object, message: object, text: object) -> None:
    """Change one's own message."""
    place = place_named(visit, chat)
    own = _own_message(place, message)
    words = _text(text)
    if len(words) > MOST_CHARACTERS:
        raise Refused(f"A message has at most {MOST_CHARACTERS} characters.")
    if words != own.text:
        await place.telegram.edit(place.person, place.chat, own.message_id, words)


async def delete(visit: Visit, chat: object, message: object) -> None:
    """Delete a message: one's own, and in a private chat also the bot's."""
    place = place_named(visit, chat)
    found = _message(place, message) if place.chat.private else _own_message(place, message)
    await place.telegram.delete_message(place.chat, found.message_id)


async def press(visit: Visit, chat: object, message: object, data: object) -> dict[str, Any] | None:
    """Press a button and wait as long as it spins; None where no answer came."""
    place = place_named(visit, chat)
    found = _message(place, message)
    if not isinstance(data, str) or data not in pressable(found):
        raise Refused("This button is not there any more.")
    toast = await place.telegram.press_data(place.person, place.chat, found.message_id, data)
    return {"text": toast.text, "alert": toast.alert, "url": toast.url} if toast else None


def pressable(message: Message) -> set[str]:
    """The data of the buttons that stand under a message or in it now."""
    rich = buttons_in(message.extra.get("rich_message", {}).get("blocks", []))
    buttons = itertools.chain(*message.buttons, rich)
    return {button["callback_data"] for button in buttons if "callback_data" in button}


async def stop(visit: Visit, chat: object, thread: object = None) -> None:
    """Press the Stop button of a draft."""
    place = place_named(visit, chat)
    topic = topic_of(place, thread).thread if thread is not None else None
    await place.telegram.press_stop(place.person, place.chat, topic)


async def block(visit: Visit, chat: object) -> None:
    place = _private_place(visit, chat)
    if not place.blocked:
        await place.telegram.block(place.person)
        place.telegram.account.changes.notify()


async def unblock(visit: Visit, chat: object) -> None:
    place = _private_place(visit, chat)
    if place.blocked:
        await place.telegram.unblock(place.person)
        place.telegram.account.changes.notify()


async def set_standing(visit: Visit, chat: object, standing: object) -> None:
    """Take the bot into the group, make it administrator or a member, or put it out."""
    place = place_named(visit, chat)
    if place.chat.private or standing not in STANDINGS:
        raise Refused("That is for groups.")
    telegram, inside = place.telegram, place.chat.bot_status not in ("left", "kicked")
    rights = set(RIGHTS) if standing == "administrator" else set()
    if standing == "out":
        if inside:
            await telegram.remove_bot(place.person, place.chat)
    elif inside:
        await telegram.promote_bot(place.person, place.chat, rights)
    else:
        await telegram.add_bot(place.person, place.chat, rights)
    telegram.account.changes.notify()


async def create_topic(visit: Visit, chat: object, name: object) -> dict[str, int]:
    place = place_named(visit, chat)
    return {"thread": await place.telegram.create_topic(place.person, place.chat, _topic_name(name))}


async def rename_topic(visit: Visit, chat: object, thread: object, name: object) -> None:
    place = place_named(visit, chat)
    topic = topic_of(place, thread)
    await place.telegram.rename_topic(place.person, place.chat, topic.thread, _topic_name(name))


async def delete_topic(visit: Visit, chat: object, thread: object) -> None:
    """Delete a topic with all its messages; the bot is not told."""
    place = place_named(visit, chat)
    await place.telegram.delete_topic(place.person, place.chat, topic_of(place, thread).thread)


def _text(text: object) -> str:
    if not isinstance(text, str) or not text.strip():
        raise Refused("Write something first.")
    return text.strip()


def _topic_name(name: object) -> str:
    words = " ".join(name.split()) if isinstance(name, str) else ""
    if not 0 < len(words) <= LONGEST_TOPIC:
        raise Refused(f"A topic's name has 1 to {LONGEST_TOPIC} characters.")
    return words


def _message(place: Place, number: object) -> Message:
    found = place.chat.messages.get(number) if isinstance(number, int) else None
    if found is None or found.service:
        raise Refused(GONE)
    return found


def _own_message(place: Place, number: object) -> Message:
    found = _message(place, number)
    if found.sender is not place.person:
        raise Refused("Only your own messages can be changed.")
    return found


def _private_place(visit: Visit, chat: object) -> Place:
    place = place_named(visit, chat)
    if not place.chat.private:
        raise Refused("That is for private chats.")
    return place


ACTIONS: dict[str, Action] = {
    "telegram.open": open_chat,
    "telegram.post": post,
    "telegram.edit": edit,
    "telegram.delete": delete,
    "telegram.press": press,
    "telegram.stop": stop,
    "telegram.block": block,
    "telegram.unblock": unblock,
    "telegram.set_standing": set_standing,
    "telegram.create_topic": create_topic,
    "telegram.rename_topic": rename_topic,
    "telegram.delete_topic": delete_topic,
}
