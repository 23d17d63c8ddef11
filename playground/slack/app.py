"""The app as it is installed in the workspace: its tokens, its manifest, its switches."""

from dataclasses import dataclass, field
from math import inf

from playground.slack.errors import NotPossible, Refusal
from playground.slack.manifest import Command, Manifest, Prompt, Shortcut

SCOPES = frozenset(
    {
        "app_mentions:read", "assistant:write", "channels:history", "groups:history", "im:history", "mpim:history",
        "channels:read", "groups:read", "im:read", "mpim:read", "im:write", "chat:write", "commands", "files:read",
        "files:write", "reactions:write", "users:read",
    }
)  # fmt: skip
EVENTS = frozenset(
    {
        "app_mention", "message.im", "message.channels", "message.groups", "message.mpim", "app_home_opened",
        "app_context_changed", "agent_session_stopped", "agent_session_title_changed", "app_uninstalled",
        "tokens_revoked",
    }
)  # fmt: skip
EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "app_context_changed": "assistant:write",
    "message.im": "im:history",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "channel_archive": "channels:read",
    "channel_rename": "channels:read",
    "channel_unarchive": "channels:read",
    "group_archive": "groups:read",
    "group_rename": "groups:read",
    "group_unarchive": "groups:read",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
}


@dataclass(eq=False)
class App:
    """What the developer set up. `sessions` is the workspace's switch for agent sessions (off: `feature_disabled`).

    `distributed` means: installed from outside the Marketplace, so history and replies are 1 a minute, 15 at most.
    `commands` None lets every slash command through; else what is missing is refused by the person's client.
    Without a `manifest` every shortcut is let through as well. `rotates` lets tokens that OAuth gives out end after
    twelve hours; `tokens` are those, each with its end; the one that the app was made with has none.
    """

    app_id: str
    team_id: str
    bot_token: str
    app_token: str
    signing_secret: str
    verification_token: str
    scopes: set[str] = field(default_factory=lambda: set(SCOPES))
    app_scopes: set[str] = field(default_factory=lambda: {"connections:write"})
    events: set[str] = field(default_factory=lambda: set(EVENTS))
    commands: set[str] | None = None
    agent_view: bool = True
    sessions: bool = True
    home_tab: bool = True
    messages_tab: bool = True
    messages_read_only: bool = False
    distributed: bool = False
    manifest: Manifest | None = None
    rotates: bool = False
    redirect_urls: tuple[str, ...] = ()
    tokens: dict[str, float] = field(default_factory=dict)
    token_error: str = ""
    """What the bot token gets once it is taken away: `token_revoked`, `account_inactive`, …"""

    def install(self, manifest: Manifest) -> None:
        """Be from now on what the manifest says, and nothing besides."""
        self.manifest = manifest
        self.scopes, self.events = set(manifest.scopes), set(manifest.events)
        self.commands = {command.command for command in manifest.commands}
        self.home_tab, self.messages_tab = manifest.home_tab, manifest.messages_tab
        self.messages_read_only = manifest.messages_read_only
        self.agent_view, self.rotates = manifest.agent_view, manifest.rotates
        self.redirect_urls = manifest.redirect_urls

    def take_token(self, token: str, expires: float = inf) -> None:
        """Have another bot token; those before it are good until their own end."""
        self.tokens[self.bot_token] = self.tokens.get(self.bot_token, inf) if not self.token_error else 0.0
        self.tokens[token], self.bot_token, self.token_error = expires, token, ""

    def check_token(self, token: str, now: float) -> None:
        """Refuse a bot token that is none, was taken away or has ended."""
        if token != self.bot_token and token not in self.tokens:
            raise Refusal("invalid_auth")
        if self.token_error:
            raise Refusal(self.token_error)
        if now >= self.tokens.get(token, inf):
            raise Refusal("token_expired")

    @property
    def command_list(self) -> tuple[Command, ...]:
        """The commands that a person's client suggests; none without a manifest."""
        return self.manifest.commands if self.manifest else ()

    @property
    def shortcuts(self) -> tuple[Shortcut, ...]:
        return self.manifest.shortcuts if self.manifest else ()

    @property
    def suggested_prompts(self) -> tuple[Prompt, ...]:
        return self.manifest.prompts if self.manifest else ()

    def escapes(self, command: str) -> bool:
        """Say whether names in a command's text come as ids; so it is without a manifest."""
        return all(known.escape for known in self.command_list if known.command == command)

    def need_shortcut(self, kind: str, callback_id: str) -> None:
        """Refuse a shortcut that no menu has; `kind` is global or message."""
        known = {(shortcut.kind, shortcut.callback_id) for shortcut in self.shortcuts}
        if self.manifest and (kind, callback_id) not in known:
            raise NotPossible(f"the app has no {kind} shortcut {callback_id}")

    def need_scope(self, scope: str) -> None:
        """Refuse where the bot token does not have the scope."""
        if scope not in self.scopes:
            raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))

    def hears(self, event: str) -> bool:
        """Say whether the app is subscribed to the event and may have it."""
        scope = EVENT_SCOPES.get(event)
        return not self.token_error and event in self.events and (scope is None or scope in self.scopes)
