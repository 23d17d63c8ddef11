"""The log: one event name with fields for each thing that happened; never a secret in it, nor what people wrote."""

import logging
import logging.config
import re
import sys
import traceback
from contextlib import suppress
from typing import Any

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from bot.engine.errors import ThreadlineError

SECRET = re.compile(
    r"\d{6,}(?::|%3A)[A-Za-z0-9_-]{30,}"  # Telegram's bot tokens, which stand in the address of every call
    r"|xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{5,}|xapp-[A-Za-z0-9-]{5,}"  # Slack's; the dotted ones are rotated
    r"|(?<=[?&]ticket=)[^&\s'\"]+|(?<=hooks\.slack\.com/)[^\s'\"]+"  # Slack's addresses that need no token
    r"|\bsk-[A-Za-z0-9_-]{8,}"  # OpenAI's and most gateways'
    r"|(?<=://)[^/@\s]+:[^/@\s]+(?=@)"  # user and password of a database's or proxy's URL
)
HIDDEN = "[secret]"
TALKATIVE = ("bot", "adapters", "storage", "playground", "__main__", "alembic")
"""Who is heard from the level on that is set. Every other library is heard from WARNING on: below, many log each call,
some with the token in its address, some with what people wrote."""

OWN_WORDS = (ThreadlineError, OSError)
"""Errors whose sentence is shown. Any other's may quote: PostgreSQL names the row that it refuses, `int` the text."""

OBJECTS = re.compile(r"[<(\n]")
"""Where, in what asyncio says, the objects begin that it prints, with exceptions and their sentences in them."""


def scrub(text: str) -> str:
    """The text without anything that looks like a token, a key or a password in a URL."""
    return SECRET.sub(HIDDEN, text)


def scrub_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Scrub every value of an event, however deep; the last step before it is written."""
    return {name: _scrubbed(value) for name, value in event.items()}


def shorten_asyncio(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Keep asyncio's own words, such as "Task exception was never retrieved"; the traceback comes besides."""
    if event.get("logger") == "asyncio":
        event["event"] = OBJECTS.split(str(event["event"]))[0].rstrip()
    return event


def described(error: BaseException) -> str:
    """The error's kind, with its sentence only where that is known to quote nobody."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    return f"{name}: {error}" if isinstance(error, OWN_WORDS) and str(error) else name


def traced(error: BaseException) -> str:
    """The traceback, that of each error behind it first, and after it those that it holds together."""
    parts = []
    for link in reversed(_links(error)):
        frames = "".join(traceback.format_tb(link.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{described(link)}")
        if isinstance(link, BaseExceptionGroup):
            parts.extend(traced(inner) for inner in link.exceptions)
    return "\n\nwhich led to\n\n".join(parts)


def _links(error: BaseException) -> list[BaseException]:
    """The error and those that led to it, the newest first."""
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return links


def _traced(exc_info: ExcInfo) -> str:
    return traced(exc_info[1])


def _scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        return {scrub(str(name)): _scrubbed(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrubbed(entry) for entry in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return scrub(described(value))
    return scrub(value if isinstance(value, str) else repr(value))


class Lines(logging.StreamHandler[Any]):
    """Writes to standard error."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say that a line was lost. The library would print all that was to stand in it, unscrubbed."""
        kind = sys.exc_info()[0] or Exception
        with suppress(OSError, ValueError):
            print(f"a line of {record.name} could not be logged ({kind.__name__})", file=sys.stderr)


def set_up_logs(level: str = "info", style: str = "text") -> None:
    """Write structlog's and the standard library's events to standard error, as lines of `text` or `json`.

    Calling it again replaces what was set up. Fields bound with `structlog.contextvars` go into every event of a task.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(_standard_library(level.upper(), shared, _rendering(style)))


def _rendering(style: str) -> list[Processor]:
    """Exceptions become text first, so that they are scrubbed too."""
    as_text = structlog.processors.ExceptionRenderer(_traced)
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    remove: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return [remove, structlog.processors.StackInfoRenderer(), as_text, shorten_asyncio, scrub_event, last]


def _standard_library(level: str, shared: list[Processor], rendering: list[Processor]) -> dict[str, Any]:
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": rendering,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"events": formatter},
        "handlers": {"stderr": {"class": "bot.service.logs.Lines", "formatter": "events"}},
        "loggers": {name: {"level": level} for name in TALKATIVE},
        "root": {"handlers": ["stderr"], "level": "WARNING" if level in ("DEBUG", "INFO") else level},
    }
