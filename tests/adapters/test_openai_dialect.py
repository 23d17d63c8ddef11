"""Which optional parameters go out, and what a refusal teaches."""

import httpx2
from openai import APIStatusError

from adapters.openai.dialect import Dialect

REQUEST = httpx2.Request("POST", "http://server.example/v1/chat/completions")


def refusal(message: str, status: int = 400, param: str | None = None) -> APIStatusError:
    body = {"message": message, "param": param}
    return APIStatusError(message, response=httpx2.Response(status, request=REQUEST), body=body)


def learned(dialect: Dialect, error: APIStatusError) -> bool:
    return dialect.learn(error, dialect.options(40))


def test_without_a_limit_only_the_usage_is_asked_for() -> None:
    assert Dialect(newest=True).options(None) == {"stream_options": {"include_usage": True}}


def test_a_limited_answer_of_openai_is_not_thought_about() -> None:
    """A title of 40 tokens would otherwise be 40 tokens of thoughts and no title."""
    options = Dialect(newest=True).options(40)
    assert (options["max_completion_tokens"], options["reasoning_effort"]) == (40, "none")


def test_other_servers_are_not_asked_about_thinking() -> None:
    options = Dialect(newest=False).options(40)
    assert options["max_tokens"] == 40
    assert "reasoning_effort" not in options


def test_a_model_that_cannot_skip_thinking_is_asked_without() -> None:
    dialect = Dialect(newest=True)
    assert learned(dialect, refusal("Unsupported value: 'none' is not supported.", param="reasoning_effort"))
    assert "reasoning_effort" not in dialect.options(40)
    assert dialect.options(40)["max_completion_tokens"] == 40


def test_each_refusal_costs_one_parameter_until_none_is_left() -> None:
    dialect = Dialect(newest=True)
    for name in ("stream_options", "reasoning_effort", "max_completion_tokens", "max_tokens"):
        assert name in dialect.options(40)
        assert learned(dialect, refusal(f"Unrecognized request argument supplied: {name}"))
    assert dialect.options(40) == {}
    assert not learned(dialect, refusal("Unrecognized request argument supplied: max_tokens"))


def test_a_validation_error_names_its_parameter_in_the_body() -> None:
    error = refusal("Unprocessable Entity", 422)
    error.body = {"detail": [{"type": "extra_forbidden", "loc": ["body", "stream_options"]}]}
    assert learned(Dialect(newest=False), error)


def test_a_long_prompt_teaches_nothing_though_it_names_the_limit() -> None:
    said = "'max_tokens' is too large: 40. This model's maximum context length is 32 tokens"
    assert not learned(Dialect(newest=False), refusal(said))


def test_only_a_refusal_of_the_request_teaches() -> None:
    assert not learned(Dialect(newest=False), refusal("max_tokens", status=401))
