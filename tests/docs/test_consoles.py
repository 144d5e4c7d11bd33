"""What pages show of a console is so: each command is run, and prints what the page says."""

from __future__ import annotations

import io
import os
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from sealstamp.cli import main

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["keys", "audit", "getting-a-pair"])
def test_consoles(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From top to bottom, in a folder with the files that the page names; ``…`` stands for anything."""
    for name in [name for name in os.environ if name.startswith("SEALSTAMP_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    for file, content in re.findall(r"^```toml\n# ([\w-]+\.toml)\n(.*?)^```$", text, re.M | re.S):
        Path(file).write_text(content)
    Path("till.secret").write_text("957f23f2d6435e37d4ac21f3e9a67d45\n")
    blocks = re.findall(r"^```console\n(.*?)^```$", text, re.M | re.S)
    assert blocks
    for command, shown in re.findall(r"^\$ sealstamp (.*)\n((?:(?!\$ ).*\n)*)", "".join(blocks), re.M):
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            code = main(shlex.split(command))
        assert code == 0, (command, printed.getvalue())
        assert re.fullmatch(pattern_of(shown), printed.getvalue(), re.S), (command, printed.getvalue())


def pattern_of(shown: str) -> str:
    """What a page shows, as a pattern: ``…`` is anything, and columns may be wider."""
    escaped = re.escape(shown).replace("…", ".*?")
    return re.sub(r"(\\ ){2,}", " +", escaped)


def test_every_act_is_on_the_page_about_the_audit() -> None:
    """No act that is recorded is left out of the table."""
    source = "".join(file.read_text() for file in (DOCS.parent / "src" / "sealstamp" / "keys" / "acts").glob("*.py"))
    recorded = set(re.findall(r'(?:record|_change)\(\s*(?:act, )?"([a-z_]+\.[a-z_]+)"', source))
    shown = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", (DOCS / "audit.md").read_text(encoding="utf-8")))
    assert "access_key.rotate" in recorded
    assert recorded - shown == set()
