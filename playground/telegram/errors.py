"""The refusals of the Bot API, worded as Telegram words them.

Every text was read in the source of the open Bot API server and TDLib or seen from the real service; clients match on
them, so they are part of the interface.
"""

from typing import Any

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)


class ApiError(Exception):
    """What the stand-in answers instead of a result; `code` is the HTTP status as well."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        return body | ({"parameters": self.parameters} if self.parameters else {})


def bad_request(text: str) -> ApiError:
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    return ApiError(409, f"Conflict: {text}")


def too_many_requests(retry_after: int) -> ApiError:
    """Tell how many seconds to keep away; the server repeats it in the header `Retry-After`."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
