"""Idempotency-Key: the same request acts once and gets the same answer, secrets included."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.server.managing import Manager, Told
from tests.server.signing import Pair


def create(admin: Manager, name: str, key: str) -> Told:
    return admin.call("POST", "/v1/operators", {"name": name, "role": "viewer"}, {"idempotency-key": key})


def test_repeated(admin: Manager) -> None:
    """The second answer is the first, and says so; it is kept in clear nowhere."""
    first, second = create(admin, "once", "k-1"), create(admin, "once", "k-1")
    assert (first.status, second.status, second.json) == (201, 201, first.json)
    assert first.answer.values("idempotency-replayed") == []
    assert second.header("idempotency-replayed") == "true"
    assert second.header("etag") == first.header("etag")
    assert second.header("x-request-id") != first.header("x-request-id")
    secret = first.json["secret"].encode()
    assert all(secret not in path.read_bytes() for path in admin.service.folder.glob("keys.sqlite3*"))


def test_another_request_under_the_same_key(admin: Manager) -> None:
    """It is refused: somebody has mixed something up."""
    create(admin, "mixed", "k-2")
    told = create(admin, "other", "k-2")
    assert (told.status, told.code) == (422, "idempotency_key_reused")


def test_key_belongs_to_its_operator(admin: Manager) -> None:
    """Another operator's key of the same text is another; nobody gets somebody else's secret."""
    made = create(admin, "mine", "k-3")
    other = admin.call("POST", "/v1/operators", {"name": "second-admin", "role": "admin"})
    second = Manager(admin.service, Pair(other.json["access_key_id"], other.json["secret"]))
    assert create(second, "mine", "k-3").code == "conflict"
    assert made.status == 201


def test_refusals_are_not_kept(admin: Manager) -> None:
    """What changed nothing can be tried again under its key."""
    assert create(admin, "the-viewer", "k-4").code == "conflict"
    assert create(admin, "free", "k-4").status == 201


def test_at_the_same_time(admin: Manager) -> None:
    """Of several at once, one acts, and all get its answer."""
    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(lambda _: create(admin, "raced", "k-5"), range(6)))
    assert {one.status for one in told} == {201}
    assert len({one.json["secret"] for one in told}) == 1
    assert sum(one.answer.values("idempotency-replayed") == [] for one in told) == 1


def test_key_that_cannot_be_one(admin: Manager) -> None:
    """It is refused, and so is one that comes twice."""
    assert create(admin, "odd", "a b").code == "malformed_request"
    assert create(admin, "odd", "x" * 129).code == "malformed_request"
