"""Methods about the bot itself, its commands and the chats it is in."""

import re
from typing import Any

from playground.telegram.account import Account
from playground.telegram.callbacks import Toast
from playground.telegram.chats import Chat, Person
from playground.telegram.errors import bad_request
from playground.telegram.parameters import Parameters

COMMAND = re.compile(r"[a-z0-9_]+")
MOST_COMMANDS = 100
LONGEST_COMMAND = 32
LONGEST_DESCRIPTION = 256
LONGEST_TOAST = 200
ALLOWED_TOAST_URL = "https://t.me/"
LONGEST_TEXTS = {"name": 64, "description": 512, "short_description": 120}
TOO_LONG_TEXTS = {
    "name": "BOT_TITLE_INVALID",
    "description": "BOT_DESCRIPTION_INVALID",
    "short_description": "BOT_SHORT_DESCRIPTION_INVALID",
}
SCOPE_NAMES = "default all_private_chats all_group_chats all_chat_administrators chat chat_administrators chat_member"
SCOPES = frozenset(SCOPE_NAMES.split())
RIGHT_NAMES = (
    "can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members can_promote_members"
    " can_change_info can_invite_users can_pin_messages can_manage_topics can_post_stories can_edit_stories"
    " can_delete_stories can_send_welcome_messages"
)


def get_me(account: Account, params: Parameters) -> dict[str, Any]:
    return account.bot.as_json() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not account.switches.privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": account.switches.topics_enabled,
        "allows_users_to_create_topics": account.switches.users_create_topics,
    }


def answer_callback_query(account: Account, params: Parameters) -> bool:
    """Stop the spinner of a button; costs no budget."""
    text = params.text("text")
    if len(text) > LONGEST_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    if params.has("url") and not params.text("url").startswith(ALLOWED_TOAST_URL):
        raise bad_request("URL_INVALID")
    toast = Toast(text, params.flag("show_alert"), params.text("url"))
    account.callbacks.answer(params.text("callback_query_id"), toast)
    return True


def get_chat(account: Account, params: Parameters) -> dict[str, Any]:
    chat = account.readable_chat(params.text("chat_id"))
    return chat.as_json() | {
        "accent_color_id": chat.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(
            ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), True
        ),
    }


def get_chat_member(account: Account, params: Parameters) -> dict[str, Any]:
    chat = account.readable_chat(params.text("chat_id"))
    person = account.people.get(params.number("user_id"))
    if person is None:
        raise bad_request("user not found" if params.has("user_id") else "invalid user_id specified")
    return member_json(account, chat, person)


def member_json(account: Account, chat: Chat, person: Person) -> dict[str, Any]:
    """Show someone's standing in a chat; the first member of a group is its owner."""
    shown = {"user": person.as_json()}
    if person is account.bot:
        return shown | _bot_status(chat)
    if chat.private or person.id not in chat.members:
        return shown | {"status": "member" if person is chat.person else "left"}
    owner = next(iter(chat.members)) == person.id
    return shown | ({"status": "creator", "is_anonymous": False} if owner else {"status": "member"})


def _bot_status(chat: Chat) -> dict[str, Any]:
    if chat.bot_status == "kicked":
        return {"status": "kicked", "until_date": 0}
    if not chat.admin:
        return {"status": chat.bot_status}
    flags = {right: right in chat.bot_rights or right == "can_manage_chat" for right in RIGHT_NAMES.split()}
    return {"status": "administrator", "can_be_edited": False, "is_anonymous": False, **flags}


def set_my_commands(account: Account, params: Parameters) -> bool:
    commands = params.structure("commands", "commands") or []
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    account.profile.commands[_scope(account, params)] = [_checked_command(command) for command in commands]
    return True


def get_my_commands(account: Account, params: Parameters) -> list[dict[str, str]]:
    return account.profile.commands.get(_scope(account, params), [])


def delete_my_commands(account: Account, params: Parameters) -> bool:
    account.profile.commands.pop(_scope(account, params), None)
    return True


def _checked_command(command: Any) -> dict[str, str]:
    if not isinstance(command, dict) or not {"command", "description"} <= command.keys():
        raise bad_request("can't parse BotCommand: expected an Object with command and description")
    name, description = str(command["command"]).removeprefix("/"), str(command["description"]).strip()
    checks = (
        (name == "", "command must be non-empty"),
        (len(name) > LONGEST_COMMAND, "command length must not exceed 32"),
        (not COMMAND.fullmatch(name), "BOT_COMMAND_INVALID"),
        (description == "", "command description must be non-empty"),
        (len(description) > LONGEST_DESCRIPTION, "command description length must not exceed 256"),
    )
    for wrong, reason in checks:
        if wrong:
            raise bad_request(reason)
    return {"command": name, "description": description}


def _scope(account: Account, params: Parameters) -> tuple[str, str]:
    scope = params.structure("scope", "BotCommandScope") or {"type": "default"}
    if not isinstance(scope, dict):
        raise bad_request("BotCommandScope must be an Object")
    if str(scope.get("type")) not in SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    if scope["type"] in ("chat", "chat_administrators", "chat_member"):
        account.readable_chat(Parameters(scope).text("chat_id"))
    language = params.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    place = ":".join(str(scope[name]) for name in ("type", "chat_id", "user_id") if name in scope)
    return place, language


def set_chat_menu_button(account: Account, params: Parameters) -> bool:
    button = params.structure("menu_button", "menu button") or {"type": "default"}
    if not isinstance(button, dict):
        raise bad_request("MenuButton must be an Object")
    if button.get("type") not in ("default", "commands", "web_app"):
        raise bad_request("MenuButton has unsupported type")
    account.profile.menu_buttons[params.number("chat_id")] = button
    return True


def get_chat_menu_button(account: Account, params: Parameters) -> dict[str, Any]:
    buttons = account.profile.menu_buttons
    return buttons.get(params.number("chat_id"), buttons.get(0, {"type": "commands"}))


def _set_text(kind: str) -> Any:
    def set_text(account: Account, params: Parameters) -> bool:
        if len(params.text(kind)) > LONGEST_TEXTS[kind]:
            raise bad_request(TOO_LONG_TEXTS[kind])
        account.profile.texts[kind, params.text("language_code")] = params.text(kind)
        return True

    return set_text


def _get_text(kind: str) -> Any:
    def get_text(account: Account, params: Parameters) -> dict[str, str]:
        texts = account.profile.texts
        return {kind: texts.get((kind, params.text("language_code")), texts.get((kind, ""), ""))}

    return get_text


def leave_chat(account: Account, params: Parameters) -> bool:
    chat = account.writable_chat(params.text("chat_id"))
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    chat.bot_status = "left"
    return True


def get_file(account: Account, params: Parameters) -> dict[str, Any]:
    """Make a file that somebody sent downloadable below `/file/bot<token>/`."""
    return account.files.link(params.text("file_id"))


def log_out(account: Account, params: Parameters) -> bool:
    """Leave the cloud server: it answers nothing else from now on."""
    account.logged_out = True
    return True


def close(account: Account, params: Parameters) -> bool:
    if account.webhook.url:
        raise bad_request("the bot can't be closed while its webhook is set")
    account.polling.abort("terminated by close request")
    return True


METHODS = {
    "getMe": get_me,
    "answerCallbackQuery": answer_callback_query,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
    "setMyName": _set_text("name"),
    "getMyName": _get_text("name"),
    "setMyDescription": _set_text("description"),
    "getMyDescription": _get_text("description"),
    "setMyShortDescription": _set_text("short_description"),
    "getMyShortDescription": _get_text("short_description"),
    "leaveChat": leave_chat,
    "getFile": get_file,
    "logOut": log_out,
    "close": close,
}
