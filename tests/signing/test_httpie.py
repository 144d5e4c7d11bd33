"""The real HTTPie with the plug-in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.signing.conftest import Place
from tests.signing.proxies import environment

HTTP = Path(sys.executable).with_name("http")
pytestmark = pytest.mark.skipif(not HTTP.exists(), reason="HTTPie is not installed")


def http(place: Place, scheme: str, folder: Path, *words: str, **told: str) -> subprocess.CompletedProcess[str]:
    command = [str(HTTP), "--ignore-stdin", "--pretty=none", "--auth-type=sealstamp", *words]
    env = environment(place, scheme) | {"HTTPIE_CONFIG_DIR": str(folder), "NO_PROXY": "*"} | told
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_the_pair_of_the_environment(place: Place, tmp_path: Path) -> None:
    """JSON, query parameters and redirects: what HTTPie makes of its words is signed."""
    to = place.url("rfc9421", "/landed")
    words = ("--follow", "PUT", place.url("rfc9421", "/ö?status=307"), f"to=={to}", "q==1+2", "größe=ä")
    done = http(place, "rfc9421", tmp_path, "--print=b", *words)
    assert (done.returncode, done.stdout.strip()) == (0, "hello"), done
    assert json.loads(place.upstream.arrived[-1].body) == {"größe": "ä"}


def test_a_profile(place: Place, tmp_path: Path) -> None:
    """``--auth`` names a profile; its server is signed for, and no other."""
    file, api = tmp_path / "credentials.toml", place.apis["bbx"]
    pair = f'access_key_id = "{api.access_key_id}"\nsecret = "{api.secret}"'
    file.write_text(f'[shop]\nscheme = "bbx"\nserver = "http://127.0.0.1:{place.port}"\n{pair}\n')
    file.chmod(0o600)
    told = {"SEALSTAMP_CREDENTIALS_FILE": str(file)}
    done = http(place, "stardust", tmp_path, "--auth=shop", place.url("bbx"), **told)
    assert done.stdout.strip() == "hello", done
    before = len(place.elsewhere.arrived)
    done = http(place, "stardust", tmp_path, "--auth=shop", place.elsewhere.url, **told)
    assert "SigningError" in done.stderr
    assert api.secret not in done.stderr
    assert place.elsewhere.arrived[before:] == []
