"""A distribution of somebody else, really built and really installed, into a folder of its own."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sealstamp import schemes

VENDOR_X = Path(__file__).with_name("vendor_x")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed the distribution, from a copy, for builders write beside the source."""
    folder = tmp_path_factory.mktemp("vendor")
    source = folder / "source"
    for file in VENDOR_X.rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            copy = source / file.relative_to(VENDOR_X)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    command += ["--no-build-isolation", "--no-deps", "--target", str(folder / "site"), str(source)]
    subprocess.run(command, check=True)
    return folder / "site"


@pytest.fixture
def installed(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The distribution on this process's path, and nothing of it left afterwards."""
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    forget()
    yield site
    forget()


def forget() -> None:
    """Forget the schemes that were read, and the modules of the distribution."""
    schemes.forget_schemes()
    for name in [name for name in sys.modules if name.partition(".")[0] in ("vendor_x", "vendor_x_was_imported")]:
        del sys.modules[name]
