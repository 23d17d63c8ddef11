"""Counting tokens: right where it matters, quick on whatever people send."""

import time

import pytest

from adapters.openai.tokens import COUNTED, count_tokens, load_encoding

PROSE = "Thread by thread, the answer grows in the message while the model still writes it. "


@pytest.fixture(autouse=True)
def _loaded() -> None:
    load_encoding()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("hello world", 2), ("Привет, мир!", 5), ("def f(x):\n    return x", 7), ("<|endoftext|>", 7)],
)
def test_short_texts_are_counted_exactly(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


def test_prose_is_counted_as_the_encoding_does() -> None:
    assert count_tokens(PROSE * 50) == len(load_encoding().encode_ordinary(PROSE * 50))


def test_runs_without_a_space_are_counted_nearly_right() -> None:
    text = "https://example.com/" + "a-long-path/with_parts/" * 20
    exact = len(load_encoding().encode_ordinary(text))
    assert count_tokens(text) == pytest.approx(exact, rel=0.1)


def test_a_very_long_text_is_estimated_within_a_few_per_cent() -> None:
    text = PROSE * (4 * COUNTED // len(PROSE))
    assert count_tokens(text) == pytest.approx(len(load_encoding().encode_ordinary(text)), rel=0.03)


@pytest.mark.parametrize("size", [COUNTED, COUNTED + 1, 1_000_000])
@pytest.mark.parametrize("character", ["a", "😀", "界", "!", " ", "\x00", "e\u0301"])
def test_no_text_makes_it_slow(character: str, size: int) -> None:
    """The encoder itself takes minutes for 20,000 emoji in a row, which anybody could send."""
    begun = time.perf_counter()
    assert count_tokens(character * (size // len(character))) > 0
    assert time.perf_counter() - begun < 2


def test_half_a_surrogate_pair_is_no_error() -> None:
    assert count_tokens("broken \ud83d emoji") > 0
