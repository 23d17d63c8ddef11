"""The errors of an OpenAI-compatible endpoint, turned into ours."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aiohttp import ClientError, ClientResponseError
from httpx2 import HTTPError, Request
from multidict import CIMultiDict, CIMultiDictProxy
from openai import APIConnectionError, APIError, APIStatusError

from bot.engine.errors import (
    ContentFiltered,
    ContextTooLong,
    ModelBusy,
    ModelError,
    ModelRefused,
    ModelUnreachable,
)

TOO_LONG = re.compile(
    r"context_length_exceeded|string_above_max_length|exceed_context_size|ContextWindowExceeded"  # codes, LiteLLM
    r"|maximum context length|maximum model length|longer than the max"  # OpenAI, vLLM, Mistral
    r"|(?:exceed\w*|greater than|larger than|fit in) the (?:\w+ )?context|context (?:size|length|window)\b.*\bexceeded"
    r"|exceeded max context|context length of only"  # llama.cpp, Ollama, LM Studio
    r"|prompt is too long|(?:input|request) (?:is )?too (?:long|large)"  # Anthropic, TPM limits of OpenAI and Groq
    r"|exceeds the maximum number of tokens"  # Gemini
    r"|reduce the length of the (?:messages|prompt|input)|must have less than \d+ tokens",  # Groq, TGI
    re.IGNORECASE,
)
"""How servers say that the prompt does not fit. There is no common code, so their wordings are listed."""

FILTERED = re.compile(r"content_filter|content_policy|ResponsibleAIPolicy|content management policy", re.IGNORECASE)
OUT_OF_CREDIT = re.compile(
    r"insufficient_quota|billing_hard_limit|billing_not_active|exceeded your current quota", re.I
)
RATE_LIMITED = re.compile(r"rate.?limit|too many requests|\b429\b", re.IGNORECASE)
NAME = re.compile(r"[a-z][a-z0-9_.]{0,59}", re.IGNORECASE | re.ASCII)
HIDDEN = "[key]"
PASSING = (408, 409, 425)
"""Client statuses that mean "later", not "never"."""


def translate(error: APIError, *, quote: bool) -> ModelError:
    """Find the error of ours that says the same; the caller raises it `from` the foreign one.

    Quote the server only where the prompt was ours: many repeat of it what they do not like, and errors are logged.
    """
    said = words_of(error)
    told = said if quote else outline_of(error)
    if TOO_LONG.search(said):
        return ContextTooLong(told)
    if FILTERED.search(said):
        return ContentFiltered(told)
    if OUT_OF_CREDIT.search(said):
        return ModelRefused(told)
    return by_status(error, said, told)


def error_in_stream(told: object, request: Request) -> APIError:
    """The client's error for an event of a stream that is one; `told` is what the server says of it."""
    message = told.get("message") if isinstance(told, dict) else None
    words = message if message and isinstance(message, str) else "An error occurred during streaming"
    return APIError(words, request, body=told)


def by_status(error: APIError, said: str, told: str) -> ModelError:
    if isinstance(error, APIConnectionError):
        return unreached(error)
    if not isinstance(error, APIStatusError):  # an error event in the middle of a stream: it has no status
        return ModelBusy(told) if RATE_LIMITED.search(said) else ModelUnreachable(told)
    status = error.status_code
    if status == 429:
        return ModelBusy(told, retry_after(error))
    if status == 413:
        return ContextTooLong(told)
    return ModelUnreachable(told) if status >= 500 or status in PASSING else ModelRefused(told)


def words_of(error: APIError) -> str:
    """The error's own sentence with its code and type, without line breaks, at most 500 characters."""
    names = [name for name in (error.code, error.type) if isinstance(name, str) and name not in error.message]
    said = " ".join((error.message + (f" ({', '.join(names)})" if names else "")).split())
    return said[:500]


def outline_of(error: APIError) -> str:
    """What is known of the error without a word of the server's: its status, and names such as `model_not_found`."""
    what = f"HTTP {error.status_code}" if isinstance(error, APIStatusError) else "an error in the stream"
    given = dict.fromkeys((error.code, error.type, error.param))
    names = [name for name in given if isinstance(name, str) and NAME.fullmatch(name)]
    return what + (f" ({', '.join(names)})" if names else "")


def unreached(error: APIError | HTTPError | ClientError) -> ModelUnreachable:
    """The network's words, which it keeps in the last cause of an error: it knows no prompt."""
    cause = causes_of(error)[-1]
    what = "Request timed out." if timed_out(error) else "Connection error."
    why = "" if isinstance(cause, APIError) else f" ({type(cause).__name__}: {cause})"
    return ModelUnreachable(" ".join((what + why).split())[:500])


def timed_out(error: BaseException) -> bool:
    """Whether time ran out. The client's own words do not tell: it says so of every connection that broke."""
    return any(isinstance(cause, TimeoutError) for cause in causes_of(error))


def causes_of(error: BaseException) -> list[BaseException]:
    """The error and those that it was raised from, the last one being where it began."""
    chain = [error]
    while (cause := chain[-1].__cause__) is not None:
        chain.append(cause)
    return chain


def retry_after(error: APIStatusError) -> float | None:
    """Seconds that the server asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date."""
    headers = error.response.headers
    if (milliseconds := number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    given = headers.get("retry-after")
    return seconds if (seconds := number(given)) is not None else seconds_until(given)


def number(text: str | None) -> float | None:
    """A finite number that is not negative, or None."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def seconds_until(date: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def conceal(error: APIError | HTTPError | ClientError, key: str) -> None:
    """Take the key out of the foreign error and its causes: some gateways repeat it, and tracebacks print causes."""
    if isinstance(error, APIError):
        error.message = without(key, error.message)
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ClientResponseError):  # it has the headers of the request, in its `repr` too
            link.request_info = link.request_info._replace(headers=CIMultiDictProxy(CIMultiDict()))
            link.args = (link.request_info, *link.args[1:])
        link.args = tuple(without(key, arg) if isinstance(arg, str) else arg for arg in link.args)
        link = link.__cause__ or link.__context__


def without(key: str, text: str) -> str:
    """The text without the key, as it is and as `repr` writes it (the HTTP client's words on an illegal header)."""
    if not key:
        return text
    return text.replace(key, HIDDEN).replace(key.encode("unicode_escape").decode(), HIDDEN)
