"""The languages that people are spoken to in: one catalogue for each, in gettext's `.po` files beside this module."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

CATALOGUES = Path(__file__).parent / "locales"

ENGLISH = "en"
LANGUAGES = (ENGLISH, *sorted(path.stem for path in CATALOGUES.glob("*.po")))
"""English is what the sentences are written in; the others have a catalogue."""


def spoken(language: str) -> str:
    """The language of ours that serves somebody who set this one: "pt-br" and "pt_PT" are told in "pt"."""
    try:
        wanted = Locale.parse(language.replace("-", "_")).language
    except (UnknownLocaleError, ValueError, TypeError):
        return ENGLISH
    return wanted if wanted in LANGUAGES else ENGLISH


class Sentence:
    """A sentence that a person reads, or a label, in English; `{names}` in it stand for what is told when it is said.

    It is no text by itself, so that none can be shown without asking for the person's language.
    """

    def __init__(self, english: str) -> None:
        self.english = english

    def __call__(self, language: str, /, **values: object) -> str:
        """In the language, or in English where we do not speak it. Numbers are written as people write them there."""
        ours = _known(language)
        words = self.english if ours == ENGLISH else _catalogue(ours).get(self.english, self.english)
        if not values:
            return words
        return words.format(**{name: _written(value, ours) for name, value in values.items()})

    def __repr__(self) -> str:
        return f"Sentence({self.english!r})"


def format_moment(at: datetime, language: str) -> str:
    """Date and time in the language's way, without the time zone."""
    return format_datetime(at.astimezone(UTC), "medium", locale=_known(language))


_known = lru_cache(maxsize=1000)(spoken)


@lru_cache
def _catalogue(language: str) -> Mapping[str, str]:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string}


def _written(value: object, language: str) -> object:
    return format_decimal(value, locale=language) if isinstance(value, int) else value
