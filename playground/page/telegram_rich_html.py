"""How the blocks of a rich message look in the page, as HTML. Pure; everything foreign is escaped.

Shapes and names are those of the Bot API's `RichBlock` and `RichText`. A kind that is not known shows what it holds.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from html import escape
from typing import Any

from playground.page.telegram_attachments import attachment
from playground.page.telegram_html import SAFE_ADDRESS, code_html, command_html, fold_html, link_html, spoiler_html
from playground.telegram.rich_text import plain

Block = dict[str, Any]
RichText = Any

STYLES = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "code": "code",
    "subscript": "sub",
    "superscript": "sup",
    "marked": "mark",
}
COLOURED = frozenset({"mention", "text_mention", "hashtag", "cashtag", "phone_number", "bank_card_number"})
ALIGNED = {"center": ' class="tg-center"', "right": ' class="tg-right"'}
BUTTON_STYLES = frozenset({"danger", "success", "primary"})
MOST_SPAN = 500


def blocks_html(blocks: list[Block]) -> str:
    """Write the blocks of a rich message."""
    return _cached_blocks(json.dumps(blocks))


@lru_cache(maxsize=512)
def _cached_blocks(blocks: str) -> str:
    return f'<div class="tg-rich">{_blocks(json.loads(blocks))}</div>'


def _blocks(blocks: list[Block]) -> str:
    return "".join(map(_block, blocks))


def _block(block: Block) -> str:
    write = BLOCKS.get(block.get("type", ""))
    return (write(block) if write else _media(block) or _paragraph(block)) + _credit(block)


def _paragraph(block: Block) -> str:
    return f"<p>{_text(block.get('text', ''))}</p>"


def _heading(block: Block) -> str:
    size = min(max(int(block.get("size", 1)), 1), 6)
    return f'<p class="tg-h{size}" role="heading" aria-level="3">{_text(block["text"])}</p>'


def _list(block: Block) -> str:
    return f'<ul class="tg-list">{"".join(map(_item, block["items"]))}</ul>'


def _item(item: Block) -> str:
    label = ("☑" if item.get("is_checked") else "☐") if item.get("has_checkbox") else str(item.get("label", "•"))
    return f"<li><span>{escape(label)}</span><div>{_blocks(item['blocks'])}</div></li>"


def _table(block: Block) -> str:
    caption = f"<caption>{_text(block['caption'])}</caption>" if block.get("caption") else ""
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in block["cells"])
    return f'<div class="tg-table" tabindex="0"><table>{caption}{rows}</table></div>'


def _cell(cell: Block) -> str:
    tag = "th" if cell.get("is_header") else "td"
    spans = "".join(f' {name}="{min(int(cell[name]), MOST_SPAN)}"' for name in ("colspan", "rowspan") if cell.get(name))
    return f"<{tag}{ALIGNED.get(cell.get('align', ''), '')}{spans}>{_text(cell.get('text', ''))}</{tag}>"


def _details(block: Block) -> str:
    opened = " open" if block.get("is_open") else ""
    summary = _text(block["summary"]) or "Details"
    return f"<details{opened}><summary>{summary}</summary>{_blocks(block['blocks'])}</details>"


def _buttons(block: Block) -> str:
    return f'<p class="tg-keys">{"".join(map(_button, block["buttons"]))}</p>'


def _button(button: Block) -> str:
    """Write a button; one that does what this page has not cannot be pressed."""
    style = f" {button['style']}" if button.get("style") in BUTTON_STYLES else ""
    label, address = escape(plain(button["text"])), str(button.get("url", ""))
    if SAFE_ADDRESS.fullmatch(address):
        rest = 'target="_blank" rel="noopener noreferrer nofollow"'
        return f'<a class="tg-key{style}" href="{escape(address)}" {rest}>{label}</a>'
    action = f'data-press="{escape(button["callback_data"])}"' if "callback_data" in button else "disabled"
    return f'<button type="button" class="tg-key{style}" {action}>{label}</button>'


def _media(block: Block) -> str:
    carried = attachment(block)
    held = _blocks(block.get("blocks", []))
    if carried is None and not held:
        return ""
    caption = block.get("caption") or {}
    words = f"<figcaption>{_text(caption.get('text', ''))}{_credit(caption)}</figcaption>" if caption else ""
    box = f"<b>{escape(carried['kind'])}</b><span>{escape(carried['about'])}</span>" if carried else held
    return f'<figure class="tg-attachment">{box}{words}</figure>'


def _credit(block: Block) -> str:
    return f"<cite>{_text(block['credit'])}</cite>" if block.get("credit") else ""


BLOCKS: dict[str, Callable[[Block], str]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "pre": lambda block: code_html(_text(block["text"]), block.get("language")),
    "footer": lambda block: f'<p class="tg-footer">{_text(block["text"])}</p>',
    "thinking": lambda block: f'<p class="tg-thinking">{_text(block["text"]) or "Thinking…"}</p>',
    "divider": lambda _: "<hr>",
    "mathematical_expression": lambda block: f'<p class="tg-math"><code>{escape(block["expression"])}</code></p>',
    "anchor": lambda _: "",
    "list": _list,
    "blockquote": lambda block: f"<blockquote>{_blocks(block['blocks'])}</blockquote>",
    "expandable_blockquote": lambda block: fold_html(_text(block["text"])),
    "pullquote": lambda block: f'<blockquote class="tg-center">{_text(block["text"])}</blockquote>',
    "details": _details,
    "table": _table,
    "buttons": _buttons,
}


def _text(text: RichText) -> str:
    """Write a text: a string, a list of texts, or a typed stretch around another text."""
    if isinstance(text, str):
        return escape(text)
    if isinstance(text, list):
        return "".join(map(_text, text))
    kind, inner = text.get("type", ""), _text(text.get("text", ""))
    if kind in STYLES:
        return f"<{STYLES[kind]}>{inner}</{STYLES[kind]}>"
    if kind in COLOURED:
        return f'<span class="tg-mark">{inner}</span>'
    write = TEXTS.get(kind)
    return write(text, inner) if write else inner


TEXTS: dict[str, Callable[[Block, str], str]] = {
    "url": lambda text, inner: link_html(str(text["url"]), inner),
    "email_address": lambda text, inner: link_html(f"mailto:{text['email_address']}", inner),
    "bot_command": lambda text, inner: command_html(str(text["bot_command"]), inner),
    "spoiler": lambda _, inner: spoiler_html(inner),
    "custom_emoji": lambda text, _: escape(str(text["alternative_text"])),
    "mathematical_expression": lambda text, _: f'<code class="tg-math">{escape(str(text["expression"]))}</code>',
    "button": lambda text, _: _button(text["button"]),
}
