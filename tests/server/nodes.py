"""Several services at once: racers with one request, and load on all of them."""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.server.service import Service, until
from tests.server.signing import BBX, Pair
from tests.server.test_workers import decision

RACERS = 8


def race(services: Sequence[Service], request: bytes) -> list[int]:
    """Send one request to all services, on several connections at once; return the answers' statuses."""
    gate = threading.Barrier(RACERS)

    def send(number: int) -> int:
        with services[number % len(services)].connect() as connection:
            gate.wait()
            connection.send(request)
            return connection.read_answer().status

    with ThreadPoolExecutor(RACERS) as pool:
        return sorted(pool.map(send, range(RACERS)))


def one_wins(services: Sequence[Service], request: bytes) -> bool:
    """Have racers with one request, of which one is accepted; tell whether every other was told that it was.

    A machine that stood still for a while may have let a racer's time pass. That one is refused too, and may be the
    one that would have been accepted; never are there two.
    """
    got = Counter(race(services, request))
    undecided = got.pop(503, 0)
    assert got[204] == 1 or (undecided and not got[204]), (got, *(service.said()[-1500:] for service in services))
    assert got.keys() <= {204, 401}
    return not undecided


def statuses(services: Sequence[Service], requests: Sequence[bytes]) -> list[int]:
    """Send each request to one of the services, in turn, some at once; return the answers' statuses in order."""

    def send(numbered: tuple[int, bytes]) -> int:
        number, request = numbered
        return services[number % len(services)].exchange(request).status

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(send, enumerate(requests)))


class Load:
    """New requests to every service, one after the other for each, for as long as the block runs.

    Between them come bad ones, of which none may be accepted: replays of what any service accepted, and wrong
    signatures.
    """

    def __init__(self, services: Sequence[Service], pair: Pair) -> None:
        self.accepted: list[list[bytes]] = [[] for _ in services]
        self.answers: list[Counter[int]] = [Counter() for _ in services]
        """To new requests alone."""
        self._let_in: list[bytes] = []
        self._pair = pair
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=each) for each in enumerate(services)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert self._let_in == []

    def _run(self, number: int, service: Service) -> None:
        while not self._stop.is_set():
            with suppress(OSError):  # one that is killed does not answer
                request = decision(service, "bbx", BBX.sign(self._pair))
                status = service.exchange(request).status
                self.answers[number][status] += 1
                if status == 204:
                    self.accepted[number].append(request)
                for bad in self._bad(service):
                    if service.exchange(bad).status == 204:
                        self._let_in.append(bad)

    def _bad(self, service: Service) -> Iterator[bytes]:
        for accepted in self.accepted:
            if accepted:
                yield secrets.choice(accepted)
        yield decision(service, "bbx", BBX.sign(self._pair.with_other_secret()))

    def accepts(self, more: int) -> None:
        """Wait until so many more are accepted, all together."""
        enough = self._total() + more
        until(lambda: self._total() >= enough, "requests to be accepted")

    def _total(self) -> int:
        return sum(map(len, self.accepted))
