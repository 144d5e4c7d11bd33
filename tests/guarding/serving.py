"""Real servers as processes of their own, and how a request is sent to them."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset

from sealstamp import Request
from tests.guarding.keys import Scenario
from tests.server.service import PATIENCE, Answer, Connection, free_port, raw_request, until

_HEALTH = Request(b"GET", b"/healthz", [(b"host", b"api.test")])
ROOT = Path(__file__).parents[2]
COMMANDS = {
    "granian": ["granian", "--interface", "asgi", "--port", "{port}", "{app}"],
    "uvicorn": ["uvicorn", "--port", "{port}", "{app}"],
    "gunicorn": ["gunicorn", "--threads", "4", "--bind", "127.0.0.1:{port}", "{app}"],
    "hypercorn": ["hypercorn", "--bind", "127.0.0.1:{port}", "{app}"],
}


@dataclass(frozen=True)
class Server:
    port: int
    log: IO[bytes]

    def said(self) -> str:
        """What the server and its application have written so far."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def ask(self, request: Request) -> Answer:
        """Send a request as it is, byte by byte, and read the answer."""
        wire = raw_request(
            request.method.decode(),
            request.target,
            [*request.headers, (b"connection", b"close")],
            request.body or b"",
        )
        with Connection(self.port) as connection:
            connection.send(wire)
            return connection.read_answer()

    def exchange(self, request: Request, rest: bytes) -> Answer:
        """Send a request's head and then ``rest``, and read the answer."""
        lines = [*request.headers, (b"connection", b"close")]
        with Connection(self.port) as connection:
            connection.send(raw_request(request.method.decode(), request.target, lines) + rest)
            return connection.read_answer()

    def ask_over_http2(self, request: Request) -> Answer:
        """Send a request over HTTP/2, which the server is known to speak without TLS, and read the answer."""
        client = H2Connection(H2Configuration(client_side=True, header_encoding="latin-1"))
        with Connection(self.port) as connection:
            client.initiate_connection()
            client.send_headers(1, http2_head(request), end_stream=not request.body)
            if request.body:
                client.send_data(1, request.body, end_stream=True)
            connection.send(client.data_to_send())
            return _answer_on(client, connection)

    def hand_shake(self, request: Request) -> Answer:
        """Ask for another protocol, and read the answer's head."""
        with Connection(self.port) as connection:
            connection.send(raw_request(request.method.decode(), request.target, request.headers))
            return connection.read_head()


def http2_head(request: Request) -> list[tuple[bytes, bytes]]:
    """A request's head as HTTP/2 has it, with a body that is not announced."""
    host = request.header(b"host")
    special = [(b":method", request.method), (b":scheme", b"http"), (b":authority", host), (b":path", request.target)]
    return special + [(name.lower(), value) for name, value in request.headers if name.lower() != b"host"]


def _answer_on(client: H2Connection, connection: Connection) -> Answer:
    """Read the answer to the one request."""
    head: list[tuple[str, str]] = []
    body = b""
    while True:
        for event in client.receive_data(connection.socket.recv(65_536)):
            assert not isinstance(event, StreamReset | ConnectionTerminated), event
            if isinstance(event, ResponseReceived):
                head = [(str(name), str(value)) for name, value in event.headers]
            elif isinstance(event, DataReceived):
                body += event.data
            elif isinstance(event, StreamEnded):
                return Answer(int(dict(head)[":status"]), tuple(head), body)


def outcome(answer: Answer) -> tuple[int, str]:
    """The status, and the reason of a refusal or ""."""
    if answer.status == 200:
        return 200, ""
    told: Any = json.loads(answer.body)
    return answer.status, told.get("detail", told)["code"]


def check_scenario(server: Server, scenario: Scenario, reason: str) -> None:
    """The application has exactly what was signed, and who signed it; or the caller the reason."""
    request = scenario.make()
    answer = server.ask(request)
    if scenario.twice:
        assert answer.status == 200, answer
        answer = server.ask(scenario.make() if scenario.reason == "rate_limited" else request)
    status, told_reason = outcome(answer)
    assert told_reason == reason, answer
    if reason:
        assert 400 <= status < 500
        assert (status == 401) == bool(answer.values("www-authenticate"))
        assert answer.request_id
    else:
        told = answer.json()
        assert told["target"].encode() == request.target
        assert told["body"] == hashlib.sha256(request.body or b"").hexdigest()
        assert (told["access_key_id"], told["consumer"]) == ("reader", "acme")


class Servers:
    """Servers by what they serve, each started when it is first asked for."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._started: dict[tuple[str, str], Server] = {}

    def get(self, name: str, app: str) -> Server:
        """The server of this name with an application of ``tests.guarding.apps``."""
        if (name, app) not in self._started:
            started = self._stack.enter_context(running(COMMANDS[name], f"tests.guarding.apps.{app}:app"))
            self._started[name, app] = started
        return self._started[name, app]


@contextmanager
def running(command: list[str], app: str, **variables: str) -> Iterator[Server]:
    """Run a server, with environment variables of its own, for as long as the block runs."""
    port = free_port()
    words = [word.format(port=port, app=app) for word in command]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env=os.environ | variables,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        server = Server(port, log)

        def is_up() -> bool:
            assert process.poll() is None, server.said()
            with suppress(OSError):  # gunicorn listens before it has an application
                return server.ask(_HEALTH).status == 200
            return False

        try:
            until(is_up, f"{words[0]} to listen")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
