"""Commands written as words: `@bot rename …`, `!delete`. Slack delivers no slash command from inside a thread."""

import re
from dataclasses import dataclass

WORDS = frozenset({"delete", "export", "stop", "retry", "branch", "help", "model", "instructions"})
"""After a mention these are commands only where nothing else is said, or of an export only in which shape."""

BANG_WORDS = WORDS | {"rename", "chats", "search"}

_TOLD = re.compile(
    r"(?P<rename>rename)(?:\s+(?P<title>.*))?"
    r"|(?P<model>model)\s+(?P<which>[^\s?]+)"
    r"|(?P<instructions>instructions):\s*(?P<text>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""What is told along. Instructions need a colon: a question may begin with that word."""

_EXPORT = re.compile(r"export\s+(?P<shape>json|markdown|md)[.!]*", re.IGNORECASE)
_BANG = re.compile(r"!(?P<name>[A-Za-z][A-Za-z_-]*)(?:\s+(?P<argument>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Words:
    """A command found in a text. An uncertain one counts only where a chat lives; else the text is what it says."""

    name: str
    argument: str
    certain: bool


def find(text: str, *, mentioned: bool, direct: bool) -> Words | None:
    """The command that this text is, without the leading mention; None for an ordinary message.

    `mentioned` says that the text began with our mention, `direct` that it was written to us alone.
    """
    text = text.strip()
    if text.startswith("!"):
        return _after_bang(text, certain=mentioned or direct)
    return _after_mention(text) if mentioned else None


def _after_mention(text: str) -> Words | None:
    word = text.rstrip(".!").lower()
    if word in WORDS:
        return Words(word, "", certain=True)
    if export := _EXPORT.fullmatch(text):
        return Words("export", export["shape"].lower(), certain=True)
    told = _TOLD.fullmatch(text)
    if told is None:
        return None
    name = next(name for name in ("rename", "model", "instructions") if told[name])
    return Words(name, (told["title"] or told["which"] or told["text"] or "").strip(), certain=False)


def _after_bang(text: str, *, certain: bool) -> Words | None:
    """A known command, or an unknown word that stands alone and is meant for us (it gets the engine's hint)."""
    found = _BANG.fullmatch(text)
    if found is None:
        return None
    name, argument = found["name"].lower(), (found["argument"] or "").strip()
    if name in BANG_WORDS or (certain and not argument):
        return Words(name, argument, certain)
    return None
