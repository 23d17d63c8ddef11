"""What Telegram's refusals mean, in the engine's errors. The wordings are those of facts 2.2."""

import re
from datetime import timedelta

from telegram.error import (
    BadRequest,
    ChatMigrated,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from bot.engine.errors import (
    DeliveryError,
    MessageGone,
    PermissionMissing,
    PlaceGone,
    PlatformRefused,
    PlatformUnavailable,
    RateLimited,
    ThreadlineError,
    TooLong,
)


class TelegramRefused(ThreadlineError):
    """Telegram does not let the bot in: the token or the webhook's address is wrong. One sentence for the operator."""


class TokenRefused(PlatformRefused):
    """401, or 404 for a token of a wrong shape."""


class MethodUnknown(TokenRefused):
    """404: the method is newer than the server, or the token has a wrong shape."""


class TopicGone(PlaceGone):
    """The topic was deleted or is hidden; the chat around it may still be there."""


class NotModified(PlatformRefused):
    """The message shows this already."""


class EntitiesRefused(PlatformRefused):
    """The text would be taken, its marks are not."""


class NoCaption(PlatformRefused):
    """The message is one of ours that has no caption: what Telegram says of texts."""


# First match wins; all in lower case.
_WORDINGS: tuple[tuple[str, type[DeliveryError]], ...] = (
    ("not modified", NotModified),
    ("topic_not_modified", NotModified),
    ("no caption in the message", NoCaption),
    ("message is too long", TooLong),
    ("text is too long", TooLong),
    ("message_too_long", TooLong),
    ("message to edit not found", MessageGone),
    ("message can't be edited", MessageGone),
    ("message to delete not found", MessageGone),
    ("message can't be deleted", MessageGone),
    ("message_id_invalid", MessageGone),
    ("message thread not found", TopicGone),
    ("topic_deleted", TopicGone),
    ("topic_id_invalid", TopicGone),
    ("topic_closed", PlaceGone),
    ("chat not found", PlaceGone),
    ("not enough rights to send documents", PermissionMissing),
    ("chat_send_docs_forbidden", PermissionMissing),
    ("not enough rights", PlaceGone),
    ("have no rights to send", PlaceGone),
    ("chat_write_forbidden", PlaceGone),
    ("group chat was upgraded", PlaceGone),
    ("group chat was deactivated", PlaceGone),
    ("peer_id_invalid", PlaceGone),
    ("user_is_blocked", PlaceGone),
    ("can't parse", EntitiesRefused),
    ("entity", EntitiesRefused),
    ("entities", EntitiesRefused),
)

# What Telegram quotes of a call, such as the address of a link, may be what people wrote.
_QUOTED = re.compile(r"""(?<!\w)(["'“]).*["'”]""", re.DOTALL)

# What Telegram says of a method that it does not know, and the library of one that it does not know itself.
_UNKNOWN = re.compile("not found|does not exist", re.IGNORECASE)

_UNSAID_WAIT = 5.0  # seconds, for a 429 that does not say how long


def delivery_error(error: TelegramError) -> DeliveryError:
    """The engine's error for the library's. A group's new id after an upgrade is part of the text."""
    if isinstance(error, RetryAfter):
        return RateLimited(_seconds(error.retry_after))
    if isinstance(error, ChatMigrated):
        return PlaceGone(f"the group was upgraded and is now {error.new_chat_id}")
    if isinstance(error, Forbidden):
        return PlaceGone(_unquoted(error.message))
    if isinstance(error, InvalidToken | EndPointNotFound):  # 401 and 404; the library's text may hold the token
        kind = MethodUnknown if _UNKNOWN.search(error.message) else TokenRefused
        return kind("Telegram refuses the token or does not know the method")
    if isinstance(error, BadRequest):
        return _refusal(_unquoted(error.message))
    return _failure(_unquoted(error.message))


def outcome(error: DeliveryError) -> str:
    """The word that operators see in the metrics."""
    kinds: tuple[tuple[type[DeliveryError], str], ...] = (
        (RateLimited, "rate_limited"),
        (PlatformUnavailable, "unavailable"),
        (NotModified, "ok"),
        (MessageGone, "gone"),
        (PlaceGone, "gone"),
    )
    return next((word for kind, word in kinds if isinstance(error, kind)), "refused")


def _unquoted(text: str) -> str:
    return _QUOTED.sub("…", text)


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _refusal(text: str) -> DeliveryError:
    lowered = text.lower()
    kind = next((kind for wording, kind in _WORDINGS if wording in lowered), PlatformRefused)
    return kind(text)


def _failure(text: str) -> DeliveryError:
    """No answer, 5xx, a page that is no JSON; or a 429 without its number, which the library takes for one of them."""
    if "too many requests" in text.lower():
        return RateLimited(_UNSAID_WAIT)
    if "entity too large" in text.lower():
        return TooLong(text)
    return PlatformUnavailable(text.split(". Parsing the server response")[0])
