"""Running ``sealstamp`` commands, and the small things that several tests of them need."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sealstamp.keys.documents import access_key_document
from sealstamp.keys.domain import AccessKey

BBX_ID = "975988f45090561684b7d8f4e45b85c2"
BBX_SECRET = "957f23f2d6435e37d4ac21f3e9a67d45"
BBX_SIGNATURE = "M2Y0ODNlYTUwNDFiMTg5MjRmMGQxNmY1YTMyMzc1NTc5NTUzNDAzYw=="
BBX_TIME = "1612149637"
BBX = ("--scheme", "bbx", "--access-key-id", BBX_ID, "--secret", BBX_SECRET)
VECTOR = (*BBX, "--at", BBX_TIME, "--nonce", "2")

STRONG = """\
title  = "A strong scheme"
vendor = "Nobody"
url    = "https://example.com/"

[parameters]
key_header = { default = "X-Key", about = "the header with the access key id" }
region     = { default = "eu", about = "where the API is" }

[fields]
access_key_id = "header {key_header}"
timestamp     = "header X-Date"
nonce         = "header X-Nonce"
signature     = "header X-Signature"

[time]
format = "iso-8601-basic"
past   = "5 min"
future = "5 min"

[nonce]
make = "hex 16"

[sign]
digest = "{body|sha256|hex}"
string_to_sign = "{region} {method} {host}:{port} {target} {header.X-Extra} {timestamp} {nonce} {digest}"
signature      = "{string_to_sign|hmac:sha256,secret|hex}"
"""
"""Signs all there is, and carries it in headers."""
STRONG_TIME = "20260102T030405Z"

KEY_FACTS = frozenset({*access_key_document(AccessKey("", b"", "", ())), "last_use"})
"""What is told of every access key."""

COMPLAINT = re.compile(r"sealstamp: (?P<problem>.+)\nhint: (?P<hint>.+)", re.DOTALL)


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def problem(self) -> str:
        """What went wrong; the one complaint that is there has the form that all have."""
        lines = self.err.strip()
        match = COMPLAINT.fullmatch(lines)
        assert match, self.err
        assert lines.count("hint: ") == lines.count("sealstamp: ") == 1, self.err
        assert not match["problem"][0].isupper() or match["problem"].startswith("SEALSTAMP_"), self.err
        assert not lines.endswith("."), self.err
        assert not match["problem"].endswith("."), self.err
        assert "Traceback" not in self.err
        return match["problem"]


def environment(**more: str) -> dict[str, str]:
    """This process's variables without Sealstamp's own, and ``more``."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("SEALSTAMP_")}, **more}


def start(
    *words: str | bytes, stdin: bytes = b"", variables: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Ran:
    """Run a command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "sealstamp", *words],
        input=stdin,
        capture_output=True,
        check=False,
        env=environment(**(variables or {})),
        cwd=cwd,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
