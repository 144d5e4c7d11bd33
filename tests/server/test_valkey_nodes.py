"""Services that share what they accepted in Valkey: real processes, a real server, and what can befall them."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.server.running import serve
from sealstamp.server.settings import load_settings
from sealstamp.stores.host import presence
from tests.server.nodes import Load, one_wins, statuses
from tests.server.service import Service, serving, until
from tests.server.signing import BBX, Pair
from tests.server.test_restarts import MANIFEST
from tests.server.test_workers import decision, worker_pids
from tests.server.upstream import Upstream
from tests.valkey import Valkey, running


@pytest.fixture(scope="module")
def own() -> Iterator[Valkey]:
    with running("--requirepass", "open sesame") as server:
        yield server


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory, own: Valkey, upstream: Upstream) -> Iterator[list[Service]]:
    """Two services on one store: one with two workers, one with one."""
    folder = tmp_path_factory.mktemp("nodes")
    url = f"valkey://:open%20sesame@127.0.0.1:{own.port}"
    settings = {
        "replay_store": url,
        "max_staleness": "1 s",
        "max_clock_distance": "500 ms",
        "refresh_interval": "50 ms",
    }
    first = Service(folder, workers=2, **settings)
    second = Service(folder / "second", **settings, store=first.store_url, sealing_key_file=str(first.sealing_key))
    first.prepare(MANIFEST.format(upstream.url))
    with serving(first), serving(second):
        yield [first, second]


@pytest.fixture(scope="module")
def pair(services: list[Service]) -> Pair:
    return services[0].add_pair("bbx")


def test_of_racers_over_nodes_one_is_accepted(services: list[Service], pair: Pair) -> None:
    """Three processes take part; also where the request is stamped ahead, and goes to the key store."""
    ahead_s = [20 if number % 10 == 9 else 0 for number in range(20)]
    requests = (decision(services[0], "bbx", BBX.sign(pair, BBX.stamp(seconds))) for seconds in ahead_s)
    assert sum(one_wins(services, request) for request in requests) > 10


def test_a_rate_limit_holds_over_nodes(services: list[Service]) -> None:
    """However the requests are spread over processes; a replay does not use it."""
    limited = services[0].add_pair("bbx")
    with services[0].opened_store() as store:
        store.update_access_key(replace(store.get_access_key(limited.access_key_id), rate_limit="6/hour"))
    first = decision(services[0], "bbx", BBX.sign(limited))
    assert [services[number % 2].exchange(first).status for number in range(4)] == [204, 401, 401, 401]

    more = [decision(services[number % 2], "bbx", BBX.sign(limited)) for number in range(12)]
    assert Counter(statuses(services, more)) == {204: 5, 429: 7}


def test_the_password_is_nowhere(services: list[Service]) -> None:
    """Not in what the service says, nor in what it shows of its settings."""
    shown = services[0].must("serve", "--check")
    assert f"valkey://127.0.0.1:{services[0].config.read_text().split('127.0.0.1:')[2][:5]}" in shown
    for text in (shown, services[0].said(), services[1].said()):
        assert "sesame" not in text


def test_killed_and_emptied_under_load(services: list[Service], own: Valkey, pair: Pair) -> None:
    """Workers die, the server dies and comes back empty: no bad request is let in, and all goes on by itself."""
    with Load(services, pair) as load:
        load.accepts(50)
        os.kill(worker_pids(services[0])[0], signal.SIGKILL)
        load.accepts(50)
        before = [request for accepted in load.accepted for request in accepted]
        own.kill()
        until(lambda: services[1].get("/readyz").status == 503, "the service to say that it is not ready")
        refused = services[1].exchange(decision(services[1], "bbx", BBX.sign(pair)))
        assert (refused.status, services[1].reason(refused)) == (503, "store_unavailable")
        own.start()
        load.accepts(50)
        own.ask("FLUSHALL")
        load.accepts(50)
    assert {status for answers in load.answers for status in answers} <= {204, 401, 503}
    for service in services:
        until(service.is_ready, "the service to be ready")
    after = [accepted[-50:] for accepted in load.accepted]
    assert set(statuses(services, [*before[-200:], *after[0], *after[1]])) == {401}
    until(lambda: one_wins(services, decision(services[0], "bbx", BBX.sign(pair))), "a race that is decided")


def test_a_service_that_does_not_share_there(
    services: list[Service], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one in its own memory, nor several workers on this host, start beside those that use Valkey."""
    monkeypatch.setattr(presence, "PATIENCE_S", 0.1)
    for workers in (1, 2):
        settings = load_settings(
            store=f"sqlite:///{services[0].store}", workers=workers, sealing_key_file=folder / "sealing.key"
        )
        with pytest.raises(ConfigurationError, match="another process serves from this store"):
            serve(settings, None)


def test_a_server_that_does_not_answer(folder: Path) -> None:
    """The service does not start, and says why without the password."""
    folder.mkdir()
    settings = load_settings(
        store=f"sqlite:///{folder / 'keys.sqlite3'}",
        sealing_key_file=folder / "sealing.key",
        replay_store="valkey://:sesame@127.0.0.1:1",
    )
    with pytest.raises(StoreUnavailableError, match="does not answer") as caught:
        serve(settings, None)
    assert "sesame" not in str(caught.value)
