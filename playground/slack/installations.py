"""What happens when the app's right to the workspace ends."""

from typing import Any

from playground.slack.workspace import Workspace


def uninstall(workspace: Workspace) -> None:
    """Remove the app: two events in any order, and tokens that are worth nothing."""
    told: list[dict[str, Any]] = [_revoked(workspace), {"type": "app_uninstalled"}]
    workspace.dice.shuffle(told)
    for event in told:
        workspace.emit({**event, "event_ts": workspace.stamps.new()})
    workspace.app.token_error = "account_inactive"  # noqa: S105 - Slack's word for the error


def revoke(workspace: Workspace) -> None:
    """Take the bot token away, while the app stays installed."""
    workspace.emit({**_revoked(workspace), "event_ts": workspace.stamps.new()})
    workspace.app.token_error = "token_revoked"  # noqa: S105 - Slack's word for the error


def _revoked(workspace: Workspace) -> dict[str, Any]:
    return {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [workspace.bot.id]}}
