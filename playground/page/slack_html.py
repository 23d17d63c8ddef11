"""Slack's texts as HTML that is safe to show: what is not made here is escaped here. Pure."""

import re
from dataclasses import dataclass
from functools import cached_property
from html import escape

from playground.slack.rendering import ENTITY, MEANT, SEQUENCE

ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]+", re.IGNORECASE)
BARE = re.compile(r"https?://[^\s<>\"]*[^\s<>\"'.,;:!?)\]}*~]", re.IGNORECASE)
LINK_PROPERTIES = 'rel="noopener noreferrer nofollow" target="_blank"'


@dataclass(frozen=True)
class Names:
    """What stands for an id where a person reads it, and who that person is; hashable, so that texts are kept."""

    pairs: tuple[tuple[str, str], ...]
    me: str = ""

    @cached_property
    def by_id(self) -> dict[str, str]:
        return dict(self.pairs)

    def of(self, id_: str) -> str:
        return self.by_id.get(id_, id_)


def meant(text: str) -> str:
    """Take back the three escapes that Slack knows."""
    return ENTITY.sub(lambda m: MEANT[m[1]], text)


def lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def text_html(text: str, names: Names, *, link: bool = True) -> str:
    """Show a piece without marks: control sequences by name, addresses as links (none inside of a link)."""
    parts, end = [], 0
    for found in SEQUENCE.finditer(text):
        parts += [_plain(text[end : found.start()], link), _sequence(found, names, link)]
        end = found.end()
    return "".join([*parts, _plain(text[end:], link)])


def link_html(address: str, shown: str) -> str:
    """Make a link of HTML; what is no web or mail address stays what it is."""
    if not ADDRESS.fullmatch(address):
        return shown
    return f'<a href="{escape(address)}" {LINK_PROPERTIES}>{shown}</a>'


def mention_html(id_: str, names: Names, sign: str = "@", label: str = "") -> str:
    kind = "mention me" if id_ == names.me else "mention"
    shown = names.by_id.get(id_) or label.removeprefix(sign) or id_
    return f'<span class="{kind}">{sign}{escape(shown)}</span>'


def _plain(text: str, link: bool) -> str:
    shown = meant(text)
    if not link:
        return lines(shown)
    parts, end = [], 0
    for found in BARE.finditer(shown):
        parts += [lines(shown[end : found.start()]), link_html(found[0], escape(found[0]))]
        end = found.end()
    return "".join([*parts, lines(shown[end:])])


def _sequence(found: re.Match[str], names: Names, link: bool) -> str:
    sign, what, label = found[1], meant(found[2]), meant(found[3] or "")
    if sign in ("@", "#") and what:
        return mention_html(what, names, sign, label)
    if sign == "!" and what.startswith("date^"):
        return lines(label or what)
    if sign == "!" and what:
        shown = (label or what.split("^")[-1]).removeprefix("@")
        return f'<span class="mention">@{escape(shown)}</span>'
    if ADDRESS.fullmatch(what):
        shown = lines(label or what.removeprefix("mailto:"))
        return link_html(what, shown) if link else shown
    return lines(meant(found[0]))
