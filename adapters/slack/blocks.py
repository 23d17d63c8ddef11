"""Posts as Slack's Block Kit. Pure; the limits are those of Slack's reference for blocks."""

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.markdown.characters import clean, cluster_start
from adapters.markdown.unfinished import close_unfinished
from adapters.slack import markup
from bot.engine.posts import Action, Button, Post

Block = dict[str, Any]

METADATA = "threadline_reply"

BUTTON_PREFIX = "threadline:"
LINK_PREFIX = "link:"

MOST_BLOCKS = 50
SECTION_LENGTH = 3000
MOST_VIEW_BLOCKS = 100
MOST_BUTTONS = 25
LABEL_LENGTH = 75
VALUE_LENGTH = 2000
NOTIFIED = 300
"""Characters of a growing text that go into its notification; the whole one has them all."""
EMPTY = "…"
"""Shown where there is no text yet: Slack refuses an empty message."""


def message(post: Post) -> dict[str, Any]:
    """`text` and `blocks` of a message: Markdown in a block, plain text for notifications and screen readers."""
    rendered = markup.render(close_unfinished(post.text) if post.live else post.text)
    blocks: list[Block] = [{"type": "markdown", "text": rendered if rendered.strip() else EMPTY}]
    return {"text": _notification(post), "blocks": blocks + rows(post, MOST_BLOCKS - 1)}


def plain(post: Post) -> dict[str, Any]:
    """The same without any markup, for what Slack does not take as Markdown."""
    sections = [
        {"type": "section", "text": {"type": "plain_text", "text": piece, "emoji": False}}
        for piece in _pieces(clean(post.text).strip() or EMPTY)
    ]
    return {"text": _notification(post), "blocks": sections + rows(post, MOST_BLOCKS - len(sections))}


def marked(mark: str | None) -> dict[str, Any]:
    """The metadata by which a message is found again."""
    return {} if mark is None else {"metadata": {"event_type": METADATA, "event_payload": {"mark": mark}}}


def carries(message: dict[str, Any], mark: str) -> bool:
    """Whether a message that Slack gives has this mark."""
    metadata = message.get("metadata") or {}
    return metadata.get("event_type") == METADATA and (metadata.get("event_payload") or {}).get("mark") == mark


def _notification(post: Post) -> str:
    markdown = close_unfinished(post.text[:NOTIFIED]) if post.live else post.text
    return markup.text_fallback(markdown).strip() or EMPTY


def _pieces(text: str) -> Iterator[str]:
    """The text in sections, cut at lines where that can be."""
    while len(text) > SECTION_LENGTH:
        end = text.rfind("\n", 1, SECTION_LENGTH) + 1 or cluster_start(text, SECTION_LENGTH)
        yield text[:end]
        text = text[end:]
    yield text


def view_blocks(post: Post) -> list[Block]:
    """The same for a modal or the Home tab, where Markdown blocks are not allowed."""
    return [paragraph(markup.text_fallback(post.text).strip() or EMPTY), *rows(post, MOST_VIEW_BLOCKS - 2)]


def paragraph(escaped: str) -> Block:
    """A section with text that is escaped already; `verbatim` keeps Slack from making links and mentions of it."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": escaped, "verbatim": True}}


def rows(post: Post, most: int) -> list[Block]:
    """The rows of buttons; ids are unique in the message, as Slack demands."""
    return [_row(row, number) for number, row in enumerate(post.rows[:most]) if row]


def _row(row: Sequence[Button], number: int) -> Block:
    """What people think of an answer has buttons of its own in Slack."""
    if [button.action for button in row] == [Action.GOOD, Action.BAD]:
        return {"type": "context_actions", "elements": [_feedback(row[0], row[1], number)]}
    shown = [_button(button, f"{number}:{column}") for column, button in enumerate(row[:MOST_BUTTONS])]
    return {"type": "actions", "elements": shown}


def _feedback(good: Button, bad: Button, number: int) -> Block:
    sides = {"positive_button": good, "negative_button": bad}
    return {
        "type": "feedback_buttons",
        "action_id": f"{BUTTON_PREFIX}{number}",
        **{name: {"text": _plain(button.label), "value": button.data} for name, button in sides.items()},
    }


def _button(button: Button, place: str) -> Block:
    """One button. A link is pressed as well as followed, hence a name of its own that nobody listens to."""
    prefix = LINK_PREFIX if button.url else BUTTON_PREFIX
    element: Block = {
        "type": "button",
        "action_id": f"{prefix}{place}",
        "text": _plain(button.label),
        "value": button.data[:VALUE_LENGTH],
    }
    if button.danger:
        element["style"] = "danger"
    if button.url:
        element["url"] = button.url
    return element


def _plain(label: str) -> Block:
    return {"type": "plain_text", "text": _label(label), "emoji": True}


def _label(text: str) -> str:
    return text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1] + "…"
