"""Known attacks on proxies that ask, each tried at every door."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest

from tests.server.doors.attacks import (
    ATTACKS,
    FORGED_IDENTITIES,
    PATHS,
    SMUGGLED,
    SMUGGLING,
    Attack,
)
from tests.server.doors.house import House, Sent
from tests.server.doors.scenarios import DOORS, REAL
from tests.server.doors.signed import HOST, KEYS, Message, Plan, sign
from tests.server.service import Connection, until
from tests.server.upstream import Arrived

PROXIES = tuple(door for door in REAL if door != "gateway")
OURS = re.compile(rb"x[-_.]sealstamp[-_.]", re.I)


def told(arrived: Arrived) -> dict[bytes, list[bytes]]:
    """What an application that takes ``_`` and ``.`` for ``-`` is told of who calls."""
    found: dict[bytes, list[bytes]] = {}
    for line in arrived.lines:
        name, _, value = line.partition(b":")
        if OURS.match(name) and value.strip():
            found.setdefault(re.sub(rb"[_.]", b"-", name.lower()), []).append(value.strip())
    return found


def check_identity(sent: Sent, consumer: bytes = b"acme") -> None:
    """Nothing arrived, or what arrived says who signed, and that once."""
    if sent.arrived is not None:
        assert told(sent.arrived)[b"x-sealstamp-consumer"] == [consumer]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
@pytest.mark.parametrize("door", DOORS)
def test_forged_descriptions(door: str, attack: Attack, house: House) -> None:
    """A client that describes another request than it sends is not believed, whether it has signed or not."""
    unsigned = Message("GET", b"/shop/a", [(b"Host", HOST), *attack.lines])
    sent = house.send(door, unsigned)
    assert sent.arrived is None
    assert sent.answer.status in (400, 402, 403)
    message = sign("stardust", Plan(lines=list(attack.lines)))
    sent = house.send(door, message)
    check_identity(sent)
    assert sent.arrived is None or sent.arrived.target == message.target


@pytest.mark.parametrize("name", FORGED_IDENTITIES, ids=bytes.decode)
@pytest.mark.parametrize("door", REAL)
def test_identity_headers_of_a_client(door: str, name: bytes, house: House) -> None:
    """None arrives under a name that an application could take for ours; a proxy may refuse it, too."""
    check_identity(house.send(door, sign("stardust", Plan(lines=[(name, b"admin")]))))


@pytest.mark.parametrize("door", REAL)
@pytest.mark.parametrize(
    "named", [b"X-Sealstamp-Consumer", b"close, X-Sealstamp-Consumer, X-Sealstamp-Access-Key-Id, X-Sealstamp-Scheme"]
)
def test_connection_names_the_identity(door: str, named: bytes, house: House) -> None:
    """What a client names in Connection is not taken from what Sealstamp tells the application."""
    sent = house.send(door, sign("stardust", Plan(lines=[(b"Connection", named)])))
    assert sent.arrived is not None
    check_identity(sent)


@pytest.mark.parametrize("door", DOORS)
def test_connection_names_the_description(door: str, house: House) -> None:
    """Nor from what a proxy tells Sealstamp."""
    lines = b"X-Forwarded-Uri, X-Forwarded-Method, X-Forwarded-Host, X-Original-URI, X-Original-Method, X-Decide-Api"
    sent = house.send(door, Message("GET", b"/shop/a", [(b"Host", HOST), (b"Connection", lines)]))
    assert (sent.answer.status in (400, 402), sent.arrived) == (True, None)
    check_identity(house.send(door, sign("stardust", Plan(lines=[(b"Connection", lines)]))))


@pytest.mark.parametrize("path", PATHS, ids=bytes.decode)
@pytest.mark.parametrize("door", PROXIES)
def test_differences_in_reading_paths(door: str, path: bytes, house: House) -> None:
    """Without a signature nothing passes, however the path to the API is written, or one that is open."""
    sent = house.send(door, Message("GET", path, [(b"Host", HOST)]))
    assert sent.arrived is None
    assert 400 <= sent.answer.status < 500


@pytest.mark.parametrize("door", PROXIES)
def test_a_key_of_another_api(door: str, house: House) -> None:
    """A request that Sealstamp takes for one to another API does not pass, though it is signed rightly for that."""
    sent = house.send(door, sign("stardust", Plan(host=b"other.example")))
    assert (sent.answer.status, sent.arrived) == (403, None)
    assert sent.answer.body == b"" or sent.answer.json()["code"] == "other_api"


@pytest.mark.parametrize("door", REAL)
def test_two_hosts(door: str, house: House) -> None:
    """Nobody can say which one is meant. Envoy makes one of them, with a comma, that no API has."""
    sent = house.send(door, sign("stardust", Plan(lines=[(b"Host", b"other.example")])))
    if door.startswith("envoy"):
        assert sent.arrived is not None
        assert sent.arrived.values(b"host") == [b"shop.example,other.example"]
    else:
        assert (sent.answer.status, sent.arrived) == (400, None)


@pytest.mark.parametrize("door", REAL)
def test_a_target_with_another_host(door: str, house: House) -> None:
    """What is asked about is what is passed on: one host, whichever of the two it is."""
    message = sign("rfc9421", Plan(b"/shop/a"))
    message.target = b"http://other.example/shop/a"
    sent = house.send(door, message)
    if sent.arrived is not None:
        assert sent.arrived.values(b"host") == [HOST]
        check_identity(sent)


@pytest.mark.parametrize(
    "path", [b"/.sealstamp/shop", b"/decide", b"/decide/nginx", b"/decide/nginx/no-body"], ids=bytes.decode
)
@pytest.mark.parametrize("door", PROXIES)
def test_the_endpoints_from_outside(door: str, path: bytes, house: House) -> None:
    """A client cannot ask for decisions, nor make believe that one has been taken."""
    sent = house.send(door, sign("stardust", Plan(path)))
    assert (sent.answer.status, sent.arrived) == (404, None)


@pytest.mark.parametrize("door", REAL)
@pytest.mark.parametrize("lines", [[], [(b"Transfer-Encoding", b"chunked")]], ids=["length", "chunks"])
def test_a_body_added_to_a_captured_request(door: str, lines: list[tuple[bytes, bytes]], house: House) -> None:
    """A request that was signed without a body does not pass as checked when it has got one."""
    message = sign("aws-sigv4-header", Plan())
    message.lines += lines
    if lines:
        raw = message.raw() + b"5\r\nadded\r\n0\r\n\r\n"
    else:
        message.body = b"added"
        raw = message.raw()
    sent = house.send(door, raw)
    assert sent.answer.status in (401, 402)
    assert sent.arrived is None


@pytest.mark.parametrize("door", REAL)
def test_a_forged_address(door: str, house: House) -> None:
    """A client is known by the address that it comes from, whatever it says of it; failures count against that one."""
    forged = [(name, b"203.0.113.9") for name in (b"X-Forwarded-For", b"X_Forwarded_For", b"X-Real-IP")]
    sent = house.send(door, Message("GET", b"/shop/a", [(b"Host", HOST), *forged]), source="127.0.0.2")
    assert (sent.answer.status, sent.arrived) == (402, None)
    refused = until(
        lambda: [each for each in house.service.events() if each.get("request_id") == sent.answer.request_id],
        "a log line",
    )
    assert refused[0]["address"] == "127.0.0.2"


@pytest.mark.parametrize("shape", SMUGGLING)
@pytest.mark.parametrize("door", REAL)
def test_request_smuggling(door: str, shape: str, house: House) -> None:
    """Whatever the lengths say, a request hidden in another's body does not arrive."""
    outer = sign("stardust", Plan(method="POST"))
    before = len(house.upstream.arrived)
    with Connection(house.port(door)) as connection:
        connection.send(SMUGGLING[shape](outer))
        connection.end()
        connection.socket.settimeout(0.3)  # for those who wait for more
        with suppress(OSError):
            while connection.socket.recv(65_536):
                pass
    arrived = house.upstream.arrived[before:]
    assert all(SMUGGLED not in each.target for each in arrived)
    assert all(each.target == outer.target for each in arrived)


def test_a_captured_request_sent_to_another_door(house: House) -> None:
    """What was accepted once is not accepted again, whichever door it comes to."""
    message = sign("rfc9421", Plan(), KEYS["rfc9421"])
    statuses = [house.send(door, message).answer.status for door in REAL]
    assert statuses == [200] + [402] * (len(REAL) - 1)
