"""The public face is exactly what is documented."""

import doctest
import re
from pathlib import Path

import sealstamp

LATE = {"AsyncClient", "Client"}
"""What is imported when it is asked for."""
PAGE = Path(__file__).parents[1] / "docs" / "python.md"


def test_all_is_sorted_and_everything_in_it_exists() -> None:
    """What ``from sealstamp import *`` gives is listed in order, and is there."""
    assert sealstamp.__all__ == sorted(sealstamp.__all__)
    assert all(hasattr(sealstamp, name) for name in sealstamp.__all__)


def test_nothing_is_public_that_is_not_listed() -> None:
    """Names without an underscore that are no modules are listed in ``__all__``."""
    modules = {name for name, value in vars(sealstamp).items() if type(value).__name__ == "module"}
    visible = {name for name in vars(sealstamp) if not name.startswith("_")} - modules
    assert visible == set(sealstamp.__all__) - LATE


def test_the_page_documents_exactly_the_public_names() -> None:
    """The table of public names in the docs and ``__all__`` say the same."""
    rows = [line.split("|")[1] for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`(\w+)", row)}
    assert documented == set(sealstamp.__all__)


def test_every_public_name_says_what_it_is() -> None:
    """Each public class and function has a docstring."""
    assert [name for name in sealstamp.__all__ if not getattr(sealstamp, name).__doc__] == []


def test_the_manual_in_the_docstring_holds() -> None:
    """The examples in the package's docstring run and give what they show."""
    assert doctest.testmod(sealstamp).failed == 0
    assert doctest.testmod(sealstamp).attempted > 5
