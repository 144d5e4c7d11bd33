"""Upstreams that speak TLS: a proxy, with what is printed for it, talks to who has the right certificate alone."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import write_certificate
from tests.server.doors.programs import PROGRAMS
from tests.server.doors.signed import HOST, Plan, sign
from tests.server.service import Connection, Service
from tests.server.upstream import Upstream

NAME = "shop.internal"
LAST = (b"X-Play", rb"raw HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
"""Has the upstream end the connection, so that the next request comes on another."""


@dataclass(frozen=True)
class Behind:
    """A proxy and its upstream, by whichever certificate."""

    port: int
    upstream: Upstream
    contexts: dict[str, ssl.SSLContext]
    names: list[str]

    def send(self, certificate: str) -> int:
        self.upstream.context = self.contexts[certificate]
        with Connection(self.port) as connection:
            connection.send(sign("stardust", Plan()).adding(LAST).raw())
            return connection.read_answer().status


@pytest.fixture(scope="module", params=["nginx", "caddy", "haproxy", "envoy"])
def behind(
    request: pytest.FixtureRequest, guarded: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    folder = Path(tmp_path_factory.mktemp("tls"))
    for file, host in {"right": NAME, "other name": "other.internal", "other authority": NAME}.items():
        write_certificate(folder / f"{file}.pem", host)
    believed = folder / "believed.pem"
    believed.write_bytes((folder / "right.pem").read_bytes() + (folder / "other name.pem").read_bytes())
    names: list[str] = []
    contexts = {file.stem: serving_as(file, names) for file in folder.glob("*.pem") if file != believed}
    (folder / "proxy").mkdir()
    with Upstream(contexts["right"]) as upstream:
        origin = f"https://127.0.0.1:{upstream.port}"
        words = ("--upstream", origin, "--upstream-name", NAME, "--upstream-ca", str(believed))
        with PROGRAMS[request.param](guarded, "shop", folder / "proxy", *words) as port:
            yield Behind(port, upstream, contexts, names)


def serving_as(certificate: Path, names: list[str]) -> ssl.SSLContext:
    """What serves with a certificate, and writes down which name a client asks for."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: names.append(str(name))
    return context


def test_the_right_certificate(behind: Behind) -> None:
    """The request arrives as it was sent, and the upstream knows which name was meant."""
    before = len(behind.upstream.arrived)
    assert behind.send("right") == 200
    (arrived,) = behind.upstream.arrived[before:]
    assert behind.names[-1] == NAME
    assert arrived.values(b"host") == [HOST]
    assert arrived.values(b"x-sealstamp-consumer") == [b"acme"]


@pytest.mark.parametrize("certificate", ["other name", "other authority"])
def test_another_certificate(behind: Behind, certificate: str) -> None:
    """Nothing of a request goes to somebody else; afterwards the right one is talked to again."""
    before = len(behind.upstream.arrived)
    assert behind.send(certificate) in (502, 503)
    assert len(behind.upstream.arrived) == before
    assert behind.send("right") == 200
