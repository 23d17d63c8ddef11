"""A message's text with the stretches that Telegram marked in it. Offsets are UTF-16 units, as Telegram counts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

# kind of the stretch, its text, and the person whom a text_mention is about
Test = Callable[[str, str, int | None], bool]


def sound(text: object) -> str:
    """The text with every lone surrogate replaced: JSON can carry them, UTF-8 and the database cannot.

    Raises TypeError for anything but a string. The length in UTF-16 units stays the same.
    """
    if not isinstance(text, str):
        raise TypeError(f"expected text, got {type(text).__name__}")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(frozen=True, slots=True)
class Span:
    """One marked stretch; `about` is the person's id of a text_mention."""

    kind: str
    start: int
    end: int
    about: int | None = None


@dataclass(frozen=True, slots=True)
class Spans:
    """A text and its marked stretches."""

    text: str
    marked: tuple[Span, ...]

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Self | None:
        """Take the text or the caption of a message; None where it has neither."""
        for text, entities in (("text", "entities"), ("caption", "caption_entities")):
            if text in message:
                return cls(sound(message[text]), tuple(_span(entity) for entity in message.get(entities, ())))
        return None

    def first(self, kind: str) -> str:
        """The stretch of this kind at the very beginning, or ""."""
        return next((self._cut(span) for span in self.marked if span.kind == kind and span.start == 0), "")

    def any(self, test: Test) -> bool:
        return any(self._passes(span, test) for span in self.marked)

    def without(self, test: Test) -> str:
        """The text without the stretches that pass the test, and without the gaps that they leave."""
        units = self.text.encode("utf-16-le")
        for span in sorted(self.marked, key=lambda span: span.start, reverse=True):
            if self._passes(span, test):
                units = _without(units, span)
        return units.decode("utf-16-le", "replace").strip()

    def _passes(self, span: Span, test: Test) -> bool:
        return test(span.kind, self._cut(span), span.about)

    def _cut(self, span: Span) -> str:
        return self.text.encode("utf-16-le")[span.start * 2 : span.end * 2].decode("utf-16-le", "replace")


def _span(entity: Mapping[str, Any]) -> Span:
    start, about = int(entity["offset"]), entity.get("user")
    return Span(str(entity["type"]), start, start + int(entity["length"]), about["id"] if about else None)


def _without(units: bytes, span: Span) -> bytes:
    before = units[: span.start * 2].decode("utf-16-le", "replace")
    after = units[span.end * 2 :].decode("utf-16-le", "replace")
    if not before or before[-1].isspace():
        after = re.sub(r"^([,:](?=\s))? *", "", after)
    return (before + after).encode("utf-16-le")
