"""Slack's errors turned into ours."""

from typing import Any

from slack_sdk.errors import SlackApiError

from bot.engine.errors import (
    DeliveryError,
    MessageGone,
    PlaceGone,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
    TooLong,
)

PAUSE_WHERE_NONE_IS_SAID = 5.0
"""Seconds; a `rate_limited` in a 200 body may come without Retry-After."""

DEAD_TOKEN = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})

_LIMITED = frozenset({"ratelimited", "rate_limited"})
_UNAVAILABLE = frozenset(
    {
        "external_channel_migrating",
        "fatal_error",
        "internal_error",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        "update_failed",
    }
)
_MESSAGE_GONE = frozenset({"message_not_found", "edit_window_closed", "cant_update_message", "cant_delete_message"})
_PLACE_GONE = DEAD_TOKEN | {
    "channel_not_found",
    "not_in_channel",
    "is_archived",
    "is_inactive",
    "messages_tab_disabled",
}
_TOO_LONG = frozenset({"msg_too_long", "msg_blocks_too_long"})

THREAD_GONE = ("thread_not_found", "invalid_thread_ts", "cannot_reply_to_message")
MARKUP_REFUSED = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_many", "block_mismatch")
STREAMING = "streaming_state_conflict"
NOT_DELETABLE = "cant_delete_message"
"""Also of a message that is a stream still."""


def code_of(error: SlackApiError) -> str:
    """Slack's name for the error; "" where the answer was no JSON object."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def delivery_error(method: str, error: SlackApiError) -> DeliveryError:
    """Ours for Slack's. The sentence has the method and the code only: arguments may carry people's text."""
    code, status = code_of(error), _status_of(error.response)
    what = f"{method}: {code or f'HTTP {status}'}"
    if status == 429 or code in _LIMITED:
        return RateLimited(_seconds(getattr(error.response, "headers", {}).get("Retry-After")))
    if status >= 500 or code in _UNAVAILABLE or not code:
        return PlatformUnavailable(what)
    if code in _MESSAGE_GONE:
        return MessageGone(what)
    if code in _PLACE_GONE or code.startswith("restricted_action"):
        return PlaceGone(what)
    return TooLong(what) if code in _TOO_LONG else PlatformRefused(what)


def status_error(what: str, status: int, retry_after: str | None) -> DeliveryError:
    """Ours for an answer of which only the HTTP status says something."""
    if status == 429:
        return RateLimited(_seconds(retry_after))
    kind = PlatformUnavailable if status >= 500 else PlatformRefused
    return kind(f"{what}: HTTP {status}")


def refused_for(error: DeliveryError, *codes: str) -> bool:
    """Whether Slack gave one of these codes."""
    return str(error).rpartition(": ")[2] in codes


def _status_of(response: Any) -> int:
    """The HTTP status; the SDK hands over its own response or, where the body was unreadable, aiohttp's."""
    status: int = getattr(response, "status_code", 0) or getattr(response, "status", 0)
    return status


def _seconds(retry_after: str | None) -> float:
    """Slack sends whole seconds."""
    said = retry_after or ""
    return float(said) if said.isascii() and said.isdecimal() else PAUSE_WHERE_NONE_IS_SAID
