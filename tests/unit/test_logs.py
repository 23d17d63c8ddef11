"""The log: readable by people or machines, and never with a secret in it."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot.service.logs import HIDDEN, QUIET, scrub, set_up_logs
from tests import log_set_up

TELEGRAM = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
SECRETS = [
    TELEGRAM,
    f"https://api.telegram.org/bot{TELEGRAM}/sendMessage",
    "xoxb-123456789012-abcdefGHIJK",
    "xoxe.xoxp-1-Mi0yLTEyMzQ",
    "xapp-1-A012ABC-123456-abcdef",
    "sk-proj-abc_DEF-0123456789",
    "postgresql://me:hunter2@host/name",
]


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    with log_set_up.put_back():
        yield


@pytest.fixture
def log() -> Any:
    """A logger made after the set-up of the test, under a name of its own."""
    return structlog.get_logger("bot.test")


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_is_one_line_with_its_fields(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "json")
    log.info("turn_ended", chat=7, seconds=1.5, ok=True, failure=None)
    (event,) = events(capsys)
    assert event["event"] == "turn_ended"
    assert (event["chat"], event["seconds"], event["ok"], event["failure"]) == (7, 1.5, True, None)
    assert (event["level"], event["timestamp"][-1]) == ("info", "Z")


def test_the_standard_librarys_events_look_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "json")
    logging.getLogger("alembic").info("upgrade to %s", "head")
    (event,) = events(capsys)
    assert (event["event"], event["logger"], event["level"]) == ("upgrade to head", "alembic", "info")


def test_lines_for_people_have_the_event_and_its_fields(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "text")
    log.info("turn_ended", chat=7)
    line = capsys.readouterr().err
    assert "turn_ended" in line
    assert "chat=7" in line
    assert "\x1b" not in line


def test_what_is_bound_to_a_task_is_in_all_its_events(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "json")
    with structlog.contextvars.bound_contextvars(turn=3):
        log.info("one")
        logging.getLogger("other").warning("two")
    assert [event["turn"] for event in events(capsys)] == [3, 3]


def test_less_than_the_level_is_not_written(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("warning", "json")
    log.info("quiet")
    log.warning("loud")
    assert [event["event"] for event in events(capsys)] == ["loud"]


@pytest.mark.parametrize("level", ["debug", "info"])
@pytest.mark.parametrize("library", QUIET)
def test_libraries_that_log_every_call_are_quiet(library: str, level: str, capsys: pytest.CaptureFixture[str]) -> None:
    """httpx logs the address of every call, and Telegram's has the token in it."""
    set_up_logs(level, "json")
    logging.getLogger(library).info("HTTP Request: POST")
    logging.getLogger(library).warning("trouble")
    assert [event["event"] for event in events(capsys)] == ["trouble"]


def test_setting_up_twice_writes_once(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("info", "text")
    set_up_logs("info", "json")
    log.info("once")
    assert len(events(capsys)) == 1


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_taken_out_of_any_text(secret: str) -> None:
    scrubbed = scrub(f"before {secret} after")
    assert HIDDEN in scrubbed
    assert not any(part in scrubbed for part in ("AAHdq", "abcdef", "Mi0y", "DEF-0", "hunter2"))
    assert scrubbed.startswith("before ")
    assert scrubbed.endswith(" after")


@pytest.mark.parametrize("text", ["12:30 lunch", "task-force-abcdefgh", "https://host:8000/a@b", "sk-1", "1790000000"])
def test_ordinary_text_stays(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize("style", ["text", "json"])
def test_no_secret_is_written_wherever_it_stands(log: Any, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("debug", style)
    log.info(f"event {TELEGRAM}", field=TELEGRAM, deep={"list": [TELEGRAM], TELEGRAM: 1}, thing=ValueError(TELEGRAM))
    logging.getLogger("some").error("said %s", TELEGRAM, exc_info=ValueError(TELEGRAM))
    try:
        raise ValueError(f"asked {TELEGRAM}")
    except ValueError:
        log.exception("failed")
    written = capsys.readouterr().err
    assert "AAHdq" not in written
    assert "ValueError" in written
    assert written.count(HIDDEN) >= 7
