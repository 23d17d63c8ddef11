"""What a message of the app may hold: text, blocks or Markdown, their sizes, and what goes with them."""

import json
from dataclasses import dataclass, field
from typing import Any

from playground.slack.arguments import Arguments
from playground.slack.blocks import Block, read_blocks
from playground.slack.errors import Refusal

LONGEST_MARKDOWN = 12_000
LONGEST_TEXT = 40_000
"""Characters of `text`; what is over is cut, with a warning."""

LONGEST_UPDATE = 4_000
"""Characters, and bytes, of `text` in chat.update; over it is refused."""

MOST_ATTACHMENTS = 100
LARGEST_METADATA = 8_000


@dataclass
class Content:
    """`markdown_text` excludes the other two."""

    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    markdown_text: str = ""
    attachments: list[Any] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def read_content(args: Arguments, *, update: bool = False) -> Content:
    """Check what a request wants to show; raise Slack's refusal."""
    markdown = args.text("markdown_text")
    if markdown and ("text" in args or "blocks" in args):
        raise Refusal("markdown_text_conflict")
    if len(markdown) > LONGEST_MARKDOWN:
        raise Refusal("msg_too_long")
    blocks = read_blocks(args.structure("blocks", "invalid_blocks_format"))
    content = Content(args.text("text"), blocks, markdown, read_attachments(args))
    if not (content.text or content.blocks or content.markdown_text or content.attachments):
        raise Refusal("no_text")
    _limit_text(content, update)
    if content.blocks and not content.text:
        content.warnings.append("missing_text_in_message")
    return content


def _limit_text(content: Content, update: bool) -> None:
    longest = max(len(content.text), len(content.text.encode()))
    if update and longest > LONGEST_UPDATE:
        raise Refusal("msg_too_long")
    if len(content.text) > LONGEST_TEXT:
        content.text = content.text[:LONGEST_TEXT]
        content.warnings.append("message_truncated")


def read_attachments(args: Arguments) -> list[Any]:
    value = args.structure("attachments", "invalid_attachments") or []
    if not isinstance(value, list):
        raise Refusal("invalid_attachments")
    if len(value) > MOST_ATTACHMENTS:
        raise Refusal("too_many_attachments")
    for attachment in value:
        if not isinstance(attachment, dict):
            raise Refusal("invalid_attachments")
        read_blocks(attachment.get("blocks"))
    return value


def read_metadata(args: Arguments) -> dict[str, Any] | None:
    """Check the metadata of a message: a type and a flat payload."""
    value = args.structure("metadata", "invalid_metadata_format")
    if value is None:
        return None
    if not isinstance(value, dict) or not value.get("event_type") or not isinstance(value.get("event_payload"), dict):
        raise Refusal("invalid_metadata_format")
    if len(json.dumps(value)) > LARGEST_METADATA:
        raise Refusal("metadata_too_large")
    return value


def makes_mentions(args: Arguments, default: str) -> bool:
    """Say whether plain words like @channel become mentions: by `link_names`, or by how the text is parsed."""
    return args.flag("link_names") or args.text("parse", default) in ("full", "client")


def with_block_ids(blocks: list[Block], number: str) -> list[Block]:
    """Give every block the id that Slack gives it where the app gave none; a markdown block's own is ignored."""
    return [{**block, "block_id": _id_of(block, f"{number[-4:]}{index}")} for index, block in enumerate(blocks)]


def _id_of(block: Block, made: str) -> str:
    return made if block["type"] == "markdown" else str(block.get("block_id", made))


def with_warnings(answer: dict[str, Any], warnings: list[str]) -> dict[str, Any]:
    """Say what Slack did not like but let pass."""
    if not warnings:
        return answer
    return {**answer, "warning": ",".join(warnings), "response_metadata": {"warnings": warnings}}
