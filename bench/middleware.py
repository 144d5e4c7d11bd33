"""A guarded application against the same one unguarded: CPU time of its server for each request, as a ratio.

    python -m bench.middleware [--requests N] [--rounds N]

For each framework two processes of a real server, one with the application and one with the application guarded, get
the same signed requests, on one kept connection a round; rounds interleaved; medians. What is compared is the time that
the server's processes spent, so that nothing else on the machine counts. Every answer must be a 200.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.guarded import API, KEYS, SCHEME
from sealstamp import Credential, Request, Signer, get_scheme
from sealstamp.keys.acts.access_keys import import_pair
from tests.server.service import Service, free_port

SERVERS = {
    "starlette": ["granian", "--interface", "asgi", "--factory", "--log-level", "error", "--port", "{port}", "{app}"],
    "fastapi": ["uvicorn", "--factory", "--log-level", "error", "--no-access-log", "--port", "{port}", "{app}"],
    "flask": ["gunicorn", "--threads", "2", "--log-level", "error", "--bind", "127.0.0.1:{port}", "{app}()"],
}
"""Frameworks, and the server that each is run by."""
KINDS = {"starlette": ["guarded", "stored"], "fastapi": ["guarded", "depending"], "flask": ["guarded", "stored"]}
"""How each is guarded: all of it, or by what a route depends on; with keys at hand, or those of a store."""
MANIFEST = f"""
[[consumers]]
name = "bench"

[[apis]]
name = "{API}"
path_prefix = "/"
schemes = ["{SCHEME}"]
"""
_nonces = count()


class Served:
    """A server's processes, and a connection to it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def is_up(self) -> bool:
        with suppress(OSError):
            self._connection.request("GET", "/healthz")
            self._connection.getresponse().read()
            return True
        self._connection.close()
        return False

    def cpu_s(self) -> float:
        """Seconds that the processes have used."""
        return sum(map(_cpu_s, [self._process.pid, *_children(self._process.pid)]))

    def microseconds(self, requests: Sequence[Request]) -> float:
        """What each of these costs the server."""
        self._connection.close()  # gunicorn does so itself after two seconds without a request
        before = self.cpu_s()
        for request in requests:
            self._ask(request)
        return (self.cpu_s() - before) / len(requests) * 1e6

    def _ask(self, request: Request) -> None:
        connection = self._connection
        connection.putrequest(request.method.decode(), request.target.decode(), skip_host=True)
        for name, value in request.headers:
            connection.putheader(name.decode(), value.decode())
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise SystemExit(f"a request was answered {answer.status}: {body!r}")


def _cpu_s(pid: int) -> float:
    """Of all threads, to the nanosecond: the clock ticks of /proc/PID/stat are too coarse for short rounds."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


@contextmanager
def served(framework: str, kind: str, config: Path) -> Iterator[Served]:
    port = free_port()
    words = [word.format(port=port, app=f"bench.guarded:{framework}_{kind}") for word in SERVERS[framework]]
    variables = {"PYTHONWARNINGS": "ignore", "SEALSTAMP_CONFIG": str(config)}
    process = subprocess.Popen([sys.executable, "-m", *words], env=os.environ | variables)
    try:
        server = Served(process, port)
        deadline = time.monotonic() + 60
        while not server.is_up():
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit(f"{words[0]} does not serve")
            time.sleep(0.05)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def signed(number: int) -> list[Request]:
    """Requests that are accepted once each."""
    signer = Signer(get_scheme(SCHEME), Credential.of("bench", KEYS["bench"]))
    unsigned = Request(b"GET", b"/orders?page=2", [(b"host", b"api.test"), (b"accept", b"*/*")], scheme=b"http")
    now_ms = time.time_ns() // 1_000_000 + 400
    return [signer.sign(unsigned, time_ms=now_ms, nonce=f"{next(_nonces):08d}").apply(unsigned) for _ in range(number)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000, help="in a round")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    print(f"{platform.python_implementation()} {platform.python_version()} at {sys.prefix}")
    print(f"{'framework':12}{'server':10}{'':12}{'plain us':>10}{'guarded us':>12}{'ratio':>7}")
    for framework, command in SERVERS.items():
        for kind in KINDS[framework]:
            rows = measured(framework, kind, arguments.requests, arguments.rounds)
            without, with_ = (statistics.median(column) for column in zip(*rows, strict=True))
            ratio = statistics.median(a / b for a, b in rows)
            print(f"{framework:12}{command[0]:10}{kind:12}{without:10.0f}{with_:12.0f}{ratio:7.2f}", flush=True)


def measured(framework: str, kind: str, requests: int, rounds: int) -> list[tuple[float, float]]:
    """Microseconds for a request without and with the guard, a pair for each round."""
    with ExitStack() as stack:
        config = make_store(Path(stack.enter_context(TemporaryDirectory())))
        plain, guarded = (stack.enter_context(served(framework, each, config)) for each in ("plain", kind))
        time.sleep(2)  # nothing is accepted that was stamped before the guard began
        for server in (plain, guarded):
            server.microseconds(signed(100))
        rows = []
        for _ in range(rounds):
            asked = signed(requests)
            rows.append((plain.microseconds(asked), guarded.microseconds(asked)))
        return rows


def make_store(folder: Path) -> Path:
    """Make a store with the access keys; return its settings."""
    service = Service(folder)
    service.prepare(MANIFEST)
    with service.opened_store() as store:
        for access_key_id, secret in KEYS.items():
            import_pair(service.act(store), Credential.of(access_key_id, secret), consumer="bench", apis=[API])
    return service.config


if __name__ == "__main__":
    main()
