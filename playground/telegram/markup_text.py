"""A text that grows while its markup is read: what has been written, and which formatting is still open."""

from dataclasses import dataclass, field, replace
from typing import Any

from playground.telegram.entities import Span
from playground.telegram.errors import ApiError, bad_request
from playground.telegram.links import WrongLink, checked_link, linked_user


@dataclass(frozen=True)
class OpenSpan:
    """Formatting that has begun: where in the text, and where its mark stands in the source."""

    kind: str
    start: int
    mark: int
    tag: str = ""
    details: dict[str, Any] = field(default_factory=dict, hash=False)


class MarkupText:
    """The text without its markup, and the spans found so far."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.written: list[str] = []
        self.spans: list[Span] = []
        self.open: list[OpenSpan] = []

    @property
    def innermost(self) -> OpenSpan | None:
        return self.open[-1] if self.open else None

    def is_open(self, kind: str) -> bool:
        return any(span.kind == kind for span in self.open)

    def write(self, text: str) -> None:
        self.written.extend(text)

    def begin(self, kind: str, mark: int, tag: str = "", **details: Any) -> None:
        self.open.append(OpenSpan(kind, len(self.written), mark, tag, details))

    def end(self, **details: Any) -> None:
        """Close the innermost formatting; what holds no text is nothing, a wrong link is plain text."""
        span = self.open.pop()
        if span.start < len(self.written):
            self._keep(Span(span.kind, span.start, len(self.written), span.details | details))

    def _keep(self, span: Span) -> None:
        if span.type == "text_link":
            span = replace(span, details={"url": _usable(span.details["url"] or "".join(self.written[span.start :]))})
            if not span.details["url"]:
                return
        last = self.spans[-1] if self.spans else None
        if span.type == "pre" and last and last.type == "code" and (last.start, last.end) == (span.start, span.end):
            span = replace(self.spans.pop(), type="pre")
        self.spans.append(span)

    def error(self, reason: str, position: int) -> ApiError:
        """Refuse the markup at a place in the source; Telegram counts places in bytes."""
        return bad_request(f"can't parse entities: {reason} at byte offset {self.offset(position)}")

    def offset(self, position: int) -> int:
        return len(self.source[:position].encode())

    def result(self) -> tuple[str, tuple[Span, ...]]:
        spans = [span if span.type != "code" else replace(span, details={}) for span in self.spans]
        return "".join(self.written), tuple(spans)


def _usable(url: str) -> str:
    if linked_user(url) is not None:
        return url
    try:
        return checked_link(url)
    except WrongLink:
        return ""
