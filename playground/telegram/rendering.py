"""How a message looks to a person: its text with the formatting as HTML tags."""

import html
from typing import Any

TAGS = {
    "bold": "b",
    "italic": "i",
    "underline": "u",
    "strikethrough": "s",
    "spoiler": "tg-spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "expandable_blockquote": "blockquote",
}


def rendered_html(text: str, entities: list[dict[str, Any]]) -> str:
    """Write a text and its entities as HTML; what Telegram links by itself stays plain."""
    units = text.encode("utf-16-le")
    marks: list[tuple[int, int, int, str]] = []
    for place, entity in enumerate(entities):
        opening, closing = _tags(entity)
        begin, end = entity["offset"], entity["offset"] + entity["length"]
        marks += [(begin, 1, place, opening), (end, 0, -place, closing)]
    shown, last = [], 0
    for offset, _, _, tag in sorted(marks):
        shown += [html.escape(units[2 * last : 2 * offset].decode("utf-16-le"), quote=False), tag]
        last = offset
    return "".join([*shown, html.escape(units[2 * last :].decode("utf-16-le"), quote=False)])


def _tags(entity: dict[str, Any]) -> tuple[str, str]:
    kind = entity["type"]
    if kind == "text_link":
        return f'<a href="{html.escape(entity["url"])}">', "</a>"
    if kind == "text_mention":
        return f'<a href="tg://user?id={entity["user"]["id"]}">', "</a>"
    if kind == "date_time":
        return f'<tg-time unix="{entity["unix_time"]}">', "</tg-time>"
    if kind == "pre" and "language" in entity:
        return f'<pre><code class="language-{html.escape(entity["language"])}">', "</code></pre>"
    return (f"<{TAGS[kind]}>", f"</{TAGS[kind]}>") if kind in TAGS else ("", "")
