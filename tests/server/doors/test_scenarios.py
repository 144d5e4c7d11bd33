"""Every scenario through every door."""

from __future__ import annotations

import pytest

from tests.server.doors.house import House, Sent
from tests.server.doors.scenarios import DOORS, SCENARIOS, SEEING_DOORS, Outcome, Scenario
from tests.server.doors.signed import HOST, KEYS, PAIR, Message, sign

SIGNATURES = {b"x-stardust-key", b"x-ts", b"x-sign"}


def made(scenario: Scenario) -> Message:
    pair = KEYS.get(scenario.scheme, PAIR)
    message = sign(scenario.scheme, scenario.plan, pair.with_other_secret() if scenario.spoilt == "secret" else pair)
    if scenario.spoilt == "signature":
        message.lines = [line for line in message.lines if line[0].lower() not in SIGNATURES]
    if scenario.spoilt == "body":
        message.body = message.body.upper()
    return message


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
@pytest.mark.parametrize("door", DOORS)
def test_scenario(door: str, scenario: Scenario, house: House) -> None:
    """It arrives as it was sent, with who sent it, or does not arrive and is refused in the API's own words."""
    message = made(scenario)
    sent, expected = house.send(door, message), scenario.at(door)
    assert sent.answer.status == expected.status, (sent.answer, house.service.events()[-1:])
    if expected.passes:
        check_arrived(sent, message, expected, scenario.scheme)
        assert sent.arrived is not None
        is_unchecked = scenario.scheme == "rfc9421" and bool(message.body) and door not in SEEING_DOORS
        if is_unchecked:
            assert sent.arrived.values(b"x-sealstamp-body") == [b"unchecked"]
    else:
        assert sent.arrived is None
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
    assert arrived.values(b"x-sealstamp-api") == []
    assert arrived.values(b"host") == [HOST]


def check_refused(sent: Sent, expected: Outcome) -> None:
    if not expected.by_proxy and expected.status in (401, 402):
        body = sent.answer.json()
        assert (body["code"], body["success"]) == (expected.status, False)
        assert sent.answer.header("content-type") == "application/json"
        assert body["requestId"] == sent.answer.request_id
