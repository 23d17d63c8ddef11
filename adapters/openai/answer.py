"""One answer, put together from the pieces that a server sends."""

from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import Choice

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

    def read(self, chunk: ChatCompletionChunk) -> list[ReplyEvent]:
        """The events of one chunk; none where it carries no text. Raises ContentFiltered."""
        if chunk.usage:
            self._usage = Usage(chunk.usage.prompt_tokens or 0, chunk.usage.completion_tokens or 0)
        if not chunk.choices:  # the chunk with the usage has none; some servers leave the field out
            return []
        text = self._text(chunk.choices[0])
        return [TextDelta(text)] if text else []

    def end(self) -> list[ReplyEvent]:
        """The events after the last chunk. Raises ModelUnreachable where there was neither text nor a finish_reason.

        Text without a finish_reason counts as whole: some servers never send one, and then nothing tells the two apart.
        """
        if self._finish is None and not self._began:
            raise ModelUnreachable("the stream ended before the answer began")
        finish = Finish(cut=self._finish in CUT)
        return [finish] if self._usage is None else [self._usage, finish]

    def _text(self, choice: Choice) -> str:
        """The text of a choice; thoughts (`reasoning_content`) are passed over. A refusal is text as well."""
        self._finish = choice.finish_reason or self._finish
        if self._finish == "content_filter":
            raise ContentFiltered("the endpoint's filter ended the answer")
        # The client does not check what servers send: some leave out the delta of the last chunk.
        text = getattr(choice.delta, "content", None) or getattr(choice.delta, "refusal", None) or ""
        self._began = self._began or bool(text)
        return text
