"""How chats are searched: what words a text has, what a query asks for, and the piece of a text that is shown for it.

All of it is here and nothing of it in a database, so every storage finds the same.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bot.engine import texts
from bot.engine.chats import ListedChat

MOST_TOKENS = 16_000
"""Of one text; PostgreSQL counts positions up to 16,383."""

MOST_BYTES = 700_000
"""Of all tokens of one text; PostgreSQL takes less than 1 MiB with their positions."""

LONGEST_TOKEN = 40
"""Characters; of a longer word only the beginning counts."""

LONGEST_QUERY = 300
SNIPPET = 120
BEFORE_THE_HIT = 40

DIACRITIC = 10
"""From this combining class on a mark is left out. Below are those that make another letter (Indic, Kana)."""

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\U00020000-\U0003ffff"
)
"""Scripts that put no space between words: Thai, Lao, Burmese, Khmer, Kana, Han."""

_RUNS = re.compile(f"[{UNSPACED}]+|[^{UNSPACED}\\s]+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_TERMS = re.compile(r'(?P<no>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')
_QUOTES = str.maketrans("“”„‟«»", '""""""')


class _Folding(dict[int, str]):
    """What each character becomes: letters, digits and marks in their plainest form, else a space, or nothing."""

    def __missing__(self, code: int) -> str:
        if len(self) >= MOST_TOKENS:  # somebody writes all of Unicode; it is not worth keeping
            self.clear()
        decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", chr(code)).casefold())
        self[code] = folded = "".join(map(_kept, decomposed))
        return folded


def _kept(character: str) -> str:
    if unicodedata.combining(character) >= DIACRITIC or unicodedata.category(character) == "Cf" or character == "\x00":
        return ""
    return character if unicodedata.category(character)[0] in "LNM" else " "


_FOLDING = _Folding()


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that stand one after the other; the last one may be only the beginning of what stands there."""

    tokens: tuple[str, ...]
    prefix: bool = False

    @property
    def pattern(self) -> str:
        """What is found in `padded` tokens exactly where the term is."""
        return f" {' '.join(self.tokens)}" + ("" if self.prefix else " ")

    @property
    def whole(self) -> tuple[str, ...]:
        """The tokens that stand there as they are."""
        return self.tokens[:-1] if self.prefix else self.tokens


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is looked for: texts that have all of `wanted` and nothing of `excluded`."""

    wanted: tuple[Term, ...]
    excluded: tuple[Term, ...] = ()

    def matches(self, tokens: Sequence[str]) -> bool:
        text = padded(tokens)
        has_all = all(term.pattern in text for term in self.wanted)
        return has_all and not any(term.pattern in text for term in self.excluded)


@dataclass(frozen=True, slots=True)
class SearchHit:
    """The newest thing of a chat that has what was looked for: a message, or without `message_id` the title.

    `id` is what the hits are sorted by, greatest first; `text` is all of the message or title.
    """

    id: int
    listed: ListedChat
    message_id: int | None
    text: str
    at: datetime


def tokens_of(text: str) -> list[str]:
    """The tokens of a text, as they are stored: words, and of scripts without spaces every two neighbours.

    The last character of such a run stands alone, so one character is found as the beginning of a token.
    """
    bounded, size = [], 0
    for token in islice(_tokens(text.translate(_FOLDING)), MOST_TOKENS):
        size += len(token.encode())
        if size > MOST_BYTES:
            break
        bounded.append(token)
    return bounded


def padded(tokens: Sequence[str]) -> str:
    """The tokens as a text in which each has a space on either side."""
    return f" {' '.join(tokens)} "


def read_query(words: str) -> SearchQuery | None:
    """What a person asks for: `words "a phrase" -without begin*`; None where that is nothing to look for."""
    found = [(match["no"], _term(match)) for match in _TERMS.finditer(words[:LONGEST_QUERY].translate(_QUOTES))]
    wanted = tuple(dict.fromkeys(term for no, term in found if term and not no))
    excluded = tuple(dict.fromkeys(term for no, term in found if term and no))
    return SearchQuery(wanted, excluded) if wanted else None


def _term(match: re.Match[str]) -> Term | None:
    """One word or phrase; a word of several tokens ("don't", "snake_case") is a phrase of them."""
    asked = match["phrase"] if match["word"] is None else match["word"]
    tokens = tokens_of(asked)
    if not tokens:
        return None
    if _UNSPACED.match(tokens[-1]):
        pair = len(tokens) > 1 and len(tokens[-2]) == 2 and tokens[-2].endswith(tokens[-1])
        return Term(tuple(tokens[:-1])) if pair else Term(tuple(tokens), prefix=True)
    return Term(tuple(tokens), prefix=match["word"] is not None and asked.endswith("*"))


def _tokens(folded: str) -> Iterator[str]:
    if not _UNSPACED.search(folded):
        yield from (word[:LONGEST_TOKEN] for word in folded.split())
        return
    for run in _RUNS.findall(folded):
        if _UNSPACED.match(run):
            yield from (run[place : place + 2] for place in range(len(run)))
        else:
            yield run[:LONGEST_TOKEN]


def snippet(text: str, query: SearchQuery) -> str:
    """About `SNIPPET` characters around the first hit, on one line of Markdown, with the hits in bold."""
    hits = _hits(text, query)
    first = hits[0] if hits else (0, 0)
    begin, end = _window(text, first)
    shown, at = "", begin
    for start, stop in hits:
        if start >= begin and stop <= end:
            shown += f"{_line(text[at:start])}**{_line(text[start:stop])}**"
            at = stop
    shown += _line(text[at:end])
    return ("…" if begin > 0 else "") + shown.strip() + ("…" if end < len(text.rstrip()) else "")


def _window(text: str, hit: tuple[int, int]) -> tuple[int, int]:
    """Where to begin and to end, at words where there are any."""
    begin, end = max(0, hit[0] - BEFORE_THE_HIT), min(len(text), max(hit[0] - BEFORE_THE_HIT, 0) + SNIPPET)
    end = max(end, hit[1])
    if begin > 0 and (space := re.search(r"\s\S", text[begin - 1 : hit[0] + 1])):
        begin += space.start()
    if end < len(text) and (spaces := list(re.finditer(r"\s+", text[hit[1] : end + 1]))):
        end = hit[1] + spaces[-1].start()
    return begin, end


def _line(text: str) -> str:
    return texts.escape(re.sub(r"\s+", " ", text))


def _hits(text: str, query: SearchQuery) -> list[tuple[int, int]]:
    """Where what is wanted stands in the text, first ones first, one apart from the other."""
    placed = list(islice(_placed_tokens(text), MOST_TOKENS))
    found: list[tuple[int, int]] = []
    for start, stop in sorted(spot for term in query.wanted for spot in _spots(placed, term)):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found


def _spots(placed: Sequence[tuple[str, int, int]], term: Term) -> Iterator[tuple[int, int]]:
    many, last = len(term.tokens), term.tokens[-1]
    for place in range(len(placed) - many + 1):
        tokens = [token for token, _, _ in placed[place : place + many]]
        ends = tokens[-1].startswith(last) if term.prefix else tokens[-1] == last
        if ends and tokens[:-1] == list(term.tokens[:-1]):
            alone = term.prefix and _UNSPACED.match(last)
            stop = placed[place + many - 1][1] + len(last) if alone else placed[place + many - 1][2]
            yield placed[place][1], stop


def _placed_tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """The tokens of a text with where each begins and ends in it."""
    pieces = [character.translate(_FOLDING) for character in text]
    origin = [place for place, piece in enumerate(pieces) for _ in piece]
    ends = _ends(pieces)
    for run in _RUNS.finditer("".join(pieces)):
        if not _UNSPACED.match(run[0]):
            yield run[0][:LONGEST_TOKEN], origin[run.start()], ends[origin[run.end() - 1]]
            continue
        for place in range(run.start(), run.end()):
            last = min(place + 2, run.end()) - 1
            yield run[0][place - run.start() :][:2], origin[place], ends[origin[last]]


def _ends(pieces: Sequence[str]) -> list[int]:
    """For each character where it ends, with the marks behind it that are left out."""
    ends = list(range(1, len(pieces) + 1))
    for place in range(len(pieces) - 2, -1, -1):
        if not pieces[place + 1]:
            ends[place] = ends[place + 1]
    return ends
