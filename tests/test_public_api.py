"""The public face is exactly what is documented."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sealstamp

PAGE = Path(__file__).parents[1] / "docs" / "python.md"


def test_all_is_sorted_and_everything_in_it_exists() -> None:
    """What ``from sealstamp import *`` gives is listed in order, and is there."""
    assert sealstamp.__all__ == sorted(sealstamp.__all__)
    assert all(hasattr(sealstamp, name) for name in sealstamp.__all__)


def test_nothing_is_public_that_is_not_listed() -> None:
    """Names without an underscore that are no modules, and no part of how names are imported, are listed."""
    modules = {name for name, value in vars(sealstamp).items() if type(value).__name__ == "module"}
    visible = {name for name in dir(sealstamp) if not name.startswith("_")} - modules
    assert visible - {"TYPE_CHECKING", "late"} == set(sealstamp.__all__)


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    """The package itself brings neither the verifier nor a cryptographic library."""
    program = (
        "import sys, sealstamp; print(sorted(name for name in sys.modules if name.startswith(('sealstamp', 'crypt'))))"
    )
    listed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert listed.strip() == "['sealstamp', 'sealstamp.late']"


def test_a_name_that_there_is_not_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'Sealer'"):
        sealstamp.Sealer  # noqa: B018


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
