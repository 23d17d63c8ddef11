"""Code whose end is not written yet: told without a parser where that can be, for a long one is shown many times."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markdown_it.token import Token

from adapters.markdown.grammar import grammar

_PARSER = grammar()
_OPENING = re.compile(r"(`{3,})([^`\n]*)\n|(~{3,})([^\n]*)\n")
_CLOSING = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*$", re.MULTILINE)
_FEW = 16
_MAYBE_CLOSING = re.compile(r"[ \t>]*(?:`*|~*)[ \t]*")


@dataclass(frozen=True, slots=True)
class Fence:
    """Code from `start` to `end`, in lines of `marks`; the last of these is missing where it is open."""

    marks: str
    info: str
    start: int
    end: int
    is_open: bool


def may_have_fence(text: str) -> bool:
    return "```" in text or "~~~" in text


def only_fence(text: str) -> Fence | None:
    """Read a text that is nothing but code: it begins with a fence, at the start of a line, and ends with it."""
    found = _OPENING.match(text)
    if found is None:
        return None
    marks, start = found[1] or found[3], found.end()
    closing = (line for line in _CLOSING.finditer(text, start) if line[1].startswith(marks))
    last = next(closing, None) if marks in text[start:] else None
    if last and text[last.end() :].strip("\n"):
        return None
    return Fence(marks, found[2] or found[4] or "", start, last.start() if last else len(text), last is None)


def open_fence(text: str) -> Fence | None:
    """Read a text that is nothing but code whose end is not written."""
    fence = only_fence(text)
    return fence if fence and fence.is_open else None


def has_open_fence(text: str) -> bool:
    """Tell whether a line without indent that is added to the text, after an empty one, would be code.

    Where that takes a parser it is asked less often as the text grows, and the answer is yes in between.
    """
    if not may_have_fence(text):
        return False
    if open_fence(text):
        return True
    if (gaps := text.count("\n\n")) > _FEW and gaps & (gaps - 1):
        return True
    tokens: list[Token] = []
    _PARSER.block.parse(text, _PARSER, {}, tokens)
    return bool(tokens) and tokens[-1].type == "fence" and tokens[-1].level == 0 and is_open(tokens[-1])


def is_open(fence: Token) -> bool:
    """Tell whether a fence ends where the text or what is around it ends, without a line that closes it."""
    first, last = fence.map or (0, 0)
    lines = fence.content.count("\n") + (not fence.content.endswith("\n") and fence.content != "")
    return lines > last - first - 2


def may_close(line: str) -> bool:
    """Tell whether a line of code that is still being written could become the end of its fence."""
    return _MAYBE_CLOSING.fullmatch(line) is not None
