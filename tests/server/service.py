"""A real service: ``sealstamp serve`` as a process of its own, and the means to talk to it byte by byte."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sealstamp.core.credential import Credential
from sealstamp.keys.acts.access_keys import import_pair
from sealstamp.keys.acts.act import Act
from sealstamp.keys.manifest import parse_manifest
from sealstamp.keys.planning import carry_out, plan
from sealstamp.keys.sealing import Sealer, load_or_create_sealing_key_file
from sealstamp.stores.sql import SqlStore, open_store
from tests.acting import act_on
from tests.server.signing import Fields, Pair, System, as_query

T = TypeVar("T")
PATIENCE = 120.0
"""Seconds that anything may take before a test gives it up; on an idle machine nothing takes a tenth of it."""
Lines = Iterable[tuple[str | bytes, str | bytes]]


def until(look: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Look again and again, and return the first thing that is neither None nor False."""
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {patience} s in vain for {what}")
        time.sleep(0.01)


@dataclass(frozen=True)
class Answer:
    """One response, as the bytes came."""

    status: int
    lines: tuple[tuple[str, str], ...]
    body: bytes = b""

    def values(self, name: str) -> list[str]:
        return [value for known, value in self.lines if known == name]

    def header(self, name: str) -> str:
        """The value of a header that comes exactly once."""
        (value,) = self.values(name)
        return value

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def request_id(self) -> str:
        return self.header("x-request-id")


class Connection:
    """A client's connection, on which nothing is sent or read but what a test says."""

    def __init__(self, address: int | Path, *, source: str = "127.0.0.1") -> None:
        """``address`` is a port, or the path of a Unix socket."""
        if isinstance(address, int):
            self.socket = self._connect(address, source)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(PATIENCE)
            self.socket.connect(str(address))
        self.reader = self.socket.makefile("rb")

    def _connect(self, port: int, source: str) -> socket.socket:
        connected = socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))
        try:
            if connected.getsockname() == connected.getpeername():
                # Where nobody listens yet, TCP may have taken the very same port for this end, and met itself.
                raise ConnectionRefusedError(f"nobody listens on port {port}")
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:  # the other side may have ended already
            connected.close()
            raise
        return connected

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.reader.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def end(self) -> None:
        """Say that nothing more will be sent."""
        with suppress(OSError):  # the other side has closed already
            self.socket.shutdown(socket.SHUT_WR)

    def read_head(self) -> Answer:
        """Read the status line and the header lines. Raises ConnectionError when the connection ends before."""
        words = self.reader.readline().split(b" ", 2)
        if len(words) < 2:
            raise ConnectionError("the connection ended where an answer was due")
        lines = []
        while line := self.reader.readline().rstrip(b"\r\n"):
            name, _, value = line.decode("latin-1").partition(":")
            lines.append((name.lower(), value.strip()))
        return Answer(int(words[1]), tuple(lines))

    def read_chunk(self) -> bytes:
        """Read one chunk; the last one is empty. Raises ConnectionError where the connection ends instead."""
        size = self.reader.readline()
        if not size.endswith(b"\n"):
            raise ConnectionError("the connection ended in the middle of a body")
        chunk = self.read_exactly(int(size, 16))
        self.reader.readline()
        return chunk

    def read_exactly(self, size: int) -> bytes:
        data = self.reader.read(size)
        if len(data) < size:
            raise ConnectionError("the connection ended in the middle of a body")
        return data

    def read_answer(self, *, head: bool = False) -> Answer:
        """Read a whole response; ``head`` for one to a HEAD request."""
        answer = self.read_head()
        while answer.status == 100:
            answer = self.read_head()
        return Answer(answer.status, answer.lines, b"" if head else self._read_body(answer))

    def _read_body(self, answer: Answer) -> bytes:
        if answer.status in (204, 304):
            return b""
        if answer.values("transfer-encoding") == ["chunked"]:
            return b"".join(iter(self.read_chunk, b""))
        if answer.values("content-length"):
            return self.read_exactly(int(answer.header("content-length")))
        return self.reader.read()

    @property
    def is_ended(self) -> bool:
        """Tell whether the other side has closed; waits for it."""
        with suppress(ConnectionError):
            return self.reader.read(1) == b""
        return True


def raw_request(method: str, target: str | bytes, lines: Lines = (), body: bytes = b"", version: str = "1.1") -> bytes:
    """Write a request; adds nothing but the Content-Length of a body."""
    target = target.encode() if isinstance(target, str) else target
    head = [b"%b %b HTTP/%b" % (method.encode(), target, version.encode())]
    head += [_bytes(name) + b": " + _bytes(value) for name, value in lines]
    if body:
        head.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


class Service:
    """A service with a folder of its own for store, sealing key and settings."""

    def __init__(self, folder: Path, **settings: str | int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.store = folder / "keys.sqlite3"
        self.decisions = folder / "decide.sock"
        self.config = folder / "sealstamp.toml"
        self.log_path = folder / "stderr"
        given = {
            "listen": f"127.0.0.1:{self.port}",
            "store": f"sqlite:///{self.store}",
            "sealing_key_file": str(folder / "sealing.key"),
            "log_level": "info",
            **settings,
        }
        self.config.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in given.items()))
        self.store_url, self.sealing_key = str(given["store"]), Path(str(given["sealing_key_file"]))
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # its life

    def start(self, *, ready: bool = True) -> None:
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._command("serve"), env=_environment(), stdout=log, stderr=log, start_new_session=True
            )
        if ready:
            until(self.is_ready, f"the service to be ready; it said {self.said()!r}")

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        with suppress(OSError):
            return self.get("/readyz").status == 200
        return False

    def kill(self) -> None:
        """End every process of the service at once, without a chance to tidy up."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask the service to end, and make sure that it has."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        finally:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        self.process.wait(PATIENCE)

    @property
    def pids(self) -> list[int]:
        """Every process of the service."""
        assert self.process is not None
        group = self.process.pid
        return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit() and _group(path) == group]

    def resident_bytes(self) -> int:
        """Memory that the service's processes have in use."""
        total = 0
        for pid in self.pids:
            found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
            total += int(found[1]) * 1024 if found else 0
        return total

    # what it says

    def said(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def events(self) -> list[dict[str, Any]]:
        """Every line of the JSON log."""
        return [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]

    def reason(self, answer: Answer) -> str:
        """Why the request with this answer was refused, as the log has it."""

        def look() -> str | None:
            found = [event for event in self.events() if event.get("request_id") == answer.request_id]
            return next((str(event["reason"]) for event in found if event["event"] == "refused"), None)

        return until(look, f"a log line for {answer}")

    def metric(self, api: str, scheme: str, reason: str) -> float:
        """How many decisions /metrics has counted."""
        text = self.get("/metrics").body.decode()
        labels = rf'api="{re.escape(api)}",reason="{reason}",scheme="{re.escape(scheme)}"'
        names = rf'api="{re.escape(api)}",scheme="{re.escape(scheme)}",reason="{reason}"'
        found = re.search(rf"^sealstamp_decisions_total\{{(?:{labels}|{names})\}} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    # its commands

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "sealstamp", *words, "--config", str(self.config)]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a ``sealstamp`` command on the service's store."""
        return subprocess.run(
            self._command(*words), env=_environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def must(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, manifest: str, *words: str) -> str:
        path = self.folder / "apis.toml"
        path.write_text(manifest)
        return self.must("apply", "--file", str(path), *words)

    def issue(self, api: str, *words: str) -> Pair:
        issued = json.loads(self.must("keys", "issue", "--consumer", "acme", "--api", api, "--json", *words))
        return Pair(issued["access_key_id"], issued["secret"])

    # the same without the second that a command takes to start

    @contextmanager
    def opened_store(self) -> Iterator[SqlStore]:
        store = open_store(self.store_url)
        try:
            yield store
        finally:
            store.close()

    def prepare(self, manifest: str) -> None:
        """What ``apply`` does."""
        declared = parse_manifest(
            manifest, place="test", directory=self.folder, check_scheme=lambda *_: None, environment={}
        )
        with self.opened_store() as store:
            carry_out(self.act(store), plan(declared, store, self._sealer(), now_ms=0, prune=False))

    def add_pair(self, api: str, *, expires_at_ms: int | None = None) -> Pair:
        """What ``keys import`` does, with a new pair."""
        pair = Pair(secrets.token_hex(16), secrets.token_hex(16))
        credential = Credential.of(pair.access_key_id, pair.secret)
        with self.opened_store() as store:
            import_pair(self.act(store), credential, consumer="acme", apis=[api], expires_at_ms=expires_at_ms)
        return pair

    def act(self, store: SqlStore) -> Act:
        return act_on(store, self._sealer())

    def _sealer(self) -> Sealer:
        return Sealer(load_or_create_sealing_key_file(self.sealing_key))

    # talking to it

    def connect(self, *, source: str = "127.0.0.1") -> Connection:
        return Connection(self.port, source=source)

    def exchange(self, request: bytes, *, source: str = "127.0.0.1", head: bool = False) -> Answer:
        """Send bytes on a connection of their own, and read the answer."""
        with self.connect(source=source) as connection:
            connection.send(request)
            return connection.read_answer(head=head)

    def ask(
        self, method: str, target: str | bytes, lines: Lines = (), body: bytes = b"", *, source: str = "127.0.0.1"
    ) -> Answer:
        """Send a request with a Host header, and read the answer."""
        whole = [("Host", f"127.0.0.1:{self.port}"), *lines]
        request = raw_request(method, target, whole, body)
        return self.exchange(request, source=source, head=method == "HEAD")

    def decide(self, described: Lines) -> Answer:
        """Ask the decisions' own listener, where it has one."""
        with Connection(self.decisions) as connection:
            connection.send(raw_request("GET", "/decide", [("Host", "x"), *described]))
            return connection.read_answer()

    def get(self, target: str | bytes, lines: Lines = (), *, source: str = "127.0.0.1") -> Answer:
        return self.ask("GET", target, lines, source=source)

    def call(
        self,
        system: System,
        path: str,
        fields: Fields,
        method: str = "POST",
        query: str = "",
        lines: Lines = (),
        body: bytes = b"",
    ) -> Answer:
        """Send a request that carries a system's fields where they belong."""
        target, carried = place(system, path, fields, query)
        return self.ask(method, target, [*carried, *lines], body)


def place(system: System, path: str, fields: Fields, query: str = "") -> tuple[str, list[tuple[str, str]]]:
    """The target and the header lines that carry a system's fields."""
    if not system.in_query:
        return (f"{path}?{query}" if query else path), list(fields)
    return f"{path}?{'&'.join(filter(None, (query, as_query(fields))))}", []


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Run the service for as long as the block runs."""
    try:
        service.start()
        yield service
    finally:
        service.stop()


def free_port() -> int:
    """Return a port below those that the system gives to outgoing connections, one of which could take it meanwhile."""
    for port in _PORTS:
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def _ports_of_this_process() -> Iterator[int]:
    """Every worker of the test run has ports of its own, each of which it tries once."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    first = 12_000 + 2_400 * worker
    return iter(range(first + os.getpid() % 1_200, first + 2_400))


_PORTS = _ports_of_this_process()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SEALSTAMP_")}


def _group(path: Path) -> int | None:
    with suppress(OSError):
        return int((path / "stat").read_text().rpartition(")")[2].split()[2])
    return None
