"""The service's own endpoints, and who may ask them."""

from __future__ import annotations

import pytest

from tests.server.circumstances import check_problem
from tests.server.conftest import Book
from tests.server.service import Service
from tests.server.signing import STARDUST
from tests.server.upstream import HELLO, Upstream

STRANGER = "127.0.0.2"
Books = dict[str, Book]


def test_healthz_and_readyz(service: Service) -> None:
    """Both answer anybody, with a request id."""
    for path, said in (("/healthz", "ok"), ("/readyz", "ready")):
        answer = service.get(path, source=STRANGER)
        assert (answer.status, answer.json()) == (200, {"status": said})
        assert answer.request_id


def test_metrics(service: Service) -> None:
    """They are for trusted addresses."""
    answer = service.get("/metrics")
    assert answer.status == 200
    assert answer.request_id
    assert answer.header("content-type").startswith("text/plain")
    assert service.get("/metrics", source=STRANGER).status == 404


def test_a_stranger_asks_for_a_decision(service: Service, books: Books) -> None:
    """/decide is not there for an address that is not trusted, however right what it describes."""
    right = STARDUST.sign(books["stardust"].right)
    described = [("X-Original-Method", "GET"), ("X-Original-URI", "/stardust"), *right]
    assert service.get("/decide", described).status == 204
    assert service.get("/decide", described, source=STRANGER).status == 404


@pytest.mark.parametrize("name", ["X-Original-Method", "X-Original-URI", "X-Forwarded-Proto"])
def test_a_description_that_comes_twice(name: str, service: Service, books: Books) -> None:
    """A proxy that passes on a client's own description beside its own is told so, and nothing is accepted."""
    right = STARDUST.sign(books["stardust"].right)
    described = [("X-Original-Method", "GET"), ("X-Original-URI", "/stardust"), ("X-Forwarded-Proto", "http")]
    answer = service.get("/decide", [*described, (name, dict(described)[name]), *right])
    assert answer.status == 403  # proxies deny a request on 401 and 403 only
    check_problem(answer.json(), "bad_description", 403, answer.request_id)


@pytest.mark.parametrize("missing", ["X-Original-Method", "X-Original-URI"])
def test_a_description_that_is_not_whole(missing: str, service: Service) -> None:
    """Nothing is guessed."""
    described = {"X-Original-Method": "GET", "X-Original-URI": "/open"}
    assert service.get("/decide", described.items()).status == 204
    described.pop(missing)
    assert service.get("/decide", described.items()).status == 403


def test_what_may_be_asked_about(service: Service, books: Books, upstream: Upstream) -> None:
    """An API needs no upstream to be asked about; one that there is not, or a path of two APIs, is refused."""
    before = len(upstream.arrived)

    def status(target: str) -> int:
        right = STARDUST.sign(books["stardust"].right)
        return service.get("/decide", [("X-Original-Method", "GET"), ("X-Original-URI", target), *right]).status

    assert status("/asked") == 204
    assert status("/nowhere") == 403
    assert status("/open/../stardust") == 403
    assert status("stardust") == 403
    assert len(upstream.arrived) == before


def test_an_api_without_an_upstream(service: Service, books: Books) -> None:
    """The gateway has nowhere to pass its requests."""
    answer = service.call(STARDUST, "/asked", STARDUST.sign(books["stardust"].right))
    assert answer.status == 404
    check_problem(answer.json(), "no_upstream", 404, answer.request_id)


def test_identity_is_the_decisions_alone(service: Service) -> None:
    """Where nobody is named, the answer names nobody, whatever the client says."""
    described = [("X-Original-Method", "GET"), ("X-Original-URI", "/open"), ("X-Sealstamp-Consumer", "made up")]
    answer = service.get("/decide", described)
    assert answer.status == 204
    assert not [name for name, _ in answer.lines if name.startswith("x-sealstamp")]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_a_host_of_its_own(path: str, service: Service, upstream: Upstream) -> None:
    """On a host that an API names, these paths are the API's."""
    answer = service.exchange(b"GET %b HTTP/1.1\r\nHost: Hosted.Example:80\r\n\r\n" % path.encode())
    assert (answer.status, answer.body) == (200, HELLO)
    assert upstream.last.target == path.encode()
