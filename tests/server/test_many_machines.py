"""Three services, as on three machines, on PostgreSQL and Valkey: what holds for all of them; one is killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from sealstamp.keys.acts.access_keys import revoke
from tests.postgres import Postgres
from tests.server.nodes import Load, one_wins, statuses
from tests.server.service import Service, until
from tests.server.signing import BBX, Pair
from tests.server.test_restarts import MANIFEST
from tests.server.test_workers import decision
from tests.server.upstream import Upstream
from tests.valkey import Valkey


@pytest.fixture(scope="module")
def three(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, valkey: Valkey, upstream: Upstream
) -> Iterator[list[Service]]:
    folder = tmp_path_factory.mktemp("machines")
    settings = {
        "store": postgres.url(postgres.make_database()),
        "sealing_key_file": str(folder / "sealing.key"),
        "replay_store": valkey.url,
        "max_staleness": "2 s",
        "max_clock_distance": "500 ms",
    }
    services = [Service(folder / str(number), **settings) for number in range(3)]
    services[0].prepare(MANIFEST.format(upstream.url))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))  # where a service with a store elsewhere has its own files
        for service in services:
            stack.callback(service.stop)
            service.start(ready=False)
        for service in services:
            until(service.is_ready, "the service to be ready")
        yield services


def asked(service: Service, pair: Pair) -> int:
    """The answer to a new request."""
    return service.exchange(decision(service, "bbx", BBX.sign(pair))).status


def every(services: list[Service], pair: Pair) -> set[int]:
    """The answers to a new request to each."""
    return {asked(service, pair) for service in services}


def test_a_key_is_good_at_every_one(three: list[Service]) -> None:
    """At once, though it is issued while they serve."""
    assert every(three, three[0].add_pair("bbx")) == {204}


def test_a_nonce_is_accepted_once(three: list[Service]) -> None:
    pair = three[0].add_pair("bbx")
    ahead_s = [20 if number == 5 else 0 for number in range(10)]
    requests = (decision(three[0], "bbx", BBX.sign(pair, BBX.stamp(seconds))) for seconds in ahead_s)
    assert sum(one_wins(three, request) for request in requests) > 5


@pytest.mark.parametrize("is_told", [True, False], ids=["told", "nobody is told"])
def test_a_revoked_key_is_refused_by_every_one(three: list[Service], is_told: bool) -> None:
    """Also where PostgreSQL's notification is lost; and whoever refuses it goes on refusing."""
    pair = three[0].add_pair("bbx")
    assert every(three, pair) == {204}
    with three[0].opened_store() as store:
        if not is_told:
            store._database = replace(store._database, notify="")
        revoke(three[0].act(store), pair.access_key_id)
    for service in three:
        until(lambda service=service: asked(service, pair) == 401, "the key to be refused")  # type: ignore[misc]
    assert every(three * 3, pair) == {401}


def test_one_is_killed_under_load(three: list[Service]) -> None:
    """The others do not notice; they know what it had accepted, and what it had counted."""
    pair, limited = three[0].add_pair("bbx"), three[0].add_pair("bbx")
    with three[0].opened_store() as store:
        store.update_access_key(replace(store.get_access_key(limited.access_key_id), rate_limit="6/hour"))
    assert [asked(three[2], limited) for _ in range(4)] == [204] * 4
    with Load(three, pair) as load:
        load.accepts(60)
        three[2].kill()
        load.accepts(60)
    assert {status for answers in load.answers for status in answers} == {204}
    known = [*load.accepted[2][-60:], *load.accepted[0][-20:]]
    assert set(statuses(three[:2], known)) == {401}
    more = [decision(three[0], "bbx", BBX.sign(limited)) for _ in range(6)]
    assert Counter(statuses(three[:2], more)) == {204: 2, 429: 4}
    three[2].start()
    assert set(statuses(three[2:], known)) == {401}
    assert every(three, pair) == {204}
    assert asked(three[2], limited) == 429
