"""The HTML of a rich message as a tree of tags; what Telegram cannot read is refused here."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from playground.telegram.errors import ApiError, bad_request

NAMED = {
    "lt": "<",
    "gt": ">",
    "amp": "&",
    "quot": '"',
    "apos": "'",
    "nbsp": "\u00a0",
    "hellip": "…",
    "mdash": "—",
    "ndash": "–",
    "lsquo": "‘",
    "rsquo": "’",
    "ldquo": "“",
    "rdquo": "”",
}
DEEPEST = 100
UNCLOSED = re.compile(r"</?[A-Za-z][^<>]*$")
EMPTY = frozenset({"br", "hr", "img", "input"})
BLOCK_NAMES = (
    "h1 h2 h3 h4 h5 h6 p pre footer hr ul ol li blockquote aside details summary table caption tr th td figure"
    " figcaption cite img video audio tg-document tg-math-block tg-collage tg-slideshow tg-thinking tg-map"
    " tg-button-row"
)
INLINE_NAMES = (
    "b strong i em u ins s strike del code mark sub sup a br input tg-spoiler tg-reference tg-emoji tg-time tg-math"
    " tg-button"
)
BLOCKS = frozenset(BLOCK_NAMES.split())
KNOWN = BLOCKS | frozenset(INLINE_NAMES.split())


@dataclass
class Tag:
    """A tag with its attributes and what is in it."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: "list[Tag | str]" = field(default_factory=list)

    def tags(self, *names: str) -> "list[Tag]":
        """Give the tags of these names directly inside."""
        return [child for child in self.children if isinstance(child, Tag) and child.name in names]

    def without(self, *names: str) -> "list[Tag | str]":
        return [child for child in self.children if isinstance(child, str) or child.name not in names]


def parsed_html(source: str) -> Tag:
    """Read HTML into a tree whose root has no name."""
    reader = _Reader(source)
    unclosed = UNCLOSED.search(source)
    if unclosed:
        raise bad_request(f"can't parse entities: Unclosed start tag at byte offset {_bytes(source, unclosed.start())}")
    reader.feed(source)
    reader.close()
    return reader.finished()


class _Reader(HTMLParser):
    """Builds the tree; complains as Telegram's parser does, with places counted in bytes."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.source = source
        self.open = [Tag("")]

    def finished(self) -> Tag:
        if len(self.open) > 1:
            name = self.open[-1].name
            raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{name}\"")
        return self.open[0]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in KNOWN:
            raise self._error(f'Unsupported start tag "{tag}"')
        if len(self.open) > DEEPEST:
            raise bad_request("RICH_MESSAGE_DEPTH_INVALID")
        made = Tag(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(made)
        if tag not in EMPTY:
            self.open.append(made)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if len(self.open) == 1:
            raise self._error("Unexpected end tag")
        expected = self.open[-1].name
        if tag != expected:
            raise self._error("Unmatched end tag", f', expected "</{expected}>", found "</{tag}>"')
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise self._error('Unsupported start tag ""')
        self.open[-1].children.append(data)

    def handle_entityref(self, name: str) -> None:
        self.open[-1].children.append(NAMED.get(name, f"&{name};"))

    def handle_charref(self, name: str) -> None:
        code = int(name[1:], 16) if name[0] in "xX" else int(name)
        known = 0 < code < 0x110000 and not 0xD800 <= code < 0xE000
        self.open[-1].children.append(chr(code) if known else f"&#{name};")

    def handle_comment(self, data: str) -> None:
        raise self._error('Unsupported start tag "!--"')

    def handle_decl(self, decl: str) -> None:
        raise self._error('Unsupported start tag "!"')

    def unknown_decl(self, data: str) -> None:
        raise self._error('Unsupported start tag "!"')

    def handle_pi(self, data: str) -> None:
        raise self._error('Unsupported start tag "?"')

    def _error(self, reason: str, more: str = "") -> ApiError:
        line, column = self.getpos()
        before = sum(len(text) + 1 for text in self.source.split("\n")[: line - 1])
        place = _bytes(self.source, before + column)
        return bad_request(f"can't parse entities: {reason} at byte offset {place}{more}")


def _bytes(source: str, place: int) -> int:
    return len(source[:place].encode())
