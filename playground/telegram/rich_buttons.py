"""The rows of buttons that stand between the blocks of a rich message."""

from collections.abc import Callable, Iterator
from typing import Any

from playground.telegram.errors import bad_request
from playground.telegram.keyboards import MOST_DATA_BYTES
from playground.telegram.links import WrongLink, checked_link
from playground.telegram.rich_text import RichText, unreadable

MOST_IN_A_ROW = 8
STYLES = frozenset({"danger", "success", "primary", "link"})
ALIGNMENTS = frozenset({"left", "center", "right"})
ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "disabled",
)


def checked_row(row: dict[str, Any], checked_label: Callable[[Any], RichText]) -> dict[str, Any]:
    """Check a row of 1-8 buttons; each does exactly one thing."""
    buttons = row.get("buttons")
    if not isinstance(buttons, list) or not all(isinstance(button, dict) for button in buttons):
        raise unreadable('Field "buttons" must be an Array of RichMessageButton')
    if len(buttons) not in range(1, MOST_IN_A_ROW + 1):
        raise unreadable("a row must have 1-8 buttons")
    if row.get("align") and str(row["align"]) not in ALIGNMENTS:
        raise unreadable("invalid align specified")
    shown: dict[str, Any] = {"buttons": [_checked(button, checked_label) for button in buttons]}
    return shown | ({"align": row["align"]} if row.get("align") else {})


def _checked(button: dict[str, Any], checked_label: Callable[[Any], RichText]) -> dict[str, Any]:
    actions = [name for name in ACTIONS if button.get(name) is not None]
    if len(actions) != 1:
        raise unreadable("exactly one action must be specified for a button")
    action = actions[0]
    shown = {"text": checked_label(button.get("text", "")), action: _checked_action(action, button[action])}
    if button.get("style") is None:
        return shown
    if str(button["style"]) not in STYLES:
        raise unreadable("invalid button style specified")
    return shown | {"style": button["style"]}


def _checked_action(action: str, value: Any) -> Any:
    if action == "callback_data" and not (isinstance(value, str) and 1 <= len(value.encode()) <= MOST_DATA_BYTES):
        raise bad_request("BUTTON_DATA_INVALID")
    if action != "url":
        return value
    try:
        return checked_link(str(value))
    except WrongLink:
        raise bad_request("BUTTON_URL_INVALID") from None


def buttons_in(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give every button of a message, in the order in which one sees them."""
    for block in blocks:
        yield from block.get("buttons", [])
        yield from buttons_in(block.get("blocks", []))
        for item in block.get("items", []):
            yield from buttons_in(item["blocks"])
