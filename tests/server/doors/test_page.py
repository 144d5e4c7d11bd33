"""The page about doors is the one that the data make."""

from __future__ import annotations

from tests.server.doors.page import PAGE, page


def test_the_page_is_up_to_date() -> None:
    """If it is not: ``python -m tests.server.doors.page``."""
    assert PAGE.read_text(encoding="utf-8") == page()
