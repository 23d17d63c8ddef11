"""Two marks that Telegram adds to Markdown: ==marked== and ||hidden||."""

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

KINDS = {"=": "marked", "|": "spoiler"}


def marks_plugin(parser: MarkdownIt) -> None:
    """Teach a parser the marks, with the rules that `~~` has."""
    for character in KINDS:
        parser.inline.add_terminator_char(character)
    parser.inline.ruler.before("emphasis", "marks", _scan)
    parser.inline.ruler2.before("emphasis", "marks", _pair)


def _scan(state: StateInline, silent: bool) -> bool:
    """Note marks as text for now; whether they open or close is seen at the end."""
    character = state.src[state.pos]
    if silent or character not in KINDS:
        return False
    scanned = state.scanDelims(state.pos, True)
    if scanned.length != 2:
        return False
    state.push("text", "", 0).content = 2 * character
    place = len(state.tokens) - 1
    state.delimiters.append(Delimiter(ord(character), 0, place, -1, scanned.can_open, scanned.can_close))
    state.pos += 2
    return True


def _pair(state: StateInline) -> None:
    """Make tags of the marks that found one another."""
    nested = [meta["delimiters"] for meta in state.tokens_meta if meta and "delimiters" in meta]
    for delimiters in (state.delimiters, *nested):
        for mark in delimiters:
            kind = KINDS.get(chr(mark.marker))
            if kind is not None and mark.end != -1:
                _turn(state, mark.token, f"{kind}_open", 1)
                _turn(state, delimiters[mark.end].token, f"{kind}_close", -1)


def _turn(state: StateInline, place: int, kind: str, nesting: int) -> None:
    token = state.tokens[place]
    token.type, token.nesting, token.content = kind, nesting, ""  # type: ignore[assignment]  # its type is too narrow
