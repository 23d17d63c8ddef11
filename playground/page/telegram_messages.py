"""One message as the page shows it."""

from collections.abc import Callable
from typing import Any

from playground.page.telegram_attachments import attachment
from playground.page.telegram_html import SAFE_ADDRESS, text_html
from playground.page.telegram_places import Place
from playground.page.telegram_rich_html import blocks_html
from playground.telegram import Message, Person
from playground.telegram.rich_limits import plain_text

LONGEST_LINE = 80
GROWS_SECONDS = 4.0
FIRST_BLOCKS = 3
COLOURS = 7
"""How many colours names in a group have."""


def message_part(place: Place, message: Message) -> dict[str, Any]:
    """Everything about a message; what is usual is left out."""
    mine = message.sender is place.person
    shown: dict[str, Any] = {
        "id": message.message_id,
        "author": name_of(message.sender),
        "bot": message.sender.is_bot,
        "mine": mine,
        "colour": message.sender.id % COLOURS,
        "time": message.date,
    }
    if message.service:
        return shown | {"service": service_line(message)}
    optional = {
        "html": content_html(message),
        "attachment": attachment(message.extra),
        "busy": _grows(place, message),
        "edited": message.edit_date is not None and (mine or bool(message.edits)),
        "pinned": message.message_id in place.chat.pinned,
        "reply": _reply(place, message),
        "rows": [[_button(button) for button in row] for row in message.buttons],
        "reactions": [reaction["emoji"] for reaction in message.reactions if reaction.get("emoji")],
        "line": line_of(message),
        "text": words_of(message) if mine else "",
        "deletable": mine or place.chat.private,
    }
    return shown | {name: value for name, value in optional.items() if value}


def _grows(place: Place, message: Message) -> bool:
    """Whether the bot seems to be still writing: it does so by editing, every three seconds in groups."""
    changed = message.edit_date if message.sender.is_bot and message.edits else None
    return changed is not None and place.telegram.account.now() - changed < GROWS_SECONDS


def name_of(person: Person) -> str:
    return " ".join(filter(None, (person.first_name, person.last_name)))


def content_html(message: Message) -> str:
    if "rich_message" in message.extra:
        return blocks_html(message.extra["rich_message"]["blocks"])
    if message.text:
        return text_html(message.text, message.entities)
    return text_html(message.extra.get("caption", ""), message.extra.get("caption_entities", []))


def words_of(message: Message) -> str:
    """What can be read in a message, without formatting; of a rich one the beginning."""
    rich = message.extra.get("rich_message")
    return plain_text(rich["blocks"][:FIRST_BLOCKS]) if rich else message.text or str(message.extra.get("caption", ""))


def line_of(message: Message) -> str:
    """A message in one short line, for lists and quotes."""
    carried = attachment(message.extra)
    words = service_line(message) if message.service else words_of(message)
    line = " ".join(words.split()) or (carried["kind"] if carried else "Message")
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}…"


def _reply(place: Place, message: Message) -> dict[str, Any] | None:
    if message.reply_to is None:
        return None
    quoted = place.chat.messages.get(message.reply_to)
    if quoted is None:
        return {"author": "", "line": "Deleted message"}
    return {"id": quoted.message_id, "author": name_of(quoted.sender), "line": line_of(quoted)}


def _button(button: dict[str, Any]) -> dict[str, str]:
    """A button: pressing needs its `data`, opening its `url`; a kind that this page has not has neither."""
    names = {"text": "label", "callback_data": "data", "url": "url", "style": "style"}
    shown = {names[name]: str(value) for name, value in button.items() if name in names}
    is_safe = "url" not in shown or SAFE_ADDRESS.fullmatch(shown["url"])
    return shown if is_safe else {"label": shown["label"]}


def _people(message: Message, key: str) -> str:
    found = message.extra[key]
    people = found if isinstance(found, list) else [found]
    return ", ".join(str(person.get("first_name", "Somebody")) for person in people)


SERVICE: dict[str, Callable[[Message], str]] = {
    "forum_topic_created": lambda message: f"Topic “{message.extra['forum_topic_created']['name']}” created",
    "forum_topic_edited": lambda message: f"Topic renamed to “{message.extra['forum_topic_edited'].get('name', '')}”",
    "forum_topic_closed": lambda _: "Topic closed",
    "forum_topic_reopened": lambda _: "Topic reopened",
    "new_chat_members": lambda message: f"{name_of(message.sender)} added {_people(message, 'new_chat_members')}",
    "left_chat_member": lambda message: f"{name_of(message.sender)} removed {_people(message, 'left_chat_member')}",
    "pinned_message": lambda message: f"{name_of(message.sender)} pinned a message",
    "migrate_to_chat_id": lambda _: "This group became a supergroup",
    "migrate_from_chat_id": lambda _: "This group became a supergroup",
}


def service_line(message: Message) -> str:
    """What a service message tells."""
    kind = next((kind for kind in SERVICE if kind in message.extra), None)
    return SERVICE[kind](message) if kind else "Something happened here"
