"""What the door asks of who signs rightly: from where a key is used, and with which scopes; and who has to wait."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.server.circumstances import check_problem
from tests.server.service import Answer, Service, serving
from tests.server.signing import STARDUST, TAURUSX, Pair
from tests.server.upstream import Upstream

MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "plain"
path_prefix = "/plain"
schemes = ["taurusx"]
upstream = "{upstream}"

[[apis]]
name = "worded"
path_prefix = "/worded"
schemes = ["stardust"]
upstream = "{upstream}"

[[apis]]
name = "scoped"
path_prefix = "/scoped"
schemes = ["taurusx"]
upstream = "{upstream}"

[[apis]]
name = "unnamed"
path_prefix = "/unnamed"
schemes = ["cdnetworks-api-shield"]
upstream = "{upstream}"
"""
ELSEWHERE = "127.0.0.2"
"""A peer that is nobody's proxy."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Service]:
    service = Service(
        tmp_path_factory.mktemp("terms"),
        trusted_addresses="127.0.0.1/32",
        client_address_header="X-Forwarded-For",
        failures_from_address="40/hour",
        failures_for_key="5/hour",
        failures_under_attack="12/hour",
    )
    service.prepare(MANIFEST.format(upstream=upstream.url))
    with service.opened_store() as store:
        store.put_api(replace(store.get_api("scoped"), scopes=("read", "write")))
    with serving(service):
        yield service


def key(service: Service, api: str = "plain", **terms: object) -> Pair:
    """A new key on these terms."""
    pair = service.add_pair(api)
    with service.opened_store() as store:
        store.update_access_key(replace(store.get_access_key(pair.access_key_id), **terms))  # type: ignore[arg-type]
    return pair


def call(service: Service, pair: Pair, *, source: str = ELSEWHERE, told: str = "", path: str = "/plain") -> Answer:
    system = STARDUST if path == "/worded" else TAURUSX
    lines = [*system.sign(pair), *([("X-Forwarded-For", told)] if told else [])]
    return service.get(path, lines, source=source)


def ask(service: Service, pair: Pair, *, told: str = "") -> Answer:
    """What a proxy would ask."""
    lines = [("X-Original-Method", "GET"), ("X-Original-URI", "/plain"), *TAURUSX.sign(pair)]
    return service.get("/decide", [*lines, *([("X-Forwarded-For", told)] if told else [])])


@pytest.mark.parametrize(
    ("source", "told", "passed_on"),
    [
        (ELSEWHERE, "10.0.0.1", b"127.0.0.2"),
        ("127.0.0.1", "", b"127.0.0.1"),
        ("127.0.0.1", "nonsense", b"127.0.0.1"),
        ("127.0.0.1", "10.0.0.1", b"10.0.0.1, 127.0.0.1"),
        ("127.0.0.1", "made-up, 10.0.0.1, 127.0.0.1", b"10.0.0.1, 127.0.0.1"),
        ("127.0.0.1", "2001:db8::1", b"2001:db8::1, 127.0.0.1"),
    ],
)
def test_what_the_upstream_is_told(
    service: Service, upstream: Upstream, source: str, told: str, passed_on: bytes
) -> None:
    """The client's address as a trusted proxy tells it, and nothing that the client made up."""
    assert call(service, key(service), source=source, told=told).status == 200
    assert upstream.last.values(b"x-forwarded-for") == [passed_on]


# from where


@pytest.mark.parametrize(
    ("networks", "source", "told", "status"),
    [
        (("127.0.0.0/30",), ELSEWHERE, "", 200),
        (("10.0.0.0/8", "127.0.0.2/32"), ELSEWHERE, "", 200),
        (("10.0.0.0/8",), ELSEWHERE, "", 403),
        (("10.0.0.0/8",), ELSEWHERE, "10.0.0.1", 403),  # a client's own word counts for nothing
        (("10.0.0.0/8",), "127.0.0.1", "10.0.0.1", 200),
        (("10.0.0.0/8",), "127.0.0.1", "::ffff:10.0.0.1", 200),
        (("10.0.0.0/8",), "127.0.0.1", "10.0.0.1:4711", 200),
        (("10.0.0.0/8",), "127.0.0.1", "203.0.113.9, 10.0.0.1", 200),
        (("10.0.0.0/8",), "127.0.0.1", "10.0.0.1, 203.0.113.9", 403),
        (("10.0.0.0/8",), "127.0.0.1", "10.0.0.1, 127.0.0.1", 200),  # one proxy behind another
        (("10.0.0.0/8",), "127.0.0.1", "10.0.0.1, unknown", 403),
        (("2001:db8::/32",), "127.0.0.1", "2001:DB8::7", 200),
        (("2001:db8::/32",), "127.0.0.1", "[2001:db8::7]:443", 200),
        (("2001:db8::/32",), "127.0.0.1", "2001:db9::7", 403),
        (("0.0.0.0/0",), "127.0.0.1", "", 403),  # a proxy that tells nothing
        (("0.0.0.0/0",), "127.0.0.1", ",", 403),
    ],
)
def test_a_key_is_used_from_its_networks_only(
    service: Service, networks: tuple[str, ...], source: str, told: str, status: int
) -> None:
    pair = key(service, networks=networks)
    answer = call(service, pair, source=source, told=told)
    assert answer.status == status
    if status == 403:
        check_problem(answer.json(), "address_not_allowed", 403, answer.request_id)
        assert service.reason(answer) == "address_not_allowed"
    if source == "127.0.0.1":
        assert ask(service, pair, told=told).status == (204 if status == 200 else 403)


def test_a_proxys_address_in_several_lines(service: Service) -> None:
    """Some proxies add a line where others add to the one that came."""
    pair = key(service, networks=("10.0.0.0/8",))
    for told, status in ((["203.0.113.9", "10.0.0.1"], 200), (["10.0.0.1", "203.0.113.9"], 403)):
        lines = [*TAURUSX.sign(pair), *(("X-Forwarded-For", address) for address in told)]
        assert service.get("/plain", lines).status == status


def test_networks_are_told_to_the_owner_only(service: Service) -> None:
    """Whoever cannot sign with the key learns nothing of it."""
    pair = key(service, networks=("10.0.0.0/8",))
    answer = call(service, pair.with_other_secret())
    check_problem(answer.json(), "invalid_credentials", 401, answer.request_id)


# with which scopes


@pytest.mark.parametrize(
    ("scopes", "status"), [((), 403), (("read",), 403), (("read", "write"), 200), (("admin", "read", "write"), 200)]
)
def test_a_key_needs_every_scope_of_the_api(service: Service, scopes: tuple[str, ...], status: int) -> None:
    answer = call(service, key(service, "scoped", scopes=scopes), path="/scoped")
    assert answer.status == status
    if status == 403:
        check_problem(answer.json(), "permission_denied", 403, answer.request_id)


# who has to wait


def fail(service: Service, pair: Pair, times: int, *, source: str, path: str = "/plain") -> list[int]:
    wrong = pair.with_other_secret()
    return [call(service, wrong, source=source, path=path).status for _ in range(times)]


def test_who_fails_with_a_key_waits_and_its_owner_does_not(service: Service) -> None:
    """The attacker's own address is slowed, also for a right guess; the owner's is never asked."""
    pair = key(service)
    assert fail(service, pair, 6, source="127.0.0.10") == [401] * 5 + [429]
    answer = call(service, pair, source="127.0.0.10")
    check_problem(answer.json(), "too_many_failures", 429, answer.request_id)
    assert 1 <= int(answer.header("retry-after")) <= 7200
    assert answer.values("ratelimit") == []
    assert service.reason(answer) == "too_many_failures"
    assert call(service, pair, source="127.0.0.11").status == 200
    assert call(service, key(service), source="127.0.0.10").status == 200


def test_a_flood_from_everywhere_does_not_touch_the_owner(service: Service) -> None:
    """With very many failures, one more is enough to have to wait; without one, nobody does."""
    pair = key(service)
    for number in range(20, 23):
        fail(service, pair, 4, source=f"127.0.0.{number}")
    assert fail(service, pair, 2, source="127.0.0.23") == [401, 429]
    assert call(service, pair, source="127.0.0.24").status == 200
    assert call(service, pair, source="127.0.0.23").status == 429


def test_an_owner_beside_an_attacker_still_passes(service: Service) -> None:
    """Behind one address are both: it is known for the key, so right signatures pass and wrong ones wait."""
    pair, never_used = key(service), key(service)
    assert call(service, pair, source="127.0.0.30").status == 200
    for each in (pair, never_used):
        assert fail(service, each, 7, source="127.0.0.30") == [401] * 5 + [429] * 2
    assert call(service, pair, source="127.0.0.30").status == 200
    assert call(service, never_used, source="127.0.0.30").status == 429


def test_who_tries_many_keys_waits_for_all(service: Service) -> None:
    for number in range(40):
        assert call(service, Pair(f"guess-{number}", "x"), source="127.0.0.40").status == 401
    assert call(service, key(service), source="127.0.0.40").status == 429


def test_an_unknown_key_is_slowed_like_any(service: Service) -> None:
    """Else the answers would tell which keys there are."""
    assert fail(service, Pair("nobody", "x"), 6, source="127.0.0.50") == [401] * 5 + [429]


def test_a_scheme_without_ids_is_slowed_as_one_key(service: Service) -> None:
    pair = key(service, "unnamed")
    lines = [("X-Date", "1"), ("X_Sam_Auth", "0")]
    assert service.get("/unnamed", lines, source="127.0.0.60").status == 401  # a wrong time is no failure to guess
    from tests.server.signing import CDNETWORKS

    wrong, right = CDNETWORKS.sign(pair.with_other_secret()), CDNETWORKS.sign(pair)
    statuses = [service.get("/unnamed", wrong, source="127.0.0.60").status for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert service.get("/unnamed", right, source="127.0.0.60").status == 429
    assert service.get("/unnamed", right, source="127.0.0.61").status == 200


def test_failures_through_a_proxy_are_the_clients_own(service: Service) -> None:
    """A proxy is many clients: those it names are told apart, and without a name none is slowed."""
    pair = key(service)
    wrong = pair.with_other_secret()
    told = [call(service, wrong, source="127.0.0.1", told="203.0.113.70").status for _ in range(6)]
    assert told == [401] * 5 + [429]
    assert call(service, pair, source="127.0.0.1", told="203.0.113.71").status == 200
    assert ask(service, wrong, told="203.0.113.70").status == 429
    assert [call(service, wrong, source="127.0.0.1").status for _ in range(7)] == [401] * 7


def test_a_site_of_ipv6_is_one_client(service: Service) -> None:
    wrong = key(service).with_other_secret()
    told = [call(service, wrong, source="127.0.0.1", told=f"2001:db8::{number}").status for number in range(1, 7)]
    assert told == [401] * 5 + [429]
    assert call(service, wrong, source="127.0.0.1", told="2001:db8:0:1::1").status == 401


def test_a_vendors_envelope_has_a_word_for_it(service: Service) -> None:
    """The status and the header are HTTP's, the body is the vendor's."""
    pair = key(service, "worded")
    assert fail(service, pair, 6, source="127.0.0.80", path="/worded") == [401] * 5 + [429]
    answer = call(service, pair, source="127.0.0.80", path="/worded")
    assert answer.json()["code"] == 429
    assert int(answer.header("retry-after")) >= 1
