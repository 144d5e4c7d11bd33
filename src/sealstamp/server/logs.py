"""JSON log lines on standard error, through structlog; nothing that could be a secret is ever handed to it."""

from __future__ import annotations

import logging
import sys
from typing import Any, Protocol

import structlog


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
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=True,
    )
    return log
