"""What a server understands beyond the core of chat completions: found out by asking, then remembered."""

from typing import Any

from openai import APIStatusError

from adapters.openai.failures import TOO_LONG, words_of

REFUSALS = (400, 422)
"""What servers answer to a parameter that they do not know (422: those built on FastAPI or in Rust)."""


class Dialect:
    """Which optional parameters to send.

    OpenAI's newer models refuse `max_tokens`, older servers know nothing else (and some would pass over the newer name
    without a word and write without a limit). So a stranger is asked with `max_tokens` first, OpenAI with
    `max_completion_tokens`, and whoever refuses gets the other name, and then none, from then on.

    OpenAI's limit counts the model's thoughts as well, which would leave nothing of a short one: where the answer has
    a limit, its models are asked not to think (`reasoning_effort`), if they take that.
    """

    def __init__(self, *, newest: bool) -> None:
        first, second = "max_completion_tokens", "max_tokens"
        self._limit_names = [first, second] if newest else [second, first]
        self._usage = True
        self._effort = newest

    def options(self, max_tokens: int | None) -> dict[str, Any]:
        """The optional parameters of the next request."""
        options: dict[str, Any] = {"stream_options": {"include_usage": True}} if self._usage else {}
        if max_tokens is not None and self._limit_names:
            options[self._limit_names[0]] = max_tokens
        if max_tokens is not None and self._effort:
            options["reasoning_effort"] = "none"
        return options

    def learn(self, refusal: APIStatusError, sent: dict[str, Any]) -> bool:
        """Give up the parameter that was refused; False if the refusal is about none of those that were sent."""
        said = f"{words_of(refusal)} {refusal.param or ''} {refusal.body}"
        if refusal.status_code not in REFUSALS or TOO_LONG.search(said):
            return False
        if "stream_options" in sent and ("stream_options" in said or "include_usage" in said):
            self._usage = False
            return True
        if "reasoning_effort" in sent and "reasoning_effort" in said:
            self._effort = False
            return True
        refused = next(
            (name for name in ("max_completion_tokens", "max_tokens") if name in sent and name in said), None
        )
        if refused is None:
            return False
        self._limit_names = [name for name in self._limit_names if name != refused]
        return True
