"""The blocks of rich messages: those of a request, checked and written as a message shows them.

Shapes and names are those of the Bot API's `InputRichBlock` and `RichBlock`. Markdown and HTML are turned into the
former first, so there is one set of rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.telegram.errors import bad_request
from playground.telegram.rich_buttons import checked_row
from playground.telegram.rich_text import FindPerson, RichText, checked_text, plain, unreadable

Block = dict[str, Any]
FindMedia = Callable[[str, Any], Any]

TEXTS = {
    "paragraph": ("text",),
    "heading": ("text",),
    "pre": ("text",),
    "footer": ("text",),
    "thinking": ("text",),
    "expandable_blockquote": ("text",),
    "pullquote": ("text",),
    "details": ("summary",),
}
STRINGS = {"mathematical_expression": "expression", "anchor": "name"}
HOLDERS = frozenset({"blockquote", "details", "collage", "slideshow"})
MEDIA = frozenset({"photo", "video", "audio", "voice_note", "document"})
NOT_MODELLED = frozenset({"map", "animation"})
KINDS = frozenset({*TEXTS, *STRINGS, *HOLDERS, *MEDIA, "list", "table", "divider", "buttons"})
CREDITED = frozenset({"blockquote", "expandable_blockquote", "pullquote"})
TITLED = MEDIA | {"collage", "slideshow"}
ALIGNED = {"align": ("left", "center", "right"), "valign": ("top", "middle", "bottom")}
LABELS = ("a", "A", "i", "I", "1")


@dataclass(frozen=True)
class Rules:
    """What a block may hold here: how to find people and media, and whether this is a draft."""

    find_person: FindPerson
    find_media: FindMedia
    detect: bool = True
    draft: bool = False

    def text(self, text: Any) -> RichText:
        return checked_text(text, self.find_person, self.detect)

    def filled(self, text: Any) -> RichText:
        """Check a text that must not be empty; in drafts it may be, for what is being written."""
        checked = self.text(text)
        if not self.draft and not plain(checked).strip():
            raise bad_request("RICH_MESSAGE_CONTENT_REQUIRED")
        return checked


def checked_blocks(blocks: Any, rules: Rules) -> list[Block]:
    """Check the blocks of a message or of another block."""
    if not isinstance(blocks, list):
        raise unreadable('Field "blocks" must be of type Array')
    return [_checked(block, rules) for block in blocks]


def _checked(block: Any, rules: Rules) -> Block:
    kind = str(block.get("type", "")) if isinstance(block, dict) else ""
    if kind in NOT_MODELLED:
        raise bad_request(f"blocks of type {kind} are more than this stand-in can do")
    if kind not in KINDS:
        raise unreadable(f"InputRichBlock has unsupported type {kind}" if kind else "expected an Object with a type")
    if kind == "thinking" and not rules.draft:
        raise bad_request("RICH_MESSAGE_THINKING_INVALID")
    shown: Block = {"type": kind}
    for name in TEXTS.get(kind, ()):
        shown[name] = rules.text("") if kind == "details" and not block.get(name) else rules.filled(_field(block, name))
    if kind in STRINGS:
        shown[STRINGS[kind]] = str(_field(block, STRINGS[kind]))
    return shown | _particular(kind, block, rules) | _optional(kind, block, rules)


def _particular(kind: str, block: Block, rules: Rules) -> Block:
    """Read what only blocks of one kind have."""
    if kind == "heading":
        return {"size": _checked_size(block)}
    if kind == "pre":
        return {"language": str(block["language"])} if block.get("language") else {}
    if kind in HOLDERS:
        return {"blocks": _held(kind, block, rules)} | ({"is_open": True} if block.get("is_open") else {})
    if kind == "list":
        return {"items": _items(_field(block, "items"), rules)}
    if kind == "table":
        return _table(block, rules)
    if kind == "buttons":
        return checked_row(block, rules.filled)
    return {kind: rules.find_media(kind, _field(block, kind))} if kind in MEDIA else {}


def _optional(kind: str, block: Block, rules: Rules) -> Block:
    """Read credit and caption, where the block may have them."""
    shown: Block = {}
    if kind in CREDITED and block.get("credit"):
        shown["credit"] = rules.text(block["credit"])
    if kind in TITLED and block.get("caption"):
        caption = block["caption"]
        if not isinstance(caption, dict):
            raise unreadable("RichBlockCaption must be an Object")
        shown["caption"] = {name: rules.text(caption[name]) for name in ("text", "credit") if caption.get(name)}
    return shown


def _held(kind: str, block: Block, rules: Rules) -> list[Block]:
    held = checked_blocks(_field(block, "blocks"), rules)
    if not held and not rules.draft:
        raise bad_request("RICH_MESSAGE_CONTENT_REQUIRED")
    if kind in ("collage", "slideshow") and any(one["type"] not in MEDIA for one in held):
        raise unreadable(f"only media can be in a {kind}")
    return held


def _items(items: Any, rules: Rules) -> list[Block]:
    if not isinstance(items, list) or not items:
        raise bad_request("RICH_MESSAGE_CONTENT_REQUIRED")
    shown: list[Block] = []
    for item in items:
        shown.append(_item(item, shown[-1].get("value", 0) if shown else 0, rules))
    return shown


def _item(item: Any, before: int, rules: Rules) -> Block:
    """Show an item with its label: an item of an ordered list goes on from the one before."""
    if not isinstance(item, dict):
        raise unreadable("InputRichBlockListItem must be an Object")
    shown: Block = {"label": "•", "blocks": checked_blocks(item.get("blocks", []), rules)}
    if item.get("has_checkbox"):
        shown |= {"has_checkbox": True} | ({"is_checked": True} if item.get("is_checked") else {})
    if "value" in item or "type" in item:
        value, form = _number(item, "value") or before + 1, item.get("type", "1")
        if form not in LABELS:
            raise unreadable("invalid list item type specified")
        shown |= {"value": value, "type": form, "label": f"{value}."}
    return shown


def _table(block: Block, rules: Rules) -> Block:
    rows = _field(block, "cells")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise unreadable('Field "cells" must be an Array of Arrays')
    shown: Block = {"cells": [[_cell(cell, rules) for cell in row] for row in rows]}
    if block.get("caption"):
        shown["caption"] = rules.text(block["caption"])
    return shown | {name: True for name in ("is_bordered", "is_striped", "is_compact") if block.get(name)}


def _cell(cell: Any, rules: Rules) -> Block:
    if not isinstance(cell, dict):
        raise unreadable("RichBlockTableCell must be an Object")
    shown: Block = {}
    for name, choices in ALIGNED.items():
        shown[name] = cell.get(name, choices[0])
        if shown[name] not in choices:
            raise unreadable(f"invalid {name} specified")
    if "text" in cell:
        shown["text"] = rules.text(cell["text"])
    spans = {name: _number(cell, name) for name in ("colspan", "rowspan") if _number(cell, name) > 1}
    return shown | spans | ({"is_header": True} if cell.get("is_header") else {})


def _field(block: Block, name: str) -> Any:
    if name not in block:
        raise unreadable(f'Can\'t find field "{name}"')
    return block[name]


def _number(block: Block, name: str) -> int:
    """Read a whole number; 0 where it is missing."""
    value = block.get(name) or 0
    if not isinstance(value, int):
        raise unreadable(f'Field "{name}" must be of type Number')
    return int(value)


def _checked_size(block: Block) -> int:
    _field(block, "size")
    if _number(block, "size") not in range(1, 7):
        raise unreadable("invalid heading size specified")
    return _number(block, "size")
