"""Commands that print credentials: without a shell, bounded in time and in size, and never repeated."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from sealstamp import ConfigurationError
from sealstamp.credentials import from_command
from sealstamp.credentials.command import MOST_BYTES, ask_for_secret

LEAN = (sys.executable, "-I", "-S", "-c")


def printing(text: str) -> list[str]:
    return [*LEAN, f"print({text!r})"]


def test_pair_is_read() -> None:
    """JSON with further secrets; other members are passed over."""
    printed = (
        '{"access_key_id": "id", "secret": "s", "extras": {"passphrase": "p"}, "consumer": "acme", "expires": null}'
    )
    credential = from_command(printing(printed)).current()
    assert (credential.access_key_id, credential.secret.reveal()) == ("id", b"s")
    assert credential.extras["passphrase"].reveal() == b"p"


def test_end_is_kept() -> None:
    """What has ended already is asked for again each time."""
    ends = datetime.now(UTC) + timedelta(hours=1)
    printed = '{"access_key_id": "id", "secret": "s", "expires": "%s"}'
    later, over = (
        from_command(printing(printed % ends.isoformat())),
        from_command(printing(printed % "2020-01-01T00:00Z")),
    )
    assert later.current() is later.known()
    assert over.current().access_key_id == "id"
    assert over.known() is None


def test_secret_alone_is_read() -> None:
    """One line end is cut, spaces are part of it."""
    assert ask_for_secret([*LEAN, "print(' s ', end='\\r\\n')"], "id").secret.reveal() == b" s "


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "has no words"),
        (["/nowhere/topsecret-not"], "cannot be run: No such file"),
        (["a\0b"], "its words cannot be passed on"),
        ([*LEAN, "print('topsecret'); raise SystemExit(3)"], "ended with 3"),
        (printing("topsecret"), "no JSON object"),
        ([*LEAN, "print('[' * 60000)"], "no JSON object"),
        (printing('["topsecret"]'), "no JSON object"),
        (printing('{"access_key_id": "id"}'), "missing, or no text"),
        (printing('{"access_key_id": "id", "secret": 5}'), "missing, or no text"),
        (printing('{"access_key_id": "id", "secret": "topsecret", "extras": ["x"]}'), "missing, or no text"),
        (printing('{"access_key_id": "id", "secret": "topsecret", "expires": "soon"}'), "no time with a zone"),
        (printing('{"access_key_id": "id", "secret": "topsecret", "expires": "2027-01-31T12:00:00"}'), "with a zone"),
        ([*LEAN, f"print('x' * {MOST_BYTES})"], f"more than {MOST_BYTES} bytes"),
        ([*LEAN, "import sys\nwhile True: sys.stdout.write('x')"], f"more than {MOST_BYTES} bytes"),
    ],
)
def test_what_is_no_pair_is_told(words: list[str], problem: str, capfd: pytest.CaptureFixture[str]) -> None:
    """The program's name and what is wrong; never what it printed, nor its arguments."""
    with pytest.raises(ConfigurationError, match=problem) as caught:
        from_command(words).current()
    assert "topsecret" not in str(caught.value).replace("/nowhere/topsecret-not", "")
    assert "BrokenPipe" not in capfd.readouterr().out


@pytest.mark.parametrize(
    "code", ["input()\nimport time\ntime.sleep(60)", "import os, time\nos.close(1)\ntime.sleep(60)"]
)
def test_command_that_does_not_end_is_ended(code: str) -> None:
    """It has no standard input to wait for; whether or not it holds its output open, its time is bounded."""
    code = code.replace("input()", "import sys\nassert sys.stdin.read() == ''")
    began = time.monotonic()
    with pytest.raises(ConfigurationError, match="took too long"):
        from_command([*LEAN, code], timeout_s=0.3).current()
    assert time.monotonic() - began < 30  # not the minute that it sleeps


def test_no_shell_is_between() -> None:
    """What a shell would expand arrives as it is."""
    words = [*LEAN, "import sys; print(sys.argv[1])", "$HOME; `id` *"]
    assert ask_for_secret(words, "id").secret.reveal() == b"$HOME; `id` *"
