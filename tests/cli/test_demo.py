"""``sealstamp demo --once``: the whole of it, for real. Takes some seconds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sealstamp.cli.demo_stage import SCHEMES
from tests.cli.command import environment, start

EVERY = {
    *("signed rightly", "another method: not signed", "signature missing", "signature in upper case"),
    *("wrong secret", "key disabled", "ten minutes old", "ten minutes ahead"),
}
SOME = {
    "stardust": {"unknown key", "seconds where ms are due"},
    "cdnetworks-api-shield": {"both X_Sam_Auth and X-Sam-Auth", "ms where seconds are due"},
    "taurusx": {"unknown key", "ms where seconds are due"},
    "bbx": {"unknown key", "ms where seconds are due", "the same again: nonce used"},
}


def test_demo_once(tmp_path: Path) -> None:
    """Every call goes as expected, in each vendor's envelope; nothing of the caller's own is touched or left behind."""
    variables = {"SEALSTAMP_STORE": f"sqlite:///{tmp_path}/precious.db", "TMPDIR": str(tmp_path)}
    ran = start("demo", "--once", "--json", variables=variables)
    assert ran.code == 0, ran.err
    assert ran.json["as_expected"] is True
    calls = {(call["scheme"], call["call"]): call for call in ran.json["calls"]}
    assert set(calls) == {(scheme, call) for scheme in SCHEMES for call in EVERY | SOME[scheme]}
    assert {(call["status"] < 400) == (call["decision"] == "accepted") for call in calls.values()} == {True}
    assert {name for (_, name), call in calls.items() if call["decision"] == "accepted"} == {
        *("signed rightly", "another method: not signed")
    }
    disabled = json.loads(calls["stardust", "key disabled"]["answer"])
    assert (disabled["code"], disabled["message"]) == (402, "Authentication Failed")
    assert json.loads(calls["bbx", "key disabled"]["answer"])["success"] is False
    assert [line for line in ran.err.splitlines() if "starting the service on http://127.0.0.1:" in line]
    assert list(tmp_path.iterdir()) == []


def heed_interrupts() -> None:
    """Have a process end by Ctrl-C although a shell has started these tests in its background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_demo_tidies_up_when_it_is_told_to_end(number: signal.Signals) -> None:
    """Neither service nor files stay; what it printed is there although nobody waits for more."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "sealstamp", "demo"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(TMPDIR=folder),
            preexec_fn=heed_interrupts,
        )
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if b"calls went as expected" in line:
                break
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
        assert process.returncode == (0 if number == signal.SIGINT else 128 + number), (said, told)
        assert b"Traceback" not in told
        assert list(Path(folder).iterdir()) == []
