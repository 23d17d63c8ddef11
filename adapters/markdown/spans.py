"""Where marks begin and end in the source of one paragraph.

markdown-it tells lines but no columns; here its inline rules are wrapped so that every token knows its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, autolink, backtick, emphasis, entity, escape, newline, strikethrough
from markdown_it.token import Token

from adapters.markdown.bounded import INLINE_RULES, bounded_grammar
from adapters.markdown.grammar import (
    DELIMITERS,
    InlineRule,
    address,
    bounded_image,
    bounded_link,
    grammar,
    latex,
)


@dataclass(frozen=True, slots=True)
class Span:
    """`source[start:end]` is one mark with its content `source[inner_start:inner_end]`.

    An atom should not be cut. Where it must be, `opening` and `closing` make both halves whole;
    they are empty where that is impossible (an escape, an entity, a bare address).
    """

    start: int
    inner_start: int
    inner_end: int
    end: int
    opening: str
    closing: str
    atom: bool

    def holds(self, position: int) -> bool:
        """Tell whether the position lies in the content, so that a cut there is closed and opened again."""
        return self.inner_start < position < self.inner_end

    def forbids(self, position: int) -> bool:
        """Tell whether a cut at the position would tear the mark itself or leave it empty."""
        return self.start < position < self.end and not self.holds(position)


@dataclass(frozen=True, slots=True)
class Loose:
    """A mark that could open something and has found no end."""

    start: int
    marker: str


@dataclass(frozen=True, slots=True)
class Marks:
    spans: tuple[Span, ...]
    loose: tuple[Loose, ...]


def find_marks(source: str) -> Marks:
    """Find every mark in the source of one paragraph, outer before inner."""
    return _find(source, _PARSER)


def find_bounded_marks(source: str) -> Marks:
    """Find those that are short enough to be marks in a text that only grows."""
    return _find(source, _BOUNDED)


def _find(source: str, parser: MarkdownIt) -> Marks:
    env: dict[str, list[Token]] = {}
    tokens: list[Token] = []
    parser.inline.parse(source, parser, env, tokens)
    spans = sorted(_spans(tokens, source), key=lambda span: (span.start, -span.end))
    return Marks(tuple(spans), tuple(_loose(env.get("marks", []), _taken(spans))))


def _placed(rule: InlineRule) -> InlineRule:
    """Make the rule write into its tokens where it found them: `meta["at"]` is start and end."""

    def run(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.tokens)
        if not rule(state, silent):
            return False
        for token in state.tokens[before:] if not silent else ():
            if "at" not in token.meta and token.type != "text":
                token.meta["at"] = (start, state.pos)
        return True

    return run


def _placed_marks(rule: InlineRule) -> InlineRule:
    """Do the same for a rule that takes a run of markers, one token each, after the text that was pending."""

    def run(state: StateInline, silent: bool) -> bool:
        start, delimiters = state.pos, len(state.delimiters)
        if not rule(state, silent):
            return False
        end = state.pos
        for delimiter in reversed(state.delimiters[delimiters:]) if not state.env.get("image") else ():
            token = state.tokens[delimiter.token]
            token.meta.update(at=(end - len(token.content), end), marker=token.content, opens=delimiter.open)
            end -= len(token.content)
            state.env.setdefault("marks", []).append(token)
        return end >= start

    return run


def _placed_code(rule: InlineRule) -> InlineRule:
    """Do the same for code, and note the backticks that begin none."""
    place = _placed(rule)

    def run(state: StateInline, silent: bool) -> bool:
        start = state.pos
        if not place(state, silent):
            return False
        found = bool(state.tokens) and state.tokens[-1].meta.get("at") == (start, state.pos)
        if not (silent or found or state.env.get("image")):
            token = Token("text", "", 0, content=state.src[start : state.pos])
            token.meta.update(at=(start, state.pos), marker=token.content, opens=True)
            state.env.setdefault("marks", []).append(token)
        return True

    return run


def _placed_label(rule: InlineRule, width: int) -> InlineRule:
    """Do the same for a rule that takes a label; notes where the label ends."""
    place = _placed(rule)

    def run(state: StateInline, silent: bool) -> bool:
        start, before = state.pos, len(state.tokens)
        if not place(state, silent):
            return False
        if not silent:
            inner_end = state.md.helpers.parseLinkLabel(state, start + width - 1, False)
            for token in state.tokens[before:]:
                if token.meta.get("at") == (start, state.pos):
                    token.meta.setdefault("inner", (start + width, inner_end))
        return True

    return run


def _address_atom(state: StateInline, silent: bool) -> bool:
    start = state.pos
    if not address(state, silent):
        return False
    if not silent:
        token = state.push("address", "", 0)
        begin = max(state.src.rfind("http", 0, start), 0)
        token.meta.update(at=(begin, state.pos), inner=(begin, state.pos))
    return True


_RULES: dict[str, InlineRule] = {
    "latex": latex,
    "backticks": backtick,
    "strikethrough": strikethrough.tokenize,
    "emphasis": emphasis.tokenize,
    "link": bounded_link,
    "image": bounded_image,
    "autolink": autolink,
}


def _placing(parser: MarkdownIt, rules: Mapping[str, InlineRule]) -> MarkdownIt:
    placing: dict[str, InlineRule] = {
        "address": _address_atom,
        "newline": _placed(newline),
        "latex": _placed(rules["latex"]),
        "escape": _placed(escape),
        "entity": _placed(entity),
        "autolink": _placed(rules["autolink"]),
        "backticks": _placed_code(rules["backticks"]),
        "strikethrough": _placed_marks(rules["strikethrough"]),
        "emphasis": _placed_marks(rules["emphasis"]),
        "link": _placed_label(rules["link"], 1),
        "image": _placed_label(rules["image"], 2),
    }
    for name, rule in placing.items():
        parser.inline.ruler.at(name, rule)
    return parser


_PARSER = _placing(grammar(), _RULES)
_BOUNDED = _placing(bounded_grammar(), INLINE_RULES)


def _spans(tokens: Sequence[Token], source: str) -> Iterator[Span]:
    opened: list[Token] = []
    for token in tokens:
        if token.nesting == 1:
            opened.append(token)
        elif token.nesting == -1:
            yield _pair(opened.pop(), token, source)
        elif "at" in token.meta and token.type != "text":
            yield _atom(token, source)


def _pair(opening: Token, closing: Token, source: str) -> Span:
    if opening.type == "link_open":
        return _atom(opening, source)
    mark = opening.markup
    inner_start = opening.meta["at"][1]
    inner_end = closing.meta["at"][0]
    return Span(inner_start - len(mark), inner_start, inner_end, inner_end + len(mark), mark, mark, False)


def _atom(token: Token, source: str) -> Span:
    start, end = token.meta["at"]
    inner_start, inner_end = token.meta.get("inner") or _inside(token, source, start, end)
    if inner_end <= inner_start:
        return Span(start, end, end, end, "", "", True)
    return Span(start, inner_start, inner_end, end, source[start:inner_start], source[inner_end:end], True)


def _inside(token: Token, source: str, start: int, end: int) -> tuple[int, int]:
    if token.type == "code_inline":
        return start + len(token.markup), end - len(token.markup)
    if token.type == "math_inline":
        opener = next(opener for opener in DELIMITERS if source.startswith(opener, start))
        return start + len(opener), end - len(opener)
    return end, end


def _taken(spans: Sequence[Span]) -> set[int]:
    """Collect the places of all markers that do mark something."""
    taken: set[int] = set()
    for span in spans:
        if not span.atom:
            taken.update(range(span.start, span.inner_start), range(span.inner_end, span.end))
    return taken


def _loose(marks: Sequence[Token], taken: set[int]) -> Iterator[Loose]:
    """Go through markers that opened nothing, joined to runs (`*` `*` is `**`)."""
    free = [token for token in marks if token.meta["opens"] and token.meta["at"][0] not in taken]
    run: Loose | None = None
    for token in sorted(free, key=lambda token: token.meta["at"][0]):
        start, marker = token.meta["at"][0], token.meta["marker"]
        if run and run.start + len(run.marker) == start and run.marker[0] == marker[0]:
            run = Loose(run.start, run.marker + marker)
            continue
        if run:
            yield run
        run = Loose(start, marker)
    if run:
        yield run
