"""An app in the stand-in is what its manifest says."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.service.manifest import manifest
from bot.service.settings import Settings
from playground.slack import NotPossible
from playground.slack.manifest import Command, Prompt, Shortcut, read_manifest
from tests.playground.slack_world import Json, World, world

MANIFEST: Json = {
    "_metadata": {"major_version": 2, "minor_version": 1},
    "display_information": {"name": "Tea"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False},
        "agent_view": {"agent_description": "Tea", "suggested_prompts": [{"title": "Tea?", "message": "Tell me"}]},
        "slash_commands": [
            {"command": "/chats", "description": "List", "usage_hint": "word", "should_escape": True},
            {"command": "/plain", "description": "Plain"},
        ],
        "shortcuts": [
            {"name": "Your chats", "type": "global", "callback_id": "list", "description": "List"},
            {"name": "Rename", "type": "message", "callback_id": "rename", "description": "Rename"},
        ],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "im:history"]}},
    "settings": {"event_subscriptions": {"bot_events": ["message.im"]}, "socket_mode_enabled": True},
}


@pytest.fixture
async def w() -> AsyncIterator[World]:
    async with world() as running:
        running.slack.install(MANIFEST)
        yield running


def changed(*path: str, to: Any) -> Json:
    """The manifest with another value at one place."""
    value: Json = to
    for depth in range(len(path) - 1, -1, -1):
        outer = MANIFEST
        for name in path[:depth]:
            outer = outer[name]
        value = {**outer, path[depth]: value}
    return value


async def test_an_installed_app_has_the_scopes_events_and_tabs_of_its_manifest(w: World) -> None:
    app = w.slack.app
    assert (app.scopes, app.events) == ({"chat:write", "commands", "im:history"}, {"message.im"})
    assert (app.home_tab, app.messages_tab, app.agent_view) == (True, True, True)
    w.slack.install(changed("features", to={}))
    assert (app.home_tab, app.messages_tab, app.agent_view, app.commands) == (False, False, False, set())


async def test_a_persons_client_shows_commands_shortcuts_and_prompts_as_the_manifest_words_them(w: World) -> None:
    app = w.slack.app
    assert app.command_list == (Command("/chats", "List", "word", True), Command("/plain", "Plain", "", False))
    assert app.shortcuts == (
        Shortcut("Your chats", "global", "list", "List"),
        Shortcut("Rename", "message", "rename", "Rename"),
    )
    assert app.suggested_prompts == (Prompt("Tea?", "Tell me"),)


async def test_a_shortcut_or_command_that_the_manifest_does_not_have_is_not_there(w: World) -> None:
    ts = await w.slack.post(w.ann, w.general, "hello")
    with pytest.raises(NotPossible, match="no global shortcut rename"):
        await w.slack.global_shortcut(w.ann, "rename")
    with pytest.raises(NotPossible, match="no message shortcut list"):
        await w.slack.message_shortcut(w.ann, w.general, ts, "list")
    with pytest.raises(NotPossible, match="not a valid command"):
        await w.slack.slash(w.ann, w.general, "/other")


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        {},
        changed("display_information", to={"name": "a" * 36}),
        changed("display_information", to={"name": "a", "description": "a" * 141}),
        changed("features", "slash_commands", to=[{"command": "chats", "description": "a"}]),
        changed("features", "slash_commands", to=[{"command": "/" + "a" * 32, "description": "a"}]),
        changed("features", "slash_commands", to=[{"command": "/a", "description": "a"}] * 51),
        changed("features", "shortcuts", to=[{**MANIFEST["features"]["shortcuts"][0], "name": "a" * 25}]),
        changed("features", "shortcuts", to=[{**MANIFEST["features"]["shortcuts"][0], "description": "a" * 151}]),
        changed("features", "shortcuts", to=[{**MANIFEST["features"]["shortcuts"][0], "type": "channel"}]),
        changed("features", "shortcuts", to=MANIFEST["features"]["shortcuts"] * 6),
        changed("features", "agent_view", to={"agent_description": "a" * 301}),
        changed("features", "agent_view", to={"suggested_prompts": []}),
        changed("features", "bot_user", to={"display_name": "a" * 81}),
        changed("settings", "event_subscriptions", to={"bot_events": ["message.im"] * 101}),
    ],
)
def test_a_manifest_beyond_slacks_limits_is_refused(wrong: Any) -> None:
    with pytest.raises(NotPossible, match="invalid_manifest"):
        read_manifest(wrong)


@pytest.mark.parametrize("public_url", [None, "https://bot.example.com"])
def test_the_bots_own_manifest_is_taken(public_url: str | None) -> None:
    taken = read_manifest(manifest(Settings.model_construct(slack_app_token=None, public_url=public_url)))
    assert {command.command for command in taken.commands} >= {"/chats"}
    assert (taken.home_tab, taken.messages_tab, taken.agent_view) == (True, True, True)
