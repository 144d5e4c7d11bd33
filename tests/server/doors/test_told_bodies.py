"""Applications that compare bodies themselves, behind nginx, which asks about heads alone."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from sealstamp import Request
from tests.guarding.serving import Server, Servers
from tests.server.doors.programs import nginx_of, printed
from tests.server.doors.signed import Lines, Message, Plan, sign
from tests.server.service import Answer, Connection, Service

SERVED = {"uvicorn": "asgi_reading", "gunicorn": "wsgi_reading"}
SIGV4 = "aws-sigv4-header"
BODY = b'{"colour": "red"}'
LARGE = bytes(range(256)) * 4 * 1024 * 20
"""20 MiB."""
LITTLE = 6 << 20
"""What may be added to memory by a large body: some pieces of it, and whatever a server keeps."""


@dataclass(frozen=True)
class Behind:
    """An application behind nginx: the ports of both."""

    nginx: int
    application: Server

    def send(self, message: Message) -> Answer:
        with Connection(self.nginx) as connection:
            connection.send(message.raw())
            return connection.read_answer()

    @property
    def read(self) -> dict[str, int | str | bool]:
        """What the application has read of the last body, told past nginx."""
        told = json.loads(self.application.ask(Request(b"GET", b"/healthz", [(b"host", b"api.test")])).body)
        assert isinstance(told, dict)
        return told


@pytest.fixture(scope="module", params=SERVED)
def behind(
    request: pytest.FixtureRequest, guarded: Service, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    folder = Path(tmp_path_factory.mktemp("told"))
    application = servers.get(request.param, SERVED[request.param])
    upstream = f"http://127.0.0.1:{application.port}"
    port = printed(guarded, "nginx", "shop", folder / "conf.d", "--upstream", upstream)
    (folder / "conf.d" / "size.conf").write_text("client_max_body_size 32m;")
    with nginx_of(folder, port):
        yield Behind(port, application)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack)


def signed(scheme: str, body: bytes, method: str = "PUT") -> Message:
    """A request whose signature has a digest of its body, in a header."""
    digest: Lines = [(b"X-Amz-Content-Sha256", hashlib.sha256(body).hexdigest().encode())] if scheme == SIGV4 else []
    return sign(scheme, Plan(method=method, lines=digest, body=body))


def reason(answer: Answer) -> tuple[int, str]:
    assert answer.header("content-type") == "application/problem+json"
    assert answer.request_id
    return answer.status, json.loads(answer.body)["code"]


@pytest.mark.parametrize("scheme", [SIGV4, "rfc9421"])
@pytest.mark.parametrize("body", [BODY, BODY * 50_000, b""], ids=["short", "long", "empty"])
def test_a_body_as_it_was_signed(behind: Behind, scheme: str, body: bytes) -> None:
    """The application has all of it."""
    answer = behind.send(signed(scheme, body))
    assert answer.status == 200, answer
    told = json.loads(answer.body)
    assert (told["size"], told["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize("scheme", [SIGV4, "rfc9421"])
@pytest.mark.parametrize("body", [BODY, BODY * 50_000], ids=["short", "long"])
@pytest.mark.parametrize("change", ["last byte", "first byte", "cut", "longer"])
def test_another_body(behind: Behind, scheme: str, body: bytes, change: str) -> None:
    """It is refused, and the application never has all of it, wherever it differs."""
    message = signed(scheme, body)
    message.body = {
        "last byte": body[:-1] + b"!",
        "first byte": b"!" + body[1:],
        "cut": body[:-1],
        "longer": body + b"!",
    }[change]
    assert reason(behind.send(message)) == (400, "digest_mismatch")
    read = behind.read
    assert not read["whole"]
    assert int(read["size"]) < len(message.body)


def test_no_body_where_one_was_signed(behind: Behind) -> None:
    """It is refused before the application is asked, however little that would have read."""
    assert behind.send(signed("rfc9421", BODY)).status == 200
    message = signed("rfc9421", BODY)
    emptied = Message("PUT", message.target, [*message.lines, (b"Transfer-Encoding", b"chunked")])
    with Connection(behind.nginx) as connection:
        connection.send(emptied.raw() + b"0\r\n\r\n")
        assert reason(connection.read_answer()) == (400, "digest_mismatch")
    assert behind.read["whole"]


def test_a_body_of_which_nothing_is_told(behind: Behind) -> None:
    """Its digest is not signed, so anybody can have changed it."""
    assert reason(behind.send(sign("stardust", Plan(method="PUT", body=BODY)))) == (401, "component_not_covered")
    assert behind.send(sign("stardust", Plan())).status == 200


def test_a_large_body(behind: Behind) -> None:
    """It passes, and is refused, without being held in memory."""
    before = int(behind.read["peak"])
    message = signed("rfc9421", LARGE)
    assert behind.send(message).json()["sha256"] == hashlib.sha256(LARGE).hexdigest()
    message = signed("rfc9421", LARGE)
    message.body = LARGE[:-1] + b"!"
    assert reason(behind.send(message)) == (400, "digest_mismatch")
    assert int(behind.read["peak"]) - before < LITTLE
    assert len(LARGE) > 2 * LITTLE


def test_what_a_client_makes_up(behind: Behind) -> None:
    """The door refuses what only a door may tell."""
    digest = b"unchecked;sha-256=:%b:" % b64encode(hashlib.sha256(BODY).digest())
    forged = sign("stardust", Plan(method="PUT", body=BODY)).adding((b"X-Sealstamp-Body", digest))
    assert behind.send(forged).status == 400


def test_past_the_door(servers: Servers) -> None:
    """Where the address proves nothing the assertion does: whoever comes past the door has none."""
    digest = b"unchecked;sha-256=:%b:" % b64encode(hashlib.sha256(BODY).digest())
    lines = [(b"host", b"api.test"), (b"x-sealstamp-body", digest)]
    for more in ([], [(b"x-sealstamp-assertion", b"e30.e30.e30")]):
        answer = servers.get("gunicorn", "wsgi_reading").ask(Request(b"PUT", b"/shop/a", [*lines, *more], body=BODY))
        assert reason(answer) == (403, "not_from_the_door")
