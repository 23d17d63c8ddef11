"""What Slack takes as blocks: limits by block, by surface and by payload. Pure.

https://docs.slack.dev/reference/block-kit/blocks; a kind or a property that is not listed there is refused. The
limits of card, carousel, container and alert are from there and from the SDK's models; a container holds no container.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

from playground.slack.block_elements import (
    BUTTON,
    ID,
    IMAGE,
    IN_ACTIONS,
    IN_CONTEXT,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    OPTIONS,
    URL,
    formatted,
    plain,
)
from playground.slack.errors import Refusal
from playground.slack.rich_texts import RICH_TEXT
from playground.slack.schemas import Check, amount, anything, by_type, choice, flag, number, several, shape, string

Block = dict[str, Any]
Surface = Literal["message", "modal", "home"]

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
LONGEST_MARKDOWN = 12_000
"""Characters of all markdown blocks of one payload together."""

LONGEST_PAYLOAD = 100_000
"""Characters of all blocks as JSON; Slack says that there is a limit, not which."""

FRAME: dict[str, Check] = {"type": anything, "block_id": ID}


CELL = by_type(
    {
        "raw_text": shape({"type": anything, "text": string(10_000, 0)}),
        "raw_number": shape({"type": anything, "value": amount, "text": string(10_000)}),
        "rich_text": RICH_TEXT,
    }
)


def _column(value: Any, where: str) -> Iterator[str]:
    """How a column of a table looks; null leaves one out."""
    if value is not None:
        yield from shape({}, {"align": choice("left", "center", "right"), "is_wrapped": flag})(value, where)


COLUMN: Check = _column


def _block(needed: dict[str, Check], optional: dict[str, Check] | None = None, one_of: tuple[str, ...] = ()) -> Check:
    return shape({"type": anything, **needed}, {**FRAME, **(optional or {})}, one_of=one_of)


CARD = shape(
    {"type": anything},
    {
        **FRAME,
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": formatted(150),
        "subtitle": formatted(150),
        "body": formatted(200),
        "actions": several(BUTTON, 25),
    },
    one_of=("hero_image", "title", "actions", "body"),
)
SOURCE = by_type({"url": shape({"type": anything, "url": URL, "text": string(256)})})
TASK = shape(
    {"type": anything, "task_id": string(256), "title": string(256)},
    {
        **FRAME,
        "status": choice("pending", "in_progress", "complete", "error"),
        "details": by_type({"rich_text": RICH_TEXT}),
        "output": by_type({"rich_text": RICH_TEXT}),
        "sources": several(SOURCE, 100, 0),
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
    "rich_text": RICH_TEXT,
    "section": _block(
        {},
        {"text": formatted(3000), "fields": several(formatted(2000), 10), "accessory": IN_SECTION, "expand": flag},
        ("text", "fields"),
    ),
}
IN_MODALS: dict[str, Check] = {
    **EVERYWHERE,
    "alert": _block({"text": formatted(200)}, {"level": choice("default", "info", "warning", "error", "success")}),
}
IN_CONTAINERS: dict[str, Check] = {
    **EVERYWHERE,
    "card": CARD,
    "carousel": _block({"elements": several(by_type({"card": CARD}), 10)}),
    "context_actions": _block({"elements": several(IN_CONTEXT_ACTIONS, 5)}),
    "markdown": _block({"text": string(LONGEST_MARKDOWN)}),
    "plan": _block({"title": string(256)}, {"tasks": several(by_type({"task_card": TASK}), 50)}),
    "table": _block({"rows": several(several(CELL, 20), 100)}, {"column_settings": several(COLUMN, 20, 0)}),
    "task_card": TASK,
}
IN_MESSAGES: dict[str, Check] = {
    **IN_CONTAINERS,
    "container": _block(
        {"child_blocks": several(by_type(IN_CONTAINERS), 10)},
        {
            "title": plain(150),
            "rich_text_title": by_type({"rich_text": RICH_TEXT}),
            "subtitle": formatted(150),
            "width": choice("narrow", "standard", "wide", "full"),
            "icon": IMAGE,
            "is_collapsible": flag,
            "default_collapsed": flag,
            "has_header_divider": flag,
        },
        ("title", "rich_text_title"),
    ),
}
OPTIONS_ANSWER = shape({}, OPTIONS, one_of=("options", "option_groups"))
SURFACES: dict[str, Check] = {
    "message": by_type(IN_MESSAGES),
    "modal": by_type(IN_MODALS),
    "home": by_type(EVERYWHERE),
}


def problems(blocks: list[Any], surface: Surface, where: str = "/blocks") -> list[str]:
    """Tell everything that Slack would refuse, except the sizes of the whole payload."""
    found = list(several(SURFACES[surface], MOST_BLOCKS[surface], 0)(blocks, where))
    whole = [block for block in blocks if isinstance(block, dict) and "type" in block]
    ids = [str(block["block_id"]) for block in with_inner(whole) if "block_id" in block]
    found += _repeated("block_id", ids)
    found += _repeated("action_id", [str(e["action_id"]) for e in elements(whole) if "action_id" in e])
    if sum(block.get("type") == "table" for block in with_inner(whole)) > 1:
        found.append("only one table is allowed in a message")
    found += [problem for index, block in enumerate(whole) for problem in _folds(block, f"{where}/{index}")]
    return found


def read_options(value: Any) -> list[Block]:
    """Check what the app answers where it is asked for the options of a menu; raise a refusal."""
    found = list(OPTIONS_ANSWER(value, ""))
    if found:
        raise Refusal("invalid_arguments", *found)
    groups = value.get("option_groups", [])
    return [*value.get("options", []), *(option for group in groups for option in group["options"])]


def with_inner(blocks: list[Block]) -> Iterator[Block]:
    """Go through the blocks and those inside of containers and carousels."""
    for block in blocks:
        yield block
        inner = [*_list(block.get("child_blocks"))] + (
            _list(block.get("elements")) if block["type"] == "carousel" else []
        )
        yield from with_inner([child for child in inner if isinstance(child, dict) and "type" in child])


def elements(blocks: list[Block]) -> Iterator[dict[str, Any]]:
    """Go through everything in the blocks that a person can press, choose or fill in."""
    for block in with_inner(blocks):
        inner = [
            *_list(block.get("elements")),
            *_list(block.get("actions")),
            block.get("accessory"),
            block.get("element"),
        ]
        yield from (element for element in inner if isinstance(element, dict))


def _folds(block: Block, where: str) -> Iterator[str]:
    """What a container's switches may not be together."""
    if block.get("type") != "container":
        return
    if block.get("default_collapsed") and not block.get("is_collapsible"):
        yield f"default_collapsed needs is_collapsible [json-pointer:{where}]"
    if block.get("is_collapsible") and block.get("has_header_divider"):
        yield f"has_header_divider cannot be set when is_collapsible is true [json-pointer:{where}]"


def read_blocks(value: Any, surface: Surface = "message") -> list[Block]:
    """Check the blocks of a request; raise Slack's refusal. A missing value is no block at all."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Refusal("invalid_blocks_format")
    found = problems(value, surface)
    if found:
        raise Refusal("invalid_blocks", *found)
    if sum(len(block["text"]) for block in with_inner(value) if block["type"] == "markdown") > LONGEST_MARKDOWN:
        raise Refusal("msg_blocks_too_long")
    if len(str(value)) > LONGEST_PAYLOAD:
        raise Refusal("msg_blocks_too_long")
    return value


def _repeated(name: str, ids: list[str]) -> list[str]:
    return [f"`{name}` must be unique: {id_}" for id_, count in Counter(ids).items() if count > 1]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
