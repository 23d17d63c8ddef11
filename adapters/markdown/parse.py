"""Markdown -> document tree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from adapters.markdown.bounded import bounded_grammar
from adapters.markdown.characters import JOINER, clean
from adapters.markdown.fences import Fence, is_open, only_fence
from adapters.markdown.grammar import ONE_LINE, grammar
from adapters.markdown.tree import (
    Alignment,
    Block,
    Blocks,
    Code,
    CodeBlock,
    Document,
    Emphasis,
    Heading,
    Image,
    Inline,
    Inlines,
    Item,
    LineBreak,
    Link,
    List,
    Math,
    MathBlock,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    Text,
    plain,
)

_PARSER, _BOUNDED = grammar(), bounded_grammar()
_TASK = re.compile(r"\[([ xX])\](?:\s+|$)")
_MOST_MARKS = 16
"""How deep marks may nest; more of them look no different, and the tree must stay shallow enough to walk."""


def parse(markdown: str) -> Document:
    """Read any text as Markdown; there is no text that is wrong.

    No character that a reader should see is lost: HTML and unclosed marks are text.
    """
    return _read(markdown, _PARSER)


def parse_bounded(markdown: str) -> Document:
    """Read a text that only grows: marks that are too long to be waited for are text."""
    return _read(markdown, _BOUNDED)


def _read(markdown: str, parser: MarkdownIt) -> Document:
    text = clean(markdown)
    if ONE_LINE.fullmatch(text):
        return Document((Paragraph(_inlines(parser.parseInline(text.strip())[0].children or [])),))
    fence = only_fence(text)
    return Document((_code(text, fence),) if fence else _blocks(iter(parser.parse(text))))


def parse_inline(markdown: str) -> Inlines:
    """Read the inside of one paragraph."""
    tokens = _PARSER.parseInline(markdown)
    return _inlines(tokens[0].children or [])


def _blocks(tokens: Iterator[Token], end: str = "") -> Blocks:
    blocks: list[Block] = []
    for token in tokens:
        if token.type == end:
            break
        blocks.append(_block(token, tokens))
    return tuple(blocks)


def _block(token: Token, tokens: Iterator[Token]) -> Block:
    match token.type:
        case "paragraph_open":
            return Paragraph(_content(tokens, "paragraph_close"))
        case "heading_open":
            return Heading(int(token.tag[1]), _content(tokens, "heading_close"))
        case "bullet_list_open":
            return List(tuple(_items(tokens, "bullet_list_close")), None, token.markup)
        case "ordered_list_open":
            return List(tuple(_items(tokens, "ordered_list_close")), int(token.attrs.get("start", 1)), token.markup)
        case "blockquote_open":
            return Quote(_blocks(tokens, "blockquote_close"))
        case "table_open":
            return _table(tokens)
    return _leaf(token)


def _leaf(token: Token) -> Block:
    match token.type:
        case "fence":
            return CodeBlock(token.content.removesuffix("\n"), _language(token.info), token.markup, is_open(token))
        case "code_block":
            return CodeBlock(token.content.removesuffix("\n"))
        case "math_block":
            return MathBlock(token.content)
        case "hr":
            return Rule()
    raise AssertionError(f"the grammar makes no {token.type}")


def _code(text: str, fence: Fence) -> CodeBlock:
    """Take the code, but no last line of spaces where it is open, as the parser does."""
    code = text[fence.start : fence.end]
    last = code.rfind("\n") + 1
    code = code if code[last:].strip(" \t") else code[:last]
    return CodeBlock(code.removesuffix("\n"), _language(fence.info), fence.marks, fence.is_open)


def _language(info: str) -> str:
    return (info.split() or [""])[0]


def _content(tokens: Iterator[Token], end: str) -> Inlines:
    content: Inlines = ()
    for token in tokens:
        if token.type == end:
            break
        content = _inlines(token.children or [])
    return content


def _items(tokens: Iterator[Token], end: str) -> Iterator[Item]:
    for token in tokens:
        if token.type == end:
            return
        yield _item(tokens, token)


def _item(tokens: Iterator[Token], opening: Token) -> Item:
    continued = False
    blocks: list[Block] = []
    for token in tokens:
        if token.type == "list_item_close":
            break
        if token.type == "paragraph_open" and not blocks and not continued:
            source = next(tokens)
            continued = source.content == JOINER
            paragraph = Paragraph(_inlines(source.children or []))
            next(tokens)
            blocks.extend([] if continued else [paragraph])
        else:
            blocks.append(_block(token, tokens))
    return _task(Item(tuple(blocks), continued=continued))


def _task(item: Item) -> Item:
    """Read `[ ]` and `[x]` at the start of an item. Own code: the plugin for it writes HTML into the text."""
    match item.blocks:
        case (Paragraph((Text(text), *more)), *blocks) if (found := _TASK.match(text)) and not item.continued:
            left = text[found.end() :]
            content = (Text(left), *more) if left else tuple(more)
            return Item((Paragraph(content), *blocks), checked=found[1] != " ")
    return item


def _table(tokens: Iterator[Token]) -> Table:
    alignments: list[Alignment | None] = []
    rows: list[list[Inlines]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open":
            alignments.append(_alignment(token))
        elif token.type == "inline":
            rows[-1].append(_inlines(token.children or []))
    return Table(tuple(alignments), tuple(map(tuple, rows)))


def _alignment(token: Token) -> Alignment | None:
    match token.attrs.get("style"):
        case "text-align:left":
            return "left"
        case "text-align:center":
            return "center"
        case "text-align:right":
            return "right"
    return None


_MARKS: dict[str, Callable[[Inlines, Token], Inline]] = {
    "strong_open": lambda content, token: Strong(content),
    "em_open": lambda content, token: Emphasis(content),
    "s_open": lambda content, token: Strike(content),
    "link_open": lambda content, token: Link(content, str(token.attrs["href"]), token.info == "auto"),
}


def _inlines(tokens: Sequence[Token]) -> Inlines:
    """Nest a flat list of tokens, without recursion: marks may open ten thousandfold."""
    opened: list[Token] = []
    levels: list[list[Inline]] = [[]]
    for token in tokens:
        if token.nesting == 1:
            opened.append(token)
            if len(opened) <= _MOST_MARKS:
                levels.append([])
        elif token.nesting == -1:
            opening = opened.pop()
            if len(opened) < _MOST_MARKS:
                content = _merge(levels.pop())
                levels[-1].append(_MARKS[opening.type](content, opening))
        else:
            levels[-1].append(_atom(token))
    return _merge(levels[0])


def _atom(token: Token) -> Inline:
    match token.type:
        case "code_inline":
            return Code(token.content)
        case "math_inline":
            return Math(token.content)
        case "image":
            return Image(plain(_inlines(token.children or [])), str(token.attrs["src"]))
        case "softbreak" | "hardbreak":
            return LineBreak(token.type == "hardbreak")
    return Text(token.content.replace(JOINER, ""))


def _merge(content: list[Inline]) -> Inlines:
    """Join neighbouring texts and drop empty ones."""
    merged: list[Inline] = []
    for inline in content:
        if not isinstance(inline, Text):
            merged.append(inline)
        elif merged and isinstance(before := merged[-1], Text):
            merged[-1] = Text(before.text + inline.text)
        elif inline.text:
            merged.append(inline)
    return tuple(merged)
