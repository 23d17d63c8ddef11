"""Block Kit's elements as the page shows them: what is pressed, chosen and filled in. Pure."""

from collections.abc import Mapping
from typing import Any

from playground.page.slack_html import Names, meant, text_html
from playground.page.slack_mrkdwn import mrkdwn_html

Json = Mapping[str, Any]
Part = dict[str, Any]

SELECTS = frozenset(
    f"{several}{what}_select"
    for several in ("", "multi_")
    for what in ("static", "external", "users", "conversations", "channels")
)
CHOICES = frozenset({"checkboxes", "radio_buttons"})
TYPED = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "datetime-local",
    "rich_text_input": "text",
}


def elements(found: Any, names: Names) -> list[Part]:
    """Show what this person may see of a list of elements."""
    each = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return [element(one, names) for one in each if names.me in one.get("visible_to_user_ids", [names.me])]


def element(one: Json, names: Names) -> Part:
    kind = str(one.get("type", ""))
    part: Part = {"kind": kind, "action": one.get("action_id", ""), "confirm": confirm(one.get("confirm"), names)}
    part["placeholder"] = plain(one.get("placeholder"))
    if kind in ("button", "icon_button"):
        return part | _button(one)
    if kind == "feedback_buttons":
        return part | {"good": _feedback(one, "positive_button"), "bad": _feedback(one, "negative_button")}
    if kind in TYPED:
        return part | _typed(one, kind)
    if kind == "image":
        return part | {"text": one.get("alt_text", ""), "url": one.get("image_url")}
    if kind in SELECTS:
        several = kind.startswith("multi_")
        return part | {
            "kind": "select",
            "several": several,
            "options": options(one, kind, names),
            "chosen": chosen(one),
        }
    if kind == "overflow" or kind in CHOICES:
        return part | {"options": options(one, kind, names), "chosen": chosen(one)}
    return part | {"kind": "unknown", "text": kind}


def plain(text: Any) -> str:
    """The words of a text object, without marks."""
    return meant(str(text.get("text", ""))) if isinstance(text, dict) else ""


def formatted(text: Any, names: Names) -> str:
    """A text object as HTML."""
    if not isinstance(text, dict):
        return ""
    words = str(text.get("text", ""))
    return mrkdwn_html(words, names) if text.get("type") == "mrkdwn" else text_html(words, names)


def confirm(asked: Any, names: Names) -> Part | None:
    """The question that comes before the press."""
    if not isinstance(asked, dict):
        return None
    return {
        "title": plain(asked.get("title")),
        "html": formatted(asked.get("text"), names),
        "yes": plain(asked.get("confirm")),
        "no": plain(asked.get("deny")),
        "danger": asked.get("style") == "danger",
    }


def options(one: Json, kind: str, names: Names) -> list[Part]:
    """What there is to choose: the app's own options, or people and channels."""
    if kind.endswith("users_select"):
        return [{"text": name, "value": id_} for id_, name in names.pairs if id_.startswith("U")]
    if kind.endswith(("channels_select", "conversations_select")):
        return [{"text": f"#{name}", "value": id_} for id_, name in names.pairs if id_.startswith("C")]
    groups = one.get("option_groups") or [{"options": one.get("options", [])}]
    return [_option(option) for group in groups for option in group.get("options", [])]


def _option(option: Json) -> Part:
    shown: Part = {"text": plain(option.get("text")), "value": option.get("value", "")}
    note = plain(option.get("description"))
    return shown | ({"note": note} if note else {}) | ({"url": option["url"]} if option.get("url") else {})


def _button(one: Json) -> Part:
    return {
        "text": plain(one.get("text")),
        "label": one.get("accessibility_label") or plain(one.get("text")),
        "style": one.get("style", ""),
        "url": one.get("url"),
    }


def _feedback(one: Json, name: str) -> Part:
    button = one.get(name) or {}
    return {"text": plain(button.get("text")), "label": button.get("accessibility_label") or plain(button.get("text"))}


def _typed(one: Json, kind: str) -> Part:
    most = one.get("max_length", 3000) if kind == "plain_text_input" else None
    lines = bool(one.get("multiline")) or kind == "rich_text_input"
    sizes = {"min": one.get("min_length"), "max": most}
    return {"kind": "typed", "input": TYPED[kind], "first": first(one), "lines": lines, **sizes}


def first(one: Json) -> str:
    """What stands in a field before anybody has typed; a moment as seconds since 1970."""
    found = [one.get(name) for name in ("initial_value", "initial_date", "initial_time", "initial_date_time")]
    return next((str(value) for value in found if value and not isinstance(value, dict)), "")


def chosen(one: Json) -> list[str]:
    """What is chosen before anybody has chosen."""
    several = [str(option["value"]) for option in one.get("initial_options", [])]
    single = [str(one["initial_option"]["value"])] if one.get("initial_option") else []
    kinds = ("user", "conversation", "channel")
    ids = [one[f"initial_{kind}"] for kind in kinds if one.get(f"initial_{kind}")]
    return several or single or ids or next((one[f"initial_{k}s"] for k in kinds if one.get(f"initial_{k}s")), [])
