"""A gateway for vendors' SDKs: the real service, an upstream that answers as a test says, and no way to the outside.

A module of tests says which APIs it needs in a list ``GUARDED``; one service guards those of all modules. Each API has
a host of its own, and inside the tests every host name resolves to loopback, so that SDKs call the hosts they know.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.server.service import Service, until


@dataclass(frozen=True)
class Guarded:
    """An API that one scheme guards, and the key that opens it."""

    scheme: str
    host: str
    access_key_id: str
    secret: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    key_more: str = ""
    """Further lines of TOML for the access key."""
    public_key: str = ""
    """In PEM, where ``secret`` is a private key, which the service does not get."""

    @property
    def name(self) -> str:
        """The API's name: the host's, which no other API has."""
        return self.host.replace(".", "-")

    @property
    def other_secret(self) -> str:
        """A secret of the same length and letters that is not this key's."""
        return self.secret[-1:] + self.secret[:-1]

    def manifest(self, upstream: str) -> str:
        """The API and its key as ``sealstamp apply`` reads them."""
        given = "".join(f", {name} = {json.dumps(value)}" for name, value in self.parameters.items())
        name, key = ("public_key", self.public_key) if self.public_key else ("secret", self.secret)
        return f"""
[[apis]]
name = {json.dumps(self.name)}
host = {json.dumps(self.host)}
schemes = [{{ name = {json.dumps(self.scheme)}{given} }}]
upstream = {json.dumps(upstream)}

[[access_keys]]
id = {json.dumps(self.access_key_id)}
{name} = {json.dumps(key)}
consumer = "acme"
apis = [{json.dumps(self.name)}]
{self.key_more}
"""


@dataclass(frozen=True)
class Reply:
    """What the upstream answers."""

    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    status: int = 200


@dataclass(frozen=True)
class Arrived:
    """One request as the upstream got it."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


class Upstream(ThreadingHTTPServer):
    """Answers every request with ``reply``, and keeps it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrived: list[Arrived] = []
        self.reply: Reply | Callable[[Arrived], Reply] = Reply()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    disable_nagle_algorithm = True  # head and body are written one after the other
    server: Upstream

    def answer(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0"))) if self._is_counted(headers) else self._chunks()
        arrived = Arrived(self.command, self.path, headers, body)
        self.server.arrived.append(arrived)
        reply = self.server.reply if isinstance(self.server.reply, Reply) else self.server.reply(arrived)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD" and reply.status != 204:
            self.wfile.write(reply.body)

    def _is_counted(self, headers: Mapping[str, str]) -> bool:
        return headers.get("transfer-encoding", "").lower() != "chunked"

    def _chunks(self) -> bytes:
        whole = b""
        while size := int(self.rfile.readline(), 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return whole

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Gateway:
    """The service with its upstream."""

    def __init__(self, service: Service, upstream: Upstream) -> None:
        self.service = service
        self.upstream = upstream
        self._told = 0

    def url(self, api: Guarded) -> str:
        """Where the API is called; its host resolves to loopback here."""
        return f"http://{self.authority(api)}"

    def authority(self, api: Guarded) -> str:
        """Host and port."""
        return f"{api.host}:{self.service.port}"

    def prove(
        self,
        api: Guarded,
        call: Callable[[str], object],
        reply: Reply | Callable[[Arrived], Reply] | None = None,
        *,
        wrong: str = "",
    ) -> list[Arrived]:
        """Call with the right secret and with a wrong one; return what arrived by the right one.

        The upstream must have got the former with the caller's identity, and nothing of the latter, whose signature
        must be what it was refused for. What an SDK makes of the refusal is its own affair.
        """
        self.upstream.reply = reply or Reply()
        before = len(self.upstream.arrived)
        self._told = len(self._refused())
        try:
            call(api.secret)
        except Exception as error:
            raise AssertionError(f"{error!r}; refusals: {self.refusals(api)}") from error
        arrived = self.upstream.arrived[before:]
        assert arrived, self.refusals(api)
        for request in arrived:
            assert request.headers["x-sealstamp-consumer"] == "acme"
            assert request.headers["x-sealstamp-scheme"] == api.scheme
        assert not self.refusals(api)
        with suppress(Exception):
            call(wrong or api.other_secret)
        reasons = until(lambda: [reason for reason, _ in self.refusals(api)], f"a refusal by {api.name}")
        assert set(reasons) == {"signature_mismatch"}, self.refusals(api)
        assert self.upstream.arrived[before:] == arrived, "the wrong secret got through"
        return arrived

    def refusals(self, api: Guarded) -> list[tuple[str, str]]:
        """Reason and detail of every refusal by this API since a proof began."""
        return [
            (event["reason"], event["detail"]) for event in self._refused()[self._told :] if event["api"] == api.name
        ]

    def _refused(self) -> list[dict[str, Any]]:
        return [event for event in self.service.events() if event.get("event") == "refused"]


@contextmanager
def running_upstream() -> Iterator[Upstream]:
    """Run an upstream for as long as the block runs."""
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def manifest_of(apis: Iterable[Guarded], upstream: str) -> str:
    """Everything that is guarded, as one apply file."""
    return '[[consumers]]\nname = "acme"\n' + "".join(api.manifest(upstream) for api in apis)


def new_secret(length: int = 40) -> str:
    """A secret of hexadecimal digits."""
    return secrets.token_hex(length)[:length]
