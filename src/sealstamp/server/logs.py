"""JSON log lines on standard error, through structlog; nothing that could be a secret is ever handed to it."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec
import structlog

SERVER_LOGGING: Final = {
    "formatters": {"json": {"()": "sealstamp.server.logs.JsonLines"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"},
        "access": {"class": "logging.NullHandler"},
    },
}
"""Makes the lines of granian itself, such as what its workers end with, look and go like ours."""


class Log(Protocol):
    """What the service says things with: an event's name, and its facts."""

    def debug(self, event: str, **facts: Any) -> Any:
        """Say what only a developer wants to know."""

    def info(self, event: str, **facts: Any) -> Any:
        """Say what happened."""

    def warning(self, event: str, **facts: Any) -> Any:
        """Say what somebody should look at."""

    def error(self, event: str, **facts: Any) -> Any:
        """Say what does not work."""


def make_log(level: str) -> Log:
    """Return a log of lines from ``level`` up. Exceptions are told by their text, never with their locals."""
    log: Log = structlog.wrap_logger(
        _Lines(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    return log


class _Lines(structlog.PrintLogger):
    """Writes lines while it can. A disk that takes none, or a reader that has gone, must not be a request's failure."""

    def msg(self, message: str) -> None:
        """Write a line; it is lost where that fails."""
        with suppress(OSError):
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


class JsonLines(logging.Formatter):
    """Writes a record of the standard library's logging as the service's own lines are written."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line of JSON; a traceback, which holds no locals, becomes part of the text."""
        line = {
            "event": super().format(record),
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
        }
        return msgspec.json.encode(line).decode()
