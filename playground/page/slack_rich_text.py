"""Rich text, Slack's tree of formatted text, as HTML. Pure; what is not known is shown by its name."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from playground.page.slack_html import Names, lines, link_html, mention_html

Json = Mapping[str, Any]
STYLES = {"code": "code", "bold": "b", "italic": "i", "strike": "s", "underline": "u"}


def rich_text_html(block: Json, names: Names) -> str:
    return "".join(_part(part, names) for part in _list(block))


def _part(part: Json, names: Names) -> str:
    match part.get("type"):
        case "rich_text_section":
            return f"<p>{_inlines(part, names)}</p>"
        case "rich_text_quote":
            return f"<blockquote>{_inlines(part, names)}</blockquote>"
        case "rich_text_preformatted":
            return f"<pre><code>{escape(''.join(_words(element) for element in _list(part)))}</code></pre>"
        case "rich_text_list":
            return _list_html(part, names)
    return f"<p>{escape(str(part.get('type')))}</p>"


def _list_html(part: Json, names: Names) -> str:
    tag = "ol" if part.get("style") == "ordered" else "ul"
    offset, indent = part.get("offset"), part.get("indent")
    start = f' start="{offset + 1}"' if tag == "ol" and isinstance(offset, int) and offset else ""
    deep = f' class="indent{min(indent, 8)}"' if isinstance(indent, int) and indent > 0 else ""
    items = "".join(f"<li>{_inlines(item, names)}</li>" for item in _list(part))
    return f"<{tag}{start}{deep}>{items}</{tag}>"


def _inlines(part: Json, names: Names) -> str:
    return "".join(_styled(element, _inline(element, names)) for element in _list(part))


def _styled(element: Json, html: str) -> str:
    style = element.get("style")
    for name, tag in STYLES.items():
        if isinstance(style, dict) and style.get(name):
            html = f"<{tag}>{html}</{tag}>"
    return html


def _inline(element: Json, names: Names) -> str:
    match element.get("type"):
        case "link":
            return link_html(str(element.get("url", "")), lines(_words(element)))
        case "user":
            return mention_html(str(element.get("user_id", "")), names)
        case "channel":
            return mention_html(str(element.get("channel_id", "")), names, "#")
        case "usergroup" | "broadcast":
            return mention_html(str(element.get("range") or element.get("usergroup_id", "")), names)
    return lines(_words(element))


def _words(element: Json) -> str:
    """What is written in an element: of an emoji the sign, else its name."""
    if element.get("type") == "emoji":
        return _sign(str(element.get("unicode", ""))) or f":{element.get('name', '')}:"
    return str(element.get("text") or element.get("url") or element.get("fallback") or element.get("value", ""))


def _sign(codes: str) -> str:
    try:
        return "".join(chr(int(code, 16)) for code in codes.split("-")) if codes else ""
    except (ValueError, OverflowError):
        return ""


def _list(value: Json) -> Iterable[Json]:
    found = value.get("elements")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
