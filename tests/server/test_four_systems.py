"""The four systems at both doors: what is accepted, what is refused, and in which words."""

from __future__ import annotations

import json
import time

import pytest

from tests.server.circumstances import MISSING, OUTSIDE, Case, cases, check_envelope, check_problem
from tests.server.conftest import Book
from tests.server.service import Answer, Service, place
from tests.server.signing import BBX, CDNETWORKS, STARDUST, SYSTEMS, TAURUSX, Fields, Pair, System, replaced
from tests.server.upstream import HELLO, Upstream

Books = dict[str, Book]
ALL = list(cases())
LEAN = "the decisions' own listener"


def decide(
    service: Service, system: System, path: str, fields: Fields, method: str = "POST", query: str = "", at: str = ""
) -> Answer:
    """Ask about a request, as a proxy does."""
    target, carried = place(system, path, fields, query)
    described = [("X-Original-Method", method), ("X-Original-URI", target), *carried]
    return service.decide(described) if at == LEAN else service.get("/decide", described)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_at_the_gateway(case: Case, service: Service, books: Books, upstream: Upstream) -> None:
    """A right request reaches the upstream with its caller's name; a wrong one does not, and is told so."""
    fields = case.make(books[case.system.name])
    if case.sent_twice:
        assert service.call(case.system, case.path, fields).status == 200
    before = len(upstream.arrived)
    answer = service.call(case.system, case.path, fields)
    assert answer.status == case.status, answer
    if case.reason is None:
        assert answer.body == HELLO
        assert upstream.last.values(b"x-sealstamp-consumer") == [b"acme"]
        assert upstream.last.values(b"x-sealstamp-scheme") == [case.system.name.encode()]
        known = books[case.system.name].right.access_key_id.encode()
        assert upstream.last.values(b"x-sealstamp-access-key-id") == [known]
    else:
        assert len(upstream.arrived) == before
        check_refusal(service, case, answer)


@pytest.mark.parametrize("at", ["the gateway's listener", LEAN])
@pytest.mark.parametrize("case", ALL, ids=str)
def test_asked_by_a_proxy(case: Case, at: str, service: Service, books: Books) -> None:
    """The decision, its status and its words are those of the gateway; who is calling comes in headers."""
    fields = case.make(books[case.system.name])
    if case.sent_twice:
        assert decide(service, case.system, case.path, fields, at=at).status == 204
    answer = decide(service, case.system, case.path, fields, at=at)
    if case.reason is None:
        assert (answer.status, answer.body) == (204, b"")
        assert answer.header("x-sealstamp-consumer") == "acme"
        assert answer.header("x-sealstamp-scheme") == case.system.name
        assert answer.header("x-sealstamp-access-key-id") == books[case.system.name].right.access_key_id
        assert answer.request_id
    else:
        assert answer.status == case.status, answer
        check_refusal(service, case, answer)


def check_refusal(service: Service, case: Case, answer: Answer) -> None:
    assert case.reason is not None
    assert service.reason(answer) == case.reason
    check_envelope(case.system, case.reason, answer.json(), answer.request_id)
    kind = "application/json" if case.system in (STARDUST, BBX) else "application/problem+json"
    assert answer.header("content-type") == kind
    assert len(answer.values("www-authenticate")) == (1 if answer.status == 401 else 0)
    if case.reason == OUTSIDE:
        assert abs(int(answer.header("x-sealstamp-server-time")) - time.time() * 1000) < 5000
    else:
        assert answer.values("x-sealstamp-server-time") == []


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_what_is_not_signed_may_differ(system: System, service: Service, books: Books) -> None:
    """None of the four signs method, path, query or body, so all of them may be others."""
    pair, name = books[system.name].right, system.name
    for method, path, query, body in [
        ("GET", f"/{name}", "", b""),
        ("PUT", f"/{name}/a/b", "b=1&a=2", b"{}"),
        ("DELETE", f"/{name}/a/b", "a=2&b=1", b"other"),
        ("BREW", f"/{name}/%2F", "a=&a", b""),
    ]:
        answer = service.call(system, path, system.sign(pair), method, query, body=body)
        assert (answer.status, answer.body) == (200, HELLO)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_fields_in_another_order(system: System, service: Service, books: Books) -> None:
    """The order in which fields travel is not signed."""
    fields = tuple(reversed(system.sign(books[system.name].right)))
    assert service.call(system, f"/{system.name}", fields, query="z=1").status == 200


def test_aliases_of_stardust(service: Service, books: Books) -> None:
    """The names that the vendor's sample has are taken for those of its text, but not both together."""
    fields = STARDUST.sign(books["stardust"].right)
    _, stamp, signature = fields
    sample = (fields[0], ("_ts", stamp[1]), ("_sign", signature[1]))
    assert service.call(STARDUST, "/stardust", sample).status == 200
    both = service.call(STARDUST, "/stardust", (*sample, stamp))
    assert both.status == 402
    assert service.reason(both) == "malformed_credentials"


def test_stardust_tells_nobody_which_ids_exist(service: Service, books: Books) -> None:
    """An unknown id and a wrong signature get the same bytes, but for the time and the request's id."""

    def anonymous(answer: Answer) -> tuple[object, ...]:
        body = answer.json()
        text = answer.body.decode().replace(body["requestId"], "").replace(body["date"], "")
        lines = [line for line in answer.lines if line[0] not in ("x-request-id", "date")]
        return answer.status, lines, text

    right = books["stardust"].right
    known = service.call(STARDUST, "/stardust", STARDUST.sign(right.with_other_secret()))
    unknown = service.call(STARDUST, "/stardust", STARDUST.sign(Pair("u" * 32, right.secret)))
    disabled = service.call(STARDUST, "/stardust", STARDUST.sign(books["stardust"].disabled.with_other_secret()))
    assert anonymous(known) == anonymous(unknown) == anonymous(disabled)
    assert known.json()["message"] == "Wrong Signature"


def test_a_problem_tells_the_servers_time(service: Service, books: Books) -> None:
    """An expired answer that is problem details has the time in its body as well."""
    answer = service.call(TAURUSX, "/taurusx", TAURUSX.sign(books["taurusx"].right, TAURUSX.stamp(-1000)))
    assert answer.json()["server_time_ms"] // 1000 == int(answer.header("x-sealstamp-server-time")) // 1000


def test_two_schemes_at_one_api(service: Service, books: Books, upstream: Upstream) -> None:
    """A client of either is accepted as what it is; a request without any is refused in the first one's words."""
    assert service.call(STARDUST, "/both", STARDUST.sign(books["stardust"].right)).status == 200
    assert upstream.last.values(b"x-sealstamp-scheme") == [b"stardust"]
    assert service.call(BBX, "/both", BBX.sign(books["bbx"].right)).status == 200
    assert upstream.last.values(b"x-sealstamp-scheme") == [b"bbx"]
    bad = service.call(BBX, "/both", BBX.sign(books["bbx"].right.with_other_secret()))
    assert (bad.status, bad.json()["message"]) == (401, "Wrong Signature")
    nothing = service.get("/both")
    assert (nothing.status, service.reason(nothing)) == (402, MISSING)


def test_parameters_of_cdnetworks(service: Service, books: Books) -> None:
    """An API's own window, and its own place and name for the signature, stand for the scheme's."""
    pair = books["cdnetworks-api-shield"].right

    def call(seconds: int, name: str = "sig") -> Answer:
        (_, stamp), (_, signature) = CDNETWORKS.sign(pair, CDNETWORKS.stamp(seconds))
        return service.get(f"/tuned?{name}={signature}", [("X-Date", stamp)])

    assert call(-50).status == 200
    late = call(-70)
    assert (late.status, service.reason(late)) == (401, OUTSIDE)
    elsewhere = call(0, "X_Sam_Auth")
    assert (elsewhere.status, service.reason(elsewhere)) == (401, MISSING)
    (_, stamp), (_, signature) = CDNETWORKS.sign(pair)
    assert service.get("/renamed", [("X-My-Date", stamp), ("X-My-Auth", signature)]).status == 200
    assert service.get("/renamed", [("X-Date", stamp), ("X_Sam_Auth", signature)]).status == 401


def test_a_response_profile_of_ones_own(service: Service, books: Books) -> None:
    """``response_profile = "problem"`` refuses in RFC 9457, whatever the scheme's vendor says."""
    answer = service.call(STARDUST, "/plain", STARDUST.sign(books["stardust"].right.with_other_secret()))
    assert answer.status == 401
    check_problem(answer.json(), "invalid_credentials", 401, answer.request_id)


def test_observed(service: Service, books: Books, upstream: Upstream) -> None:
    """Every request passes; what would have been refused is counted and logged, and has no identity."""
    pair = books["stardust"].right
    before = service.metric("observed", "stardust", "signature_mismatch")
    fields = STARDUST.sign(pair.with_other_secret())
    answer = service.call(STARDUST, "/observed", fields, lines=[("X-Sealstamp-Consumer", "made up")])
    assert answer.status == 200
    assert b"x-sealstamp-consumer" not in upstream.last.names
    assert service.reason(answer) == "signature_mismatch"
    assert service.metric("observed", "stardust", "signature_mismatch") == before + 1
    assert service.call(STARDUST, "/observed", STARDUST.sign(pair)).status == 200
    assert upstream.last.values(b"x-sealstamp-consumer") == [b"acme"]


def test_not_enforced(service: Service, upstream: Upstream) -> None:
    """With enforcement off nothing is looked at, and nobody is named."""
    assert service.get("/open", [("X-TS", "soon"), ("X-Sealstamp-Consumer", "made up")]).status == 200
    assert b"x-sealstamp-consumer" not in upstream.last.names


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_counted(system: System, service: Service, books: Books) -> None:
    """/metrics counts decisions by API, scheme and reason, and how long they took."""
    name, pair = system.name, books[system.name].right
    accepted, missing = service.metric(name, name, "accepted"), service.metric(name, name, MISSING)
    assert service.call(system, f"/{name}", system.sign(pair)).status == 200
    service.get(f"/{name}")
    assert service.metric(name, name, "accepted") == accepted + 1
    assert service.metric(name, name, MISSING) == missing + 1
    text = service.get("/metrics").body.decode()
    assert "sealstamp_decision_duration_seconds_bucket" in text


def test_a_signature_changed_anywhere(service: Service, books: Books) -> None:
    """Each character of a signature counts."""
    fields = STARDUST.sign(books["stardust"].right)
    signature = dict(fields)["X-SIGN"]
    for at in range(len(signature)):
        other = signature[:at] + ("0" if signature[at] != "0" else "1") + signature[at + 1 :]
        assert service.call(STARDUST, "/stardust", replaced(fields, "X-SIGN", other)).status == 401


def test_the_log_is_json(service: Service, books: Books) -> None:
    """A refusal's line has what an operator needs to find it: API, scheme, reason, and the answer's request id."""
    answer = service.call(STARDUST, "/stardust", STARDUST.sign(books["stardust"].right.with_other_secret()))
    service.reason(answer)
    (event,) = [event for event in service.events() if event.get("request_id") == answer.request_id]
    assert (event["event"], event["api"], event["scheme"]) == ("refused", "stardust", "stardust")
    assert json.dumps(event)
