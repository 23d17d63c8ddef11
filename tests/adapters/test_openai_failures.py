"""The words that servers have for the same failure."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from openai import APIError, APIStatusError

from adapters.openai.failures import retry_after, translate
from bot.engine.errors import (
    ContentFiltered,
    ContextTooLong,
    ModelBusy,
    ModelError,
    ModelRefused,
    ModelUnreachable,
)

REQUEST = httpx2.Request("POST", "http://server.example/v1/chat/completions")


def refusal(status: int, message: str = "No.", headers: dict[str, str] | None = None, **body: object) -> APIStatusError:
    response = httpx2.Response(status, request=REQUEST, headers=headers)
    return APIStatusError(message, response=response, body={"message": message, **body})


TOO_LONG = {
    "OpenAI's code": refusal(400, "Too much.", code="context_length_exceeded"),
    "OpenAI's sentence": refusal(400, "This model's maximum context length is 128000 tokens. However, …"),
    "OpenAI, one text": refusal(400, "Invalid 'messages[0].content'", code="string_above_max_length"),
    "OpenAI's limit per minute": refusal(429, "Request too large for gpt-x on tokens per min (TPM): Limit 30000"),
    "vLLM": refusal(400, "'max_tokens' is too large: 8000. This model's maximum context length is 4096 tokens"),
    "vLLM, prompt": refusal(400, "The decoder prompt (length 9) is longer than the maximum model length of 8."),
    "llama.cpp": refusal(400, "request (9 tokens) exceeds the available context size (8 tokens), try increasing it"),
    "llama.cpp's type": refusal(400, "No.", type="exceed_context_size_error"),
    "llama.cpp, while it writes": refusal(500, "Context size has been exceeded."),
    "Ollama": refusal(400, "prompt too long; exceeded max context length by 4 tokens"),
    "Ollama, newer": refusal(400, "the input length exceeds the context length"),
    "LiteLLM": refusal(400, "litellm.ContextWindowExceededError: OpenAIException - …"),
    "LM Studio": refusal(400, "The model was loaded with context length of only 4096 tokens, which is not enough."),
    "Anthropic": refusal(400, "prompt is too long: 203456 tokens > 200000 maximum"),
    "Gemini": refusal(400, "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
    "Groq": refusal(400, "Please reduce the length of the messages or completion."),
    "Mistral": refusal(400, "Prompt contains 9 tokens, too large for model with 8 maximum context length"),
    "TGI": refusal(422, "Input validation error: `inputs` must have less than 1024 tokens. Given: 2048"),
    "any server": refusal(413, "Payload Too Large"),
}


@pytest.mark.parametrize("error", TOO_LONG.values(), ids=TOO_LONG)
def test_a_prompt_that_does_not_fit_is_known_by_its_words(error: APIError) -> None:
    assert type(translate(error, quote=True)) is ContextTooLong


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (refusal(400, "No.", code="content_filter"), ContentFiltered),
        (refusal(400, "The response was filtered due to … content management policy."), ContentFiltered),
        (refusal(401), ModelRefused),
        (refusal(402, "Insufficient balance"), ModelRefused),
        (refusal(403), ModelRefused),
        (refusal(404, "model 'llama9' not found"), ModelRefused),
        (refusal(400, "Invalid value"), ModelRefused),
        (refusal(429, "Rate limit reached"), ModelBusy),
        (refusal(429, "You exceeded your current quota", type="insufficient_quota"), ModelRefused),
        (refusal(408), ModelUnreachable),
        (refusal(500), ModelUnreachable),
        (refusal(502, "<html>"), ModelUnreachable),
        (refusal(529, "Overloaded"), ModelUnreachable),
        (APIError("Rate limit reached", REQUEST, body={}), ModelBusy),
        (APIError("The server had an error", REQUEST, body={}), ModelUnreachable),
        (APIError("Context size has been exceeded.", REQUEST, body={}), ContextTooLong),
    ],
    ids=lambda value: str(value) if isinstance(value, APIError) else "",
)
def test_every_other_failure_has_its_error(error: APIError, ours: type[ModelError]) -> None:
    assert type(translate(error, quote=True)) is ours


def test_a_limit_of_the_answer_alone_is_no_long_prompt() -> None:
    error = refusal(400, "Invalid 'max_tokens': integer below minimum value.", code="integer_below_min_value")
    assert type(translate(error, quote=True)) is ModelRefused


def test_the_error_says_what_the_server_said_on_one_line_of_bounded_length() -> None:
    said = str(translate(refusal(400, "No\n" + "way " * 500, code="odd"), quote=True))
    assert said.startswith("No way")
    assert "\n" not in said
    assert len(said) <= 500


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_the_wait_is_read_in_every_unit(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(refusal(429, headers=headers)) == seconds


def test_the_wait_may_be_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert retry_after(refusal(429, headers={"retry-after": date})) == pytest.approx(60, abs=2)


def test_a_date_that_has_passed_means_now() -> None:
    assert retry_after(refusal(429, headers={"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"})) == 0
