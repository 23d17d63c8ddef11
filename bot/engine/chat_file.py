"""A transcript as JSON, which can be read back; `docs/export.md` has the fields. Pure."""

import json
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.engine.errors import ThreadlineError
from bot.engine.transcript import Transcript

FORMAT = "threadline.chat"
VERSION = 1


class UnreadableFile(ThreadlineError):
    """The file is no chat that can be read; the sentence says what is wrong, and quotes nothing of it."""


def write(transcript: Transcript) -> bytes:
    """The same chat makes the same bytes."""
    content = TypeAdapter(Transcript).dump_python(transcript, mode="json")
    whole = {"format": FORMAT, "version": VERSION, **content}
    return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


def read(content: bytes) -> Transcript:
    """The chat that was written; keys that nobody knows are left out. Raises UnreadableFile."""
    _check_head(_parsed(content))
    try:
        transcript = TypeAdapter(Transcript).validate_json(content, strict=True)
    except ValidationError as error:
        raise UnreadableFile(_problem(error)) from None
    _check_answers(transcript)
    return transcript


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise UnreadableFile("It is no JSON.") from None


def _check_head(whole: Any) -> None:
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise UnreadableFile(f'It is no chat that Threadline exported: its "format" is not "{FORMAT}".')
    version = whole.get("version")
    if type(version) is not int or version < 1:
        raise UnreadableFile('Its "version" is no number from 1 on.')
    if version > VERSION:
        raise UnreadableFile(
            f"It was exported by a newer Threadline: its version is {version}, and this one reads versions up to "
            f"{VERSION}. Update Threadline first."
        )


def _check_answers(transcript: Transcript) -> None:
    """Of the answers to each question one stands."""
    for number, question in enumerate(transcript.questions):
        standing = sum(answer.stands for answer in question.answers)
        if standing != 1:
            raise UnreadableFile(f"Of the answers in questions[{number}] {standing} stand; it has to be one.")


def _problem(error: ValidationError) -> str:
    """The first thing that is wrong, and where. Never the value: people wrote it."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"]).lstrip(".")
    more = f" (and {count} things more)" if (count := error.error_count() - 1) else ""
    return f"{where or 'It'} is not as it should be: {first['msg']}{more}."
