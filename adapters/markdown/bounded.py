"""The same Markdown for texts that only grow: what a mark does is known after a bounded number of characters.

A mark that finds its end later than that is text, for it has been shown as text by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_inline import StateInline, autolink, backtick, emphasis, strikethrough
from markdown_it.rules_inline.state_inline import Delimiter

from adapters.markdown.grammar import InlineRule, bounded_image, bounded_link, display, grammar, latex

LONGEST_OPEN = 200
"""Characters from the beginning of a mark to its end; of a link, to the end of its text."""

LONGEST_TARGET = 2_000
"""Characters of the address of a link."""

LONGEST_PRICE = 40
"""Characters of a formula that begins like a price: `$5`."""

LONGEST_DISPLAY = 1_000
"""Characters of a displayed formula."""


def bounded_grammar() -> MarkdownIt:
    """Make a parser that takes no mark which is too long, and no table whose header does not begin with `|`."""
    markdown = grammar()
    for name, rule in INLINE_RULES.items():
        markdown.inline.ruler.at(name, rule)
    markdown.inline.ruler2.after("balance_pairs", "part_far", _part_far)
    markdown.block.ruler.at("table", _table, {"alt": ["paragraph"]})
    markdown.block.ruler.at("display", _display, {"alt": ["paragraph", "blockquote", "list"]})
    return markdown


def _within(most: int, rule: InlineRule) -> InlineRule:
    """Take the rule's word for no more than so many characters."""

    def run(state: StateInline, silent: bool) -> bool:
        start = state.pos
        if not rule(state, True):
            return False
        end, state.pos = state.pos, start
        return end - start <= most and rule(state, silent)

    return run


def _code(state: StateInline, silent: bool) -> bool:
    start, source = state.pos, state.src
    if not backtick(state, True):
        return False
    end, state.pos = state.pos, start
    if end - start <= LONGEST_OPEN:
        return backtick(state, silent)
    while source.startswith("`", state.pos):
        state.pos += 1
    if not silent:
        state.pending += source[start : state.pos]
    return True


def _labelled(width: int, rule: InlineRule) -> InlineRule:
    """Take a link whose text and whose address are short enough."""
    bounded = _within(LONGEST_OPEN + LONGEST_TARGET, rule)

    def run(state: StateInline, silent: bool) -> bool:
        start = state.pos
        if not state.src.startswith("![" if width == 2 else "[", start):
            return False
        end = state.md.helpers.parseLinkLabel(state, start + width - 1, width == 1)
        return 0 <= end - start <= LONGEST_OPEN and bounded(state, silent)

    return run


def _formula(state: StateInline, silent: bool) -> bool:
    start = state.pos
    price = state.src[start] == "$" and state.src[start + 1 : start + 2].isdigit()
    return _within(LONGEST_PRICE if price else LONGEST_OPEN, latex)(state, silent)


def _with_runs(rule: InlineRule) -> InlineRule:
    """Make a rule for runs of markers write where the run begins and ends."""

    def run(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.delimiters)
        if not rule(state, silent):
            return False
        for delimiter in state.delimiters[before:]:
            state.tokens[delimiter.token].meta["run"] = (start, state.pos)
        return True

    return run


def _part_far(state: StateInline) -> None:
    """Part the markers that lie too far from one another."""
    for delimiters in _levels(state):
        for opener in delimiters:
            if opener.end >= 0:
                start, _ = state.tokens[opener.token].meta["run"]
                _, end = state.tokens[delimiters[opener.end].token].meta["run"]
                opener.end = opener.end if end - start <= LONGEST_OPEN else -1


def _levels(state: StateInline) -> Iterator[list[Delimiter]]:
    yield state.delimiters
    for meta in state.tokens_meta:
        if meta and "delimiters" in meta:
            yield meta["delimiters"]


def _table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    start = state.bMarks[first] + state.tShift[first]
    return state.src.startswith("|", start) and table(state, first, end, silent)


def _display(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    line = state.line
    if not display(state, first, end, True):
        return False
    last, state.line = state.line - 1, line
    start = state.bMarks[first] + state.tShift[first]
    return state.eMarks[last] - start <= LONGEST_DISPLAY and display(state, first, end, silent)


INLINE_RULES: dict[str, Callable[[StateInline, bool], bool]] = {
    "latex": _formula,
    "backticks": _code,
    "strikethrough": _with_runs(strikethrough.tokenize),
    "emphasis": _with_runs(emphasis.tokenize),
    "link": _labelled(1, bounded_link),
    "image": _labelled(2, bounded_image),
    "autolink": _within(LONGEST_TARGET, autolink),
}
