"""Several worker processes of one service: what one accepts, all have accepted."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.schemes import get_scheme
from tests.server.service import Service, place, raw_request, serving, until
from tests.server.signing import BBX, TAURUSX, Fields, Pair
from tests.server.test_restarts import MANIFEST
from tests.server.upstream import Upstream

RACERS = 8


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Service]:
    service = Service(tmp_path_factory.mktemp("workers"), workers=2)
    service.prepare(MANIFEST.format(upstream.url))
    with serving(service):
        yield service


@pytest.fixture(scope="module")
def pair(shared: Service) -> Pair:
    return shared.add_pair("bbx")


def worker_pids(service: Service) -> list[int]:
    """The processes that have a file of counts locked: they serve."""
    counts = {path.stat().st_ino for path in service.folder.glob("*.shared/counts-*")}
    # As in: 1: FLOCK ADVISORY WRITE 4711 fe:00:123456 0 EOF
    locks = [line.split() for line in Path("/proc/locks").read_text().splitlines() if " FLOCK " in line]
    holders = {int(lock[-4]) for lock in locks if int(lock[-3].rpartition(":")[2]) in counts}
    return [pid for pid in service.pids if pid in holders]


def race(service: Service, request: bytes) -> list[int]:
    """Send one request on several connections at once; return the answers' statuses."""
    gate = threading.Barrier(RACERS)

    def send(_: int) -> int:
        with service.connect() as connection:
            gate.wait()
            connection.send(request)
            return connection.read_answer().status

    with ThreadPoolExecutor(RACERS) as pool:
        return sorted(pool.map(send, range(RACERS)))


def decision(service: Service, api: str, fields: Fields) -> bytes:
    target, lines = place(BBX if api == "bbx" else TAURUSX, f"/{api}", fields)
    return asked(service, target, lines)


def asked(service: Service, target: str, lines: list[tuple[str, str]], method: str = "POST") -> bytes:
    described = [("X-Original-Method", method), ("X-Original-URI", target), *lines]
    return raw_request("GET", "/decide", [("Host", f"127.0.0.1:{service.port}"), *described])


def test_of_racers_with_one_nonce_one_is_accepted(shared: Service, pair: Pair) -> None:
    """Both workers take part; also where the request is stamped ahead, and goes to the disk."""
    assert len(worker_pids(shared)) == 2
    for round_number in range(30):
        request = decision(shared, "bbx", BBX.sign(pair, BBX.stamp(20 if round_number % 10 == 9 else 0)))
        assert race(shared, request) == [204] + [401] * (RACERS - 1)


def test_of_racers_with_one_number_one_is_accepted(shared: Service) -> None:
    """And a number that is lower than one that any worker accepted is refused by all."""
    counting = shared.add_pair("counting")
    signer = Signer(get_scheme("bitfinex-v2"), Credential.of(counting.access_key_id, counting.secret))

    def request(nonce: int) -> bytes:
        signed = signer.sign(Request(b"GET", b"/counting/x", body=b""), nonce=str(nonce))
        return raw_request("GET", "/counting/x", [("Host", f"127.0.0.1:{shared.port}"), *signed.headers.items()])

    for number in range(100, 108):
        assert race(shared, request(number)) == [200] + [401] * (RACERS - 1)
        assert race(shared, request(number - 1)) == [401] * RACERS


def test_metrics_of_all_workers(shared: Service, pair: Pair) -> None:
    """Whichever worker is asked, every decision is counted; the time it took too."""
    before = shared.metric("bbx", "bbx", "accepted")
    for _ in range(20):
        assert shared.exchange(decision(shared, "bbx", BBX.sign(pair))).status == 204
    after = {shared.metric("bbx", "bbx", "accepted") for _ in range(10)}
    assert after == {before + 20}
    text = shared.get("/metrics").body.decode()
    decisions = sum(float(n) for n in re.findall(r"^sealstamp_decisions_total\{.*\} (\S+)$", text, re.MULTILINE))
    assert f"sealstamp_decision_duration_seconds_count {decisions}" in text
    assert f'sealstamp_decision_duration_seconds_bucket{{le="+Inf"}} {decisions}' in text


def test_a_worker_killed_under_load(shared: Service, pair: Pair) -> None:
    """What either had accepted is refused by the other, and by the one that takes the dead one's place."""
    accepted: list[bytes] = []
    answers: Counter[int] = Counter()
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            request = decision(shared, "bbx", BBX.sign(pair))
            with suppress(OSError):
                status = shared.exchange(request).status
                answers[status] += 1
                if status == 204:
                    accepted.append(request)

    counted_before = shared.metric("bbx", "bbx", "accepted")
    loaders = [threading.Thread(target=load) for _ in range(2)]
    for loader in loaders:
        loader.start()
    until(lambda: len(accepted) > 50, "requests to be accepted")
    dead, living = worker_pids(shared)
    os.kill(dead, signal.SIGKILL)
    until(lambda: len(worker_pids(shared)) == 2 and dead not in worker_pids(shared), "a new worker")
    stop.set()
    for loader in loaders:
        loader.join()
    assert living in worker_pids(shared)
    assert set(answers) == {204}
    until(shared.is_ready, "the service to be ready")
    # Some were accepted whose answer was lost with the worker; none is missing.
    assert shared.metric("bbx", "bbx", "accepted") >= counted_before + len(accepted)
    with ThreadPoolExecutor(4) as pool:
        replayed = Counter(pool.map(lambda request: shared.exchange(request).status, accepted[-200:]))
    assert set(replayed) == {401}
    assert race(shared, decision(shared, "bbx", BBX.sign(pair))) == [204] + [401] * (RACERS - 1)


def test_a_service_that_does_not_share(shared: Service) -> None:
    """One with a guard in its own memory does not start beside it."""
    config = shared.config.read_text()
    elsewhere = Service(shared.folder / "elsewhere")
    elsewhere.config.write_text(config.replace("workers = 2", "").replace(f":{shared.port}", f":{elsewhere.port}"))
    done = elsewhere.run("serve")
    assert done.returncode != 0
    assert "another process serves from this store" in done.stderr


def test_a_shared_file_deleted_under_the_service(folder: Path, upstream: Upstream) -> None:
    """Nothing more is accepted, for another worker could have made a new one."""
    service = Service(folder, workers=2)
    service.prepare(MANIFEST.format(upstream.url))
    pair = service.add_pair("bbx")
    with serving(service):
        (table,) = Path(f"{service.store}.shared").glob("table-replay")
        table.unlink()
        until(lambda: service.get("/readyz").status == 503, "the service to notice")
        answers = [service.exchange(decision(service, "bbx", BBX.sign(pair))) for _ in range(4)]
        assert {answer.status for answer in answers} == {503}
        assert service.reason(answers[0]) == "store_unavailable"
