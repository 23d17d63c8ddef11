"""The text inside of rich messages: a string, a list, or a typed stretch of text around another text.

Shapes and names are those of the Bot API's `RichText`; every function here is pure.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from playground.telegram.autolinks import found_entities
from playground.telegram.chats import Person
from playground.telegram.dates import date_details
from playground.telegram.errors import bad_request
from playground.telegram.links import WrongLink, checked_link, linked_user

RichText = Any
FindPerson = Callable[[int], Person | None]

STYLES = frozenset(
    ["bold", "italic", "underline", "strikethrough", "spoiler", "subscript", "superscript", "marked", "code"]
)
FIELDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(STYLES, ("text",)),
    "url": ("text", "url"),
    "email_address": ("text", "email_address"),
    "phone_number": ("text", "phone_number"),
    "bank_card_number": ("text", "bank_card_number"),
    "mention": ("text", "username"),
    "hashtag": ("text", "hashtag"),
    "cashtag": ("text", "cashtag"),
    "bot_command": ("text", "bot_command"),
    "anchor_link": ("text", "anchor_name"),
    "reference": ("text", "name"),
    "reference_link": ("text", "reference_name"),
    "text_mention": ("text", "user"),
    "date_time": ("text", "unix_time", "date_time_format"),
    "anchor": ("name",),
    "custom_emoji": ("custom_emoji_id", "alternative_text"),
    "mathematical_expression": ("expression",),
}
TYPES: dict[str, tuple[type, str]] = {"unix_time": (int, "Number"), "user": (dict, "Object")}
FOUND = {"email": ("email_address", "email_address"), "mention": ("mention", "username")} | {
    kind: (kind, kind) for kind in ("url", "hashtag", "cashtag", "bot_command", "phone_number")
}
OPAQUE = frozenset({"code", "url", "email_address", "phone_number", "text_mention", "anchor_link", "reference_link"})
HALF_EMAIL = re.compile(r"(?<![\w.@])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?![\w.@-])")


def unreadable(reason: str) -> Exception:
    return bad_request(f"can't parse InputRichBlock: {reason}")


def checked_text(text: Any, find_person: FindPerson, detect: bool) -> RichText:
    """Hold a text against the rules and find what is clickable in it; unknown fields are dropped as Telegram does."""
    if isinstance(text, str):
        return _detected(text) if detect else text
    if isinstance(text, list):
        return [checked_text(part, find_person, detect) for part in text]
    kind = str(text.get("type", "")) if isinstance(text, dict) else ""
    if kind not in FIELDS:
        raise unreadable(f"RichText has unsupported type {kind}" if kind else "RichText must be a String or an Object")
    _check_fields(text, FIELDS[kind])
    shown = {"type": kind} | {name: text[name] for name in FIELDS[kind]}
    if "text" in shown:
        shown["text"] = checked_text(shown["text"], find_person, detect and kind not in OPAQUE)
    return _checked_target(shown, find_person)


def _check_fields(text: dict[str, Any], names: tuple[str, ...]) -> None:
    """Refuse a text without all its fields, or with one of another type."""
    for name in names:
        if name not in text:
            raise unreadable(f'Can\'t find field "{name}"')
        wanted, called = TYPES.get(name, (str, "String"))
        if name != "text" and (isinstance(text[name], bool) or not isinstance(text[name], wanted)):
            raise unreadable(f'Field "{name}" must be of type {called}')


def _checked_target(text: dict[str, Any], find_person: FindPerson) -> dict[str, Any]:
    """Check where a link leads and which moment is meant; links to people become mentions."""
    if text["type"] == "text_mention":
        return link(f"tg://user?id={text['user'].get('id', 0)}", text["text"], find_person)
    if text["type"] == "date_time" and not date_details(str(text["unix_time"]), text["date_time_format"]):
        raise bad_request("RICH_MESSAGE_DATE_INVALID")
    return link(text["url"], text["text"], find_person) if text["type"] == "url" else text


def link(address: str, text: RichText, find_person: FindPerson) -> dict[str, Any]:
    """Make what a link stands for: an e-mail address, a phone number, a person, a place in the text, or a page."""
    if address.startswith("mailto:"):
        return {"type": "email_address", "text": text, "email_address": address.removeprefix("mailto:")}
    if address.startswith("tel:"):
        return {"type": "phone_number", "text": text, "phone_number": address.removeprefix("tel:")}
    if address.startswith("#"):
        return {"type": "anchor_link", "text": text, "anchor_name": address.removeprefix("#")}
    user_id = linked_user(address)
    if user_id is None:
        return {"type": "url", "text": text, "url": _checked_address(address)}
    person = find_person(user_id)
    if person is None:
        raise bad_request("RICH_MESSAGE_MENTION_INVALID")
    return {"type": "text_mention", "text": text, "user": person.as_json()}


def _checked_address(address: str) -> str:
    try:
        return checked_link(address)
    except WrongLink:
        raise bad_request("RICH_MESSAGE_URL_INVALID") from None


def _detected(text: str) -> RichText:
    """Find addresses, mentions and the like; what looks half like an e-mail address makes Telegram refuse it all."""
    if HALF_EMAIL.search(text):
        raise bad_request("RICH_MESSAGE_EMAIL_INVALID")
    parts: list[RichText] = []
    place = 0
    for span in sorted(found_entities(text), key=lambda span: span.start):
        parts += [text[place : span.start], _found(*FOUND[span.type], text[span.start : span.end])]
        place = span.end
    parts = [part for part in (*parts, text[place:]) if part != ""]
    return parts[0] if len(parts) == 1 else parts or ""


def _found(kind: str, name: str, words: str) -> RichText:
    """Make clickable what was found; what only looks like an address stays plain."""
    try:
        value = checked_link(words) if kind == "url" else words.removeprefix("@")
    except WrongLink:
        return words
    return {"type": kind, "text": words, name: value}


def plain(text: RichText) -> str:
    """Give the characters of a text, formulas and the words for emoji among them."""
    if isinstance(text, str):
        return text
    if isinstance(text, list):
        return "".join(map(plain, text))
    return "".join(plain(text.get(name, "")) for name in ("text", "expression", "alternative_text"))


def levels(text: RichText) -> int:
    """Count how deep formatting is nested."""
    if isinstance(text, list):
        return max(map(levels, text), default=0)
    return 1 + levels(text.get("text", "")) if isinstance(text, dict) else 0


def joined(parts: Iterator[RichText]) -> RichText:
    """Put parts together, neighbouring strings as one."""
    whole: list[RichText] = []
    for part in parts:
        if isinstance(part, str) and whole and isinstance(whole[-1], str):
            whole[-1] += part
        elif part != "":
            whole.append(part)
    return whole[0] if len(whole) == 1 else whole or ""
