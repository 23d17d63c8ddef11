"""What Slack takes as blocks: limits by block, by surface and by payload. Pure.

https://docs.slack.dev/reference/block-kit/blocks; a kind or a property that is not listed there is refused.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from playground.slack.block_elements import (
    ID,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    URL,
    formatted,
    plain,
)
from playground.slack.errors import Refusal
from playground.slack.schemas import Check, anything, by_type, choice, flag, number, several, shape, string

Block = dict[str, Any]
Surface = Literal["message", "modal", "home"]

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
LONGEST_MARKDOWN = 12_000
"""Characters of all markdown blocks of one payload together."""

LONGEST_PAYLOAD = 100_000
"""Characters of all blocks as JSON; Slack says that there is a limit, not which."""

FRAME: dict[str, Check] = {"type": anything, "block_id": ID}


def _block(needed: dict[str, Check], optional: dict[str, Check] | None = None, one_of: tuple[str, ...] = ()) -> Check:
    return shape({"type": anything, **needed}, {**FRAME, **(optional or {})}, one_of=one_of)


RICH = by_type(
    {
        name: shape(
            {"type": anything, "elements": several(anything, 1000, 0)},
            {
                "style": anything,
                "indent": number(0, 8),
                "offset": anything,
                "border": number(0, 1),
                "language": string(100, 0),
            },
        )
        for name in ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
    }
)
CELL = by_type(
    {
        "raw_text": shape({"type": anything, "text": string(10_000, 0)}),
        "rich_text": shape({"type": anything, "elements": several(RICH, 1000)}),
    }
)
CARD = shape(
    {"type": anything, "task_id": string(256), "title": string(256)},
    {
        **FRAME,
        "status": choice("pending", "in_progress", "complete", "error"),
        "details": anything,
        "output": anything,
        "sources": anything,
    },
)

EVERYWHERE: dict[str, Check] = {
    "actions": _block({"elements": several(IN_ACTIONS, 25)}),
    "context": _block({"elements": several(IN_CONTEXT, 10)}),
    "divider": _block({}),
    "header": _block({"text": plain(150)}, {"level": number(1, 4)}),
    "image": _block(
        {"alt_text": string(2000)},
        {"image_url": URL, "slack_file": anything, "title": plain(2000)},
        ("image_url", "slack_file"),
    ),
    "input": _block(
        {"label": plain(2000), "element": IN_INPUT}, {"hint": plain(2000), "optional": flag, "dispatch_action": flag}
    ),
    "rich_text": _block({"elements": several(RICH, 1000)}),
    "section": _block(
        {},
        {"text": formatted(3000), "fields": several(formatted(2000), 10), "accessory": IN_SECTION, "expand": flag},
        ("text", "fields"),
    ),
}
IN_MESSAGES: dict[str, Check] = {
    **EVERYWHERE,
    "alert": _block({"text": formatted(200)}, {"level": choice("default", "info", "warning", "error", "success")}),
    "context_actions": _block({"elements": several(IN_CONTEXT_ACTIONS, 5)}),
    "markdown": _block({"text": string(LONGEST_MARKDOWN)}),
    "plan": _block({"title": string(256)}, {"tasks": several(CARD, 50)}),
    "table": _block({"rows": several(several(CELL, 20), 100)}, {"column_settings": several(anything, 20, 0)}),
    "task_card": CARD,
}
SURFACES: dict[str, Check] = {
    "message": by_type(IN_MESSAGES),
    "modal": by_type(EVERYWHERE),
    "home": by_type(EVERYWHERE),
}


def problems(blocks: list[Any], surface: Surface, where: str = "/blocks") -> list[str]:
    """Tell everything that Slack would refuse, except the sizes of the whole payload."""
    found = list(several(SURFACES[surface], MOST_BLOCKS[surface], 0)(blocks, where))
    whole = [block for block in blocks if isinstance(block, dict)]
    found += _repeated("block_id", [str(block["block_id"]) for block in whole if "block_id" in block])
    found += _repeated("action_id", [str(e["action_id"]) for e in elements(whole) if "action_id" in e])
    if sum(block.get("type") == "table" for block in whole) > 1:
        found.append("only one table is allowed in a message")
    return found


def elements(blocks: list[Block]) -> Iterator[dict[str, Any]]:
    """Go through everything in the blocks that a person can press, choose or fill in."""
    for block in blocks:
        inner = [*_list(block.get("elements")), block.get("accessory"), block.get("element")]
        yield from (element for element in inner if isinstance(element, dict))


def read_blocks(value: Any, surface: Surface = "message") -> list[Block]:
    """Check the blocks of a request; raise Slack's refusal. A missing value is no block at all."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refusal("invalid_blocks_format")
    found = problems(value, surface)
    if found:
        raise Refusal("invalid_blocks", *found)
    if sum(len(block["text"]) for block in value if block["type"] == "markdown") > LONGEST_MARKDOWN:
        raise Refusal("msg_blocks_too_long")
    if len(str(value)) > LONGEST_PAYLOAD:
        raise Refusal("msg_blocks_too_long")
    return value


def _repeated(name: str, ids: list[str]) -> list[str]:
    return [f"`{name}` must be unique: {id_}" for id_, count in Counter(ids).items() if count > 1]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
