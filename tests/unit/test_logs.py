"""The log: readable by people or machines, and never with a secret in it."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from bot.engine.errors import StorageUnavailable
from bot.service.logs import HIDDEN, scrub, set_up_logs
from tests import log_set_up

TELEGRAM = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
HUSH = "what Ann wrote"
SECRETS = [
    TELEGRAM,
    f"https://api.telegram.org/bot{TELEGRAM}/sendMessage",
    f"https://api.telegram.org/bot{TELEGRAM.replace(':', '%3A')}/sendMessage",
    "xoxb-123456789012-abcdefGHIJK",
    "xoxe.xoxp-1-Mi0yLTEyMzQ",
    "xapp-1-A012ABC-123456-abcdef",
    "wss://wss-primary.slack.com/link/?ticket=abcdef-0123&app_id=A1",
    "https://hooks.slack.com/actions/T012/34/abcdef",
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
@pytest.mark.parametrize("library", ["httpx", "slack_sdk.web", "telegram", "asyncio", "one.of.next.year"])
def test_other_libraries_are_heard_from_warnings_on(
    library: str, level: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """httpx logs the address of every call, and Telegram's has the token in it."""
    set_up_logs(level, "json")
    logging.getLogger(library).info("HTTP Request: POST")
    logging.getLogger(library).warning("trouble")
    assert [event["event"] for event in events(capsys)] == ["trouble"]


def test_libraries_are_no_louder_than_the_level(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("error", "json")
    logging.getLogger("one.of.next.year").warning("trouble")
    assert events(capsys) == []


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
    logging.getLogger("some").error("said %s", TELEGRAM, exc_info=StorageUnavailable(TELEGRAM))
    try:
        raise OSError(f"asked {TELEGRAM}")
    except OSError:
        log.exception("failed")
    written = capsys.readouterr().err
    assert "AAHdq" not in written
    assert "ValueError" in written
    assert written.count(HIDDEN) >= 6


def broken(what: str) -> None:
    raise ValueError(what)


def caught(raising: Callable[[], None]) -> Exception:
    with pytest.raises(Exception) as found:
        raising()
    return found.value


def with_a_cause() -> None:
    try:
        broken(HUSH)
    except ValueError as error:
        raise StorageUnavailable("the file is full") from error


def with_a_context() -> None:
    try:
        broken(HUSH)
    except ValueError:
        raise KeyError(HUSH)  # noqa: B904 - the case at hand


def in_a_group() -> None:
    raise ExceptionGroup(HUSH, [caught(lambda: broken(HUSH)), StorageUnavailable("the file is full")])


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("raising", [with_a_cause, with_a_context, in_a_group])
def test_an_error_is_traced_without_what_it_may_quote(
    log: Any, style: str, raising: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """PostgreSQL's errors quote the row, `int` its argument, `dict` the key."""
    set_up_logs("debug", style)
    error = caught(raising)
    log.error("failed", exc_info=error, found=error)
    logging.getLogger("aiohttp.server").error("failed", exc_info=error)
    written = capsys.readouterr().err
    assert HUSH not in written
    assert "in broken" in written
    assert "ValueError" in written
    assert ("the file is full" in written) == (raising is not with_a_context)


def test_a_ring_of_errors_is_traced_once(log: Any, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("debug", "json")
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    log.error("failed", exc_info=first)
    (event,) = events(capsys)
    assert event["exception"].count("Traceback") == 2


async def test_asyncio_is_kept_from_printing_the_errors_that_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("debug", "json")
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    future.set_exception(ValueError(HUSH))
    loop.call_exception_handler({"message": "Future exception was never retrieved", "future": future})
    loop.call_exception_handler({"message": f"Exception in callback {future!r}", "exception": future.exception()})
    assert [event["event"] for event in events(capsys)] == [
        "Future exception was never retrieved",
        "Exception in callback",
    ]


@pytest.mark.parametrize("arguments", [(HUSH,), (HUSH, HUSH)])
def test_a_line_that_cannot_be_written_is_not_printed_elsewhere(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Python would print message, arguments and every error on the way, as they are."""
    set_up_logs("debug", "json")
    logging.getLogger("bot").error("%s is %d", *arguments)
    assert capsys.readouterr().err == "a line of bot could not be logged (TypeError)\n"
