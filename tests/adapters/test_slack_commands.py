"""Which texts are commands."""

import pytest

from adapters.slack.commands import Words, find


@pytest.mark.parametrize("word", ["delete", "Stop", "retry", "help", "stop!", "HELP"])
def test_after_a_mention_a_word_alone_is_a_command(word: str) -> None:
    assert find(word, mentioned=True, direct=False) == Words(word.rstrip("!").lower(), "", certain=True)


@pytest.mark.parametrize(
    "text", ["help me with this", "delete all rows older than a day", "stopwatch", "export it", "renamed?", ""]
)
def test_after_a_mention_a_sentence_is_a_message(text: str) -> None:
    assert find(text, mentioned=True, direct=False) is None


@pytest.mark.parametrize(
    ("text", "title"), [("rename New title", "New title"), ("Rename  a\nb", "a\nb"), ("rename", "")]
)
def test_after_a_mention_rename_is_uncertain(text: str, title: str) -> None:
    assert find(text, mentioned=True, direct=False) == Words("rename", title, certain=False)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model", Words("model", "", certain=True)),
        ("Model gpt-9", Words("model", "gpt-9", certain=False)),
        ("instructions", Words("instructions", "", certain=True)),
        ("Instructions:  Be brief.\nAnd kind.", Words("instructions", "Be brief.\nAnd kind.", certain=False)),
        ("model trains are fun", None),
        ("model?", None),
        ("instructions for a cake", None),
    ],
)
def test_what_the_model_shall_keep_to_is_told_apart_from_questions(text: str, words: Words | None) -> None:
    assert find(text, mentioned=True, direct=False) == words


@pytest.mark.parametrize("text", ["help", "stop", "rename it all", "delete"])
def test_in_a_direct_message_plain_words_are_a_message(text: str) -> None:
    assert find(text, mentioned=False, direct=True) is None


@pytest.mark.parametrize(
    ("text", "shape"),
    [("export", ""), ("Export JSON", "json"), ("export markdown!", "markdown"), ("export  md.", "md")],
)
def test_after_a_mention_an_export_may_name_its_shape(text: str, shape: str) -> None:
    assert find(text, mentioned=True, direct=False) == Words("export", shape, certain=True)


@pytest.mark.parametrize("name", ["help", "chats", "stop", "retry", "delete", "rename"])
def test_a_bang_makes_a_command_in_a_direct_message(name: str) -> None:
    assert find(f"!{name}", mentioned=False, direct=True) == Words(name, "", certain=True)


def test_an_unknown_bang_word_alone_gets_the_hint_where_it_was_meant_for_us() -> None:
    assert find("!dance", mentioned=False, direct=True) == Words("dance", "", certain=True)
    assert find("!dance", mentioned=False, direct=False) is None


@pytest.mark.parametrize("text", ["!important: buy milk", "!pip install x", "! stop", "!!", "!1", "!stop!"])
def test_other_texts_with_a_bang_are_messages(text: str) -> None:
    assert find(text, mentioned=False, direct=True) is None


def test_a_bang_command_between_people_is_uncertain() -> None:
    assert find("!rename Plans", mentioned=False, direct=False) == Words("rename", "Plans", certain=False)
