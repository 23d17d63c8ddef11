"""Between what a person types and what Slack's client sends for it: names become ids, and ids names again. Pure."""

import re

from playground.page.slack_html import BARE, Names, meant
from playground.slack.rendering import SEQUENCE

RANGES = ("here", "channel", "everyone")
CODE = re.compile(r"(?s)(```.*?```|`[^`\n]+`)")


def sent(typed: str, names: Names) -> str:
    """Write mentions and addresses as the client does: `@Name` as `<@U…>`, `#name` as `<#C…>`; code stays as it is."""
    parts = CODE.split(typed)
    return "".join(part if number % 2 else _linked(part, names) for number, part in enumerate(parts))


def typed(text: str, names: Names) -> str:
    """Give what stands in the composer when a message is edited."""
    return meant(SEQUENCE.sub(lambda m: _typed(m, names), text))


def _linked(text: str, names: Names) -> str:
    """Put addresses in angle brackets, and look for names in what is between them."""
    parts, end = [], 0
    for found in (*SEQUENCE_OR_BARE.finditer(text),):
        whole = found[0] if found[0].startswith("<") else f"<{found[0]}>"
        parts += [_mentions(text[end : found.start()], names), whole]
        end = found.end()
    return "".join([*parts, _mentions(text[end:], names)])


SEQUENCE_OR_BARE = re.compile(rf"<[^<>\n]*>|{BARE.pattern}", re.IGNORECASE)


def _mentions(text: str, names: Names) -> str:
    people = {f"@{name}".casefold(): f"<@{id_}>" for id_, name in names.pairs if id_.startswith(("U", "W"))}
    people |= {f"@{word}": f"<!{word}>" for word in RANGES}
    channels = {f"#{name}".casefold(): f"<#{id_}>" for id_, name in names.pairs if id_.startswith("C")}
    known = people | channels
    longest_first = sorted(known, key=len, reverse=True)
    wanted = re.compile(rf"(?<![\w@#/])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    return wanted.sub(lambda m: known.get(m[0].casefold(), m[0]), text)


def _typed(found: re.Match[str], names: Names) -> str:
    sign, what, label = found[1], found[2], found[3]
    if sign in ("@", "#"):
        return sign + names.by_id.get(what, label or what)
    if sign == "!":
        return f"@{label or what}"
    return what.removeprefix("mailto:") if what else found[0]
