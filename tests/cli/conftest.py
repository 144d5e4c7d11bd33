from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from sealstamp.cli import main
from tests.cli.command import STRONG, Ran
from tests.cli.recorder import Recorder


class Run(Protocol):
    def __call__(self, *words: str, stdin: bytes = ...) -> Ran: ...


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings from outside, and a folder of its own for whatever is made."""
    for name in [name for name in os.environ if name.startswith("SEALSTAMP_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process."""

    def run(*words: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = main(words)
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def strong(tmp_path: Path) -> str:
    """The path of a scheme file."""
    file = tmp_path / "strong.toml"
    file.write_text(STRONG)
    return str(file)


@dataclass(frozen=True)
class Provider:
    """A store with the APIs ``shop`` (bbx) and ``lab`` (stardust), and how to run commands on it."""

    folder: Path
    config: Path
    manifest: Path
    run: Run

    def __call__(self, *words: str, stdin: bytes = b"") -> Ran:
        return self.run(*words, "--config", str(self.config), stdin=stdin)


MANIFEST = """\
[[consumers]]
name = "acme"

[[apis]]
name = "shop"
path_prefix = "/shop"
schemes = ["bbx"]
upstream = "http://127.0.0.1:9"

[[apis]]
name = "lab"
path_prefix = "/lab"
schemes = ["stardust"]
"""


@pytest.fixture
def provider(tmp_path: Path, run: Run) -> Provider:
    config, manifest = tmp_path / "settings.toml", tmp_path / "apis.toml"
    config.write_text(
        f'store = "sqlite:///{tmp_path}/keys.db"\nsealing_key_file = "{tmp_path}/sealing.key"\nlisten = "127.0.0.1:9"\n'
    )
    manifest.write_text(MANIFEST)
    made = Provider(tmp_path, config, manifest, run)
    assert made("apply", "-f", str(manifest)).code == 0
    return made


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as server:
        yield server
