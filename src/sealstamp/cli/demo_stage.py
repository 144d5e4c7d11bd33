"""What the demo is played on: an example API, a store, the service as its own process, and a key pair per scheme.

Everything is real and temporary; only the example API behind the door is a toy.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory

from sealstamp.cli import output
from sealstamp.cli.apply import apply_file
from sealstamp.cli.call import CallFailedError, send
from sealstamp.cli.inputs import Wanted
from sealstamp.cli.local import act_on, opened
from sealstamp.core.credential import Credential
from sealstamp.errors import SealstampError
from sealstamp.keys.acts.access_keys import disable, issue
from sealstamp.schemes import get_scheme
from sealstamp.server.settings import Settings

SCHEMES = ("stardust", "cdnetworks-api-shield", "taurusx", "bbx")
READY_WITHIN_SECONDS = 30
ENDED_WITHIN_SECONDS = 10
_PORTS = range(22_000, 32_000)

_CONSUMER = """\
[[consumers]]
name = "acme"
"""
_API = """
[[apis]]
name = "{scheme}"
path_prefix = "/{scheme}"
schemes = ["{scheme}"]
upstream = "{upstream}"
"""


class DemoError(SealstampError):
    """The service did not come up."""


@dataclass(frozen=True)
class Pairs:
    """What was issued for one scheme: a pair that may be used, and one whose key is disabled."""

    right: Credential
    disabled: Credential


@dataclass(frozen=True)
class Stage:
    """A running service, its settings file, and the pairs by scheme."""

    origin: str
    config: Path
    pairs: Mapping[str, Pairs]


@contextmanager
def staged(port: int) -> Iterator[Stage]:
    """Set everything up, and take it away again. Raises DemoError where the service does not come up."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="sealstamp-demo-", ignore_cleanup_errors=True)))
        upstream = stack.enter_context(_example_api())
        settings = _settings(folder, port or _free_port())
        config = _write_config(folder, settings)
        output.note("setting up: store, sealing key, four APIs, two key pairs for each")
        pairs = _set_up(folder, settings, upstream)
        origin = f"http://{settings.listen}"
        output.note(f"starting the service on {origin}")
        stack.enter_context(_service(config, origin))
        yield Stage(origin, config, pairs)


def _settings(folder: Path, port: int) -> Settings:
    """Return the demo's settings; read from nowhere, for a variable might name somebody's real store."""
    return Settings.model_construct(
        listen=f"127.0.0.1:{port}",
        store=f"sqlite:///{folder}/sealstamp.sqlite3",
        sealing_key_file=folder / "sealstamp.key",
        log_level="warning",
    )


def _write_config(folder: Path, settings: Settings) -> Path:
    written = {name: str(getattr(settings, name)) for name in ("listen", "store", "sealing_key_file", "log_level")}
    config = folder / "sealstamp.toml"
    config.write_text("".join(f"{name} = {json.dumps(text)}\n" for name, text in written.items()))
    return config


def _set_up(folder: Path, settings: Settings, upstream: str) -> dict[str, Pairs]:
    """Do what ``sealstamp apply``, ``keys issue`` and ``keys disable`` do, by the same functions."""
    manifest = folder / "apis.toml"
    manifest.write_text(_CONSUMER + "".join(_API.format(scheme=scheme, upstream=upstream) for scheme in SCHEMES))
    with opened(settings) as (store, sealer):
        act = act_on(store, sealer)
        apply_file(manifest, act)
        issued = {scheme: [issue(act, consumer="acme", apis=[scheme]) for _ in range(2)] for scheme in SCHEMES}
        for _, (key, _) in issued.values():
            disable(act, key.id)
    return {
        scheme: Pairs(_as_sent(scheme, right), _as_sent(scheme, disabled))
        for scheme, ((_, right), (_, disabled)) in issued.items()
    }


def _as_sent(scheme: str, pair: Credential) -> Credential:
    """Return the pair as a caller has it, who gives no id where the scheme names no key."""
    return pair if get_scheme(scheme).names_key else Credential("", pair.secret)


def _free_port() -> int:
    """Return a port below those that the system gives to outgoing connections, one of which could take it meanwhile.

    Raises DemoError where there is none.
    """
    for port in map(secrets.choice, repeat(_PORTS, 100)):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise DemoError("no port is free\nhint: end something that listens on this machine, or name a port with --port")


# the example API


class _Example(BaseHTTPRequestHandler):
    """The API behind the door: says who Sealstamp says is calling."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        caller = self.headers.get("X-Sealstamp-Consumer")
        body = json.dumps({"hello": caller, "path": self.path.partition("?")[0]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = _answer

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def _example_api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Example)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# the service


@contextmanager
def _service(config: Path, origin: str) -> Iterator[None]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEALSTAMP_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "sealstamp", "serve", "--config", str(config)], env=environment, stdout=sys.stderr
    )
    try:
        _await_ready(process, origin)
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(ENDED_WITHIN_SECONDS)
        process.kill()
        process.wait()


def _await_ready(process: subprocess.Popen[bytes], origin: str) -> None:
    """Wait until the service says it is ready; a new replay guard takes about two seconds to be."""
    probe = Wanted("GET", "http", origin.removeprefix("http://"), "/readyz", (), None)
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(CallFailedError):
            if send(probe)[0] == 200:
                return
        time.sleep(0.05)
    raise DemoError("the service did not come up\nhint: what it says is above")
