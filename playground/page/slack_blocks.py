"""Block Kit as the page shows it: pieces of HTML, and what is pressed, chosen and filled in. Pure."""

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from playground.page.slack_elements import Part, element, elements, formatted, plain
from playground.page.slack_html import Names, link_html, text_html
from playground.page.slack_markdown import markdown_html
from playground.page.slack_rich_text import rich_text_html

Json = Mapping[str, Any]

LEVELS = ("default", "info", "warning", "error", "success")
STATUSES = {"pending": "○", "in_progress": "◐", "complete": "✓", "error": "✗"}
ALIGNMENTS = ("center", "right")


def parts(blocks: Any, names: Names) -> list[Part]:
    """Show blocks in their order; one that is not known is a box with its name."""
    each = [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    return [_part(block, names) for block in each]


def html_part(html: str) -> Part:
    return {"kind": "html", "html": html}


def _part(block: Json, names: Names) -> Part:
    read = READERS.get(str(block.get("type")))
    if read is None:
        return {"kind": "box", "title": escape(f"A block of the kind “{block.get('type')}”"), "parts": []}
    return read(block, names)


def _markdown(block: Json, names: Names) -> Part:
    return html_part(markdown_html(str(block.get("text", "")), names))


def _rich_text(block: Json, names: Names) -> Part:
    return html_part(rich_text_html(block, names))


def _header(block: Json, _: Names) -> Part:
    level = block.get("level") if block.get("level") in (1, 2, 3, 4) else 1
    return html_part(f'<h4 class="level{level}">{escape(plain(block.get("text")))}</h4>')


def _divider(*_: object) -> Part:
    return html_part("<hr>")


def _image(block: Json, _: Names) -> Part:
    return html_part(f"<p>{image_html(block)}</p>")


def image_html(image: Any) -> str:
    """A link to an image: the page loads nothing from elsewhere."""
    if not isinstance(image, dict):
        return ""
    title = plain(image.get("title")) or str(image.get("alt_text", "")) or "image"
    return link_html(str(image.get("image_url") or ""), f"Image: {escape(title)}")


def _section(block: Json, names: Names) -> Part:
    fields = [formatted(field, names) for field in block.get("fields", [])]
    accessory = block.get("accessory")
    return {
        "kind": "section",
        "html": formatted(block.get("text"), names),
        "fields": fields,
        "accessory": element(accessory, names) if accessory else None,
    }


def _context(block: Json, names: Names) -> Part:
    shown = [
        image_html(one) if one.get("type") == "image" else formatted(one, names) for one in block.get("elements", [])
    ]
    return html_part(f'<div class="context">{" ".join(f"<span>{one}</span>" for one in shown)}</div>')


def _actions(block: Json, names: Names) -> Part:
    return {"kind": "actions", "elements": elements(block.get("elements"), names)}


def _input(block: Json, names: Names) -> Part:
    """A field of a form; one that acts by itself, outside of forms too, is an element beside its label."""
    if block.get("dispatch_action"):
        field = element(block.get("element", {}), names)
        label = plain(block.get("label"))
        return {"kind": "section", "html": "", "fields": [], "accessory": field | {"placeholder": label}}
    return {
        "kind": "input",
        "block": block.get("block_id", ""),
        "label": plain(block.get("label")),
        "hint": plain(block.get("hint")),
        "optional": bool(block.get("optional")),
        "element": element(block.get("element", {}), names),
    }


def _table(block: Json, names: Names) -> Part:
    columns = [column or {} for column in block.get("column_settings", [])]
    rows = [
        "".join(_cell(cell, columns[at] if at < len(columns) else {}, names) for at, cell in enumerate(row))
        for row in block.get("rows", [])
    ]
    return html_part(f'<div class="table"><table>{"".join(f"<tr>{row}</tr>" for row in rows)}</table></div>')


def _cell(cell: Json, column: Json, names: Names) -> str:
    side = column.get("align")
    shown = rich_text_html(cell, names) if cell.get("type") == "rich_text" else _raw(cell)
    return f'<td class="{side}">{shown}</td>' if side in ALIGNMENTS else f"<td>{shown}</td>"


def _raw(cell: Json) -> str:
    return escape(str(cell.get("text") or cell.get("value", "")))


def _alert(block: Json, names: Names) -> Part:
    level = block.get("level") if block.get("level") in LEVELS else "default"
    return html_part(f'<div class="alert {level}">{formatted(block.get("text"), names)}</div>')


def _card(block: Json, names: Names) -> Part:
    shown = [image_html(block.get("hero_image")), image_html(block.get("icon"))]
    title, subtitle, body = (formatted(block.get(name), names) for name in ("title", "subtitle", "body"))
    shown += [f"<b>{title}</b>" if title else "", subtitle, body]
    html = "".join(f"<p>{one}</p>" for one in shown if one)
    pressed = {"kind": "actions", "elements": elements(block.get("actions"), names)}
    return {"kind": "box", "title": "", "parts": [html_part(html), *([pressed] if block.get("actions") else [])]}


def _carousel(block: Json, names: Names) -> Part:
    return {"kind": "box", "title": "", "parts": parts(block.get("elements"), names)}


def _container(block: Json, names: Names) -> Part:
    title = formatted(block.get("title"), names)
    if isinstance(block.get("rich_text_title"), dict):
        title = rich_text_html(block["rich_text_title"], names)
    subtitle = formatted(block.get("subtitle"), names)
    shown: Part = {"kind": "box", "title": f"{title}<small>{subtitle}</small>" if subtitle else title}
    folded = bool(block.get("default_collapsed")) if block.get("is_collapsible") else None
    return shown | {"folded": folded, "parts": parts(block.get("child_blocks"), names)}


def _plan(block: Json, names: Names) -> Part:
    return {"kind": "box", "title": escape(str(block.get("title", ""))), "parts": parts(block.get("tasks"), names)}


def _task(block: Json, names: Names) -> Part:
    return html_part(task_html(block, names))


def task_html(task: Json, names: Names) -> str:
    """A task card, of a stream (its texts are Markdown) or of a block (they are rich text)."""
    status = str(task.get("status", "pending"))
    sign = f'<span class="task-{status if status in STATUSES else "pending"}">{STATUSES.get(status, "○")}</span>'
    shown = [f"{sign} {escape(str(task.get('title', '')))}"]
    for name in ("details", "output"):
        text = task.get(name)
        shown.append(rich_text_html(text, names) if isinstance(text, dict) else markdown_html(str(text or ""), names))
    sources = [link_html(str(one.get("url", "")), escape(str(one.get("text", "")))) for one in task.get("sources", [])]
    return f'<div class="task">{"".join(f"<div>{one}</div>" for one in [*shown, *sources] if one)}</div>'


def attachment(shown: Any, names: Names) -> Part:
    """An old-style attachment: its texts, then its blocks."""
    if not isinstance(shown, dict):
        return html_part("")
    texts = [text_html(str(shown[name]), names) for name in ("pretext", "title", "text", "footer") if shown.get(name)]
    if not texts and not shown.get("blocks") and shown.get("fallback"):
        texts = [text_html(str(shown["fallback"]), names)]
    html = "".join(f"<p>{text}</p>" for text in texts)
    return {"kind": "box", "title": "", "parts": [html_part(html), *parts(shown.get("blocks"), names)]}


READERS: dict[str, Callable[[Json, Names], Part]] = {
    "actions": _actions,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "context": _context,
    "context_actions": _actions,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "plan": _plan,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
    "task_card": _task,
}
