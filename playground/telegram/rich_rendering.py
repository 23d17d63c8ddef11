"""How a rich message looks to a person: its blocks as HTML, for a page or a test to show."""

import html
from typing import Any

from playground.telegram.rich_blocks import MEDIA, Block
from playground.telegram.rich_text import RichText

TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "subscript": "sub",
    "superscript": "sup",
    "marked": "mark",
    "code": "code",
}
PLAIN_BLOCKS = {"paragraph": "p", "footer": "footer", "pullquote": "aside", "thinking": "tg-thinking"}
ADDRESSES = {
    "url": "",
    "email_address": "mailto:",
    "phone_number": "tel:",
    "anchor_link": "#",
    "reference_link": "#",
}


def rich_html(blocks: list[Block]) -> str:
    """Write blocks as HTML; everything that a bot sent is escaped."""
    return "".join(map(_block, blocks))


def _block(block: Block) -> str:
    kind = block["type"]
    if kind in PLAIN_BLOCKS:
        return _tag(PLAIN_BLOCKS[kind], _text(block["text"]) + _credit(block))
    if kind in MEDIA:
        return _tag("figure", f"[{kind}]" + _caption(block))
    match kind:
        case "heading":
            return _tag(f"h{block['size']}", _text(block["text"]))
        case "pre":
            inner = _text(block["text"])
            language = html.escape(block.get("language", ""))
            return _tag("pre", f'<code class="language-{language}">{inner}</code>' if language else inner)
        case "divider":
            return "<hr>"
        case "mathematical_expression":
            return _tag("tg-math-block", html.escape(block["expression"]))
        case "anchor":
            return f'<a name="{html.escape(block["name"])}"></a>'
    return _holder(block)


def _holder(block: Block) -> str:
    """Write a block that other blocks, items, cells or buttons stand in."""
    match block["type"]:
        case "list":
            return _list(block)
        case "table":
            return _table(block)
        case "details":
            opening = "<details open>" if block.get("is_open") else "<details>"
            return f"{opening}{_tag('summary', _text(block['summary']))}{rich_html(block['blocks'])}</details>"
        case "buttons":
            return _tag("tg-button-row", "".join(_tag("tg-button", _text(one["text"])) for one in block["buttons"]))
        case "expandable_blockquote":
            return _tag("blockquote", _text(block["text"]) + _credit(block))
        case "blockquote":
            return _tag("blockquote", rich_html(block["blocks"]) + _credit(block))
    return _tag(f"tg-{block['type']}", rich_html(block["blocks"]) + _caption(block))


def _list(block: Block) -> str:
    name = "ol" if any("value" in item for item in block["items"]) else "ul"
    return _tag(name, "".join(map(_item, block["items"])))


def _item(item: Block) -> str:
    value = f' value="{item["value"]}"' if "value" in item else ""
    checked = " checked" if item.get("is_checked") else ""
    box = f'<input type="checkbox" disabled{checked}>' if item.get("has_checkbox") else ""
    return f"<li{value}>{box}{rich_html(item['blocks'])}</li>"


def _table(block: Block) -> str:
    caption = _tag("caption", _text(block["caption"])) if "caption" in block else ""
    return _tag("table", caption + "".join(_tag("tr", "".join(map(_cell, row))) for row in block["cells"]))


def _cell(cell: Block) -> str:
    name = "th" if cell.get("is_header") else "td"
    spans = "".join(f' {side}="{cell[side]}"' for side in ("colspan", "rowspan") if side in cell)
    return f'<{name} align="{cell["align"]}"{spans}>{_text(cell.get("text", ""))}</{name}>'


def _caption(block: Block) -> str:
    caption = block.get("caption")
    return _tag("figcaption", _text(caption.get("text", "")) + _credit(caption)) if caption else ""


def _credit(block: Block) -> str:
    return _tag("cite", _text(block["credit"])) if block.get("credit") else ""


def _text(text: RichText) -> str:
    if isinstance(text, str):
        return html.escape(text, quote=False).replace("\n", "<br>")
    if isinstance(text, list):
        return "".join(map(_text, text))
    return _typed(text, text["type"])


def _typed(text: dict[str, Any], kind: str) -> str:
    if kind in TAGS:
        return _tag(TAGS[kind], _text(text["text"]))
    if kind in ADDRESSES:
        return f'<a href="{html.escape(_address(text, kind))}">{_text(text["text"])}</a>'
    if kind == "mathematical_expression":
        return _tag("tg-math", html.escape(text["expression"]))
    if kind == "anchor":
        return f'<a name="{html.escape(text["name"])}"></a>'
    return html.escape(text["alternative_text"]) if kind == "custom_emoji" else _text(text["text"])


def _address(text: dict[str, Any], kind: str) -> str:
    names = {"anchor_link": "anchor_name", "reference_link": "reference_name"}
    return f"{ADDRESSES[kind]}{text[names.get(kind, kind)]}"


def _tag(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>"
