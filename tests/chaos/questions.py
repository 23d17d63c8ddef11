"""Questions whose answers are known, so that a missing word is noticed."""

import re

from playground.openai_script import Request

NUMBER = re.compile(r"Question (\d+):")
WORDS = ("amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "heron", "islet", "jetty", "knoll", "larch")
WORDS_IN_A_PARAGRAPH = 40


def question(number: int) -> str:
    return f"Question {number}: what is there to say about {WORDS[number % len(WORDS)]}?"


def number_of(text: str) -> int | None:
    """The number of the last question in a text."""
    found = NUMBER.findall(text)
    return int(found[-1]) if found else None


def answer(number: int, words: int) -> str:
    """An answer of so many words; no two of its words are the same, and no other question has any of them."""
    said = [f"{WORDS[(number + place) % len(WORDS)]}-{number}-{place}" for place in range(words)]
    paragraphs = [said[at : at + WORDS_IN_A_PARAGRAPH] for at in range(0, words, WORDS_IN_A_PARAGRAPH)]
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)


def titles(request: Request) -> str | None:
    """Name a chat after its first question; None for every other request."""
    if "You name conversations" not in request.system:
        return None
    return f"About {request.question}"[:60]
