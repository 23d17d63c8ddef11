"""The log's set-up belongs to the process: a test that changes it puts it back."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.service.logs import TALKATIVE


@contextmanager
def put_back() -> Iterator[None]:
    """Leave logging and structlog as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in TALKATIVE}
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
