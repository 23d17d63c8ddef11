"""An app manifest, as Slack's manifest-schema 0.5.0 has it: what is read of it, and its limits. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground.slack.errors import NotPossible
from playground.slack.schemas import Check, anything, choice, flag, several, shape, string

COMMAND = re.compile(r"/\S{1,31}")


@dataclass(frozen=True)
class Command:
    """A slash command as a person's client suggests it; `escape` says whether names in its text arrive as ids."""

    command: str
    description: str
    usage_hint: str
    escape: bool


@dataclass(frozen=True)
class Shortcut:
    """`kind` is global (the search, the composer) or message (a message's menu)."""

    name: str
    kind: str
    callback_id: str
    description: str


@dataclass(frozen=True)
class Prompt:
    """A suggestion in the app's Messages tab: what it is called, and what it writes."""

    title: str
    message: str


@dataclass(frozen=True)
class Manifest:
    """What the stand-in takes from a manifest."""

    scopes: frozenset[str]
    events: frozenset[str]
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    prompts: tuple[Prompt, ...]
    home_tab: bool
    messages_tab: bool
    messages_read_only: bool
    agent_view: bool
    rotates: bool
    redirect_urls: tuple[str, ...]


def _name_of_command(value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, str) or not COMMAND.fullmatch(value):
        yield f"must be a slash and 1 to 31 characters [json-pointer:{where}]"


def _part(**known: Check) -> Check:
    """Check some properties of an object; what else it has is not looked at."""

    def check(value: Any, where: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"must be an object [json-pointer:{where}]"
            return
        for name, one in known.items():
            if name in value:
                yield from one(value[name], f"{where}/{name}")

    return check


SLASH = shape(
    {"command": _name_of_command, "description": string(2000)},
    {"usage_hint": string(1000, 0), "should_escape": flag, "url": string(3000)},
)
SHORTCUT = shape(
    {"name": string(24), "type": choice("global", "message"), "callback_id": string(255), "description": string(150)}
)
PROMPTS = several(shape({"title": string(3000), "message": string(3000)}), 4, 0)
AGENT = shape({"agent_description": string(300)}, {"suggested_prompts": PROMPTS, "actions": anything})
SCHEMA = _part(
    display_information=_part(name=string(35), description=string(140), long_description=string(4000)),
    features=_part(
        app_home=_part(home_tab_enabled=flag, messages_tab_enabled=flag, messages_tab_read_only_enabled=flag),
        bot_user=_part(display_name=string(80), always_online=flag),
        agent_view=AGENT,
        slash_commands=several(SLASH, 50, 0),
        shortcuts=several(SHORTCUT, 10, 0),
    ),
    oauth_config=_part(redirect_urls=several(string(3000), 1000, 0), scopes=_part(bot=several(string(255), 255, 0))),
    settings=_part(
        event_subscriptions=_part(bot_events=several(string(255), 100, 0)),
        socket_mode_enabled=flag,
        token_rotation_enabled=flag,
    ),
)


def read_manifest(value: Any) -> Manifest:
    """Read a manifest; raise `NotPossible` with everything that Slack would not take."""
    problems = list(SCHEMA(value, ""))
    if not problems and not _at(value, "display_information").get("name"):
        problems = ["missing required field: name [json-pointer:/display_information]"]
    if problems:
        raise NotPossible("invalid_manifest: " + "; ".join(problems))
    features, home = _at(value, "features"), _at(value, "features", "app_home")
    return Manifest(
        scopes=frozenset(_at(value, "oauth_config", "scopes").get("bot", ())),
        events=frozenset(_at(value, "settings", "event_subscriptions").get("bot_events", ())),
        commands=tuple(_command(one) for one in features.get("slash_commands", ())),
        shortcuts=tuple(_shortcut(one) for one in features.get("shortcuts", ())),
        prompts=tuple(Prompt(**one) for one in _at(features, "agent_view").get("suggested_prompts", ())),
        home_tab=home.get("home_tab_enabled", False),
        messages_tab=home.get("messages_tab_enabled", False),
        messages_read_only=home.get("messages_tab_read_only_enabled", False),
        agent_view="agent_view" in features,
        rotates=_at(value, "settings").get("token_rotation_enabled", False),
        redirect_urls=tuple(_at(value, "oauth_config").get("redirect_urls", ())),
    )


def _at(value: dict[str, Any], *path: str) -> dict[str, Any]:
    for name in path:
        value = value.get(name, {})
    return value


def _command(one: dict[str, Any]) -> Command:
    return Command(one["command"], one["description"], one.get("usage_hint", ""), one.get("should_escape", False))


def _shortcut(one: dict[str, Any]) -> Shortcut:
    return Shortcut(one["name"], one["type"], one["callback_id"], one["description"])
