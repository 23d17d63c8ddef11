"""The Slack app manifest: what the app is called, may do and is told."""

from typing import Any

from bot.service.settings import Settings

NAME = "Threadline"
DESCRIPTION = "Chats with a language model, right in your threads."
SCOPES = (
    "app_mentions:read",
    "assistant:write",
    "channels:history",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:history",
    "mpim:read",
    "reactions:write",
    "users:read",
)
EVENTS = (
    "agent_session_stopped",
    "agent_session_title_changed",
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "tokens_revoked",
)
COMMANDS = (
    ("/chats", "List your chats, or look through them", "words"),
    ("/chat-new", "Begin a chat in my Messages tab", "Your question"),
    ("/chat-rename", "Rename your latest chat here", "New title"),
    ("/chat-delete", "Delete your latest chat here (asks first)", None),
)
SHORTCUTS = (
    ("My chats", "global", "list_chats", "List your chats with Threadline"),
    ("New chat", "global", "new_chat", "Begin a chat with Threadline in its Messages tab"),
    ("Rename this chat", "message", "rename_chat", "Give the chat in this thread another title"),
    ("Delete this chat", "message", "delete_chat", "Delete the chat in this thread (asks first)"),
    ("Branch from here", "message", "branch_chat", "Go on in a new thread from what was said up to this message"),
)
PROMPTS = (
    ("Explain something", "Explain how DNS works, in five sentences."),
    ("Draft a message", "Draft a short, friendly message that moves our meeting to tomorrow."),
    ("Review code", "What could go wrong in the code that I paste next?"),
)


def manifest(settings: Settings) -> dict[str, Any]:
    """The manifest for these settings, to be pasted at api.slack.com/apps.

    With an app token, or without PUBLIC_URL, events come over Socket Mode and the manifest has no address in it; else
    they come as signed requests to PUBLIC_URL. Fields and limits: Slack's manifest-schema 0.5.0.
    """
    url = None if settings.slack_app_token is not None else settings.public_url
    address = None if url is None else f"{url}/slack/events"
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {"name": NAME, "description": DESCRIPTION, "background_color": "#1a1a1a"},
        "features": _features(address),
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": _settings(address),
    }


def _features(address: str | None) -> dict[str, Any]:
    return {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
        "bot_user": {"display_name": NAME, "always_online": True},
        "agent_view": {
            "agent_description": "Write to me here or mention me in a channel; each thread is a chat that I remember.",
            "suggested_prompts": [{"title": title, "message": message} for title, message in PROMPTS],
        },
        "slash_commands": [_command(command, text, hint, address) for command, text, hint in COMMANDS],
        "shortcuts": [
            {"name": name, "type": kind, "callback_id": callback, "description": description}
            for name, kind, callback, description in SHORTCUTS
        ],
    }


def _command(command: str, description: str, hint: str | None, address: str | None) -> dict[str, Any]:
    """One slash command. Escaping is asked for, so that people and channels in a title arrive as ids."""
    entry: dict[str, Any] = {"command": command, "description": description, "should_escape": True}
    return entry | ({"usage_hint": hint} if hint else {}) | ({"url": address} if address else {})


def _settings(address: str | None) -> dict[str, Any]:
    where = {"request_url": address} if address else {}
    return {
        "event_subscriptions": {**where, "bot_events": list(EVENTS)},
        "interactivity": {"is_enabled": True, **where},
        "org_deploy_enabled": False,
        "socket_mode_enabled": address is None,
        "token_rotation_enabled": False,
    }
