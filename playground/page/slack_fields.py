"""What a person filled in, as Slack's state has it: by block and action id, in its element's own shape. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
Values = dict[str, dict[str, dict[str, Any]]]
SINGLE = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
}


def state_of(blocks: list[dict[str, Any]], given: Any) -> Values:
    """Read what the page sent for the fields of a modal: `{block id: text or list of texts}`; nothing else counts."""
    if not isinstance(given, dict):
        return {}
    state: Values = {}
    for block in blocks:
        if block.get("type") == "input" and block["block_id"] in given:
            value = _value(block["element"], given[block["block_id"]])
            if value is not None:
                state[block["block_id"]] = {str(block["element"].get("action_id", "")): value}
    return state


def _value(element: Json, given: Any) -> dict[str, Any] | None:
    kind = str(element["type"])
    texts = [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)]
    if kind == "plain_text_input":
        return {"type": kind, "value": texts[0]} if texts else None
    if not any(texts):
        return None
    if kind in SINGLE:
        return {"type": kind, SINGLE[kind]: texts[0]}
    chosen = [option for option in _options(element) if option["value"] in texts]
    if kind in ("checkboxes", "multi_static_select"):
        return {"type": kind, "selected_options": chosen} if chosen else None
    return {"type": kind, "selected_option": chosen[0]} if chosen else None


def _options(element: Json) -> Iterator[dict[str, Any]]:
    yield from element.get("options", [])
    for group in element.get("option_groups", []):
        yield from group["options"]
