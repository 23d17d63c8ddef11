"""Markdown and HTML in a request."""

from playground.telegram.entities import Span
from playground.telegram.errors import bad_request

MODES = frozenset({"markdown", "markdownv2", "html"})


def parse_markup(text: str, mode: str) -> tuple[str, tuple[Span, ...]]:
    """Take the markup out of a text; refuse what Telegram cannot parse."""
    if mode not in MODES:
        raise bad_request("unsupported parse_mode")
    raise NotImplementedError
