"""What a process knows of the store: fresh, kept apart by epoch, and never spoilt by one bad API."""

from dataclasses import replace
from pathlib import Path

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import ReplayBy
from sealstamp.errors import ConfigurationError, StoreUnavailableError
from sealstamp.keys.acts.access_keys import disable
from sealstamp.keys.domain import Api, Consumer, ConsumerStatus, SchemeChoice
from sealstamp.keys.sealing import Sealer, SealingKey
from sealstamp.keys.snapshot import Snapshot, check_api, take_snapshot
from sealstamp.schemes import get_scheme
from sealstamp.stores.sql import SqlStore, open_store
from tests.acting import act_on, keep_pair

NOW_MS = 1_800_000_000_000
PAIR = Credential.of("key-1", "s3cr3t-s3cr3t")
SEALER = Sealer(SealingKey.of(b"k" * 32))


def api(name: str, *schemes: str, **more: object) -> Api:
    return Api(name, "*", f"/{name}", tuple(SchemeChoice(scheme) for scheme in schemes), **more)  # type: ignore[arg-type]


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = open_store(f"sqlite:///{tmp_path}/s.sqlite3")
    opened.put_consumer(Consumer("acme"))
    opened.put_api(api("good", "stardust", "bbx"))
    keep_pair(opened, SEALER, PAIR, "good", now_ms=NOW_MS)
    yield opened
    opened.close()


def signed(scheme: str) -> Request:
    request = Request(b"GET", b"/good")
    return Signer(get_scheme(scheme), PAIR).sign(request, time_ms=NOW_MS, nonce="n").apply(request)


def usable_until(snapshot: Snapshot) -> int:
    accepted = snapshot.by_name["good"].accepted[0]
    key = accepted.find_cached(b"key-1") or accepted.find_key(b"key-1")
    assert key is not None
    return key.usable_until_ms


def test_an_api_that_cannot_be_guarded_refuses_alone(store: SqlStore) -> None:
    """A scheme that is gone makes its own API unusable, and says why; the others go on."""
    store.put_api(api("bad", "no-such-scheme"))
    snapshot = take_snapshot(store, SEALER)
    assert "no-such-scheme" in str(snapshot.by_name["bad"].problem)
    assert snapshot.by_name["good"].problem is None
    assert snapshot.by_name["good"].scheme_of(signed("bbx")).verifier.scheme.name == "bbx"


def test_the_scheme_is_the_one_whose_signature_came(store: SqlStore) -> None:
    """An API that accepts several schemes takes the first whose signature is in the request."""
    guarded = take_snapshot(store, SEALER).by_name["good"]
    assert [guarded.scheme_of(signed(name)).verifier.scheme.name for name in ("bbx", "stardust")] == ["bbx", "stardust"]
    assert guarded.scheme_of(Request(b"GET", b"/good")).verifier.scheme.name == "stardust"


def test_a_new_epoch_forgets_every_key(store: SqlStore) -> None:
    """After a change, keys are read anew; what the old snapshot still learns stays in the old one."""
    before = take_snapshot(store, SEALER)
    assert usable_until(before) > NOW_MS
    disable(act_on(store, SEALER), "key-1")
    after = take_snapshot(store, SEALER, before)
    assert after.epoch != before.epoch
    assert usable_until(after) == 0
    assert usable_until(before) > NOW_MS


@pytest.mark.parametrize("suspended", ["acme", "parent", "grandparent"])
def test_a_suspended_consumer_takes_its_keys_and_those_below_along(store: SqlStore, suspended: str) -> None:
    """Its keys may be used neither where they are sought by id nor among candidates; and again once it is enabled."""
    store.put_api(api("shield", "cdnetworks-api-shield"))
    store.update_access_key(replace(store.get_access_key("key-1"), apis=("good", "shield")))
    for name, parent in {"grandparent": None, "parent": "grandparent", "acme": "parent"}.items():
        store.put_consumer(Consumer(name, parent=parent))
    consumer = store.get_consumer(suspended)
    for status, usable in ((ConsumerStatus.SUSPENDED, False), (ConsumerStatus.ACTIVE, True)):
        store.put_consumer(replace(consumer, status=status))
        snapshot = take_snapshot(store, SEALER)
        (candidate,) = snapshot.by_name["shield"].accepted[0].find_candidates()
        assert [usable_until(snapshot) > NOW_MS, candidate.usable_until_ms > NOW_MS] == [usable, usable]


def test_verifiers_of_unchanged_apis_are_taken_over(store: SqlStore) -> None:
    """A change elsewhere compiles nothing again."""
    before = take_snapshot(store, SEALER)
    store.put_api(api("other", "taurusx"))
    after = take_snapshot(store, SEALER, before)
    assert after.by_name["good"].accepted[0].verifier is before.by_name["good"].accepted[0].verifier


@pytest.mark.parametrize(
    "wrong",
    [
        api("a", "no-such-scheme"),
        api("a", "stardust", replay=ReplayBy.NONCE),
        api("a", "stardust", response_profile="no-such-profile"),
        Api("a", "*", "/a", (SchemeChoice("cdnetworks-api-shield", {"signature_in": "cookie"}),)),
    ],
)
def test_what_cannot_be_guarded_is_refused_when_it_is_described(wrong: Api) -> None:
    """The error names the API, and has a hint."""
    with pytest.raises(ConfigurationError, match="API a") as caught:
        check_api(wrong)
    assert caught.value.hint


def test_a_secret_that_the_scheme_cannot_use_is_no_refusal_of_the_caller(store: SqlStore) -> None:
    """An imported secret that is not base64, at an API whose secrets are: nobody can decide, and the log says why."""
    store.put_api(api("cloud", "azure-appconfig"))
    odd = Credential.of("key-2", "not base64!")
    keep_pair(store, SEALER, odd, "cloud", now_ms=NOW_MS)
    accepted = take_snapshot(store, SEALER).by_name["cloud"].accepted[0]
    with pytest.raises(StoreUnavailableError, match="key-2"):
        accepted.find_key(b"key-2")
