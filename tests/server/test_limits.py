"""Rate limits and quotas at the door, and what is kept of what was used."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sealstamp.keys.domain import Consumer
from sealstamp.keys.quotas import Period, span_of
from sealstamp.keys.usage import UsageBy, UsageFilter
from tests.server.circumstances import check_problem
from tests.server.service import Answer, Service, serving, until
from tests.server.signing import BBX, TAURUSX, Pair
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
name = "once"
path_prefix = "/once"
schemes = ["bbx"]
response_profile = "problem"
upstream = "{upstream}"

[[apis]]
name = "watched"
path_prefix = "/watched"
schemes = ["taurusx"]
enforcement = "observe"
upstream = "{upstream}"
"""


def prepared(folder: Path, upstream: Upstream, **settings: str | int) -> Service:
    service = Service(folder, trusted_addresses="127.0.0.1/32", **settings)
    service.prepare(MANIFEST.format(upstream=upstream.url))
    with service.opened_store() as store:
        store.put_consumer(Consumer("reseller", quota_month=6))
        store.put_consumer(Consumer("customer", parent="reseller"))
    return service


@pytest.fixture(scope="module", params=[1, 2], ids=["alone", "two workers"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, upstream: Upstream
) -> Iterator[Service]:
    """A service with one worker, and one whose two workers share what they count."""
    service = prepared(tmp_path_factory.mktemp("limits"), upstream, usage_interval="100 ms", workers=request.param)
    with serving(service):
        yield service


def key(service: Service, api: str = "plain", **terms: object) -> Pair:
    pair = service.add_pair(api)
    with service.opened_store() as store:
        store.update_access_key(replace(store.get_access_key(pair.access_key_id), **terms))  # type: ignore[arg-type]
    return pair


def call(service: Service, pair: Pair, path: str = "/plain", *, source: str = "127.0.0.2") -> Answer:
    """Every call is on a connection of its own, so that any worker may take it."""
    return service.get(path, TAURUSX.sign(pair), source=source)


def once(service: Service, pair: Pair, nonce: str) -> Answer:
    return service.call(BBX, "/once", BBX.sign(pair, nonce=nonce), method="GET")


def statuses(act: Callable[[], Answer], times: int) -> list[int]:
    return sorted(act().status for _ in range(times))


def test_a_rate_limit_is_kept(service: Service) -> None:
    """By all workers together; the refusal says which limit it was and when to come again."""
    pair = key(service, rate_limit="7/hour")
    assert statuses(lambda: call(service, pair), 9) == [200] * 7 + [429] * 2
    answer = call(service, pair)
    check_problem(answer.json(), "rate_limited", 429, answer.request_id)
    seconds = int(answer.header("retry-after"))
    assert 1 <= seconds <= 7200
    assert answer.header("ratelimit-policy") == '"rate";q=7;w=3600'
    assert answer.header("ratelimit") == f'"rate";r=0;t={seconds}'
    assert service.reason(answer) == "rate_limited"
    assert call(service, key(service, rate_limit="7/hour")).status == 200


def test_proxies_are_told_too(service: Service) -> None:
    pair = key(service, rate_limit="1/hour")
    lines = [("X-Original-Method", "GET"), ("X-Original-URI", "/plain"), *TAURUSX.sign(pair)]
    assert statuses(lambda: service.get("/decide", lines), 2) == [204, 429]


def test_wrong_signatures_use_nothing(service: Service) -> None:
    """Else anybody who knows an id could use up its owner's limits."""
    pair = key(service, rate_limit="2/hour", quota_day=2)
    assert statuses(lambda: call(service, pair.with_other_secret()), 5) == [401] * 5
    assert statuses(lambda: call(service, pair), 3) == [200, 200, 429]


def test_replays_use_nothing(service: Service) -> None:
    """Else whoever caught one request could use up its sender's limits."""
    pair = key(service, "once", rate_limit="2/hour", quota_day=5_000)
    nonce = secrets.token_hex(8)
    assert once(service, pair, nonce).status == 200
    fields = BBX.sign(pair, nonce=nonce)
    replays = [service.call(BBX, "/once", fields, method="GET") for _ in range(5)]
    assert {service.reason(answer) for answer in replays} == {"nonce_replayed"}
    assert once(service, pair, secrets.token_hex(8)).status == 200
    assert once(service, pair, secrets.token_hex(8)).status == 429
    until(lambda: usage(service, pair) == {"accepted": 2, "nonce_replayed": 5, "rate_limited": 1} or None, "usage")


def test_what_a_quota_refuses_uses_no_rate(service: Service) -> None:
    """The quota goes on being the reason, however often one tries."""
    pair = key(service, rate_limit="3/hour", quota_day=1)
    assert call(service, pair).status == 200
    assert {service.reason(call(service, pair)) for _ in range(5)} == {"quota_exceeded"}


def test_a_limited_request_has_not_used_its_nonce(service: Service) -> None:
    """It can be sent again as it is when there is room."""
    pair = key(service, "once", quota_day=1)
    fields = BBX.sign(pair)
    assert once(service, pair, secrets.token_hex(8)).status == 200
    limited = service.call(BBX, "/once", fields, method="GET")
    assert service.reason(limited) == "quota_exceeded"
    with service.opened_store() as store:
        store.update_access_key(replace(store.get_access_key(pair.access_key_id), quota_day=4))

    def again() -> Answer:
        return service.call(BBX, "/once", fields, method="GET")

    until(lambda: again().status == 200 or None, "the new quota to count")
    until(lambda: service.reason(again()) == "nonce_replayed" or None, "it to count in the other worker too")


@pytest.mark.parametrize("period", Period)
def test_a_quota_is_kept(service: Service, period: Period) -> None:
    pair = key(service, **{f"quota_{period}": 40})
    assert statuses(lambda: call(service, pair), 42) == [200] * 40 + [429] * 2
    answer = call(service, pair)
    check_problem(answer.json(), "quota_exceeded", 429, answer.request_id)
    left_s = int(answer.header("retry-after"))
    assert 1 <= left_s <= (86_400 if period is Period.DAY else 31 * 86_400)
    assert answer.header("ratelimit") == f'"{period}";r=0;t={left_s}'


def test_a_quota_of_nothing_lets_nothing_in(service: Service) -> None:
    assert call(service, key(service, quota_month=0)).status == 429


def test_keys_below_a_consumer_share_its_quota(service: Service) -> None:
    pairs = [key(service, consumer=name) for name in ("reseller", "customer", "customer")]
    got = sorted(call(service, pairs[at % 3]).status for at in range(8))
    assert got == [200] * 6 + [429] * 2


def test_an_api_that_observes_lets_it_pass_and_tells(service: Service) -> None:
    pair = key(service, "watched", rate_limit="1/hour")
    answers = [call(service, pair, "/watched") for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    until(lambda: service.metric("watched", "taurusx", "rate_limited") == 2 or None, "what would have been refused")


# what is kept


def test_usage_and_last_use_are_written(service: Service) -> None:
    """By key for who signed rightly, whatever then came of it; for all others by API and reason alone."""
    pair = key(service, rate_limit="3/hour")
    before = unsigned(service)
    assert statuses(lambda: call(service, pair, source="127.0.0.3"), 5) == [200] * 3 + [429] * 2
    assert call(service, pair.with_other_secret()).status == 401
    assert call(service, Pair("nobody-" * 20, "x")).status == 401
    expected = {"accepted": 3, "rate_limited": 2}
    until(lambda: usage(service, pair) == expected or None, "usage to be written")

    def new() -> dict[object, int]:
        return {reason: now - before.get(reason, 0) for reason, now in unsigned(service).items()}

    expected = {"signature_mismatch": 1, "unknown_access_key": 1}
    until(lambda: expected.items() <= new().items() or None, "failures to be written")
    with service.opened_store() as store:
        last = store.find_last_use(pair.access_key_id)
        assert last is not None
        assert (last.api, last.address) == ("plain", "127.0.0.3")
        of_consumer = store.sum_usage(UsageFilter(consumer="acme"), [UsageBy.CONSUMER])
    assert of_consumer[0].of == ("acme",)


def usage(service: Service, pair: Pair) -> dict[object, int]:
    return _by_reason(service, UsageFilter(access_key_id=pair.access_key_id))


def unsigned(service: Service) -> dict[object, int]:
    return _by_reason(service, UsageFilter(access_key_id="", api="plain"))


def _by_reason(service: Service, chosen: UsageFilter) -> dict[object, int]:
    with service.opened_store() as store:
        return {one.of[0]: one.requests for one in store.sum_usage(chosen, [UsageBy.REASON])}


def test_what_is_used_survives_a_restart_to_the_last_request(tmp_path: Path, upstream: Upstream) -> None:
    """Asked to end, a service writes what it counted and gives back what it holds; killed, it costs a quota a share."""
    service = prepared(tmp_path, upstream, usage_interval="1 h")
    pair = key(service, quota_day=100)
    this = f"key:{pair.access_key_id}"

    def taken() -> int:
        with service.opened_store() as store:
            return sum(store.find_quota_used(this, span_of(Period.DAY, moment)) for moment in _days(store))

    with serving(service):
        assert statuses(lambda: call(service, pair), 5) == [200] * 5
    assert usage(service, pair) == {"accepted": 5}
    assert taken() == 5
    with serving(service):
        assert statuses(lambda: call(service, pair), 5) == [200] * 5
        service.kill()
    assert usage(service, pair) == {"accepted": 5}
    assert 10 <= taken() <= 15


def _days(store: object) -> list[int]:
    import time

    return [time.time_ns() // 1_000_000]
