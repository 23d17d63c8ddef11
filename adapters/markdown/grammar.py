"""The Markdown that is spoken here: CommonMark, tables, strikethrough, LaTeX; HTML is text.

What differs from CommonMark, and why:
- `2*3*4`, `x**2` and `a*b` between letters or digits are arithmetic far more often than emphasis.
- A bare address keeps its underscores.
- LaTeX is an atom. Own rules, because `dollarmath` knows no `\\(`, `texmath` eats the delimiters, and both
  scan without a bound.
- No reference links: a definition would vanish from one page and leave its use on another without a target.
- No headings by underlining: a line of dashes under a paragraph is a rule, and no line changes the one above it.
- What is nested deeper than `DEEPEST` is text; markdown-it itself would drop it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline, image, link

DEEPEST = 40
"""Levels of nested blocks that are understood: a quote is one, a list with its item is two."""

LONGEST_MATH = 3000
"""Characters that a formula may have; bounds the search for its end."""

LONGEST_LABEL = 1000
"""Characters from a `[` to its `](`; bounds what thousands of open brackets cost."""

InlineRule = Callable[[StateInline, bool], bool]
"""Take what begins at the state's position; where it is asked silently, only tell its end."""

DELIMITERS = {"$$": "$$", "\\[": "\\]", "\\(": "\\)", "$": "$"}

ONE_LINE = re.compile(r"[^\W\d_][^\n]*\n?")
"""A text that is one line and begins with a letter is a paragraph: told so, nobody has to ask a dozen rules."""

_ADDRESS = re.compile(r"://[^\s<>\[\]*`|\"\\]+")
_MARK = re.compile(r"[\n$&*<\[\\\]_`~]|!(?=\[)|(?<=http):(?=//)|(?<=https):(?=//)")
"""Where an inline rule may find something; what stands between is text. Fewer stops than markdown-it makes."""

_DISPLAY = re.compile(r"\$\$|\\\[")


def grammar() -> MarkdownIt:
    """Make a parser; it keeps no state between texts."""
    markdown = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST + 20})
    markdown.enable(["table", "strikethrough"]).disable(["reference", "lheading", "html_block", "html_inline"])
    markdown.inline.terminator_re = _MARK
    markdown.inline.ruler.before("newline", "address", address)
    markdown.inline.ruler.before("escape", "latex", latex)
    markdown.inline.ruler.at("link", bounded_link)
    markdown.inline.ruler.at("image", bounded_image)
    markdown.inline.ruler.before("strikethrough", "arithmetic", arithmetic)
    markdown.block.ruler.before("table", "deep", _deep)
    markdown.block.ruler.before("fence", "display", display, {"alt": ["paragraph", "blockquote", "list"]})
    return markdown


def address(state: StateInline, silent: bool) -> bool:
    """Take the rest of a bare `http://` or `https://` address as text."""
    if state.src[state.pos] != ":" or not state.src.endswith(("http", "https"), 0, state.pos):
        return False
    match = _ADDRESS.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    found = match[0].rstrip("_~.,;:!?'$")
    if not silent:
        state.pending += found
    state.pos += max(len(found), 1)
    return True


def bounded_link(state: StateInline, silent: bool) -> bool:
    """Take `[text](target)`."""
    return state.src[state.pos] == "[" and _label_ends(state) and link(state, silent)


def bounded_image(state: StateInline, silent: bool) -> bool:
    """Take `![alt](target)`, but not inside the alternative text of another: that recursion has no bound."""
    if state.src[state.pos] != "!" or state.env.get("image") or not _label_ends(state):
        return False
    state.env["image"] = True
    found = image(state, silent)
    state.env["image"] = False
    return found


def _label_ends(state: StateInline) -> bool:
    return state.src.find("](", state.pos, min(state.posMax, state.pos + LONGEST_LABEL)) >= 0


def arithmetic(state: StateInline, silent: bool) -> bool:
    """Take stars between two letters or digits as stars: `2*3`, `x**2`; but `**bold**ed` stays emphasis."""
    start, source = state.pos, state.src
    if source[start] != "*" or start == 0:
        return False
    end = start
    while end < state.posMax and source[end] == "*":
        end += 1
    before, after = source[start - 1], source[end : end + 1]
    if not (_is_word(before) and _is_word(after)):
        return False
    if end - start > 1 and not (before.isdigit() or after.isdigit()):
        return False
    if not silent:
        state.pending += source[start:end]
    state.pos = end
    return True


def _is_word(character: str) -> bool:
    return character == "\u2060" or (character.isascii() and character.isalnum())


def latex(state: StateInline, silent: bool) -> bool:
    """Take `$…$`, `$$…$$`, `\\(…\\)` and `\\[…\\]` as one atom, letter for letter."""
    end = _math_end(state.src, state.pos, state.posMax)
    if end is None:
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content = state.src[state.pos : end]
    state.pos = end
    return True


def _math_end(source: str, start: int, limit: int) -> int | None:
    opener = next((opener for opener in DELIMITERS if source.startswith(opener, start, limit)), None)
    if opener is None:
        return None
    inner = start + len(opener)
    close = source.find(DELIMITERS[opener], inner, min(limit, inner + LONGEST_MATH))
    if close <= inner or not source[inner:close].strip():
        return None
    if opener == "$" and not _is_dollar_math(source, start, close):
        return None
    return close + len(opener)


def _is_dollar_math(source: str, start: int, close: int) -> bool:
    """Tell a formula from two prices: no space inside the dollars, no letter or digit right outside of them."""
    inside = source[start + 1 : close]
    outside = source[start - 1 : start] + source[close + 1 : close + 2]
    if inside != inside.strip() or any(character.isalnum() for character in outside):
        return False
    return inside[-1] != "\\" and "`" not in inside and "**" not in inside


def display(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Take lines from a leading `$$` or `\\[` to a trailing `$$` or `\\]` as a block, lest a line of it be a list."""
    start = state.bMarks[first] + state.tShift[first]
    match = _DISPLAY.match(state.src, start)
    if match is None or state.is_code_block(first):
        return False
    last = _display_end(state, first, end, DELIMITERS[match[0]])
    if last is None:
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.content = state.getLines(first, last + 1, state.blkIndent, False).strip()
        token.markup, token.map = match[0], [first, last + 1]
    state.line = last + 1
    return True


def _display_end(state: StateBlock, first: int, end: int, closer: str) -> int | None:
    """Find the line that ends with the closer. A blank line or a lower indent before it means there is no formula."""
    start = state.bMarks[first] + state.tShift[first] + 2
    for line in range(first, min(end, first + 200)):
        if state.isEmpty(line) or (line > first and state.sCount[line] < state.blkIndent):
            return None
        text = state.src[start : state.eMarks[line]].rstrip()
        if closer in text:
            return line if text.find(closer) == len(text) - len(closer) and (line > first or len(text) > 2) else None
        start = state.bMarks[min(line + 1, end)]
    return None


def _deep(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Take everything below the deepest level as paragraphs."""
    if state.level < DEEPEST or silent:
        return False
    last = first + 1
    while last < end and not state.isEmpty(last) and state.sCount[last] >= state.blkIndent:
        last += 1
    state.line = last
    state.push("paragraph_open", "p", 1).map = [first, last]
    token = state.push("inline", "", 0)
    token.content = state.getLines(first, last, state.blkIndent, False).strip()
    token.map, token.children = [first, last], []
    state.push("paragraph_close", "p", -1)
    return True
