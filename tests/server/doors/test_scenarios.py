"""Every scenario through every door."""

from __future__ import annotations

import json
import select
import time

import pytest

from sealstamp import BodyChecker, check_assertion
from sealstamp.errors import DigestMismatchError
from tests.clients.programs import Program, programs, require, run
from tests.server.doors.house import ASSERTION_KEY, House, Sent
from tests.server.doors.scenarios import (
    DOORS,
    HTTP2_DOORS,
    HTTP2_SCENARIOS,
    REAL,
    SCENARIOS,
    SEEING_DOORS,
    SIGV4,
    UNTRIED,
    Outcome,
    Scenario,
)
from tests.server.doors.signed import HOST, KEYS, PAIR, Message, Plan, sign
from tests.server.service import Connection, until
from tests.server.upstream import HELLO, Arrived

SIGNATURES = {b"x-stardust-key", b"x-ts", b"x-sign"}


def made(scenario: Scenario) -> Message:
    pair = KEYS.get(scenario.scheme, PAIR)
    message = sign(scenario.scheme, scenario.plan, pair.with_other_secret() if scenario.spoilt == "secret" else pair)
    if scenario.spoilt == "signature":
        message.lines = [line for line in message.lines if line[0].lower() not in SIGNATURES]
    if scenario.spoilt == "body":
        message.body = message.body.upper()
    return message


TRIED = [(door, each) for door in DOORS for each in SCENARIOS if each.at(door) is not UNTRIED]


@pytest.mark.parametrize(("door", "scenario"), TRIED, ids=lambda value: getattr(value, "name", value))
def test_scenario(door: str, scenario: Scenario, house: House) -> None:
    """It arrives as it was sent, with who sent it, or does not arrive and is refused in the API's own words."""
    message = made(scenario)
    sent, expected = house.send(door, message), scenario.at(door)
    assert sent.answer.status == expected.status, (sent.answer, house.service.events()[-1:])
    if expected.passes:
        check_arrived(sent, message, expected, scenario.scheme)
        assert sent.arrived is not None
        check_body(sent.arrived, scenario, sees=door in SEEING_DOORS)
    else:
        assert sent.arrived is None or not sent.arrived.whole.is_set()  # a body that turns out wrong never ends
        check_refused(sent, expected)


def check_arrived(sent: Sent, message: Message, expected: Outcome, scheme: str) -> None:
    arrived = sent.arrived
    assert arrived is not None
    assert arrived.method == message.method.encode()
    assert arrived.target == (expected.rewritten or message.target)
    assert arrived.body == message.body
    assert arrived.values(b"x-sealstamp-consumer") == [b"acme"]
    assert arrived.values(b"x-sealstamp-access-key-id") == [KEYS.get(scheme, PAIR).access_key_id.encode()]
    assert arrived.values(b"x-sealstamp-scheme") == [scheme.encode()]
    assert arrived.values(b"x-decide-api") == []
    (token,) = arrived.values(b"x-sealstamp-assertion")
    said = check_assertion(token, ASSERTION_KEY, api="shop", now_s=int(time.time()))
    assert (said.consumer, said.access_key_id) == ("acme", KEYS.get(scheme, PAIR).access_key_id)
    assert said.scheme == scheme
    assert arrived.values(b"host") == [HOST]


def check_body(arrived: Arrived, scenario: Scenario, *, sees: bool) -> None:
    """Of a body that the door has not seen, the application can tell whether its digest is the signed one."""
    told = b"".join(arrived.values(b"x-sealstamp-body")).decode()
    may_be_told = not sees and scenario.scheme in ("rfc9421", "sealstamp", SIGV4)
    must_be_told = not sees and scenario.scheme == "rfc9421" and bool(arrived.body)
    assert must_be_told <= bool(told) <= may_be_told
    checker = BodyChecker(told)
    checker.update(arrived.body)
    if scenario.spoilt == "body":
        with pytest.raises(DigestMismatchError):
            checker.finish()
    else:
        checker.finish()


def check_refused(sent: Sent, expected: Outcome) -> None:
    if not expected.by_proxy and expected.status in (401, 402):
        body = sent.answer.json()
        assert (body["code"], body["success"]) == (expected.status, False)
        assert sent.answer.header("content-type") == "application/json"
        assert body["requestId"] == sent.answer.request_id


@pytest.mark.parametrize("scenario", HTTP2_SCENARIOS, ids=lambda scenario: scenario.name)
@pytest.mark.parametrize("door", HTTP2_DOORS)
def test_over_http2(door: str, scenario: Scenario, house: House) -> None:
    """What came over HTTP/2 arrives over HTTP/1.1, as it was signed."""
    message = made(scenario)
    sent = house.send_http2(door, message)
    assert sent.answer.status == scenario.at(door).status, house.service.events()[-1]
    if scenario.at(door).passes:
        check_arrived(sent, message, scenario.at(door), scenario.scheme)
    else:
        assert sent.arrived is None


@pytest.mark.parametrize("door", REAL)
def test_each_request_of_a_connection_is_asked_about(door: str, house: House) -> None:
    """Who was let in once is not let in for good."""
    signed = sign("rfc9421", Plan()), sign("stardust", Plan())
    unsigned = Message("GET", b"/shop/a", [(b"Host", HOST)])
    before = len(house.upstream.arrived)
    with Connection(house.port(door)) as connection:
        statuses = []
        for message in (signed[0], unsigned, signed[1], unsigned):
            connection.send(message.raw())
            statuses.append(connection.read_answer().status)
    assert statuses == [200, 402, 200, 402]
    assert [arrived.target for arrived in house.upstream.arrived[before:]] == [each.target for each in signed]


@pytest.mark.parametrize("door", REAL)
def test_a_slow_verifier(door: str, house: House) -> None:
    """Nothing passes before the answer is there, and then it does."""
    message = sign("stardust", Plan())
    before = len(house.upstream.arrived)
    with Connection(house.port(door)) as connection:
        with house.paused():
            connection.send(message.raw())
            assert not select.select([connection.socket], [], [], 0.2)[0]
            assert len(house.upstream.arrived) == before
        assert connection.read_answer().status == 200
    assert len(house.upstream.arrived) == before + 1


@pytest.mark.parametrize("client", programs(), ids=lambda one: one.name)
@pytest.mark.parametrize("door", ["nginx", "envoy"])
def test_clients_of_the_four_systems(door: str, client: Program, house: House) -> None:
    """What a vendor's customers write is accepted through a proxy.

    With another secret it is refused in the API's words, which nginx has to be made to relay.
    """
    require(client)
    base = f"http://127.0.0.1:{house.port(door)}/shop"
    given = {"BASE_URL": base, "ACCESS_KEY_ID": PAIR.access_key_id, "SECRET": PAIR.secret}
    assert run(client, given) == (200, HELLO.decode())
    assert house.upstream.last.values(b"x-sealstamp-scheme") == [client.scheme.encode()]
    if door == "nginx":
        status, body = run(client, {**given, "SECRET": PAIR.secret + "."})
        assert (status, json.loads(body)["message"]) == (401, "Wrong Signature")


def test_no_verifier(house: House) -> None:
    """Nobody is let in while there is none, and everybody is again when it has come back."""
    doors = [door for door in REAL if door != "gateway"]
    for door in doors:
        house.port(door)
    house.service.kill()
    statuses = {door: house.send(door, sign("stardust", Plan())) for door in doors}
    assert {door: sent.passed for door, sent in statuses.items()} == dict.fromkeys(doors, False)
    assert {door: sent.answer.status for door, sent in statuses.items()} == {
        door: 502 if door == "caddy" else 503 for door in doors
    }
    house.service.start()
    for door in doors:
        until(lambda door=door: house.send(door, sign("stardust", Plan())).passed, f"{door} to let pass again")  # type: ignore[misc]
