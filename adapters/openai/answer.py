"""One answer, put together from the pieces that a server sends."""

from typing import Any

from bot.engine.errors import ContentFiltered, ModelUnreachable
from bot.engine.replies import Finish, ReplyEvent, TextDelta, Usage

CUT = ("length", "max_tokens", "model_length")
"""How servers say that the model ran into its length limit (OpenAI and most; gateways to Anthropic; Mistral)."""


class Answer:
    """Turns chunks into events. Usage and the end are held back until the stream is over: the usage comes last."""

    def __init__(self) -> None:
        self._began = False
        self._finish: str | None = None
        self._usage: Usage | None = None

    def read(self, chunk: object) -> list[ReplyEvent]:
        """The events of one chunk as it came; none where it carries no text. Raises ContentFiltered."""
        if usage := part(chunk, "usage"):
            self._usage = Usage(part(usage, "prompt_tokens") or 0, part(usage, "completion_tokens") or 0)
        choices = part(chunk, "choices")
        if not choices or not isinstance(choices, list):  # the chunk with the usage has none, or not even the field
            return []
        text = self._text(choices[0])
        return [TextDelta(text)] if text else []

    def end(self) -> list[ReplyEvent]:
        """The events after the last chunk. Raises ModelUnreachable where there was neither text nor a finish_reason.

        Text without a finish_reason counts as whole: some servers never send one, and then nothing tells the two apart.
        """
        if self._finish is None and not self._began:
            raise ModelUnreachable("the stream ended before the answer began")
        finish = Finish(cut=self._finish in CUT)
        return [finish] if self._usage is None else [self._usage, finish]

    def _text(self, choice: object) -> str:
        """The text of a choice; thoughts (`reasoning_content`) are passed over. A refusal is text as well."""
        self._finish = part(choice, "finish_reason") or self._finish
        if self._finish == "content_filter":
            raise ContentFiltered("the endpoint's filter ended the answer")
        delta = part(choice, "delta")  # some servers leave out the last one
        text = part(delta, "content") or part(delta, "refusal")
        if not text or not isinstance(text, str):  # Mistral's thoughts are a list
            return ""
        self._began = True
        return text


def part(of: object, name: str) -> Any:
    """A field of a JSON object; None where it has none or is no object: nobody checks what servers send."""
    return of.get(name) if isinstance(of, dict) else None
