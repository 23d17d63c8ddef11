"""The catalogues hold what the sentences say, whole and in every language, and each person is given theirs."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.markdown.grammar import grammar
from adapters.slack import views
from adapters.slack.interactions import SHORTCUTS
from bot.engine import texts
from bot.engine.chat_lists import delete_question
from bot.engine.chats import Chat, ChatKey
from bot.engine.languages import CATALOGUES, ENGLISH, LANGUAGES, Sentence, format_moment, spoken
from bot.engine.posts import Post

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"`([^` ]+)[^`]*`")
SLASH_COMMAND = re.compile(r"/[a-z][a-z-]*")
LABEL = re.compile(r"[^.?!…{}]{1,24}")
"""So short in English, and no sentence: it stands on a button, or may well."""

QUOTED = re.compile(r"“([^”{}]+)”")

LONGEST_LABEL = 40
"""Characters that still stand on a button beside another one."""

LONGEST_NOTE = 200
"""Characters of the note that Telegram shows when a button is pressed; what is longer is cut."""

LONGEST_DESCRIPTION = 256
"""Characters that Telegram lets a menu say of a command."""

NOTES = (
    *(texts.NOT_ALLOWED, texts.NOT_YOURS, texts.OUTDATED, texts.ELSEWHERE, texts.NOTHING_RUNS, texts.NOTHING_ASKED),
    *(texts.STILL_RUNS, texts.ONLY_LAST, texts.NO_CHAT, texts.RENAME_HOW),
)

HERE = ChatKey("slack", "T1", "C1", "1.0")
LONG_AGO = datetime(2026, 3, 9, 17, 5, tzinfo=UTC)

others = pytest.mark.parametrize("language", LANGUAGES[1:])
everyone = pytest.mark.parametrize("language", LANGUAGES)


def written_in(folder: Path) -> Iterator[str]:
    """Every sentence that the code there makes, in whatever place of a module."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Sentence":
                words = node.args[0]
                assert isinstance(words, ast.Constant), (
                    f"{path}:{node.lineno}: a catalogue can only have what stands there"
                )
                yield str(words.value)


@cache
def sentences() -> frozenset[str]:
    return frozenset(words for name in ("bot", "adapters", "storage") for words in written_in(ROOT / name))


@cache
def catalogue(language: str) -> Catalog:
    with (CATALOGUES / f"{language}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def pairs(language: str) -> list[tuple[str, str]]:
    """Each sentence in English and as the catalogue has it."""
    return [(str(entry.id), str(entry.string)) for entry in catalogue(language) if entry.id]


def placeholders(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


def shape(words: str) -> list[str]:
    """The Markdown in a text: its paragraphs, lists, emphasis and code, without what they say."""
    blocks = grammar().parse(words)
    tokens = [token for block in blocks for token in (block, *(block.children or ()))]
    return [token.type for token in tokens if token.type not in ("text", "inline")]


def test_people_are_spoken_to_in_seven_languages() -> None:
    assert LANGUAGES == ("en", "de", "es", "fr", "ja", "pt", "ru")


def test_the_sentences_of_the_whole_program_are_found() -> None:
    named = [words for words in vars(texts).values() if isinstance(words, Sentence)]
    kept = [words for table in (texts.FAILURES, texts.HELP, texts.COMMANDS) for words in table.values()]
    assert {words.english for words in (*named, *kept)} <= sentences()
    assert len(sentences()) > 90


@others
def test_no_sentence_is_missing(language: str) -> None:
    told = {english for english, words in pairs(language) if words.strip()}
    assert sorted(sentences() - told) == []


@others
def test_a_catalogue_has_nothing_that_nobody_says(language: str) -> None:
    assert sorted({english for english, _ in pairs(language)} - sentences()) == []
    assert not catalogue(language).obsolete


@others
def test_no_translation_is_in_doubt_and_none_stands_twice(language: str) -> None:
    assert [entry.id for entry in catalogue(language) if entry.id and entry.fuzzy] == []
    lines = (CATALOGUES / f"{language}.po").read_text().splitlines()
    assert sum(line.startswith("msgid ") for line in lines) == len(pairs(language)) + 1  # and the head


@others
def test_a_catalogue_says_whose_language_it_is_and_how_it_is_written(language: str) -> None:
    head = catalogue(language)
    assert (str(head.locale), head.charset.lower()) == (language, "utf-8")
    assert Locale.parse(language).get_display_name(ENGLISH) in head.header_comment


@others
def test_placeholders_are_the_same_in_every_language(language: str) -> None:
    different = [words for english, words in pairs(language) if placeholders(words) != placeholders(english)]
    assert different == []


@others
def test_every_sentence_can_be_said_with_all_that_it_tells(language: str) -> None:
    for english in sentences():
        values = {name: f"the {name}" for name in placeholders(english)}
        said = Sentence(english)(language, **values)
        assert all(value in said for value in values.values())
        assert not set("{}") & set(said)


@others
def test_what_is_to_be_typed_is_the_same_in_every_language(language: str) -> None:
    """Commands are known by their English words only; what stands behind one is the person's."""
    for english, words in pairs(language):
        assert CODE.findall(words) == CODE.findall(english)
        assert SLASH_COMMAND.findall(words) == SLASH_COMMAND.findall(english)


@others
def test_names_of_commands_and_shortcuts_stay_as_they_are(language: str) -> None:
    """Slack shows the shortcuts of the manifest in English to everybody."""
    for english, words in pairs(language):
        assert [name for name in QUOTED.findall(english) if name not in words] == []


def test_what_is_quoted_in_a_sentence_is_a_word_that_people_type() -> None:
    assert {name for english in sentences() for name in QUOTED.findall(english)} == {"help", "json"}


@others
def test_markdown_is_the_same_in_every_language(language: str) -> None:
    for english, words in pairs(language):
        assert shape(words) == shape(english), words


@everyone
def test_a_button_that_a_sentence_names_is_called_so(language: str) -> None:
    naming = [sentence for sentence in sentences() if re.search(r"\bRetry\b", sentence)]
    assert len(naming) > 9
    assert [said for english in naming if texts.RETRY(language) not in (said := Sentence(english)(language))] == []


@others
def test_translations_are_set_with_care(language: str) -> None:
    """Typographic quotes and ellipses, but where a quote is to be typed, and no blanks that stand there by mistake."""
    for english, words in pairs(language):
        assert not re.search(r"\.\.\.|^\s|\s$|  ", words)
        assert words.count('"') == english.count('"')


@everyone
def test_labels_fit_on_buttons(language: str) -> None:
    labels = [english for english in sentences() if LABEL.fullmatch(english)]
    assert {words.english for words in (texts.RETRY, texts.FOR_NEW_TOO, texts.UNARCHIVE)} <= set(labels)
    assert [label for english in labels if len(label := Sentence(english)(language)) > LONGEST_LABEL] == []


@everyone
def test_notes_fit_into_telegrams(language: str) -> None:
    assert [note for sentence in NOTES if len(note := sentence(language)) > LONGEST_NOTE] == []


@everyone
def test_titles_and_buttons_of_slacks_modals_are_not_cut(language: str) -> None:
    chat = Chat(1, HERE, "U1", "Tea", None, current=True, created_at=LONG_AGO, updated_at=LONG_AGO)
    asked = delete_question(chat, language)
    titles = [title for _, title in SHORTCUTS.values()]
    shown = [
        (views.rename(HERE, language), texts.RENAME_CHAT, texts.RENAME, texts.CANCEL),
        (views.rename_chat(1, "Tea", HERE, language), texts.RENAME_CHAT, texts.RENAME, texts.CANCEL),
        (views.instructions("", HERE, language), texts.INSTRUCTIONS, texts.SAVE, texts.CANCEL),
        *((views.modal(asked, title(language), HERE, language), title, texts.DELETE, texts.CANCEL) for title in titles),
        *((views.modal(Post("…"), title(language), HERE, language), title, None, texts.CLOSE) for title in titles),
    ]
    for view, *meant in shown:
        said = [view[part]["text"] if part in view else None for part in ("title", "submit", "close")]
        assert said == [words and words(language) for words in meant]


@everyone
def test_menus_can_describe_commands_so(language: str) -> None:
    for description in texts.COMMANDS.values():
        assert 1 <= len(description(language)) <= LONGEST_DESCRIPTION
        assert "\n" not in description(language)


@pytest.mark.parametrize(
    ("language", "ours"),
    [
        *(
            ("pt-BR", "pt"),
            ("pt_PT", "pt"),
            ("pt-br", "pt"),
            ("de-AT", "de"),
            ("DE", "de"),
            ("ja", "ja"),
            ("es-419", "es"),
        ),
        *(
            ("en-GB", "en"),
            ("tlh", "en"),
            ("zh-hans", "en"),
            ("", "en"),
            ("nonsense", "en"),
            ("de\x00", "en"),
            ("_", "en"),
        ),
    ],
)
def test_a_language_is_served_by_ours_and_any_other_by_english(language: str, ours: str) -> None:
    assert spoken(language) == ours
    assert texts.STOP(language) == texts.STOP(ours)


@settings(deadline=None)
@given(st.text())
@example("-" * 2000)
def test_whatever_a_platform_says_of_a_language_something_is_spoken(language: str) -> None:
    assert spoken(language) in LANGUAGES


def test_what_no_catalogue_has_is_said_in_english() -> None:
    assert Sentence("Brand new: {word}")("de", word="tea") == "Brand new: tea"


@pytest.mark.parametrize(
    ("language", "number"),
    [("", "12,345"), ("de", "12.345"), ("es", "12.345"), ("fr", "12\u202f345"), ("ja", "12,345"), ("pt", "12.345")],
)
def test_numbers_are_written_in_the_languages_way(language: str, number: str) -> None:
    assert number in texts.TOO_LONG(language, length=12345, limit=8000)


def test_moments_are_written_in_the_languages_way() -> None:
    assert texts.moment(LONG_AGO, "de") == "09.03.2026, 17:05:00 UTC"
    assert len({format_moment(LONG_AGO, language) for language in LANGUAGES}) == len(LANGUAGES)


def test_the_package_carries_its_catalogues() -> None:
    """As people who install it have them: beside the module, in what Python knows as the package."""
    carried = {entry.name for entry in files("bot.engine").joinpath("locales").iterdir()}
    assert carried == {f"{language}.po" for language in LANGUAGES[1:]}
