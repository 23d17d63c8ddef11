"""`parse_mode=HTML`: the few tags that Telegram knows."""

import re
from typing import Any

from playground.telegram.dates import date_details
from playground.telegram.entities import Span
from playground.telegram.errors import bad_request
from playground.telegram.markup_text import MarkupText

KINDS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("tg-spoiler", "span"), "spoiler"),
    "a": "text_link",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
    "tg-time": "date_time",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
CHARACTER = re.compile(r"&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot));?")
NAME = re.compile(r"[^\s>]*")
ATTRIBUTE = re.compile(r"""\s*([^\s=>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.-]+)))?""")


def parse_html(source: str) -> tuple[str, tuple[Span, ...]]:
    """Take the tags out of a text; an unknown one is an error, an unknown attribute is not."""
    text = MarkupText(source)
    position = 0
    while position < len(source):
        if source[position] == "<":
            ends = source.startswith("</", position)
            position = _end_tag(text, position) if ends else _start_tag(text, position)
        else:
            position = _character(text, position)
    if text.innermost:
        raise bad_request(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{text.innermost.tag}\""
        )
    return text.result()


def _character(text: MarkupText, position: int) -> int:
    match = CHARACTER.match(text.source, position)
    if not match:
        text.write(text.source[position])
        return position + 1
    decimal, hexadecimal, name = match.groups()
    text.write(NAMED[name] if name else _numbered(int(decimal) if decimal else int(hexadecimal, 16), match.group()))
    return match.end()


def _numbered(code: int, literal: str) -> str:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else literal


def _start_tag(text: MarkupText, begin: int) -> int:
    name = _name(text, begin + 1)
    position = begin + 1 + len(name)
    if position >= len(text.source):
        raise text.error("Unclosed start tag", begin)
    tag = name.lower()
    if tag not in KINDS:
        raise text.error(f'Unsupported start tag "{tag}"', begin)
    attributes, position = _attributes(text, tag, begin, position)
    if tag == "span" and attributes.get("class") != "tg-spoiler":
        raise text.error('Tag "span" must have class "tg-spoiler"', begin)
    details = _details(tag, attributes)
    if details is None:
        raise text.error('Tag "tg-time" must have a valid time and format', begin)
    text.begin(_kind(tag, attributes), begin, tag, **details)
    return position


def _attributes(text: MarkupText, tag: str, begin: int, position: int) -> tuple[dict[str, str], int]:
    """Read the attributes up to the end of the tag; give them and the position behind it."""
    attributes: dict[str, str] = {}
    while True:
        while position < len(text.source) and text.source[position].isspace():
            position += 1
        if position >= len(text.source):
            raise text.error(f'Unclosed start tag "{tag}"', begin)
        if text.source[position] == ">":
            return attributes, position + 1
        match = ATTRIBUTE.match(text.source, position)
        if not match:
            raise text.error(f'Empty attribute name in the tag "{tag}"', begin)
        values = [value for value in match.groups()[1:] if value is not None]
        attributes[match.group(1).lower()] = CHARACTER.sub(_decoded, values[0] if values else "")
        position = match.end()


def _decoded(match: "re.Match[str]") -> str:
    decimal, hexadecimal, name = match.groups()
    return NAMED[name] if name else _numbered(int(decimal) if decimal else int(hexadecimal, 16), match.group())


def _kind(tag: str, attributes: dict[str, str]) -> str:
    return "expandable_blockquote" if tag == "blockquote" and "expandable" in attributes else KINDS[tag]


def _details(tag: str, attributes: dict[str, str]) -> dict[str, Any] | None:
    if tag == "a":
        return {"url": attributes.get("href", "")}
    if tag == "tg-emoji":
        return {"custom_emoji_id": attributes.get("emoji-id", "")}
    if tag == "tg-time":
        return date_details(attributes.get("unix", ""), attributes.get("format", ""))
    style = attributes.get("class", "")
    return {"language": style.removeprefix("language-")} if tag == "code" and style.startswith("language-") else {}


def _end_tag(text: MarkupText, begin: int) -> int:
    if not text.innermost:
        raise text.error("Unexpected end tag", begin)
    name = _name(text, begin + 2)
    position = begin + 2 + len(name)
    while position < len(text.source) and text.source[position].isspace():
        position += 1
    if position >= len(text.source) or text.source[position] != ">":
        raise text.error("Unclosed end tag", begin)
    tag, expected = name.lower(), text.innermost.tag
    if tag and tag != expected:
        found = f'expected "</{expected}>", found "</{tag}>"'
        raise bad_request(f"can't parse entities: Unmatched end tag at byte offset {text.offset(begin)}, {found}")
    text.end()
    return position + 1


def _name(text: MarkupText, position: int) -> str:
    match = NAME.match(text.source, position)
    return match.group() if match else ""
