"""A chat as a file: what it says to people, what it is called, and that it can be read back."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.engine import chat_file, texts
from bot.engine.chats import Author, ChatKey
from bot.engine.transcript import PastAnswer, PastQuestion, Transcript, file_name, markdown
from bot.engine.turns import TurnStatus
from tests.unit.transcripts import BEGUN, transcripts

ANN = Author("U1", "Ann_Lee", "de")
WHY = PastQuestion(
    "Why?\nReally.",
    ANN,
    BEGUN,
    (
        PastAnswer("Bec", TurnStatus.CANCELLED, False, BEGUN, BEGUN),
        PastAnswer("# Because\n\nof *tea*.", TurnStatus.DONE, True, BEGUN, BEGUN),
    ),
    "17.1",
)
AND = PastQuestion("And?", None, BEGUN, (PastAnswer(None, TurnStatus.FAILED, True, BEGUN, None, "busy"),))
CHAT = Transcript(ChatKey("slack", "T1", "C1", "17.1"), "U1", "2*3 & tea", None, BEGUN, (WHY, AND))


def test_people_read_who_asked_when_and_what_was_answered() -> None:
    assert markdown(CHAT, "") == (
        "# 2\\*3 \\& tea\n\n"
        "Slack, C1, 17.1; begun 2026-11-22 12:00 UTC\n\n"
        "## Ann\\_Lee, 2026-11-22 12:00 UTC\n\n"
        "> Why?\n> Really.\n\n"
        "# Because\n\nof *tea*.\n\n"
        "#### Earlier answer, 2026-11-22 12:00 UTC\n\n"
        "> Bec\n>\n> _Stopped._\n\n"
        "## Somebody, 2026-11-22 12:00 UTC\n\n"
        "> And?\n\n"
        "_No answer._\n"
    )


def headings(text: str) -> Iterator[str]:
    """The headings that stand in no quote and no list."""
    tokens = MarkdownIt("commonmark").parse(text)
    for token, content in pairwise(tokens):
        if (token.type, token.level) == ("heading_open", 0):
            yield content.content


@given(transcripts)
def test_whatever_was_written_every_heading_of_ours_is_one(chat: Transcript) -> None:
    marked = replace(chat, questions=tuple(replace(q, author=Author("U1", "Zebra")) for q in chat.questions))
    found = list(headings(markdown(marked, "")))
    assert sum(heading.startswith("Zebra, 20") for heading in found) == len(chat.questions)
    earlier = sum(len(question.answers) - 1 for question in chat.questions)
    assert sum(heading.startswith(texts.EARLIER_ANSWER.english) for heading in found) == earlier


@pytest.mark.parametrize("text", ["```py\nx = 1", "- a\n  ```\n  x\n```\n", "<!-- never closed", "<pre>\n\nx"])
def test_an_answer_that_would_swallow_what_follows_is_quoted(text: str) -> None:
    answer = replace(WHY.answers[1], text=text)
    chat = replace(CHAT, questions=(replace(WHY, answers=(answer,)), AND))
    assert list(headings(markdown(chat, "")))[-1].startswith("Somebody")
    assert f"\n> {text.splitlines()[0]}\n" in markdown(chat, "")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Tides, and the moon?", "Tides-and-the-moon"),
        ("../../etc/passwd", "etc-passwd"),
        ('a\\b:c*d"e<f>g|h', "a-b-c-d-e-f-g-h"),
        ("con", "chat-con"),
        ("Lpt1", "chat-Lpt1"),
        ("Ebbe und Flüsse", "Ebbe-und-Flüsse"),
        ("हिन्दी", "हिन्दी"),
        ("👩‍👩‍👧", "chat"),
        ("\u202egnp.exe", "gnp-exe"),
        ("- dashes -", "dashes"),
        (None, "chat"),
    ],
)
def test_a_files_name_is_safe_on_every_system(title: str | None, name: str) -> None:
    assert file_name(title, "md") == f"{name}.md"


@given(st.text())
def test_no_title_makes_a_name_too_long_hidden_or_with_a_path_in_it(title: str) -> None:
    name = file_name(title, "json")
    assert len(name.encode()) <= 255
    assert not name.startswith((".", "-"))
    assert not set(name) & set('/\\:*?"<>| \n\x00')


@given(transcripts)
def test_what_is_written_as_json_is_read_back_the_same(chat: Transcript) -> None:
    written = chat_file.write(chat)
    assert chat_file.read(written) == chat
    assert chat_file.write(chat_file.read(written)) == written


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(chat_file.write(CHAT)) | changes).encode()


def test_the_fields_are_those_of_the_manual() -> None:
    whole = json.loads(chat_file.write(CHAT))
    assert (whole["format"], whole["version"]) == ("threadline.chat", 1)
    assert whole["place"] == {"platform": "slack", "workspace": "T1", "channel": "C1", "thread": "17.1"}
    assert (whole["owner"], whole["title"], whole["title_source"]) == ("U1", "2*3 & tea", None)
    assert whole["created_at"] == "2026-11-22T12:00:00Z"
    first = whole["questions"][0]
    assert (first["text"], first["source"]) == ("Why?\nReally.", "17.1")
    assert first["author"] == {"id": "U1", "name": "Ann_Lee", "language": "de"}
    assert first["answers"][0] == {
        "text": "Bec",
        "status": "cancelled",
        "stands": False,
        "asked_at": "2026-11-22T12:00:00Z",
        "answered_at": "2026-11-22T12:00:00Z",
        "failure": None,
    }


def test_keys_that_nobody_knows_are_left_out() -> None:
    questions = json.loads(chat_file.write(CHAT))["questions"]
    questions[0]["mood"] = questions[0]["answers"][0]["stars"] = 5
    assert chat_file.read(changed(questions=questions, tags=["tea"])) == CHAT


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "It is no JSON."),
        (b"\xff\xfe", "It is no JSON."),
        (b"[" * 100_000, "It is no JSON."),
        (b"[]", 'It is no chat that Threadline exported: its "format" is not "threadline.chat".'),
        (changed(format="other"), 'It is no chat that Threadline exported: its "format" is not "threadline.chat".'),
        (changed(version="1"), 'Its "version" is no number from 1 on.'),
        (changed(version=True), 'Its "version" is no number from 1 on.'),
        (
            changed(version=2),
            "It was exported by a newer Threadline: its version is 2, and this one reads versions up to 1. "
            "Update Threadline first.",
        ),
        (changed(owner=7), "owner is not as it should be: Input should be a valid string."),
        (changed(title="\ud800"), "It is not as it should be: Invalid JSON"),
        (
            changed(created_at="2026-11-22T12:00:00"),
            "created_at is not as it should be: Input should have timezone info.",
        ),
        (changed(questions=[{}]), "questions[0].text is not as it should be: Field required (and 3 things more)."),
        (changed(place={}), "place.platform is not as it should be: Field required (and 2 things more)."),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(chat_file.UnreadableFile) as refused:
        chat_file.read(content)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize("stand", [0, 2])
def test_of_the_answers_to_a_question_one_has_to_stand(stand: int) -> None:
    answers = tuple(replace(answer, stands=stand == 2) for answer in WHY.answers)
    content = chat_file.write(replace(CHAT, questions=(replace(WHY, answers=answers),)))
    with pytest.raises(chat_file.UnreadableFile, match=rf"questions\[0\] {stand} stand; it has to be one"):
        chat_file.read(content)


def test_what_people_wrote_is_not_quoted_where_a_file_is_wrong() -> None:
    questions = json.loads(chat_file.write(CHAT))["questions"]
    questions[0]["answers"][0]["status"] = "secret words"
    with pytest.raises(chat_file.UnreadableFile) as refused:
        chat_file.read(changed(questions=questions))
    assert "secret" not in str(refused.value)
    assert "questions[0].answers[0].status" in str(refused.value)
