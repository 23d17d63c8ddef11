"""The Slack app manifest: within Slack's limits, and just what the product handles."""

import json
import re
from typing import Any

import pytest
from pydantic import SecretStr

from bot.service.manifest import manifest
from bot.service.settings import Settings

URL = "https://bot.example.com"
APP_TOKEN = SecretStr("xapp-1-A1-abcdef")


def made_for(app_token: SecretStr | None = None, public_url: str | None = None) -> dict[str, Any]:
    """The manifest for these settings alone, whatever the environment says."""
    return manifest(Settings.model_construct(slack_app_token=app_token, public_url=public_url))


@pytest.fixture(params=[None, URL], ids=["socket", "http"])
def made(request: pytest.FixtureRequest) -> dict[str, Any]:
    return made_for(public_url=request.param)


def addresses(value: Any) -> list[str]:
    """Every address anywhere in the manifest."""
    return re.findall(r'https?://[^"]+', json.dumps(value))


@pytest.mark.parametrize(
    ("app_token", "public_url"), [(None, None), (APP_TOKEN, None), (APP_TOKEN, URL)], ids=["nothing", "token", "both"]
)
def test_with_an_app_token_or_without_an_address_it_is_socket_mode(
    app_token: SecretStr | None, public_url: str | None
) -> None:
    made = made_for(app_token, public_url)
    assert made["settings"]["socket_mode_enabled"] is True
    assert addresses(made) == []


def test_with_an_address_alone_everything_comes_to_one_route() -> None:
    made = made_for(public_url=URL)
    assert made["settings"]["socket_mode_enabled"] is False
    assert set(addresses(made)) == {f"{URL}/slack/events"}
    assert made["settings"]["event_subscriptions"]["request_url"] == f"{URL}/slack/events"
    assert made["settings"]["interactivity"]["request_url"] == f"{URL}/slack/events"
    assert all(command["url"] == f"{URL}/slack/events" for command in made["features"]["slash_commands"])


def test_no_secret_is_in_it() -> None:
    assert "xapp-" not in json.dumps(made_for(APP_TOKEN, URL))


def test_names_and_texts_are_within_slacks_limits(made: dict[str, Any]) -> None:
    display, features = made["display_information"], made["features"]
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert re.fullmatch("#[0-9a-f]{6}", display["background_color"])
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["agent_view"]["agent_description"]) <= 300


def test_lists_are_within_slacks_limits(made: dict[str, Any]) -> None:
    features = made["features"]
    assert len(features["agent_view"]["suggested_prompts"]) <= 4
    assert len(made["settings"]["event_subscriptions"]["bot_events"]) <= 100
    assert len(features["slash_commands"]) <= 50
    assert len(features["shortcuts"]) <= 10
    assert len(made["oauth_config"]["scopes"]["bot"]) <= 255


def test_commands_and_shortcuts_are_formed_as_slack_wants_them(made: dict[str, Any]) -> None:
    for command in made["features"]["slash_commands"]:
        assert re.fullmatch(r"/\S{1,31}", command["command"])
        assert 0 < len(command["description"]) <= 2000
        assert len(command.get("usage_hint", "")) <= 1000
    for shortcut in made["features"]["shortcuts"]:
        assert 0 < len(shortcut["name"]) <= 24
        assert 0 < len(shortcut["description"]) <= 150
        assert shortcut["type"] in ("global", "message")


def test_no_entry_stands_twice(made: dict[str, Any]) -> None:
    lists = (
        made["oauth_config"]["scopes"]["bot"],
        made["settings"]["event_subscriptions"]["bot_events"],
        [command["command"] for command in made["features"]["slash_commands"]],
        [shortcut["callback_id"] for shortcut in made["features"]["shortcuts"]],
    )
    assert all(len(entries) == len(set(entries)) for entries in lists)


def test_it_asks_for_what_the_product_handles(made: dict[str, Any]) -> None:
    commands = {command["command"] for command in made["features"]["slash_commands"]}
    shortcuts = {(shortcut["type"], shortcut["callback_id"]) for shortcut in made["features"]["shortcuts"]}
    assert commands == {"/chats", "/chat-new", "/chat-rename", "/chat-delete"}
    assert shortcuts == {
        *(("message", name) for name in ("rename_chat", "delete_chat", "branch_chat")),
        *(("global", name) for name in ("list_chats", "new_chat")),
    }
    assert made["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }


def test_every_event_has_the_scope_that_it_needs(made: dict[str, Any]) -> None:
    """Slack refuses a manifest whose events lack their scopes."""
    needs = {
        "app_mention": "app_mentions:read",
        "message.channels": "channels:history",
        "message.groups": "groups:history",
        "message.im": "im:history",
        "message.mpim": "mpim:history",
        "agent_session_stopped": "assistant:write",
        "agent_session_title_changed": "assistant:write",
    }
    events = set(made["settings"]["event_subscriptions"]["bot_events"])
    assert set(needs) <= events
    assert set(needs.values()) <= set(made["oauth_config"]["scopes"]["bot"])
    assert events - set(needs) == {"app_home_opened", "app_uninstalled", "tokens_revoked"}


def test_what_we_cannot_do_yet_is_off(made: dict[str, Any]) -> None:
    assert made["settings"]["token_rotation_enabled"] is False
    assert made["settings"]["org_deploy_enabled"] is False
