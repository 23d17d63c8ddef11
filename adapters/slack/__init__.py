"""Everything that knows Slack: its events and interactions, its Web API, its markup."""

from adapters.slack.app import SlackAdapter, SlackStartError
from adapters.slack.config import SlackConfig, is_place

__all__ = ["SlackAdapter", "SlackConfig", "SlackStartError", "is_place"]
