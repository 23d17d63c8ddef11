"""What a person filled in, as Slack's state has it: by block and action id, in its element's own shape. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from playground.page.slack_elements import TYPED, chosen, first
from playground.slack.typing_texts import as_rich_text, encoded

Json = Mapping[str, Any]
Values = dict[str, dict[str, dict[str, Any]]]

MISSING = "Please complete this required field."
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
SEVERAL = {
    "multi_users_select": "selected_users",
    "multi_channels_select": "selected_channels",
    "multi_conversations_select": "selected_conversations",
}


def state_of(blocks: list[dict[str, Any]], given: Any) -> Values:
    """Read what the page sent for the fields of a modal: `{block id: text or list of texts}`; nothing else counts.

    A field that nobody touched holds what it held at first; one that is empty is not there.
    """
    filled = given if isinstance(given, dict) else {}
    state: Values = {}
    for block in fields(blocks):
        value = _value(block["element"], _texts(block["element"], filled.get(block["block_id"])))
        if value is not None:
            state[block["block_id"]] = {str(block["element"].get("action_id", "")): value}
    return state


def problems(blocks: list[dict[str, Any]], state: Values) -> dict[str, str]:
    """Give the sentences that the client itself puts under fields, before the app is asked."""
    found = {block["block_id"]: _problem(block, state.get(block["block_id"], {})) for block in fields(blocks)}
    return {block: sentence for block, sentence in found.items() if sentence}


def fields(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [block for block in blocks if block.get("type") == "input"]


def _problem(block: Json, filled: Json) -> str:
    value: Json = next(iter(filled.values()), {})
    if not value or value.get("value", True) in ("", None):
        return "" if block.get("optional") else MISSING
    element, text = block["element"], value.get("value")
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if element["type"] != "plain_text_input" or least <= len(str(text)) <= most:
        return ""
    return f"This field takes {least} to {most} characters."


def _texts(element: Json, given: Any) -> list[str]:
    if given is None:
        return [first(element)] if element["type"] in TYPED else chosen(element)
    return [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)]


def _value(element: Json, texts: list[str]) -> dict[str, Any] | None:
    kind = str(element["type"])
    if kind == "plain_text_input":
        return {"type": kind, "value": texts[0]} if texts else None
    if not any(texts):
        return None
    if kind in SINGLE:
        return {"type": kind, SINGLE[kind]: texts[0]}
    if kind in SEVERAL:
        return {"type": kind, SEVERAL[kind]: texts}
    if kind == "datetimepicker":
        return {"type": kind, "selected_date_time": int(texts[0])} if texts[0].isdecimal() else None
    if kind == "rich_text_input":
        return {"type": kind, "rich_text_value": as_rich_text(encoded(texts[0]))[0]}
    return _option_value(element, kind, texts)


def _option_value(element: Json, kind: str, texts: list[str]) -> dict[str, Any] | None:
    found = [option for option in _options(element) if option["value"] in texts]
    if not found:
        return None
    if kind == "checkboxes" or kind.startswith("multi_"):
        return {"type": kind, "selected_options": found}
    return {"type": kind, "selected_option": found[0]}


def _options(element: Json) -> Iterator[dict[str, Any]]:
    yield from element.get("options", [])
    for group in element.get("option_groups", []):
        yield from group["options"]
