"""Posts as Slack's Block Kit. Pure; the limits are those of Slack's reference for blocks."""

from typing import Any

from adapters.markdown.unfinished import close_unfinished
from adapters.slack import markup
from bot.engine.posts import Button, Post

Block = dict[str, Any]

BUTTON_PREFIX = "threadline:"
LINK_PREFIX = "link:"

MOST_BLOCKS = 50
MOST_VIEW_BLOCKS = 100
MOST_BUTTONS = 25
LABEL_LENGTH = 75
VALUE_LENGTH = 2000
EMPTY = "…"
"""Shown where there is no text yet: Slack refuses an empty message."""


def message(post: Post) -> dict[str, Any]:
    """`text` and `blocks` of a message: Markdown in a block, plain text for notifications and screen readers."""
    markdown = close_unfinished(post.text) if post.live else post.text
    rendered = markup.render(markdown)
    blocks: list[Block] = [{"type": "markdown", "text": rendered if rendered.strip() else EMPTY}]
    blocks += rows(post, MOST_BLOCKS - 1)
    return {"text": markup.text_fallback(markdown).strip() or EMPTY, "blocks": blocks}


def view_blocks(post: Post) -> list[Block]:
    """The same for a modal or the Home tab, where Markdown blocks are not allowed."""
    return [paragraph(markup.text_fallback(post.text).strip() or EMPTY), *rows(post, MOST_VIEW_BLOCKS - 2)]


def paragraph(escaped: str) -> Block:
    """A section with text that is escaped already; `verbatim` keeps Slack from making links and mentions of it."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": escaped, "verbatim": True}}


def rows(post: Post, most: int) -> list[Block]:
    """The rows of buttons; ids are unique in the message, as Slack demands."""
    return [
        {
            "type": "actions",
            "elements": [_button(button, f"{number}:{column}") for column, button in enumerate(row[:MOST_BUTTONS])],
        }
        for number, row in enumerate(post.rows[:most])
        if row
    ]


def _button(button: Button, place: str) -> Block:
    """One button. A link is pressed as well as followed, hence a name of its own that nobody listens to."""
    prefix = LINK_PREFIX if button.url else BUTTON_PREFIX
    element: Block = {
        "type": "button",
        "action_id": f"{prefix}{place}",
        "text": {"type": "plain_text", "text": _label(button.label), "emoji": True},
        "value": button.data[:VALUE_LENGTH],
    }
    if button.danger:
        element["style"] = "danger"
    if button.url:
        element["url"] = button.url
    return element


def _label(text: str) -> str:
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1] + "…"
