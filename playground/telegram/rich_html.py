"""The HTML of rich messages, as blocks."""

import re
from collections.abc import Iterable
from typing import Any

from playground.telegram.dates import date_details
from playground.telegram.errors import bad_request
from playground.telegram.rich_blocks import Block
from playground.telegram.rich_text import RichText, joined
from playground.telegram.rich_tree import BLOCKS, Tag, parsed_html

STYLES = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    "code": "code",
    "mark": "marked",
    "sub": "subscript",
    "sup": "superscript",
    "tg-spoiler": "spoiler",
}
PLAIN_BLOCKS = {"p": "paragraph", "footer": "footer", "aside": "pullquote", "tg-thinking": "thinking"}
MEDIA = {"img": "photo", "video": "video", "audio": "audio", "tg-document": "document"}
GROUPS = {"tg-collage": "collage", "tg-slideshow": "slideshow"}
NOT_MODELLED = frozenset({"tg-map", "tg-button"})
NUMBER = re.compile(r"-?[0-9]{1,6}")
SPACE = re.compile(r"[ \t\r\n\f]+")
Node = Tag | str


def html_blocks(source: str) -> list[Block]:
    """Turn HTML into the blocks of a request."""
    return _blocks(parsed_html(source).children)


def _blocks(nodes: Iterable[Node]) -> list[Block]:
    """Make blocks; text that stands between them is a paragraph."""
    made: list[Block] = []
    loose: list[Node] = []
    for node in [*nodes, None]:
        if node is not None and not _is_block(node):
            loose.append(node)
            continue
        text = _trimmed(_text(loose))
        made += [{"type": "paragraph", "text": text}] if text else []
        loose = []
        made += [_block(node)] if isinstance(node, Tag) else []
    return made


def _is_block(node: Node) -> bool:
    return isinstance(node, Tag) and (node.name in BLOCKS or node.name in NOT_MODELLED) and not _is_emoji(node)


def _is_emoji(tag: Tag) -> bool:
    return tag.name == "img" and tag.attributes.get("src", "").startswith("tg://emoji?id=")


def _block(tag: Tag) -> Block:
    if tag.name in PLAIN_BLOCKS:
        return {"type": PLAIN_BLOCKS[tag.name], "text": _trimmed(_text(tag.without("cite")))} | _credit(tag)
    if tag.name in MEDIA:
        return _medium(tag)
    if tag.name in GROUPS:
        held = _blocks(tag.without("figcaption"))
        return {"type": GROUPS[tag.name], "blocks": held} | _caption(tag)
    if re.fullmatch("h[1-6]", tag.name):
        return {"type": "heading", "size": int(tag.name[1]), "text": _trimmed(_text(tag.children))}
    return _particular(tag)


def _particular(tag: Tag) -> Block:
    match tag.name:
        case "hr":
            return {"type": "divider"}
        case "pre":
            return _pre(tag)
        case "ul" | "ol":
            return {"type": "list", "items": _items(tag)}
        case "blockquote":
            return _quote(tag)
        case "details":
            summary = [_trimmed(_text(part.children)) for part in tag.tags("summary")]
            held = {"summary": joined(iter(summary)), "blocks": _blocks(tag.without("summary"))}
            return {"type": "details", "is_open": "open" in tag.attributes} | held
        case "table":
            return _table(tag)
        case "tg-math-block":
            return {"type": "mathematical_expression", "expression": _raw(tag)}
        case "figure":
            return _figure(tag)
        case "tg-button-row":
            _check_children(tag, "tg-button")
            row: Block = {"type": "buttons", "buttons": [_button(button) for button in tag.tags("tg-button")]}
            return row | ({"align": tag.attributes["align"]} if "align" in tag.attributes else {})
    raise _misplaced(tag)


def _pre(tag: Tag) -> Block:
    """Make a code block; the language stands in a `code` tag inside."""
    inner = tag.tags("code")
    language = inner[0].attributes.get("class", "").removeprefix("language-") if inner else ""
    content = inner[0].children if inner else tag.children
    return {"type": "pre", "text": _text(content, keep_space=True)} | ({"language": language} if language else {})


def _quote(tag: Tag) -> Block:
    inside = tag.without("cite")
    if "collapsed" in tag.attributes:
        return {"type": "expandable_blockquote", "text": _trimmed(_text(inside))} | _credit(tag)
    return {"type": "blockquote", "blocks": _blocks(inside)} | _credit(tag)


def _items(tag: Tag) -> list[Block]:
    _check_children(tag, "li")
    start, step = _number(tag, "start", 1), -1 if "reversed" in tag.attributes else 1
    items: list[Block] = []
    for place, item in enumerate(tag.tags("li")):
        boxes = [box for box in item.tags("input") if box.attributes.get("type") == "checkbox"]
        made: Block = {"blocks": _blocks(item.without("input"))}
        if boxes:
            made |= {"has_checkbox": True, "is_checked": "checked" in boxes[0].attributes}
        if tag.name == "ol":
            form = item.attributes.get("type", tag.attributes.get("type", "1"))
            made |= {"value": _number(item, "value", start + step * place), "type": form}
        items.append(made)
    return items


def _table(tag: Tag) -> Block:
    _check_children(tag, "tr", "caption")
    caption = [_trimmed(_text(part.children)) for part in tag.tags("caption")]
    flags = {f"is_{name}": True for name in ("bordered", "striped", "compact") if name in tag.attributes}
    cells = [[_cell(cell) for cell in _row(row)] for row in tag.tags("tr")]
    return {"type": "table", "cells": cells} | flags | ({"caption": caption[0]} if caption else {})


def _row(row: Tag) -> list[Tag]:
    _check_children(row, "td", "th")
    return row.tags("td", "th")


def _cell(cell: Tag) -> Block:
    shown: Block = {"text": _trimmed(_text(cell.children)), "is_header": cell.name == "th"}
    shown |= {name: cell.attributes[name] for name in ("align", "valign") if name in cell.attributes}
    spans = {name: _number(cell, name, 1) for name in ("colspan", "rowspan")}
    return shown | spans


def _number(tag: Tag, name: str, usual: int) -> int:
    """Read a whole number from an attribute; what is none does not count."""
    digits = NUMBER.fullmatch(tag.attributes.get(name, ""))
    return int(digits.group()) if digits else usual


def _figure(tag: Tag) -> Block:
    media = tag.tags(*MEDIA)
    if len(media) != 1:
        raise bad_request("RICH_MESSAGE_CONTENT_REQUIRED")
    return _medium(media[0]) | _caption(tag)


def _button(tag: Tag) -> Block:
    """Make a button: its `type` says what it does, `data` or `url` with what."""
    attributes = tag.attributes
    action = "disabled" if "disabled" in attributes else attributes.get("type", "")
    value: Any = {} if action == "disabled" else attributes.get("url" if action == "url" else "data", "")
    shown: Block = {"text": _trimmed(_text(tag.children)), action: value}
    return shown | ({"style": attributes["style"]} if "style" in attributes else {})


def _medium(tag: Tag) -> Block:
    kind = MEDIA[tag.name]
    return {"type": kind, kind: {"type": kind, "media": tag.attributes.get("src", "")}}


def _caption(tag: Tag) -> Block:
    """Read the caption of a figure; a `cite` in it is the credit."""
    for part in tag.tags("figcaption"):
        return {"caption": {"text": _trimmed(_text(part.without("cite")))} | _credit(part)}
    return {}


def _credit(tag: Tag) -> Block:
    credit = tag.tags("cite")
    return {"credit": _trimmed(_text(credit[0].children))} if credit else {}


def _text(nodes: Iterable[Node], keep_space: bool = False) -> RichText:
    return joined(_inline(node, keep_space) for node in nodes)


def _inline(node: Node, keep_space: bool) -> RichText:
    if isinstance(node, str):
        return node if keep_space else SPACE.sub(" ", node)
    if node.name in STYLES:
        return {"type": STYLES[node.name], "text": _text(node.children, keep_space)}
    if _is_emoji(node):
        emoji_id = node.attributes["src"].removeprefix("tg://emoji?id=")
        return _emoji(emoji_id, node.attributes.get("alt", ""))
    match node.name:
        case "br":
            return "\n"
        case "a":
            return _anchor(node, keep_space)
        case "tg-math":
            return {"type": "mathematical_expression", "expression": _raw(node)}
        case "tg-emoji":
            return _emoji(node.attributes.get("emoji-id", ""), _raw(node))
        case "tg-reference":
            name = node.attributes.get("name", "")
            return {"type": "reference", "name": name, "text": _text(node.children, keep_space)}
        case "tg-time":
            return _time(node, keep_space)
    raise _misplaced(node)


def _anchor(tag: Tag, keep_space: bool) -> RichText:
    if "href" not in tag.attributes:
        return {"type": "anchor", "name": tag.attributes.get("name", "")}
    return {"type": "url", "text": _text(tag.children, keep_space), "url": tag.attributes["href"]}


def _time(tag: Tag, keep_space: bool) -> RichText:
    unix = tag.attributes.get("unix", "")
    form = tag.attributes.get("format", "")
    if not date_details(unix, form):
        raise bad_request("RICH_MESSAGE_DATE_INVALID")
    return {
        "type": "date_time",
        "text": _text(tag.children, keep_space),
        "unix_time": int(unix),
        "date_time_format": form,
    }


def _emoji(emoji_id: str, words: str) -> dict[str, Any]:
    return {"type": "custom_emoji", "custom_emoji_id": emoji_id, "alternative_text": words}


def _raw(tag: Tag) -> str:
    return "".join(child for child in tag.children if isinstance(child, str))


def _trimmed(text: RichText) -> RichText:
    """Cut the space off both ends of a text."""
    parts = list(text) if isinstance(text, list) else [text]
    if isinstance(parts[0], str):
        parts[0] = parts[0].lstrip()
    if isinstance(parts[-1], str):
        parts[-1] = parts[-1].rstrip()
    return joined(iter(parts))


def _check_children(tag: Tag, *names: str) -> None:
    for child in tag.children:
        if isinstance(child, Tag) and child.name not in names:
            raise _misplaced(child)
        if isinstance(child, str) and child.strip():
            raise bad_request(f"can't parse entities: Text isn't allowed directly in the tag \"{tag.name}\"")


def _misplaced(tag: Tag) -> Exception:
    if tag.name in NOT_MODELLED:
        return bad_request(f"the tag {tag.name} is more than this stand-in can do")
    return bad_request(f"can't parse entities: Tag \"{tag.name}\" isn't allowed here")
