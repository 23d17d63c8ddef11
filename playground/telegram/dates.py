"""Moments in a text, which a client shows in the reader's own time."""

import re
from typing import Any

FORMAT = re.compile(r"r|w?[dD]?[tT]?")
UNIX_TIME = re.compile(r"\d{1,12}")


def date_details(unix_time: str, form: str) -> dict[str, Any] | None:
    """Give the details of a `date_time` entity; None where time or format are none that Telegram knows."""
    if not UNIX_TIME.fullmatch(unix_time) or not FORMAT.fullmatch(form):
        return None
    return {"unix_time": int(unix_time)} | ({"date_time_format": form} if form else {})
