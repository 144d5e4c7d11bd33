"""Snippets from schemes, and the tools they are for, run where they are installed."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from sealstamp import ConfigurationError, get_scheme, scheme_names
from sealstamp.core.loader import load_scheme
from sealstamp.guide.tools import tool_names, write_snippet
from tests.signing.conftest import SCRIPTED, Place
from tests.signing.runners import RUNNERS, SENT, program

SCRIPTS = ("bruno", "insomnia", "postman")
MOST = (*SCRIPTED, "kucoin-v2", "stardots")


def test_each_module_is_a_tool() -> None:
    """A tool is there because its module is."""
    assert set(tool_names()) == {*SCRIPTS, "http", "k6", "locust"}


@pytest.mark.parametrize("tool", SCRIPTS)
def test_scripts_are_javascript(tool: str, tmp_path: Path) -> None:
    """Node reads each script; it holds no pair, and says which variables do."""
    node = program("node")
    texts = [write_snippet(tool, get_scheme(scheme)) for scheme in MOST]
    assert all("secret" in text.splitlines()[0] for text in texts)
    script = tmp_path / "scripts.js"
    script.write_text("".join(f"{{\n{text}}}\n" for text in texts))
    done = subprocess.run([node, "--check", str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("tool", [*SCRIPTS, "k6"])
def test_what_a_script_cannot_do(tool: str) -> None:
    """A scheme that needs more is refused with what it needs, whichever of the catalogue it is."""
    can = []
    for name in scheme_names():
        try:
            write_snippet(tool, get_scheme(name))
        except ConfigurationError as error:
            assert "sealstamp proxy" in error.hint
        else:
            can.append(name)
    assert set(MOST) <= set(can)
    assert not {"aws-sigv4-header", "rfc9421", "lazada-form", "discord"} & set(can)


@pytest.mark.parametrize("tool", [*SCRIPTS, "http", "k6"])
def test_a_name_from_a_stranger_stays_one(tool: str) -> None:
    """A scheme that somebody sends can write no line of its own into what is pasted, and no other parameter."""
    notation = (files("sealstamp.schemes") / "bbx.toml").read_text()
    named = notation.replace('"query AccessKeyId"', r'"query a\nGET http://other.example/?b=c&d"')
    text = write_snippet(tool, load_scheme(named, name="strange", path="strange.toml"))
    assert "a%0AGET%20http%3A%2F%2Fother.example%2F%3Fb%3Dc%26d" in text
    assert "other.example/" not in text


def test_what_a_program_needs_is_told() -> None:
    """The variables of the pair, further secrets among them, and the scheme."""
    for tool in ("k6", "locust"):
        text = write_snippet(tool, get_scheme("okx-v5"))
        assert "SEALSTAMP_ACCESS_KEY_ID, SEALSTAMP_SECRET, SEALSTAMP_EXTRA_PASSPHRASE" in text
        assert "okx-v5" in text


@pytest.mark.parametrize("tool", RUNNERS)
def test_what_the_tool_sends_is_accepted(place: Place, tmp_path: Path, tool: str) -> None:
    """Requests by each scheme, without a body and with one, reach the API behind the service."""
    before = len(place.upstream.arrived)
    run, schemes = RUNNERS[tool]
    run(place, tmp_path)
    arrived = place.upstream.arrived[before:]
    kinds = Counter((request.headers["x-sealstamp-scheme"], request.method) for request in arrived)
    assert set(kinds) == {(scheme, method) for scheme in schemes for method in ("GET", "POST")}
    assert all(json.loads(request.body) == json.loads(SENT) for request in arrived if request.method == "POST")
