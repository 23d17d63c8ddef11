import pytest

from bot.engine.titles import MAX_LENGTH, tidy_title, title_of_question


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("Holiday plans for Rome", "Holiday plans for Rome"),
        ('"Holiday plans for Rome."', "Holiday plans for Rome"),
        ("Title: Holiday plans", "Holiday plans"),
        ("**Title:** Holiday plans", "Holiday plans"),
        ("Titel: „Reise nach Rom“", "Reise nach Rom"),
        ("\n\n  Holiday   plans\n\nSure, here is more", "Holiday plans"),
        ("How to list files in Python: / ```python", "How to list files in Python: /"),
        ("one two three four five six seven eight nine", "one two three four five six seven"),
        ("旅行の計画。", "旅行の計画"),
        ("خطط السفر إلى روما", "خطط السفر إلى روما"),
        ('The "best" pizza in town', "The best pizza in town"),
        ("What's new in L'Équipe", "What's new in L'Équipe"),
        ("‘It’s over’", "It’s over"),
        ("'Learning C#'", "Learning C#"),
        ("## **Holiday plans**", "Holiday plans"),
        ("Title-case rules", "Title-case rules"),
        ("Title - Holiday plans", "Holiday plans"),
    ],
)
def test_a_title_is_one_line_without_label_quotes_or_stop(raw: str, title: str) -> None:
    assert tidy_title(raw) == title


@pytest.mark.parametrize("raw", ["", "  \n ", '""', "Title:", "...", "the the the the the"])
def test_what_leaves_nothing_or_repeats_itself_is_no_title(raw: str) -> None:
    assert tidy_title(raw) is None


def test_one_endless_word_is_cut() -> None:
    title = tidy_title("x" * 500)
    assert title is not None
    assert len(title) <= MAX_LENGTH


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is the capital of France and why?", "What is the capital of France and"),
        ("hello", "hello"),
        ("two\nlines", "two lines"),
        ("🎉🎉", "🎉🎉"),
        ('"', "…"),
        ("What's \"love\", 'really'?", "What's love, really?"),
        ("How do I learn C#", "How do I learn C#"),
    ],
)
def test_without_a_model_the_first_words_of_the_question_serve(question: str, title: str) -> None:
    assert title_of_question(question) == title
