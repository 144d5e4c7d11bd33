"""A real browser without a window: Chromium, told what to do over a pipe in the words of its DevTools protocol.

It is Debian's ``chromium-headless-shell``, has a new profile each time, and calls nobody but whom a test has it call.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.server.service import PATIENCE, until

_QUIET = (
    "--headless",
    "--no-sandbox",  # tests may be run by root
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--remote-debugging-pipe",
)
_EITHER_END_AT = 'exec "$@" 3<&"$COMMANDS" 4>&"$ANSWERS"'
"""Where the browser expects its pipes; numbers of more than one digit are for bash alone."""


class Page:
    """One page of a browser."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = os.fdopen(answers, "rb")
        self._read = b""
        self._numbers = count(1)
        target = self._tell("Target.createTarget", {"url": "about:blank"})["targetId"]
        attached = self._tell("Target.attachToTarget", {"targetId": target, "flatten": True})
        self._session = attached["sessionId"]

    def _tell(self, method: str, parameters: dict[str, Any], session: str | None = None) -> Any:
        """Give a command and return its result; events that come before it are left alone."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while True:
            answer = json.loads(self._next())
            if answer.get("id") == number:
                assert "result" in answer, answer
                return answer["result"]

    def _next(self) -> bytes:
        while b"\0" not in self._read:
            more = self._answers.read1(65_536)
            assert more, "the browser has ended"
            self._read += more
        message, _, self._read = self._read.partition(b"\0")
        return message

    def open(self, url: str) -> None:
        """Go to a URL, and wait until the page is there."""
        told = self._tell("Page.navigate", {"url": url}, self._session)
        assert not told.get("errorText"), told
        until(lambda: self.run("document.readyState") == "complete", f"{url} to be there")

    def run(self, script: str) -> Any:
        """Return what an expression of JavaScript comes to, in the page."""
        told = self._tell("Runtime.evaluate", {"expression": script, "returnByValue": True}, self._session)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")


@contextmanager
def browsing(profile: Path) -> Iterator[Page]:
    """Run a browser with an empty profile for as long as the block runs; skip the test where there is none."""
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        told = "needs a browser: run tests/tools/install chromium"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    # Away from the numbers that they will have in the browser.
    there = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]
    variables = {**os.environ, "COMMANDS": str(there[0]), "ANSWERS": str(there[1]), "HOME": str(profile)}
    words = ["bash", "-c", _EITHER_END_AT, "bash", program, *_QUIET, f"--user-data-dir={profile}"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, env=variables, pass_fds=there, stdin=quiet, stdout=quiet, stderr=quiet)
    for end in (theirs_in, theirs_out, *there):
        os.close(end)
    page = None
    try:
        page = Page(ours_out, ours_in)
        yield page
    finally:
        process.kill()
        process.wait(PATIENCE)
        os.close(ours_out)
        if page is not None:
            page._answers.close()
