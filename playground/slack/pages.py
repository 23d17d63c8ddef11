"""Lists that are read page by page, with a cursor."""

from typing import Any, TypeVar

from playground.slack.arguments import Arguments
from playground.slack.errors import Refusal

MOST_ROWS = 1000

T = TypeVar("T")


def page(rows: list[T], args: Arguments, most: int = MOST_ROWS, usual: int = 100) -> tuple[list[T], dict[str, Any]]:
    """Cut a page out of the rows; the cursor is where the next begins."""
    limit, cursor = args.number("limit", usual), args.text("cursor")
    if cursor and not cursor.removeprefix("next:").isdecimal():
        raise Refusal("invalid_cursor")
    if limit < 1:
        raise Refusal("invalid_limit")
    start = int(cursor.removeprefix("next:") or 0)
    end = start + min(limit, most)
    return rows[start:end], {"response_metadata": {"next_cursor": f"next:{end}" if end < len(rows) else ""}}
