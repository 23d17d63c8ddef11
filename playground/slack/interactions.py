"""What the app is sent when a person presses, chooses, submits or types a command."""

from typing import Any

from playground.slack.blocks import elements, with_inner
from playground.slack.errors import NotPossible
from playground.slack.messages import Message
from playground.slack.places import Channel, Person
from playground.slack.views import View
from playground.slack.workspace import DOMAIN, Workspace

Payload = dict[str, Any]
Values = dict[str, dict[str, Any]]


CHOSEN = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "plain_text_input": "value",
}
"""Where a choice that is no option stands in an action."""

SEVERAL = ("checkboxes", "multi_static_select")


def slash(workspace: Workspace, person: Person, channel: Channel, command: str, text: str, response: str) -> Payload:
    """A command, as form fields. It names no thread: Slack delivers none from inside one."""
    return {
        "token": workspace.app.verification_token,
        "team_id": workspace.team_id,
        "team_domain": DOMAIN,
        "channel_id": channel.id,
        "channel_name": _channel_name(channel),
        "user_id": person.id,
        "user_name": person.handle,
        "command": command,
        "text": text,
        "api_app_id": workspace.app.app_id,
        "is_enterprise_install": "false",
        "response_url": response,
        "trigger_id": workspace.triggers.new(person.id),
    }


def press_in_message(
    workspace: Workspace, person: Person, channel: Channel, message: Message, action: Payload, response: str
) -> Payload:
    """A press under a message; an ephemeral one is not sent along."""
    container: Payload = {"type": "message", "message_ts": message.ts, "channel_id": channel.id}
    container |= {"is_ephemeral": bool(message.ephemeral_to)}
    container |= {"thread_ts": message.thread_ts} if message.thread_ts else {}
    shown = {} if message.ephemeral_to else {"message": workspace.wire(channel, message)}
    return {
        "type": "block_actions",
        **_frame(workspace, person),
        "container": container,
        "trigger_id": workspace.triggers.new(person.id),
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        **shown,
        "state": {"values": {}},
        "response_url": response,
        "actions": [action],
    }


def press_in_view(workspace: Workspace, person: Person, view: View, action: Payload) -> Payload:
    return {
        "type": "block_actions",
        **_frame(workspace, person),
        "container": {"type": "view", "view_id": view["id"]},
        "trigger_id": workspace.triggers.new(person.id, view["id"]),
        "view": view,
        "actions": [action],
    }


def submission(workspace: Workspace, person: Person, view: View, addresses: list[Payload]) -> Payload:
    trigger = workspace.triggers.new(person.id, view["id"])
    frame = _frame(workspace, person)
    return {"type": "view_submission", **frame, "trigger_id": trigger, "view": view, "response_urls": addresses}


def chosen_places(view: View) -> list[tuple[Payload, str]]:
    """List the places that a person chose in fields with `response_url_enabled`, each with the field's ids."""
    chosen = []
    for block in (block for block in view["blocks"] if block["type"] == "input"):
        element, ids = (
            block["element"],
            {"block_id": block["block_id"], "action_id": block["element"].get("action_id", "")},
        )
        value = view["state"]["values"][ids["block_id"]][ids["action_id"]]
        place = value.get("selected_conversation") or value.get("selected_channel")
        if element.get("response_url_enabled") and place:
            chosen.append((ids, str(place)))
    return chosen


def suggestion(workspace: Workspace, person: Person, view: View, action_id: str, typed: str) -> Payload:
    """What a person typed into a menu whose options the app is asked for."""
    for block in view["blocks"]:
        for element in elements([block]):
            if element.get("action_id") == action_id and element["type"] == "external_select":
                if len(typed) < element.get("min_query_length", 3):
                    raise NotPossible("the client does not ask for options yet")
                ids = {"action_id": action_id, "block_id": block["block_id"]}
                container = {"type": "view", "view_id": view["id"]}
                frame = {"type": "block_suggestion", **_frame(workspace, person), **ids}
                return {**frame, "value": typed, "container": container, "view": view}
    raise NotPossible(f"there is nothing to type into with the action id {action_id}")


def closing(workspace: Workspace, person: Person, view: View) -> Payload:
    return {"type": "view_closed", **_frame(workspace, person), "view": view, "is_cleared": view["clear_on_close"]}


def message_shortcut(
    workspace: Workspace, person: Person, channel: Channel, message: Message, callback_id: str, response: str
) -> Payload:
    return {
        "type": "message_action",
        **_frame(workspace, person),
        "action_ts": workspace.stamps.new(),
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "callback_id": callback_id,
        "trigger_id": workspace.triggers.new(person.id),
        "response_url": response,
        "message_ts": message.ts,
        "message": workspace.wire(channel, message),
    }


def global_shortcut(workspace: Workspace, person: Person, callback_id: str) -> Payload:
    frame = {"type": "shortcut", **_frame(workspace, person), "action_ts": workspace.stamps.new()}
    return {**frame, "callback_id": callback_id, "trigger_id": workspace.triggers.new(person.id)}


def find_action(
    workspace: Workspace, person: Person, blocks: list[Payload], action_id: str, value: str | None
) -> Payload:
    """Make the action of pressing (or, with `value`, of choosing in) the element that has this id."""
    for block in with_inner(blocks):
        for element in elements([block]):
            if element.get("action_id") == action_id and _is_seen(element, person):
                stamp = {"block_id": block.get("block_id", ""), "action_ts": workspace.stamps.new()}
                return {**_acted(element, value), **stamp}
    raise NotPossible(f"there is nothing to press with the action id {action_id}")


def _is_seen(element: Payload, person: Person) -> bool:
    return person.id in element.get("visible_to_user_ids", [person.id])


def filled_in(view: View, values: Values) -> Values:
    """Give what a modal's fields hold when it is submitted; refuse what the client would not send."""
    state: Values = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            given = values.get(block["block_id"], {}).get(element.get("action_id", ""))
            state[block["block_id"]] = {element.get("action_id", ""): _field(block, element, given)}
    unknown = set(values) - set(state)
    if unknown:
        raise NotPossible(f"the modal has no fields {sorted(unknown)}")
    return state


def _field(block: Payload, element: Payload, given: Any) -> Payload:
    if element["type"] != "plain_text_input":
        if given is None and not block.get("optional"):
            raise NotPossible("Please complete this required field.")
        return given if isinstance(given, dict) else {"type": element["type"]}
    text = given.get("value") if isinstance(given, dict) else given
    text = element.get("initial_value") if text is None else text
    if not text and not block.get("optional"):
        raise NotPossible("Please complete this required field.")
    if text and not element.get("min_length", 0) <= len(text) <= element.get("max_length", 3000):
        raise NotPossible("The text is too short or too long.")
    return {"type": "plain_text_input", "value": text or None}


def _acted(element: Payload, value: str | None) -> Payload:
    action = {"action_id": element["action_id"], "type": element["type"]}
    if element["type"] == "button":
        return {**action, "text": element["text"], **({"value": element["value"]} if element.get("value") else {})}
    if element["type"] == "feedback_buttons":
        button = element["negative_button" if value == "negative" else "positive_button"]
        return {**action, "text": button["text"], "value": button["value"]}
    if element["type"] == "icon_button":
        return {**action, "value": element.get("value", "")}
    if element["type"] in CHOSEN and value:
        return {**action, CHOSEN[element["type"]]: value}
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    for option in [*element.get("options", []), *grouped]:
        if option["value"] == value:
            chosen = {"selected_options": [option]} if element["type"] in SEVERAL else {"selected_option": option}
            return {**action, **chosen}
    raise NotPossible(f"there is no choice {value}")


def _frame(workspace: Workspace, person: Person) -> Payload:
    return {
        "user": person.short(),
        "api_app_id": workspace.app.app_id,
        "token": workspace.app.verification_token,
        "team": {"id": workspace.team_id, "domain": DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _channel_name(channel: Channel) -> str:
    return channel.name or "directmessage"
