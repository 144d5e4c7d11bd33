"""The house with many doors: one API, which is asked about through each of them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

from tests.server.doors.programs import PROGRAMS
from tests.server.doors.signed import KEYS, PAIR, SCHEMES, Message
from tests.server.doors.specified import SPECIFIED, configured, question
from tests.server.service import Answer, Connection, Service, free_port
from tests.server.upstream import Arrived, Upstream

MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "shop"
path_prefix = "/shop"
schemes = [{schemes}]
response_profile = "stardust"
upstream = "{upstream}"

[[apis]]
name = "open"
path_prefix = "/open"
schemes = ["stardust"]
enforcement = "off"
upstream = "{upstream}"

[[apis]]
name = "other"
host = "other.example"
path_prefix = "/shop"
schemes = ["stardust"]
upstream = "{upstream}"
"""
KEY = """
[[access_keys]]
id = "{pair.access_key_id}"
secret = "{pair.secret}"
consumer = "acme"
apis = ["shop", "other"]
"""


CASE = b"x-case"
"""A header that no scheme signs: which request it is that has arrived."""
ASSERTION_KEY = "a secret that only the service and the upstream have"


def manifest(upstream: str) -> str:
    schemes = ", ".join(f'"{name}"' for name in SCHEMES)
    keys = "".join(KEY.format(pair=pair) for pair in (PAIR, *KEYS.values()))
    return MANIFEST.format(schemes=schemes, upstream=upstream) + keys


@dataclass(frozen=True)
class Sent:
    """What a client got, and what the upstream did."""

    answer: Answer
    arrived: Arrived | None

    @property
    def passed(self) -> bool:
        return self.arrived is not None


class House:
    """Opens each door when it is first used."""

    def __init__(self, service: Service, upstream: Upstream, folder: Path, stack: ExitStack) -> None:
        self.service = service
        self.upstream = upstream
        self.tls_port = free_port()
        self._texts: dict[str, str] = {}
        self._folder = folder
        self._stack = stack
        self._cases = count()
        self._ports: dict[str, int] = {"gateway": service.port}
        self._programs = {**PROGRAMS, "nginx": partial(PROGRAMS["nginx"], tls_port=self.tls_port)}

    def port(self, door: str) -> int:
        if door not in self._ports:
            folder = self._folder / door
            folder.mkdir(exist_ok=True)
            self._ports[door] = self._stack.enter_context(self._programs[door](self.service, "shop", folder))
        return self._ports[door]

    def send(self, door: str, message: Message | bytes, source: str = "127.0.0.1") -> Sent:
        """Send a request through a door, on a connection of its own."""
        if door in SPECIFIED:
            assert isinstance(message, Message)
            return self._ask(door, message)
        case = self._next_case()
        raw = message if isinstance(message, bytes) else message.adding((CASE, case)).raw()
        before = len(self.upstream.arrived)
        with Connection(self.port(door), source=source) as connection:
            connection.send(raw)
            answer = connection.read_answer(head=raw.startswith(b"HEAD "))
        return Sent(answer, self._arrived(before, [] if isinstance(message, bytes) else [case]))

    def _next_case(self) -> bytes:
        return b"%d" % next(self._cases)

    def _arrived(self, before: int, case: list[bytes]) -> Arrived | None:
        """Return the one that has arrived of a case: the beginning of one that was refused may come late."""
        arrived = [each for each in self.upstream.arrived[before:] if each.values(CASE) == case]
        assert len(arrived) < 2
        return arrived[0] if arrived else None

    def _ask(self, door: str, message: Message) -> Sent:
        """Ask as a proxy does that is not here; where it may pass a request on, that has arrived."""
        if door not in self._texts:
            self._texts[door] = configured(self.service, door)
        with Connection(self.service.decisions) as connection:
            connection.send(question(door, message, self._texts[door]))
            answer = connection.read_answer()
        if answer.status != 204:
            return Sent(answer, None)
        kept = [line for line in message.lines if not line[0].lower().startswith(b"x-sealstamp")]
        lines = [name + b": " + value for name, value in kept]
        lines += [f"{name}: {value}".encode() for name, value in answer.lines if name.startswith("x-sealstamp")]
        arrived = Arrived(b"%b %b" % (message.method.encode(), message.target), tuple(lines), message.body)
        return Sent(replace(answer, status=200), arrived)

    def send_http2(self, door: str, message: Message) -> Sent:
        """Send a request over HTTP/2: with TLS to nginx, and else without."""
        port = self.port(door)
        words = ["--http2", "--insecure"] if door == "nginx" else ["--http2-prior-knowledge"]
        origin = f"https://127.0.0.1:{self.tls_port}" if door == "nginx" else f"http://127.0.0.1:{port}"
        lines = [word for name, value in message.lines for word in ("-H", f"{name.decode()}: {value.decode()}")]
        if message.body:
            lines += ["--data-binary", message.body.decode(), "-H", "Content-Type:"]
        before, case = len(self.upstream.arrived), self._next_case()
        lines += ["-H", f"{CASE.decode()}: {case.decode()}"]
        form = [
            "-w",
            "%{http_version} %{http_code}",
            "-o",
            "/dev/null",
            "-sS",
            "--path-as-is",
            "-g",
            "-X",
            message.method,
        ]
        ran = subprocess.run(
            ["curl", *words, *form, *lines, origin + message.target.decode()],
            capture_output=True,
            text=True,
            check=False,
        )
        version, _, status = ran.stdout.partition(" ")
        assert version == "2", ran
        return Sent(Answer(int(status), ()), self._arrived(before, [case]))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have the verifier, all of its processes, answer nothing for a while."""
        pids = self.service.pids
        try:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
