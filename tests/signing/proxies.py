"""``sealstamp proxy`` as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from sealstamp import get_scheme
from tests.server.service import Connection
from tests.signing.conftest import EXTRAS, Place


def environment(place: Place, scheme: str) -> dict[str, str]:
    """What tells a command of a pair, and nothing of what this machine knows."""
    api, extras = place.apis[scheme], get_scheme(scheme).extras
    own = {name: value for name, value in os.environ.items() if not name.startswith("SEALSTAMP_")}
    return own | {
        "SEALSTAMP_ACCESS_KEY_ID": api.access_key_id,
        "SEALSTAMP_SECRET": api.secret,
        **{f"SEALSTAMP_EXTRA_{name.upper()}": EXTRAS[name] for name in extras},
        "SEALSTAMP_SCHEME": scheme,
        "SEALSTAMP_SERVER": f"http://127.0.0.1:{place.port}",
        "SEALSTAMP_CREDENTIALS_FILE": "/nonexistent",
    }


@contextmanager
def proxying(place: Place, scheme: str, *options: str) -> Iterator[str]:
    """Run the proxy, and give its URL."""
    command = [sys.executable, "-W", "error", "-m", "sealstamp", "proxy", "--listen", "127.0.0.1:0", "--json", *options]
    with subprocess.Popen(command, env=environment(place, scheme), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            text = ""
            while not text.endswith("}\n"):
                line = process.stdout.readline()
                assert line, "the proxy ended"
                text += line
            yield json.loads(text)["listen"]
        finally:
            process.terminate()
            assert process.wait(30) == 0


def connect(url: str) -> Connection:
    port = urlsplit(url).port
    assert port is not None
    return Connection(port)
