"""Reads HTML that Telegram's pane gets, and says what in it may not be."""

import re
from html.parser import HTMLParser

ADDRESS = re.compile(r"(https?://|mailto:|tg://)[^\s]+", re.IGNORECASE)
ALLOWED: dict[str, frozenset[str]] = {
    **dict.fromkeys(("b", "i", "u", "s", "code", "sub", "sup", "mark", "figcaption", "cite"), frozenset()),
    **dict.fromkeys(("table", "caption", "tr", "li", "summary", "hr"), frozenset()),
    **dict.fromkeys(("figure", "blockquote", "ul"), frozenset({"class"})),
    **dict.fromkeys(("td", "th"), frozenset({"class", "colspan", "rowspan"})),
    "code": frozenset({"class"}),
    "a": frozenset({"class", "href", "target", "rel"}),
    "p": frozenset({"class", "role", "aria-level"}),
    "pre": frozenset({"tabindex"}),
    "div": frozenset({"class", "tabindex"}),
    "details": frozenset({"open"}),
    "time": frozenset({"datetime"}),
    "span": frozenset({"class", "role", "tabindex", "aria-label"}),
    "button": frozenset({"type", "class", "data-command", "data-press", "aria-expanded", "disabled"}),
}
NEVER_IN_ITSELF = ("a", "button")


class Tags(HTMLParser):
    """`wrong` says what is neither allowed nor closed; `text` is what a person reads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.wrong += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if tag not in ALLOWED or not set(names) <= ALLOWED[tag] or len(names) != len(set(names)):
            self.wrong.append(f"{tag} {names}")
        if tag == "a" and not ADDRESS.fullmatch(dict(attrs).get("href") or ""):
            self.wrong.append(f"a {attrs}")
        if tag in NEVER_IN_ITSELF and any(one in self._open for one in NEVER_IN_ITSELF):
            self.wrong.append(f"{tag} in what can be pressed")
        if tag != "hr":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"!{data}")
