"""What Block Kit's elements must look like: https://docs.slack.dev/reference/block-kit/block-elements"""

from playground.slack.rich_texts import RICH_TEXT
from playground.slack.schemas import Check, anything, by_type, choice, flag, number, several, shape, string

ID = string(255)
URL = string(3000)
DATE = string(10, 10)
TIME = string(5, 5)


def plain(most: int) -> Check:
    """A plain_text object; `emoji` belongs to this kind only."""
    return by_type({"plain_text": shape({"type": anything, "text": string(most)}, {"emoji": flag})})


def formatted(most: int) -> Check:
    """A mrkdwn or plain_text object; `verbatim` belongs to mrkdwn only."""
    mrkdwn = shape({"type": anything, "text": string(most)}, {"verbatim": flag})
    return by_type({"mrkdwn": mrkdwn, "plain_text": shape({"type": anything, "text": string(most)}, {"emoji": flag})})


CONFIRM = shape(
    {"title": plain(100), "text": formatted(300), "confirm": plain(30), "deny": plain(30)},
    {"style": choice("primary", "danger")},
)
OPTION = shape({"text": formatted(75), "value": string(150)}, {"description": formatted(75)})
PLAIN_OPTION = shape({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": URL})
GROUP = shape({"label": plain(75), "options": several(PLAIN_OPTION, 100)})
ASKS = {"type": anything, "action_id": ID, "confirm": CONFIRM}
PICKS = {**ASKS, "placeholder": plain(150), "focus_on_load": flag}
TYPES = {"type": anything, "action_id": ID, "placeholder": plain(150), "focus_on_load": flag}
WRITES = {**TYPES, "dispatch_action_config": anything}

BUTTON = shape(
    {"type": anything, "text": plain(75)},
    {
        **ASKS,
        "value": string(2000, 0),
        "url": URL,
        "style": choice("primary", "danger"),
        "accessibility_label": string(75),
        "agent_prompt": string(4000),
        "agent_prompt_display": anything,
        "visible_to_user_ids": several(ID, 10),
    },
)
IMAGE = shape({"type": anything, "alt_text": string(2000)}, {"image_url": URL, "slack_file": anything})
OVERFLOW = shape({"type": anything, "options": several(PLAIN_OPTION, 5)}, ASKS)
CHOICES = several(OPTION, 10)
CHECKBOXES = shape({"type": anything, "options": CHOICES}, {**ASKS, "initial_options": CHOICES, "focus_on_load": flag})
RADIO = shape({"type": anything, "options": CHOICES}, {**ASKS, "initial_option": OPTION, "focus_on_load": flag})
OPTIONS = {"options": several(PLAIN_OPTION, 100), "option_groups": several(GROUP, 100)}
STATIC_SELECT = shape(
    {"type": anything}, {**PICKS, **OPTIONS, "initial_option": PLAIN_OPTION}, one_of=("options", "option_groups")
)
MULTI_STATIC = shape(
    {"type": anything},
    {**PICKS, **OPTIONS, "initial_options": several(PLAIN_OPTION, 100), "max_selected_items": number(1, 100)},
    one_of=("options", "option_groups"),
)
EXTERNAL = shape({"type": anything}, {**PICKS, "initial_option": PLAIN_OPTION, "min_query_length": number(0, 100)})
USERS = shape({"type": anything}, {**PICKS, "initial_user": ID})
CONVERSATIONS = shape(
    {"type": anything},
    {
        **PICKS,
        "initial_conversation": ID,
        "default_to_current_conversation": flag,
        "response_url_enabled": flag,
        "filter": anything,
    },
)
CHANNELS = shape({"type": anything}, {**PICKS, "initial_channel": ID, "response_url_enabled": flag})
DATEPICKER = shape({"type": anything}, {**PICKS, "initial_date": DATE})
TIMEPICKER = shape({"type": anything}, {**PICKS, "initial_time": TIME, "timezone": string(100)})
DATETIMEPICKER = shape(
    {"type": anything}, {**ASKS, "initial_date_time": number(10**9, 10**10 - 1), "focus_on_load": flag}
)
MULTI = {**PICKS, "max_selected_items": number(1, 100)}
MULTI_EXTERNAL = shape(
    {"type": anything},
    {**MULTI, "initial_options": several(PLAIN_OPTION, 100), "min_query_length": number(0, 100)},
)
MULTI_USERS = shape({"type": anything}, {**MULTI, "initial_users": several(ID, 100)})
MULTI_CONVERSATIONS = shape(
    {"type": anything},
    {
        **MULTI,
        "initial_conversations": several(ID, 100),
        "default_to_current_conversation": flag,
        "filter": anything,
    },
)
MULTI_CHANNELS = shape({"type": anything}, {**MULTI, "initial_channels": several(ID, 100)})
RICH_INPUT = shape({"type": anything}, {**WRITES, "initial_value": by_type({"rich_text": RICH_TEXT})})
FILE_INPUT = shape(
    {"type": anything}, {"action_id": ID, "filetypes": several(string(20), 100), "max_files": number(1, 10)}
)
PLAIN_INPUT = shape(
    {"type": anything},
    {
        **WRITES,
        "initial_value": string(3000, 0),
        "multiline": flag,
        "min_length": number(0, 3000),
        "max_length": number(1, 3000),
    },
)
EMAIL = shape({"type": anything}, {**WRITES, "initial_value": string(3000, 0)})
NUMBER = shape(
    {"type": anything, "is_decimal_allowed": flag},
    {**WRITES, "initial_value": string(100), "min_value": string(100), "max_value": string(100)},
)
FEEDBACK_BUTTON = shape({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
FEEDBACK = shape(
    {"type": anything, "positive_button": FEEDBACK_BUTTON, "negative_button": FEEDBACK_BUTTON}, {"action_id": ID}
)
ICON_BUTTON = shape(
    {"type": anything, "icon": choice("trash"), "text": plain(75)},
    {**ASKS, "value": string(2000, 0), "accessibility_label": string(75), "visible_to_user_ids": several(ID, 10)},
)

PICKERS: dict[str, Check] = {
    "checkboxes": CHECKBOXES,
    "radio_buttons": RADIO,
    "static_select": STATIC_SELECT,
    "external_select": EXTERNAL,
    "users_select": USERS,
    "conversations_select": CONVERSATIONS,
    "channels_select": CHANNELS,
    "datepicker": DATEPICKER,
    "timepicker": TIMEPICKER,
}
MULTIPLE: dict[str, Check] = {
    "multi_static_select": MULTI_STATIC,
    "multi_external_select": MULTI_EXTERNAL,
    "multi_users_select": MULTI_USERS,
    "multi_conversations_select": MULTI_CONVERSATIONS,
    "multi_channels_select": MULTI_CHANNELS,
}
PRESSED: dict[str, Check] = {**PICKERS, "button": BUTTON, "overflow": OVERFLOW}
IN_ACTIONS = by_type({**PRESSED, "datetimepicker": DATETIMEPICKER})
IN_SECTION = by_type({**PRESSED, **MULTIPLE, "image": IMAGE})
IN_INPUT = by_type(
    {
        **PICKERS,
        **MULTIPLE,
        "datetimepicker": DATETIMEPICKER,
        "rich_text_input": RICH_INPUT,
        "file_input": FILE_INPUT,
        "plain_text_input": PLAIN_INPUT,
        "email_text_input": EMAIL,
        "url_text_input": EMAIL,
        "number_input": NUMBER,
    }
)
IN_CONTEXT_ACTIONS = by_type({"feedback_buttons": FEEDBACK, "icon_button": ICON_BUTTON})
IN_CONTEXT = by_type(
    {
        "image": IMAGE,
        "mrkdwn": shape({"type": anything, "text": string(3000)}, {"verbatim": flag}),
        "plain_text": shape({"type": anything, "text": string(3000)}, {"emoji": flag}),
    }
)
