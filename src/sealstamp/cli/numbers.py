"""Whole numbers as the command line asks for them."""

from __future__ import annotations

from sealstamp.errors import ConfigurationError


def read_number(option: str, text: str) -> int:
    """Read a whole number of at most 16 digits. Raises ConfigurationError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise ConfigurationError(option, f"{text!r} is no number", "give a whole number")
    return int(text)
