"""Everything that was said in a chat, in the shape in which it leaves us, and its Markdown and file name. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import groupby

from markdown_it import MarkdownIt
from pydantic import AwareDatetime

from bot.engine import texts
from bot.engine.chats import Author, Chat, ChatKey, TitleSource
from bot.engine.turns import Turn, TurnStatus

LONGEST_NAME = 60
"""Characters of a file's name before its ending; even four bytes each are less than the 255 that file systems take."""

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""What Windows takes for devices, whatever the ending."""

IN_NAMES = ("L", "M", "Nd")
"""Letters, their marks, and digits, of all scripts."""


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """What became of a question once; asked again, it has another one. `text` is None where nothing was answered.

    `stands`: it is the one that goes on being part of the chat. `failure` as in `Turn`.
    """

    text: str | None
    status: TurnStatus
    stands: bool
    asked_at: AwareDatetime
    answered_at: AwareDatetime | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class PastQuestion:
    """A question with its answers, oldest first. `source` is the platform's id of the message that it came in."""

    text: str
    author: Author | None
    asked_at: AwareDatetime
    answers: tuple[PastAnswer, ...]
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A chat with all that was said in it, in the order of asking."""

    place: ChatKey
    owner: str
    title: str | None
    title_source: TitleSource | None
    created_at: AwareDatetime
    questions: tuple[PastQuestion, ...]


def transcript_of(chat: Chat, turns: Sequence[Turn]) -> Transcript:
    """The chat with all its turns, given oldest first; those with one question are its answers, of which one stands."""
    firsts: dict[int, int] = {}
    for turn in turns:
        firsts.setdefault(turn.question.id, turn.id)
    together = sorted(turns, key=lambda turn: (firsts[turn.question.id], turn.id))
    questions = (list(same) for _, same in groupby(together, lambda turn: turn.question.id))
    return Transcript(
        place=chat.key,
        owner=chat.owner,
        title=chat.title,
        title_source=chat.title_source,
        created_at=chat.created_at,
        questions=tuple(_question_of(same) for same in questions),
    )


def _question_of(turns: Sequence[Turn]) -> PastQuestion:
    """An older version that runs beside this one leaves what it asks again standing: then the newest turn counts."""
    asked = turns[0].question
    stands = max((turn.id for turn in turns if turn.standing), default=turns[-1].id)
    answers = tuple(_answer_of(turn, turn.id == stands) for turn in turns)
    return PastQuestion(asked.content, asked.author, asked.created_at, answers, asked.source)


def _answer_of(turn: Turn, stands: bool) -> PastAnswer:
    text, answered_at = (turn.answer.content, turn.answer.created_at) if turn.answer else (None, None)
    return PastAnswer(text, turn.status, stands, turn.created_at, answered_at, turn.failure)


def markdown(transcript: Transcript, language: str) -> str:
    """The chat to be read: questions quoted, answers as they are, what was answered before quoted below.

    Whatever people and the model wrote, our headings stay headings: an answer that would reach into what comes after
    it is quoted, too.
    """
    return "\n\n".join([*_head(transcript, language), *_body(transcript.questions, language)]) + "\n"


def _head(transcript: Transcript, language: str) -> Iterator[str]:
    place, title = transcript.place, texts.one_line(transcript.title or "", 500) or texts.NEW_CHAT(language)
    where = ", ".join(part for part in (place.platform.capitalize(), place.channel, place.thread) if part)
    yield f"# {texts.escape(title)}"
    yield texts.BEGUN(language, place=texts.escape(where), time=_time(transcript.created_at))


def _body(questions: Iterable[PastQuestion], language: str) -> Iterator[str]:
    for question in questions:
        yield f"## {_name(question.author, language)}, {_time(question.asked_at)}"
        yield _quoted(question.text)
        yield from (_answered(answer, language) for answer in question.answers if answer.stands)
        for answer in question.answers:
            if not answer.stands:
                yield f"#### {texts.EARLIER_ANSWER(language)}, {_time(answer.answered_at or answer.asked_at)}"
                yield _quoted(_answered(answer, language))


def _answered(answer: PastAnswer, language: str) -> str:
    text = _lines(answer.text or "")
    if not text:
        return texts.NO_ANSWER(language)
    shown = text if _ends_by_itself(text) else _quoted(text)
    if answer.status is TurnStatus.DONE:
        return shown
    mark = texts.STOPPED if answer.status is TurnStatus.CANCELLED else texts.BROKEN_OFF
    return f"{shown}\n\n{mark(language)}"


def _ends_by_itself(text: str) -> bool:
    """Whether what comes after it is no part of it; an open code block or HTML would go on."""
    last = _commonmark().parse(f"{text}\n\n# next")[-3:]
    return [(token.type, token.level) for token in last] == [("heading_open", 0), ("inline", 1), ("heading_close", 0)]


@cache
def _commonmark() -> MarkdownIt:
    return MarkdownIt("commonmark")


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _lines(text).split("\n"))


def _lines(text: str) -> str:
    """The text with no other line ends than Markdown's own, and no empty lines around it."""
    return re.sub("\r\n?", "\n", text).strip("\n")


def _name(author: Author | None, language: str) -> str:
    name = texts.one_line(author.name or author.id, 200) if author else ""
    return texts.escape(name) or texts.SOMEBODY(language)


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def file_name(title: str | None, ending: str) -> str:
    """A name made of the title that every system takes: letters, digits and hyphens, no device's, not too long."""
    composed = unicodedata.normalize("NFC", title or "")
    kept = "".join(c if unicodedata.category(c).startswith(IN_NAMES) else " " for c in composed)
    name = "-".join(kept.split())[:LONGEST_NAME].strip("-")
    if not name or RESERVED.fullmatch(name):
        name = f"chat-{name}".strip("-")
    return f"{name}.{ending}"
