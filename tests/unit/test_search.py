"""What words a text has, what a query asks for, and what is shown of a hit."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.search import (
    LONGEST_TOKEN,
    MOST_BYTES,
    MOST_TOKENS,
    SNIPPET,
    SearchQuery,
    Term,
    read_query,
    snippet,
    tokens_of,
)

letters = st.sampled_from("aBcßÉé漢字かがท1 \n-'\"*_.e\u0301👩\u200d")
texts = st.one_of(st.text(), st.text(letters, max_size=60))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Straße, ÉCOLE!", ["strasse", "ecole"]),
        ("e\u0301cole", ["ecole"]),
        ("don't snake_case", ["don", "t", "snake", "case"]),
        ("東京都", ["東京", "京都", "都"]),
        ("Tower東京", ["tower", "東京", "京"]),
        ("①②", ["12"]),
        ("ﬁne soft\u00adhyphen", ["fine", "softhyphen"]),
        ("x" * 50, ["x" * LONGEST_TOKEN]),
        ("👍 … -", []),
    ],
)
def test_words_are_taken_in_their_plainest_form(text: str, tokens: list[str]) -> None:
    assert tokens_of(text) == tokens


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("red apples", SearchQuery((Term(("red",)), Term(("apples",))))),
        ("red RED", SearchQuery((Term(("red",)),))),
        ('"red apples" -green', SearchQuery((Term(("red", "apples")),), (Term(("green",)),))),
        ("„red apples“", SearchQuery((Term(("red", "apples")),))),
        ('red -"green apples"', SearchQuery((Term(("red",)),), (Term(("green", "apples")),))),
        ('"red apples', SearchQuery((Term(("red", "apples")),))),
        ("app*", SearchQuery((Term(("app",), prefix=True),))),
        ("well-known", SearchQuery((Term(("well", "known")),))),
        ("東", SearchQuery((Term(("東",), prefix=True),))),
        ("東京都", SearchQuery((Term(("東京", "京都")),))),
        ("", None),
        ("-red", None),
        ('* - "" \'', None),
        ("👍", None),
    ],
)
def test_a_query_is_read(words: str, query: SearchQuery | None) -> None:
    assert read_query(words) == query


@given(texts)
def test_tokens_are_bounded_and_plain(text: str) -> None:
    for token in tokens_of(text):
        assert 0 < len(token) <= LONGEST_TOKEN
        assert all(unicodedata.category(character)[0] in "LNM" for character in token)
        assert token == token.casefold()


@given(texts)
def test_a_text_has_the_same_words_however_it_is_composed(text: str) -> None:
    assert tokens_of(unicodedata.normalize("NFC", text)) == tokens_of(unicodedata.normalize("NFD", text))


@given(texts)
def test_a_text_is_found_by_each_of_its_words_and_the_snippet_shows_it(text: str) -> None:
    for word in text.replace('"', " ").split():
        query = read_query(f'"{word}"')
        if query is not None and len(tokens_of(word)) < 50:
            assert query.matches(tokens_of(text))
            assert "**" in snippet(text, query)


@given(texts, texts)
def test_a_snippet_is_one_short_line_of_the_text(text: str, words: str) -> None:
    query = read_query(words) or SearchQuery((Term(("x",)),))
    shown = snippet(text, query)
    assert "\n" not in shown
    assert len(shown.replace("\\", "")) <= 5 * (SNIPPET + 60) + sum(map(len, words))


def test_a_snippet_is_cut_at_words_around_the_first_hit_with_all_hits_in_bold() -> None:
    text = "one two three " * 20 + "a *red* apple, and another red one " + "four five six " * 20
    shown = snippet(text, SearchQuery((Term(("red",)),)))
    assert shown.startswith("…") and shown.endswith("…")  # noqa: PT018 both ends in one glance
    assert r"a \***red**\* apple, and another **red** one" in shown
    assert len(shown) < SNIPPET + 20
    assert all(word in text for word in shown.strip("…").split()[:3])


def test_a_snippet_of_a_script_without_spaces_marks_what_was_asked_for() -> None:
    asked = {words: read_query(words) for words in ("東京", "京")}
    assert asked["東京"] is not None
    assert asked["京"] is not None
    assert snippet("私は東京都に", asked["東京"]) == "私は**東京**都に"
    assert snippet("私は東京都に", asked["京"]) == "私は東**京**都に"


def test_a_huge_text_has_a_bounded_number_of_tokens() -> None:
    assert len(tokens_of("a " * (2 * MOST_TOKENS))) == MOST_TOKENS
    assert sum(len(token.encode()) for token in tokens_of("ⲁⲃ" * 20 + (" " + "ⲁ" * 40) * 20_000)) <= MOST_BYTES
