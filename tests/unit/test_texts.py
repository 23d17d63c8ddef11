import pytest

from bot.engine import errors, texts


def test_control_characters_go_and_lines_stay() -> None:
    assert texts.clean(" a\x00b\x1b[0m\r\nc\td\x7f ") == "ab[0m\nc\td"


def test_joined_emoji_and_right_to_left_marks_stay() -> None:
    assert texts.clean("👩‍👩‍👧 \u200fשלום") == "👩‍👩‍👧 \u200fשלום"


@pytest.mark.parametrize("text", ["\u200b", "\u2060 \u200f", "\u3164", "\u2800\n", "\ufeff"])
def test_a_text_of_which_nothing_can_be_seen_is_empty(text: str) -> None:
    assert texts.clean(text) == ""
    assert texts.one_line(text, 10) == ""


@pytest.mark.parametrize("text", ["🎉", "?", "\U0001fae8", "\u0301e", "ㅎ"])
def test_whatever_can_be_seen_is_a_text(text: str) -> None:
    assert texts.clean(text) == text


def test_lone_surrogates_go() -> None:
    assert texts.clean("a\ud800b") == "ab"


def test_a_long_line_is_cut_at_a_word() -> None:
    assert texts.one_line("the quick brown fox jumps", 16) == "the quick brown…"
    assert texts.one_line("short", 16) == "short"
    assert len(texts.one_line("x" * 99, 16)) == 16


def test_every_model_error_has_a_sentence_with_a_way_on() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ModelError)]
    for code in {kind.code for kind in kinds}:
        assert "Retry" in texts.failure(code, partial=False, language="")


def test_what_was_shown_already_is_marked_as_unfinished() -> None:
    assert texts.failure("silent", partial=True, language="").startswith("_Unfinished._ ")


@pytest.mark.parametrize("text", ["2*3*4", "snake_case", "[a](b)", "<b>", "`x`", "$5", "a&amp;b"])
def test_an_escaped_text_has_no_markup_left_unescaped(text: str) -> None:
    escaped = texts.escape(text)
    assert escaped.replace("\\", "") == text
    assert all(escaped[i - 1] == "\\" for i, c in enumerate(escaped) if c in "*_[]()<>`$&")
