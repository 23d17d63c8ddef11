"""The Markdown of rich messages, as blocks: GitHub's kind with tables, task lists and formulas.

HTML inside of Markdown and footnotes stay plain text here, unlike at Telegram.
"""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin

from playground.telegram.rich_blocks import Block
from playground.telegram.rich_marks import marks_plugin
from playground.telegram.rich_text import RichText, joined

PARSER = (
    MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
    .enable(["table", "strikethrough"])
    .use(marks_plugin)
    .use(dollarmath_plugin, allow_space=False, allow_digits=False, double_inline=True)
)
STYLES = {"strong": "bold", "em": "italic", "s": "strikethrough", "marked": "marked", "spoiler": "spoiler"}
BREAKS = {"softbreak": " ", "hardbreak": "\n"}
TASK = re.compile(r"\[([ xX])\] ")


def markdown_blocks(source: str) -> list[Block]:
    """Turn Markdown into the blocks of a request."""
    return _blocks(SyntaxTreeNode(PARSER.parse(source)).children)


def _blocks(nodes: list[SyntaxTreeNode]) -> list[Block]:
    return [block for node in nodes for block in _block(node)]


def _block(node: SyntaxTreeNode) -> Iterator[Block]:
    match node.type:
        case "paragraph":
            yield _paragraph(node.children[0])
        case "heading":
            text = _text(node.children[0].children)
            if text:
                yield {"type": "heading", "size": int(node.tag[1]), "text": text}
        case "fence" | "code_block":
            yield _code(node)
        case "hr":
            yield {"type": "divider"}
        case "blockquote":
            yield {"type": "blockquote", "blocks": _blocks(node.children)}
        case "bullet_list" | "ordered_list":
            yield _list(node)
        case "table":
            yield {"type": "table", "cells": [_row(row) for part in node.children for row in part.children]}
        case "math_block" | "math_block_label":
            yield {"type": "mathematical_expression", "expression": node.content.strip()}


def _paragraph(inline: SyntaxTreeNode) -> Block:
    """Make a paragraph, or a medium where an image stands alone."""
    children = inline.children
    if len(children) == 1 and children[0].type == "image":
        title = str(children[0].attrs.get("title", ""))
        block: Block = {"type": "photo", "photo": {"type": "photo", "media": str(children[0].attrs["src"])}}
        return block | ({"caption": {"text": title}} if title else {})
    return {"type": "paragraph", "text": _text(children)}


def _code(node: SyntaxTreeNode) -> Block:
    language = node.info.split()[0] if node.info.strip() else ""
    content = node.content.removesuffix("\n")
    if language == "math":
        return {"type": "mathematical_expression", "expression": content}
    return {"type": "pre", "text": content} | ({"language": language} if language else {})


def _list(node: SyntaxTreeNode) -> Block:
    items = [_item(item) for item in node.children]
    if node.type == "ordered_list":
        first = int(node.attrs.get("start", 1))
        items = [item | {"value": number, "type": "1"} for number, item in enumerate(items, first)]
    return {"type": "list", "items": items}


def _item(node: SyntaxTreeNode) -> Block:
    """Make an item; `[x] ` at its beginning is a checkbox."""
    blocks = _blocks(node.children)
    text = blocks[0].get("text", "") if blocks else ""
    first = text[0] if isinstance(text, list) else text
    task = TASK.match(first) if isinstance(first, str) else None
    if task is None:
        return {"blocks": blocks}
    rest = first[task.end() :]
    blocks[0]["text"] = [rest, *text[1:]] if isinstance(text, list) else rest
    return {"blocks": blocks, "has_checkbox": True, "is_checked": task[1] in "xX"}


def _row(row: SyntaxTreeNode) -> list[Block]:
    return [_cell(cell) for cell in row.children]


def _cell(cell: SyntaxTreeNode) -> Block:
    align = str(cell.attrs.get("style", "")).removeprefix("text-align:")
    shown: Block = {"text": _text(cell.children[0].children)} | ({"align": align} if align else {})
    return shown | ({"is_header": True} if cell.type == "th" else {})


def _text(nodes: list[SyntaxTreeNode]) -> RichText:
    return joined(_inline(node) for node in nodes)


def _inline(node: SyntaxTreeNode) -> RichText:
    if node.type in STYLES:
        return {"type": STYLES[node.type], "text": _text(node.children)}
    match node.type:
        case "code_inline":
            return {"type": "code", "text": node.content}
        case "math_inline" | "math_inline_double":
            return {"type": "mathematical_expression", "expression": node.content}
        case "link":
            return {"type": "url", "text": _text(node.children), "url": str(node.attrs["href"])}
        case "image":
            return {"type": "url", "text": node.content or "image", "url": str(node.attrs["src"])}
    return BREAKS.get(node.type, node.content)
