"""``sealstamp demo``: an example API behind the real service, called rightly and wrongly through the four systems.

Everything is real and temporary: a store, a sealing key, the service as its own process, key pairs, HTTP over a
socket. Only the example API behind the door is a toy.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sealstamp.cli import output
from sealstamp.cli.call import CallFailedError, send
from sealstamp.cli.inputs import Wanted
from sealstamp.cli.local import now_ms
from sealstamp.core.credential import Credential
from sealstamp.core.signer import Signer
from sealstamp.errors import SealstampError
from sealstamp.schemes import get_scheme

SCHEMES = ("stardust", "cdnetworks-api-shield", "taurusx", "bbx")
READY_WITHIN_SECONDS = 30


class DemoError(SealstampError):
    """The service did not come up."""


def add(parser: ArgumentParser) -> None:
    """Say what ``demo`` takes."""
    parser.add_argument("--once", action="store_true", help="leave when the calls are done; 0 if each went as expected")
    parser.add_argument("--port", type=int, default=0, metavar="N", help="where to listen; any free port if not given")
    parser.set_defaults(run=run)


def run(arguments: Namespace) -> int:
    """Set up, call, report, and stay up unless told otherwise."""
    with ExitStack() as stack:
        stage = _Stage(arguments.port or _free_port(), stack)
        outcomes = [_call(stage, case) for case in _cases(stage)]
        _report(outcomes)
        went_well = all(outcome.as_expected for outcome in outcomes)
        if not arguments.once:
            _stay_up(stage)
    return output.DONE if went_well else output.FAILED


# what is set up


class _Stage:
    """The example API, the store and the running service; ``credentials`` holds a fresh pair per scheme."""

    def __init__(self, port: int, stack: ExitStack) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sealstamp-demo-"))
        stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        upstream = stack.enter_context(_example_api())
        self.origin = f"http://127.0.0.1:{port}"
        self.config = self.folder / "sealstamp.toml"
        self.config.write_text(_CONFIG.format(folder=self.folder, port=port))
        manifest = self.folder / "apis.toml"
        manifest.write_text(_CONSUMER + "".join(_API.format(scheme=scheme, upstream=upstream) for scheme in SCHEMES))
        output.note("setting up: store, sealing key, four APIs")
        self.command("apply", "--file", str(manifest))
        self.credentials = {scheme: self._issue(scheme) for scheme in SCHEMES}
        output.note(f"starting the service on {self.origin}")
        stack.enter_context(_service(self.config, self.origin))

    def command(self, *words: str) -> str:
        """Run a ``sealstamp`` command against the demo's store."""
        whole = [sys.executable, "-m", "sealstamp", *words, "--config", str(self.config)]
        done = subprocess.run(whole, capture_output=True, text=True, check=False)
        if done.returncode:
            raise DemoError(done.stderr.strip())
        return done.stdout

    def _issue(self, scheme: str) -> Credential:
        pair = json.loads(self.command("keys", "issue", "--consumer", "acme", "--api", scheme, "--json"))
        return Credential.of(pair["access_key_id"] if get_scheme(scheme).names_key else "", pair["secret"])


_CONFIG = """\
listen = "127.0.0.1:{port}"
store = "sqlite:///{folder}/sealstamp.sqlite3"
sealing_key_file = "{folder}/sealstamp.key"
log_level = "warning"
"""
_CONSUMER = '[[consumers]]\nname = "acme"\n'
_API = """
[[apis]]
name = "{scheme}"
path_prefix = "/{scheme}"
schemes = ["{scheme}"]
upstream = "{upstream}"
"""


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
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _service(config: Path, origin: str) -> Iterator[None]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SEALSTAMP_")}
    process = subprocess.Popen([sys.executable, "-m", "sealstamp", "serve", "--config", str(config)], env=environment)
    try:
        _await_ready(process, origin)
        yield
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=10)
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


# what is called


@dataclass(frozen=True)
class _Case:
    """A call: how it differs from a right one, and the status that should come."""

    scheme: str
    circumstance: str
    expected: int
    credential: Credential
    time_ms: int
    nonce: str
    method: str = "POST"
    change: Callable[[Wanted], Wanted] = lambda wanted: wanted


@dataclass(frozen=True)
class _Outcome:
    case: _Case
    status: int
    answer: str

    @property
    def as_expected(self) -> bool:
        return self.status == self.case.expected


def _cases(stage: _Stage) -> Iterator[_Case]:
    for scheme in SCHEMES:
        yield from _cases_of(scheme, stage.credentials[scheme])


def _cases_of(scheme: str, pair: Credential) -> Iterator[_Case]:
    right = _Case(scheme, "signed rightly", 200, pair, now_ms(), secrets.token_hex(4))
    wrong, malformed, stale = (401, 402, 403) if scheme == "stardust" else (401, 401, 401)
    yield right
    if get_scheme(scheme).nonce:
        yield replace(right, circumstance="the same again: nonce used", expected=401)
    fresh = replace(right, nonce=secrets.token_hex(4))
    yield replace(fresh, circumstance="another method: not signed", method="PUT", nonce=secrets.token_hex(4))
    yield replace(fresh, circumstance="signature missing", expected=malformed, change=_without_signature)
    yield replace(fresh, circumstance="wrong secret", expected=wrong, credential=_stranger(pair.access_key_id))
    if get_scheme(scheme).names_key:
        yield replace(fresh, circumstance="unknown key", expected=wrong, credential=_stranger("nobody"))
    yield replace(fresh, circumstance="ten minutes old", expected=stale, time_ms=now_ms() - 600_000)
    yield replace(fresh, circumstance="ten minutes ahead", expected=stale, time_ms=now_ms() + 600_000)


def _stranger(access_key_id: str) -> Credential:
    return Credential.of(access_key_id, secrets.token_hex(16))


def _without_signature(wanted: Wanted) -> Wanted:
    """Take the last carried value away, which is the signature."""
    if "&Signature=" in wanted.target:
        return wanted.replace(target=wanted.target.partition("&Signature=")[0])
    return wanted.replace(headers=wanted.headers[:-1])


def _call(stage: _Stage, case: _Case) -> _Outcome:
    authority = stage.origin.removeprefix("http://")
    headers = (("Content-Type", "application/json"),)
    wanted = Wanted(case.method, "http", authority, f"/{case.scheme}/orders", headers, b'{"amount": 1}')
    request = wanted.request
    instructions = Signer(get_scheme(case.scheme), case.credential).sign(
        request, time_ms=case.time_ms, nonce=case.nonce
    )
    signed = wanted.signed(instructions.apply(request), instructions.additions)
    status, _, body = send(case.change(signed))
    return _Outcome(case, status, body.decode())


# what is told


def _report(outcomes: list[_Outcome]) -> None:
    rows = [
        (
            outcome.case.scheme,
            outcome.case.circumstance,
            "accepted" if outcome.status < 400 else "refused",
            str(outcome.status),
            outcome.answer if outcome.as_expected else f"EXPECTED {outcome.case.expected}: {outcome.answer}",
        )
        for outcome in outcomes
    ]
    output.show_table(("SCHEME", "CALL", "DECISION", "HTTP", "ANSWER"), rows)
    good = sum(outcome.as_expected for outcome in outcomes)
    output.say(f"\n{good} of {len(outcomes)} calls went as expected")


def _stay_up(stage: _Stage) -> None:
    pair, config = stage.credentials["bbx"], stage.config
    output.say(
        f"""
The service stays up on {stage.origin}; Ctrl-C ends it and removes its files. In another terminal:

  sealstamp call --scheme bbx --access-key-id {pair.access_key_id} --secret {pair.secret.reveal().decode()} \\
      --url {stage.origin}/bbx/orders
  sealstamp keys list --config {config}
  sealstamp keys disable {pair.access_key_id} --config {config}
  sealstamp apis list --config {config}
  sealstamp schemes show bbx
  curl {stage.origin}/metrics
"""
    )
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
