"""What a person reads in a message. Pure.

Markdown marks stay as they were sent; entities, escapes and control sequences are shown as the client shows them.
"""

import re
from collections.abc import Mapping
from typing import Any

from playground.slack.messages import Message

SEQUENCE = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")
ENTITY = re.compile(r"&(lt|gt|amp);")
MEANT = {"lt": "<", "gt": ">", "amp": "&"}
CODE_OR_ESCAPE = re.compile(r"(?s)(?P<code>(`+).*?(?<!`)\2(?!`))|\\(?P<mark>[!-/:-@\[-`{-~])")


def rendered(message: Message, names: Mapping[str, str]) -> str:
    """Give the whole text: the blocks where there are some (then `text` is for notifications only), else the text."""
    if message.tombstone:
        return ""
    if message.stream:
        return "\n".join(filter(None, [_stream_text(message, names), *(_block(b, names) for b in message.blocks)]))
    if message.blocks:
        return "\n".join(filter(None, (_block(block, names) for block in message.blocks)))
    return markdown(message.markdown_text, names) if message.markdown_text else mrkdwn(message.text, names)


def mrkdwn(text: str, names: Mapping[str, str]) -> str:
    """Show control sequences by name, links by label, entities as characters."""
    return ENTITY.sub(lambda m: MEANT[m[1]], SEQUENCE.sub(lambda m: _sequence(m, names), text))


def markdown(text: str, names: Mapping[str, str]) -> str:
    """Show Markdown: as `mrkdwn`, and a mark behind a backslash is the mark, except in code."""
    shown = CODE_OR_ESCAPE.sub(lambda m: m["code"] or m["mark"], text)
    return mrkdwn(shown, names)


def view_text(view: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Give the whole text of a modal or a Home tab."""
    return "\n".join(filter(None, (_block(block, names) for block in view["blocks"])))


def _stream_text(message: Message, names: Mapping[str, str]) -> str:
    stream = message.stream
    assert stream is not None  # the caller looked
    cards = [str(card.get(name, "")) for card in stream.cards.values() for name in ("title", "details", "output")]
    blocks = [_block(block, names) for block in stream.blocks]
    return "\n".join(filter(None, [stream.plan, *cards, markdown(stream.text, names), *blocks]))


def _sequence(match: re.Match[str], names: Mapping[str, str]) -> str:
    sign, what, label = match.groups()
    if sign == "@":
        return "@" + (label or names.get(what, what))
    if sign == "#":
        return "#" + (label or names.get(what, what))
    if sign == "!":
        return label or "@" + what.split("^")[0]
    return label or what


def _block(block: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if block.get("type") == "markdown":
        return markdown(block["text"], names)
    return "\n".join(_texts(block, names))


def _texts(value: Any, names: Mapping[str, str]) -> list[str]:
    """Find what is written in a block, but not on its buttons and in its fields."""
    if isinstance(value, list):
        return [text for item in value for text in _texts(item, names)]
    if not isinstance(value, dict) or "action_id" in value or value.get("type") in ("button", "overflow"):
        return []
    text = value.get("text")
    if isinstance(text, str):
        return [mrkdwn(text, names) if value.get("type") == "mrkdwn" else text]
    return [found for item in value.values() for found in _texts(item, names)]
