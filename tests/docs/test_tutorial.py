"""The tutorial is carried out: files are written, mistakes made, commands run, and they print what it says."""

from __future__ import annotations

import hmac
import re
import shlex
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from sealstamp.cli import main
from tests.docs.test_docs import DOCS, Snippet, snippets

PAGE = DOCS / "tutorial.md"
PARTS = snippets([PAGE], "toml", "diff", "sh", "text", "http")


def test_every_step_of_the_tutorial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the first file to the last command, in one folder; a mistake is undone once it was complained of."""
    monkeypatch.chdir(tmp_path)
    right, checked = "", 0
    for part, after in zip(PARTS, [*PARTS[1:], None], strict=True):
        match part.language:
            case "toml":
                name = re.match(r"# ([\w-]+\.toml)\n", part.text)
                assert name is not None, part.title
                Path(name[1]).write_text(part.text)
                right = part.text if name[1] == "windmill.toml" else right
            case "http":
                Path("captured.txt").write_text(part.text)
            case "diff":
                Path("windmill.toml").write_text(changed(right, part))
            case "sh":
                code = main(shlex.split(part.text)[1:])
                printed = "".join(capsys.readouterr())
                Path("windmill.toml").write_text(right)
                if after is None or after.language != "text":
                    assert code == 0, part.title
                    continue
                whole, cut, _ = after.text.partition("…\n")
                assert printed.startswith(whole) if cut else printed == whole, part.title
                checked += 1
    assert checked >= 8


def changed(text: str, change: Snippet) -> str:
    """Return a text with one line in the place of another."""
    old, new = change.text.splitlines()
    assert (old[0], new[0]) == ("-", "+")
    assert text.count(old[1:]) == 1, change.title
    return text.replace(old[1:], new[1:])


def test_the_vendors_example_is_what_the_page_says() -> None:
    """The signature in the vendor's words follows from them, worked out here by hand."""
    digest = sha256(b'{"weight":3}').hexdigest()
    lines = "\n".join(["POST", "/v2/parcels?dry=1", "1767323045", "5f1c9a02", digest])
    signature = b64encode(hmac.digest(b"sesame", lines.encode(), "sha256")).decode()
    assert PAGE.read_text(encoding="utf-8").count(signature) == 2
