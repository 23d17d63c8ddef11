"""The log: one event name with fields for each thing that happened, and never a secret in it."""

import logging
import logging.config
import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET = re.compile(
    r"\d{6,}:[A-Za-z0-9_-]{30,}"  # Telegram's bot tokens, which stand in the address of every call
    r"|xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{5,}|xapp-[A-Za-z0-9-]{5,}"  # Slack's; the dotted ones are rotated
    r"|\bsk-[A-Za-z0-9_-]{8,}"  # OpenAI's and most gateways'
    r"|(?<=://)[^/@\s]+:[^/@\s]+(?=@)"  # user and password of a database's or proxy's URL
)
HIDDEN = "[secret]"
QUIET = (
    *("httpx", "httpx2", "httpcore", "httpcore2", "openai", "slack_sdk", "slack_bolt", "telegram", "aiohttp.access"),
    *("aiosqlite", "sqlalchemy", "psycopg", "procrastinate"),
)
"""Libraries that log every call, some with the token in its address, some with what people wrote: from WARNING on."""


def scrub(text: str) -> str:
    """The text without anything that looks like a token, a key or a password in a URL."""
    return SECRET.sub(HIDDEN, text)


def scrub_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Scrub every value of an event, however deep; the last step before it is written."""
    return {name: _scrubbed(value) for name, value in event.items()}


def _scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        return {scrub(str(name)): _scrubbed(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrubbed(entry) for entry in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return scrub(value if isinstance(value, str) else repr(value))


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
    as_text = structlog.processors.format_exc_info
    last: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    )
    remove: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return [remove, structlog.processors.StackInfoRenderer(), as_text, scrub_event, last]


def _standard_library(level: str, shared: list[Processor], rendering: list[Processor]) -> dict[str, Any]:
    quiet = {name: {"level": "WARNING"} for name in QUIET} if level in ("DEBUG", "INFO") else {}
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": shared,
        "processors": rendering,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"events": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "events"}},
        "loggers": quiet,
        "root": {"handlers": ["stderr"], "level": level},
    }
