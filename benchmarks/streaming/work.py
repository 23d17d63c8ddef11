"""The work: one answer of 400 words, written at 40 words a second."""

import re

WORDS_A_SECOND = 40.0
SECONDS = 10.0
WORDS = 400

NUMBER = re.compile(r"w(\d{3})")
"""Every word of the answer has its number, so that a screen says how much of it it shows, whatever its markup."""


def answer() -> str:
    """Markdown as models write it: a heading, paragraphs with marks, a list, a code block, more paragraphs."""
    words = [f"w{number:03}" for number in range(WORDS)]
    heading, first, points, code, rest = words[:5], words[5:120], words[120:180], words[180:230], words[230:]
    parts = [
        f"## {' '.join(heading)}",
        _paragraph(first),
        "\n".join(f"- {' '.join(points[start : start + 10])}" for start in range(0, len(points), 10)),
        "```\n" + "\n".join(" ".join(code[start : start + 5]) for start in range(0, len(code), 5)) + "\n```",
        *(_paragraph(rest[start : start + 60]) for start in range(0, len(rest), 60)),
    ]
    return "\n\n".join(parts)


def deltas(text: str) -> list[str]:
    """The text as the model writes it: one word in each delta, with what stands before it."""
    pieces, at = [], 0
    for word in NUMBER.finditer(text):
        pieces.append(text[at : word.end()])
        at = word.end()
    pieces[-1] += text[at:]
    return pieces


def numbers(shown: str) -> list[int]:
    """The numbers of the words on a screen, in order."""
    return [int(number) for number in NUMBER.findall(shown)]


def shown_words(shown: str) -> int:
    """How many words from the beginning the text shows."""
    count = 0
    for number in numbers(shown):
        count += number == count
    return count


def _paragraph(words: list[str]) -> str:
    """Every twelfth word is bold, every thirtieth is code."""
    marked = [f"**{word}**" if place % 12 == 5 else word for place, word in enumerate(words)]
    return " ".join(f"`{word}`" if place % 30 == 20 else word for place, word in enumerate(marked)) + "."
