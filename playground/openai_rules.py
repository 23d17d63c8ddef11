"""What a chat completion must look like, or which error it gets. Wordings and codes are those of OpenAI's API."""

from collections.abc import Mapping, Sequence
from typing import Any

from playground.openai_script import CHARACTERS_PER_TOKEN, Failure, Request

ROLES = ("system", "assistant", "user", "function", "tool", "developer")
INVALID = "invalid_request_error"


def refused(message: str, code: str | None = None, status: int = 400) -> Failure:
    return Failure(status, message, code, INVALID)


def key_problem(header: str | None, key: str | None) -> Failure | None:
    """What is wrong with the Authorization header; nothing is when the endpoint is open (no `key`)."""
    if key is None:
        return None
    if not header:
        return refused(
            "You didn't provide an API key. You need to provide your API key in an Authorization header.", None, 401
        )
    given = header.removeprefix("Bearer ")
    if given != key:
        shown = f"{given[:3]}{'*' * 8}{given[-4:]}"
        return refused(f"Incorrect API key provided: {shown}.", "invalid_api_key", 401)
    return None


def body_problem(body: object) -> Failure | None:
    """The first thing that is wrong with the body of a request."""
    if not isinstance(body, Mapping):
        return refused("We could not parse the JSON body of your request.")
    if not isinstance(body.get("model"), str) or not body["model"]:
        return refused("you must provide a model parameter")
    if "messages" not in body:
        return refused("Missing required parameter: 'messages'.", "missing_required_parameter")
    return messages_problem(body["messages"]) or options_problem(body)


def messages_problem(messages: object) -> Failure | None:
    if not isinstance(messages, list):
        return refused("Invalid type for 'messages': expected an array of objects.", "invalid_type")
    if not messages:
        return refused("Invalid 'messages': empty array. Expected an array with minimum length 1.", "empty_array")
    problems = (message_problem(number, entry) for number, entry in enumerate(messages))
    return next((problem for problem in problems if problem is not None), None)


def message_problem(number: int, entry: object) -> Failure | None:
    where = f"messages[{number}]"
    if not isinstance(entry, Mapping):
        return refused(f"Invalid type for '{where}': expected an object.", "invalid_type")
    if "role" not in entry:
        return refused(f"Missing required parameter: '{where}.role'.", "missing_required_parameter")
    if entry["role"] not in ROLES:
        allowed = ", ".join(f"'{role}'" for role in ROLES)
        return refused(f"Invalid value: '{entry['role']}'. Supported values are: {allowed}.", "invalid_value")
    if not isinstance(entry.get("content"), str | list) and entry["role"] != "assistant":
        return refused(f"Invalid value for 'content': expected a string, got null. ({where})", "invalid_type")
    return None


def options_problem(body: Mapping[str, Any]) -> Failure | None:
    if body.get("stream_options") is not None and not body.get("stream"):
        return refused("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    if "max_tokens" in body and "max_completion_tokens" in body:
        return refused("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
    for name in ("max_tokens", "max_completion_tokens"):
        limit = body.get(name, 1)
        if not isinstance(limit, int) or limit < 1:
            return refused(
                f"Invalid '{name}': integer below minimum value. Expected a value >= 1.", "integer_below_min_value"
            )
    return None


def unsupported(body: Mapping[str, Any], refuses: Sequence[str]) -> Failure | None:
    """What a server says that does not know a parameter."""
    for name in refuses:
        if name in body:
            return refused(
                f"Unsupported parameter: '{name}' is not supported with this model.", "unsupported_parameter"
            )
    return None


def model_problem(model: str, models: Sequence[str], strict: bool) -> Failure | None:
    if strict and model not in models:
        message = f"The model `{model}` does not exist or you do not have access to it."
        return refused(message, "model_not_found", 404)
    return None


def length_problem(request: Request, limit: int | None) -> Failure | None:
    """Refuse a prompt of more than `limit` characters."""
    if limit is None or request.length <= limit:
        return None
    allowed, given = limit // CHARACTERS_PER_TOKEN, request.length // CHARACTERS_PER_TOKEN
    message = (
        f"This model's maximum context length is {allowed} tokens. However, your messages resulted in {given} tokens."
    )
    return refused(message + " Please reduce the length of the messages.", "context_length_exceeded")
