"""What a process knows of the store: fresh, no more than is allowed, and never spoilt by one bad API."""

from dataclasses import replace

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import ReplayBy
from sealstamp.errors import (
    ConfigurationError,
    InvalidCredentialsError,
    StoreUnavailableError,
    UnknownAccessKeyError,
)
from sealstamp.keys.acts.access_keys import disable, import_pair
from sealstamp.keys.domain import Api, Consumer, ConsumerStatus, SchemeChoice
from sealstamp.keys.in_force import HeldKey
from sealstamp.keys.key_cache import KeyCache
from sealstamp.keys.plans import Plan
from sealstamp.keys.sealing import Sealer, SealingKey
from sealstamp.keys.snapshot import Snapshot, check_api, renew_snapshot, take_snapshot
from sealstamp.schemes import get_scheme
from sealstamp.stores.sql import SqlStore, open_store
from tests.acting import act_on, keep_pair

NOW_MS = 1_800_000_000_000
PAIR = Credential.of("key-1", "s3cr3t-s3cr3t")
SEALER = Sealer(SealingKey.of(b"k" * 32))


def api(name: str, *schemes: str, **more: object) -> Api:
    return Api(name, "*", f"/{name}", tuple(SchemeChoice(scheme) for scheme in schemes), **more)  # type: ignore[arg-type]


@pytest.fixture
def store(url: str):  # type: ignore[no-untyped-def]
    opened = open_store(url)
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
    snapshot = take_snapshot(store, SEALER, KeyCache(100))
    assert "no-such-scheme" in str(snapshot.by_name["bad"].problem)
    assert snapshot.by_name["good"].problem is None
    assert snapshot.by_name["good"].scheme_of(signed("bbx")).verifier.scheme.name == "bbx"


def test_the_scheme_is_the_one_whose_signature_came(store: SqlStore) -> None:
    """An API that accepts several schemes takes the first whose signature is in the request."""
    guarded = take_snapshot(store, SEALER, KeyCache(100)).by_name["good"]
    assert [guarded.scheme_of(signed(name)).verifier.scheme.name for name in ("bbx", "stardust")] == ["bbx", "stardust"]
    assert guarded.scheme_of(Request(b"GET", b"/good")).verifier.scheme.name == "stardust"


def test_a_changed_key_leaves_and_the_others_stay(store: SqlStore) -> None:
    """After a change, what it was about is read anew, and nothing else."""
    keep_pair(store, SEALER, Credential.of("key-2", "s3cr3t"), "good", now_ms=NOW_MS)
    cache = KeyCache(100)
    before = take_snapshot(store, SEALER, cache)
    stardust, bbx = before.by_name["good"].accepted
    keys = {(scheme, name): scheme.find_key(name) for scheme in (stardust, bbx) for name in (b"key-1", b"key-2")}
    assert all(key is not None and key.usable_until_ms > NOW_MS for key in keys.values())
    disable(act_on(store, SEALER), "key-1")
    after = renew_snapshot(before, store, SEALER, cache)
    assert after.epoch != before.epoch
    assert after.by_name["good"].accepted == (stardust, bbx)
    for scheme in (stardust, bbx):
        assert scheme.find_cached(b"key-2") is keys[scheme, b"key-2"]
        assert scheme.find_cached(b"key-1") is None
    assert usable_until(after) == 0


def test_nothing_has_changed(store: SqlStore) -> None:
    """What was there is there."""
    cache = KeyCache(100)
    before = take_snapshot(store, SEALER, cache)
    usable_until(before)
    assert renew_snapshot(before, store, SEALER, cache) is before
    assert len(cache) == 1


def test_a_look_up_that_was_under_way(store: SqlStore) -> None:
    """What it read before the revocation is not kept behind it: the next look-up finds what is so now."""
    cache = KeyCache(100)
    before = take_snapshot(store, SEALER, cache)
    scheme = before.by_name["good"].accepted[0]
    read = store.find_held_key

    def read_slowly(access_key_id: str) -> HeldKey | None:
        patch.undo()
        found = read(access_key_id)
        disable(act_on(store, SEALER), "key-1")
        renew_snapshot(before, store, SEALER, cache)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "find_held_key", read_slowly)
        late = scheme.find_key(b"key-1")
    assert late is not None
    assert late.usable_until_ms > NOW_MS
    assert scheme.find_cached(b"key-1") is None
    assert usable_until(before) == 0


@pytest.mark.parametrize("act", ["change", "delete and make"])
def test_a_changed_api_loses_its_keys(store: SqlStore, act: str) -> None:
    """They may no longer be for it; a request that came before the change brings none of them back."""
    cache = KeyCache(100)
    before = take_snapshot(store, SEALER, cache)
    scheme = before.by_name["good"].accepted[0]
    usable_until(before)
    good = store.get_api("good")
    if act == "change":
        store.put_api(replace(good, host="example.com"))
    else:
        store.delete_api("good")
        store.put_api(good)
    after = renew_snapshot(before, store, SEALER, cache)
    assert after.by_name["good"].accepted[0] is not scheme
    assert scheme.find_key(b"key-1") is not None
    assert (scheme.find_cached(b"key-1"), len(cache)) == (None, 0)


def test_candidates_are_read_anew_when_one_came_or_changed(store: SqlStore) -> None:
    """A new key for the API, a change of one that is among them, or of who holds it; and not for any other key."""
    store.put_api(api("shield", "cdnetworks-api-shield"))
    cache = KeyCache(100)
    snapshot = take_snapshot(store, SEALER, cache)
    shield = snapshot.by_name["shield"].accepted[0]

    def ids() -> list[str]:
        nonlocal snapshot
        snapshot = renew_snapshot(snapshot, store, SEALER, cache)
        candidates = shield.candidates if shield.candidates is not None else shield.find_candidates()
        return [key.principal.access_key_id for key in candidates if key.usable_until_ms > NOW_MS]

    assert ids() == []
    for name, apis in {"in": ("shield",), "out": ("good",)}.items():
        keep_pair(store, SEALER, Credential.of(name, "s3cr3t"), *apis, now_ms=NOW_MS)
    assert ids() == ["in"]
    known = shield.candidates
    disable(act_on(store, SEALER), "out")
    assert ids() == ["in"]
    assert shield.candidates is known
    store.put_consumer(replace(store.get_consumer("acme"), status=ConsumerStatus.SUSPENDED))
    assert ids() == []
    store.put_consumer(replace(store.get_consumer("acme"), status=ConsumerStatus.ACTIVE))
    assert ids() == ["in"]
    disable(act_on(store, SEALER), "in")
    assert ids() == []


def test_active_candidates_come_first(store: SqlStore) -> None:
    """Of more keys than are tried, those that may be used."""
    store.put_api(api("shield", "cdnetworks-api-shield"))
    for name in ("a", "b", "c"):
        keep_pair(store, SEALER, Credential.of(name, "s3cr3t"), "shield", now_ms=NOW_MS)
    disable(act_on(store, SEALER), "a")

    def first(limit: int) -> list[str]:
        return [held.key.id for held in store.list_candidates("shield", limit)]

    assert first(3) == ["b", "c", "a"]
    assert first(2) == ["b", "c"]
    assert first(1) == ["b"]


@pytest.mark.parametrize("suspended", ["acme", "parent", "grandparent"])
def test_a_cached_key_of_a_suspended_consumer_leaves(store: SqlStore, suspended: str) -> None:
    """Also where it is one above the key's own that is suspended; keys of others stay."""
    for name, parent in {"grandparent": None, "parent": "grandparent", "acme": "parent", "other": None}.items():
        store.put_consumer(Consumer(name, parent=parent))
    import_pair(act_on(store, SEALER), Credential.of("key-2", "s3cr3t"), consumer="other", apis=("good",))
    cache = KeyCache(100)
    before = take_snapshot(store, SEALER, cache)
    usable_until(before)
    other = before.by_name["good"].accepted[0].find_key(b"key-2")
    store.put_consumer(replace(store.get_consumer(suspended), status=ConsumerStatus.SUSPENDED))
    after = renew_snapshot(before, store, SEALER, cache)
    assert usable_until(after) == 0
    assert after.by_name["good"].accepted[0].find_cached(b"key-2") is other


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
        snapshot = take_snapshot(store, SEALER, KeyCache(100))
        (candidate,) = snapshot.by_name["shield"].accepted[0].find_candidates()
        assert [usable_until(snapshot) > NOW_MS, candidate.usable_until_ms > NOW_MS] == [usable, usable]


def test_verifiers_of_unchanged_apis_are_taken_over(store: SqlStore) -> None:
    """A change elsewhere compiles nothing again."""
    cache = KeyCache(100)
    before = take_snapshot(store, SEALER, cache)
    store.put_api(api("other", "taurusx"))
    after = renew_snapshot(before, store, SEALER, cache)
    assert set(after.by_name) == {"good", "other"}
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
    accepted = take_snapshot(store, SEALER, KeyCache(100)).by_name["cloud"].accepted[0]
    with pytest.raises(StoreUnavailableError, match="key-2"):
        accepted.find_key(b"key-2")


def test_an_unknown_id_takes_the_way_of_a_wrong_signature(store: SqlStore) -> None:
    """It is looked up once, bound and kept like a key; refused even where it is signed for; and ends with its issue."""
    cache = KeyCache(100)
    before = take_snapshot(store, SEALER, cache)
    stardust = before.by_name["good"].accepted[0]
    known, unknown = stardust.find_key(b"key-1"), stardust.find_key(b"nobody")
    assert known is not None
    assert unknown is not None
    assert stardust.find_cached(b"nobody") is unknown
    assert stardust.find_key(b"x" * 300) is stardust.find_key(b"\xff") is None
    request = signed("stardust")
    presented = stardust.verifier.present(request, NOW_MS)
    wrong = (*presented[:-1], b"0" * 32)
    refusals = {}
    for name, key in (("known", known), ("unknown", unknown)):
        with pytest.raises(InvalidCredentialsError) as caught:
            stardust.verifier.check(request, wrong, key, NOW_MS)
        refusals[name] = caught.value
    public = {(each.public_reason, each.public_message, each.status, each.signed_by) for each in refusals.values()}
    assert len(public) == 1
    assert [refusals[name].reason for name in refusals] == ["signature_mismatch", "unknown_access_key"]
    unknown.matches = known.matches  # as if somebody knew what stands for it
    with pytest.raises(UnknownAccessKeyError):
        stardust.verifier.check(request, presented, unknown, NOW_MS)
    import_pair(act_on(store, SEALER), Credential.of("nobody", "s3cr3t"), consumer="acme", apis=("good",))
    renew_snapshot(before, store, SEALER, cache)
    assert stardust.find_cached(b"nobody") is None
    issued = stardust.find_key(b"nobody")
    assert issued is not None
    assert not issued.is_stranger


@pytest.mark.parametrize("scheme", ["azure-appconfig", "wechatpay-v3", "okx-v5", "rfc9421"])
def test_an_unknown_id_at_schemes_that_take_other_secrets(store: SqlStore, scheme: str) -> None:
    """Key pairs, secrets in base64, further secrets: whatever a key would have, something stands for it."""
    store.put_api(api("other", scheme))
    accepted = take_snapshot(store, SEALER, KeyCache(100)).by_name["other"].accepted[0]
    stranger = accepted.find_key(b"nobody")
    assert stranger is not None
    assert (stranger.is_stranger, stranger.principal.access_key_id, stranger.usable_until_ms) == (True, "nobody", 0)


def test_a_plan_counts_for_keys_on_it_and_for_those_of_consumers_on_it(store: SqlStore) -> None:
    """A changed plan counts at once for every key that is on it."""
    store.put_plan(Plan("gold", scopes=("orders",), rate_limit="5/minute", quota_day=9, consumer_quota_month=70))
    store.put_api(replace(store.get_api("good"), scopes=("orders",)))
    cache = KeyCache(100)
    snapshot = take_snapshot(store, SEALER, cache)
    assert bound(snapshot).terms is None
    assert not bound(snapshot).permitted
    store.put_consumer(Consumer("acme", plan="gold"))
    snapshot = renew_snapshot(snapshot, store, SEALER, cache)
    terms = bound(snapshot).terms
    assert bound(snapshot).permitted
    assert [quota[1:] for quota in terms.quotas] == [("day", 9), ("month", 70)]
    assert terms.rate == (5, 60_000)
    store.put_plan(Plan("gold", quota_day=3))
    store.update_access_key(replace(store.get_access_key("key-1"), quota_day=2))
    snapshot = renew_snapshot(snapshot, store, SEALER, cache)
    assert [quota[1:] for quota in bound(snapshot).terms.quotas] == [("day", 2)]
    assert bound(snapshot).terms.rate is None
    assert not bound(snapshot).permitted


def test_a_keys_own_plan_counts_before_its_consumers(store: SqlStore) -> None:
    store.put_plan(Plan("gold", quota_day=9))
    store.put_plan(Plan("silver", quota_day=5))
    store.put_consumer(Consumer("acme", plan="gold"))
    store.update_access_key(replace(store.get_access_key("key-1"), plan="silver"))
    snapshot = take_snapshot(store, SEALER, KeyCache(100))
    assert [quota[1:] for quota in bound(snapshot).terms.quotas] == [("day", 5)]


def bound(snapshot: Snapshot):  # type: ignore[no-untyped-def]
    accepted = snapshot.by_name["good"].accepted[0]
    key = accepted.find_cached(b"key-1") or accepted.find_key(b"key-1")
    assert key is not None
    return key
