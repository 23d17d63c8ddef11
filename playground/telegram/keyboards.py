"""The keyboards of a request: read and held against Telegram's rules."""

from typing import Any

from playground.telegram.errors import bad_request
from playground.telegram.links import WrongLink, checked_link
from playground.telegram.parameters import Parameters

MOST_BUTTONS = 100
MOST_BUTTONS_IN_A_ROW = 8
MOST_DATA_BYTES = 64
STYLES = frozenset({"danger", "success", "primary"})
OTHER_KEYBOARDS = ("keyboard", "remove_keyboard", "force_reply")
OTHER_ACTIONS = (
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "pay",
)


def requested_markup(params: Parameters, inline_only: bool = False) -> dict[str, Any] | None:
    """Read `reply_markup`; an empty keyboard is none. Edits take inline keyboards only."""
    markup = params.structure("reply_markup", "reply keyboard markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        rows = _rows(markup["inline_keyboard"])
        return {"inline_keyboard": rows} if rows else None
    if inline_only or not any(name in markup for name in OTHER_KEYBOARDS):
        raise bad_request("inline keyboard expected" if inline_only else "object expected as reply markup")
    return markup


def _rows(rows: Any) -> list[list[dict[str, Any]]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    checked = [[_checked_button(button) for button in row] for row in rows if row]
    if sum(map(len, checked)) > MOST_BUTTONS or any(len(row) > MOST_BUTTONS_IN_A_ROW for row in checked):
        raise bad_request("reply markup is too long")
    return checked


def _checked_button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise _unreadable("InlineKeyboardButton must be an Object")
    if "text" not in button:
        raise _unreadable('Can\'t find field "text"')
    if not isinstance(button["text"], str):
        raise _unreadable('Field "text" must be of type String')
    if not button["text"].strip():
        raise bad_request("BUTTON_TEXT_INVALID")
    if "style" in button and str(button["style"]) not in STYLES:
        raise _unreadable("invalid button style specified")
    return _checked_action(button)


def _checked_action(button: dict[str, Any]) -> dict[str, Any]:
    """Let one action of a button through, the first in the order in which the real server looks for them."""
    shown = {name: button[name] for name in ("text", "style", "icon_custom_emoji_id") if name in button}
    if button.get("url"):
        return shown | {"url": _checked_url(button["url"])}
    if button.get("callback_data"):
        return shown | {"callback_data": _checked_data(button["callback_data"])}
    for action in OTHER_ACTIONS:
        if action in button:
            return shown | {action: button[action]}
    raise _unreadable("Text buttons are unallowed in the inline keyboard")


def _checked_url(url: Any) -> str:
    try:
        return checked_link(str(url))
    except WrongLink as error:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {error}") from None


def _checked_data(data: Any) -> str:
    if not isinstance(data, str):
        raise _unreadable('Field "callback_data" must be of type String')
    if len(data.encode()) > MOST_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    return data


def _unreadable(reason: str) -> Exception:
    return bad_request(f"can't parse inline keyboard button: {reason}")
