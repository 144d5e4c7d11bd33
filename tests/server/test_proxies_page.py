"""The page about proxies: whoever pastes its lines has a guarded location, and they are ten at most."""

from __future__ import annotations

import json
import os
import re
import shlex
import time
from pathlib import Path

import pytest

from sealstamp.cli import main
from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.server.doors.programs import nginx_of
from tests.server.service import Connection, Service, free_port, raw_request, serving
from tests.server.upstream import Upstream

PAGE = Path(__file__).parents[2] / "docs" / "proxies.md"
MOST_LINES = 10


def pasted() -> tuple[list[str], list[str]]:
    """The lines of the file and of the shell, under the one heading."""
    section = PAGE.read_text(encoding="utf-8").split("## From nothing to a guarded location")[1].split("\n## ")[0]
    file, commands = (re.findall(rf"^```{kind}\n(.*?)^```$", section, re.M | re.S)[0] for kind in ("toml", "sh"))
    return [line for line in file.splitlines() if not line.startswith("#")], commands.splitlines()


def get(port: int, request: Request) -> int:
    with Connection(port) as connection:
        connection.send(raw_request(request.method.decode(), request.target, request.headers))
        return connection.read_answer().status


def test_from_nothing_to_a_guarded_location(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each line is run, but for what is installed here: only ports and folders are others."""
    file, commands = pasted()
    assert len(file) + len(commands) <= MOST_LINES
    service, port = Service(tmp_path / "service"), free_port()
    for name in [name for name in os.environ if name.startswith("SEALSTAMP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SEALSTAMP_CONFIG", str(service.config))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "nginx"
    folder.mkdir()
    with Upstream() as upstream:
        Path("apis.toml").write_text("\n".join(file).replace("http://127.0.0.1:9000", upstream.url))
        secret = ""
        for line in commands:
            words = [
                {"0.0.0.0:80": f"127.0.0.1:{port}", "/etc/nginx/conf.d": f"{folder}/conf.d"}.get(word, word)
                for word in shlex.split(line)
            ]
            if words[0] != "sealstamp" or words[1] == "serve":
                assert line in ("pip install 'sealstamp[server]'", "sealstamp serve &", "nginx -s reload")
                continue
            if words[1] == "keys":
                words.append("--json")
            assert main(words[1:]) == 0
            secret = capsys.readouterr().out if words[1] == "keys" else secret
        issued = json.loads(secret[secret.index("{") :])
        with serving(service), nginx_of(folder, port):
            request = Request(b"GET", b"/shop/a", [(b"host", b"shop.example")], body=b"")
            assert get(port, request) == 401
            assert upstream.arrived == []
            signer = Signer(get_scheme("sealstamp"), Credential.of(issued["access_key_id"], issued["secret"]))
            signed = signer.sign(request, time_ms=time.time_ns() // 1_000_000, nonce="n" * 22).apply(request)
            assert get(port, signed) == 200, service.said()
            assert upstream.last.values(b"x-sealstamp-consumer") == [b"acme"]
