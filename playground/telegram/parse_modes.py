"""Markup in a request, by its `parse_mode`."""

from collections.abc import Callable

from playground.telegram.entities import Span
from playground.telegram.errors import bad_request
from playground.telegram.parse_html import parse_html
from playground.telegram.parse_markdown import parse_markdown, parse_markdown_v2

PARSERS: dict[str, Callable[[str], tuple[str, tuple[Span, ...]]]] = {
    "html": parse_html,
    "markdown": parse_markdown,
    "markdownv2": parse_markdown_v2,
}


def parse_markup(text: str, mode: str) -> tuple[str, tuple[Span, ...]]:
    """Take the markup out of a text; refuse what Telegram cannot parse, and a mode that it does not have."""
    if mode not in PARSERS:
        raise bad_request("unsupported parse_mode")
    return PARSERS[mode](text)
