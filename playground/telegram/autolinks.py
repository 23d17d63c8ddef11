"""The entities that Telegram finds by itself in a text: commands, mentions, addresses, tags."""

import re
from collections.abc import Iterator, Sequence

from playground.telegram.entities import CODE, Span

TOP_DOMAINS = (
    "com|org|net|io|dev|app|ai|me|de|uk|fr|it|es|ru|cn|jp|br|in|nl|eu|us|info|edu|gov|co|tv|gg|sh|py|rs|so|to|xyz|site"
)
PATTERNS = (
    ("email", re.compile(r"(?<![\w.+-])[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?![\w@])")),
    (
        "url",
        re.compile(
            r"(?<![\w@./])(?:(?:https?|ftp|tg|ton)://[^\s<>\"'`«»]+"
            rf"|(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+(?:{TOP_DOMAINS})(?![\w-])(?::\d+)?(?:[/?#][^\s<>\"'`«»]*)?)"
        ),
    ),
    ("bot_command", re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")),
    ("mention", re.compile(r"(?<!\w)@[A-Za-z0-9_]{2,32}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\d*_*[^\W\d_])\w{1,256}(?![\w#])")),
    ("cashtag", re.compile(r"(?<![\w$])\$[A-Z]{1,8}(?![\w$])")),
    ("phone_number", re.compile(r"(?<![\w+])\+\d[\d ()-]{8,16}\d(?!\w)")),
)
SENTENCE_END = ".,:;!?)]}…"


def found_entities(text: str, taken: Sequence[Span] = ()) -> list[Span]:
    """Find what a client would make clickable, outside of code, links and one another."""
    held = [span for span in taken if span.type in CODE or span.details]
    found: list[Span] = []
    for span in _candidates(text):
        if not any(span.crosses(other) for other in (*held, *found)):
            found.append(span)
    return found


def _candidates(text: str) -> Iterator[Span]:
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            words = match.group().rstrip(SENTENCE_END) if kind == "url" else match.group()
            yield Span(kind, match.start(), match.start() + len(words))
