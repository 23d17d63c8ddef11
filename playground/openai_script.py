"""What the scripted endpoint is told to do, and what it was asked."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

CHARACTERS_PER_TOKEN = 4
"""How the endpoint counts tokens: roughly, as its texts are nobody's bill."""


@dataclass(frozen=True)
class Request:
    """One chat completion that was asked for, as it came."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def messages(self) -> list[Mapping[str, Any]]:
        return list(self.body["messages"])

    @property
    def system(self) -> str:
        return "\n".join(text_of(entry) for entry in self.messages if entry["role"] in ("system", "developer"))

    @property
    def question(self) -> str:
        """The newest message of the user."""
        return next((text_of(entry) for entry in reversed(self.messages) if entry["role"] == "user"), "")

    @property
    def length(self) -> int:
        """Characters of the whole prompt."""
        return sum(len(text_of(entry)) for entry in self.messages)

    @property
    def max_tokens(self) -> int | None:
        limit = self.body.get("max_completion_tokens", self.body.get("max_tokens"))
        return None if limit is None else int(limit)


def text_of(entry: Mapping[str, Any]) -> str:
    """The text of a message, whose content is a text, a list of parts, or nothing."""
    content = entry.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return content or ""


@dataclass(eq=False)
class Answer:
    """One answer of the model.

    `delay`: seconds before the first delta. `size`: characters of a delta. `rate`: characters a second (None: all at
    once). `break_after`: the connection is cut after so many characters. `silent_after`: after so many characters
    nothing more comes, until the caller goes or the test sets `go`. `error_after`: after so many characters `error`
    comes as an event of the stream. `finish`: the finish_reason; None: the stream just ends, as some servers' do.
    """

    text: str
    delay: float = 0.0
    size: int = 4
    rate: float | None = None
    break_after: int | None = None
    silent_after: int | None = None
    error_after: int | None = None
    error: Mapping[str, Any] = field(default_factory=lambda: error_of("The server had an error", "server_error"))
    finish: str | None = "stop"
    reasoning: str = ""
    silent: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        if self.size < 1 or (self.rate is not None and self.rate <= 0):
            raise ValueError(f"size must be at least 1 and rate more than 0, not {self.size} and {self.rate}")

    def pieces(self) -> Iterator[tuple[int, str]]:
        """The deltas, each with the number of characters before it; cut also where something is to happen."""
        marks = {mark for mark in (self.break_after, self.silent_after, self.error_after) if mark is not None}
        at = 0
        while at < len(self.text):
            end = min([at + self.size, *(mark for mark in marks if mark > at)])
            yield at, self.text[at:end]
            at = end

    def limited(self, max_tokens: int | None) -> "Answer":
        """This answer as it is when the model may write only so much."""
        if max_tokens is not None and len(self.text) > max_tokens * CHARACTERS_PER_TOKEN:
            return replace(self, text=self.text[: max_tokens * CHARACTERS_PER_TOKEN], finish="length")
        return self


@dataclass(frozen=True)
class Failure:
    """An answer with an error status. `body` goes out as it is where it is given."""

    status: int
    message: str = "The server had an error while processing your request."
    code: str | None = None
    kind: str | None = None
    body: str | None = None
    retry_after: float | None = None


def error_of(message: str, kind: str, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    """An error as the API words it."""
    return {"message": message, "type": kind, "param": param, "code": code}


def usage_of(request: Request, answer: Answer) -> dict[str, int]:
    prompt = request.length // CHARACTERS_PER_TOKEN + 4 * len(request.messages)
    completion = (len(answer.text) + len(answer.reasoning)) // CHARACTERS_PER_TOKEN + 1
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
