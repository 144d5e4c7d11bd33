"""What KeyStore and ReplayLedger promise, in every database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import pytest

from sealstamp.core.verifier import ReplayBy
from sealstamp.errors import ConfigurationError, KeyStateError, NotFoundError
from sealstamp.keys.changes import EVERYTHING, Change, Kind, News
from sealstamp.keys.domain import AccessKey, Api, Consumer, ConsumerStatus, Enforcement, KeyStatus, SchemeChoice
from sealstamp.keys.plans import Plan
from sealstamp.keys.ports import KeyStore, ReplayLedger
from sealstamp.stores.sql import SqlStore, changes, open_store
from sealstamp.stores.sql import access_keys as key_tables

KEY = AccessKey("k1", b"sealed\x00\xff", "acme", ("shop",), KeyStatus.DISABLED, created_at_ms=1, expires_at_ms=2**40)
FULL_API = Api(
    "full",
    "api.example.com",
    "/orders",
    (SchemeChoice("cdnetworks", {"header": "X_Sam_Auth", "é": "\"'\\"}), SchemeChoice("bbx")),
    Enforcement.OBSERVE,
    ReplayBy.SIGNATURE,
    "bbx",
    "http://127.0.0.1:9000",
    ("orders:read",),
    7,
)
FULL_KEY = replace(
    KEY,
    name="the till's",
    scopes=("orders:read", "orders:write"),
    networks=("192.0.2.0/24", "2001:db8::/32"),
    rate_limit="100/minute",
    quota_day=1_000,
    quota_month=2**40,
    labels={"team": "é"},
    replaces="k0",
    replaced_by="k2",
    version=3,
)
FULL_CONSUMER = Consumer(
    "shop 1",
    "ops@example.com",
    {"tier": "gold"},
    "acme",
    "basic",
    ConsumerStatus.SUSPENDED,
    max_sub_keys=5,
    quota_month=2**40,
    version=2,
)


def test_store_is_what_the_domain_asks_for(store: SqlStore) -> None:
    """The type checker agrees that it is both ports."""
    key_store: KeyStore = store
    ledger: ReplayLedger = store
    assert key_store is ledger


def test_api_kept(store: SqlStore) -> None:
    """Every field comes back, the schemes in their order with their parameters."""
    store.put_api(FULL_API)
    assert store.list_apis() == [FULL_API]


def test_api_replaced(shop: SqlStore) -> None:
    """Putting an API in place of another keeps the keys that are for it."""
    shop.add_access_key(KEY)
    shop.put_api(replace(FULL_API, name="shop"))
    assert [api.host for api in shop.list_apis()] == ["api.example.com"]
    assert shop.get_access_key("k1") == KEY


def test_api_deleted(shop: SqlStore) -> None:
    """Keys lose the API from theirs and are otherwise as they were; they are for no API then."""
    shop.add_access_key(KEY)
    shop.delete_api("shop")
    assert shop.list_apis() == []
    assert shop.get_access_key("k1") == replace(KEY, apis=())


def test_consumer_kept_twice(shop: SqlStore) -> None:
    """Putting a consumer again is no error, and names come in order."""
    shop.put_consumer(Consumer("zeta"))
    shop.put_consumer(Consumer("acme"))
    assert shop.list_consumers() == [Consumer("acme"), Consumer("zeta")]


def test_consumer_kept(shop: SqlStore) -> None:
    """Every field comes back, and may be taken away again."""
    shop.put_plan(Plan("basic"))
    shop.put_consumer(FULL_CONSUMER)
    assert shop.get_consumer("shop 1") == shop.find_consumer("shop 1") == shop.list_consumers()[1] == FULL_CONSUMER
    shop.put_consumer(Consumer("shop 1"))
    assert shop.get_consumer("shop 1") == Consumer("shop 1")
    assert shop.find_consumer("nobody") is None


def test_consumer_line(shop: SqlStore) -> None:
    """A consumer comes first, then each that the one before belongs to; even a circle ends."""
    names = ["acme", "b", "c", "d"]
    for above, below in pairwise(names):
        shop.put_consumer(Consumer(below, parent=above))
    assert [one.name for one in shop.consumer_line("d")] == names[::-1]
    assert shop.consumer_line("acme") == [Consumer("acme")]
    shop.put_consumer(Consumer("acme", parent="c"))
    assert [one.name for one in shop.consumer_line("d")] == ["d", "c", "b", "acme"]
    for act in (shop.consumer_line, shop.get_consumer):
        with pytest.raises(NotFoundError, match="'nobody'"):
            act("nobody")


def test_consumer_below_another(shop: SqlStore) -> None:
    """A parent must be there, and stays as long as a consumer belongs to it."""
    with pytest.raises(NotFoundError, match="'nobody'"):
        shop.put_consumer(Consumer("b", parent="nobody"))
    shop.put_consumer(Consumer("b", parent="acme"))
    with pytest.raises(KeyStateError, match="below it"):
        shop.delete_consumer("acme")
    shop.delete_consumer("b")
    shop.delete_consumer("acme")


def test_api_sought(shop: SqlStore) -> None:
    """By exactly its name."""
    shop.put_api(FULL_API)
    assert shop.get_api("full") == shop.find_api("full") == FULL_API
    assert shop.find_api("FULL") is None
    with pytest.raises(NotFoundError, match="'FULL'"):
        shop.get_api("FULL")


def test_consumer_deleted(shop: SqlStore) -> None:
    """A consumer goes when it holds no keys, and not before."""
    shop.add_access_key(KEY)
    with pytest.raises(KeyStateError, match="holds access keys"):
        shop.delete_consumer("acme")
    shop.delete_access_key("k1")
    shop.delete_consumer("acme")
    assert shop.list_consumers() == []


@pytest.mark.parametrize("key", [KEY, FULL_KEY], ids=["bare", "full"])
def test_key_kept(shop: SqlStore, key: AccessKey) -> None:
    """Every field comes back."""
    shop.add_access_key(key)
    assert shop.get_access_key("k1") == key
    assert shop.find_access_key("k1") == key
    assert list(shop.list_access_keys()) == [key]


def test_key_updated(shop: SqlStore) -> None:
    """The new value stands in place of the old, its APIs too."""
    shop.put_api(FULL_API)
    shop.put_consumer(Consumer("other"))
    shop.add_access_key(KEY)
    updated = AccessKey("k1", b"new", "other", ("full",), KeyStatus.REVOKED, 5, None, name="a", scopes=("b",))
    shop.update_access_key(updated)
    assert list(shop.list_access_keys()) == [updated]


@pytest.mark.parametrize("wanted", ["K1", "k1 ", "k", "k1\x00", "", "\udcff", "k\n1", "x" * 100_000, "%", "k1' OR '1"])
def test_key_sought_by_another_id(shop: SqlStore, wanted: str) -> None:
    """Only exactly its id finds a key, and no text from the network makes the look-up fail otherwise."""
    shop.add_access_key(KEY)
    assert shop.find_access_key(wanted) is None
    with pytest.raises(NotFoundError):
        shop.get_access_key(wanted)


def test_order_is_that_of_bytes(shop: SqlStore) -> None:
    """Whatever order the database server was set up with."""
    for name in ("b", "B", "a-b", "aa"):
        shop.put_consumer(Consumer(name))
        shop.add_access_key(replace(KEY, id=name))
    names = ["B", "a-b", "aa", "acme", "b"]
    assert [consumer.name for consumer in shop.list_consumers()] == names
    assert [key.id for key in shop.list_access_keys()] == [name for name in names if name != "acme"]


def test_key_added_twice(shop: SqlStore) -> None:
    """The first key stays."""
    shop.add_access_key(KEY)
    with pytest.raises(KeyStateError, match="taken"):
        shop.add_access_key(replace(KEY, sealed_secret=b"other"))
    assert shop.get_access_key("k1") == KEY


@pytest.mark.parametrize("changes", [{"consumer": "nobody"}, {"apis": ("shop", "nothing")}])
def test_key_for_what_is_not_there(shop: SqlStore, changes: dict[str, str]) -> None:
    """Neither adding nor updating leaves a key without its consumer or APIs."""
    with pytest.raises(NotFoundError, match=r"nobody|nothing"):
        shop.add_access_key(replace(KEY, **changes))  # type: ignore[arg-type]
    assert shop.find_access_key("k1") is None
    shop.add_access_key(KEY)
    with pytest.raises(NotFoundError, match=r"nobody|nothing"):
        shop.update_access_key(replace(KEY, **changes))  # type: ignore[arg-type]
    assert shop.get_access_key("k1") == KEY


def test_nothing_of_that_name(shop: SqlStore) -> None:
    """Deleting and updating what is not there is told."""
    for act in (shop.delete_api, shop.delete_consumer, shop.delete_access_key):
        with pytest.raises(NotFoundError, match="'nothing'"):
            act("nothing")
    with pytest.raises(NotFoundError, match="'k1'"):
        shop.update_access_key(KEY)


def test_keys_filtered(shop: SqlStore) -> None:
    """Keys are listed by id, for an API, of a consumer, or both."""
    shop.put_api(FULL_API)
    shop.put_consumer(Consumer("other"))
    for id, consumer, apis in [("c", "acme", ("full",)), ("a", "acme", ("full", "shop")), ("b", "other", ("shop",))]:
        shop.add_access_key(replace(KEY, id=id, consumer=consumer, apis=apis))

    def ids(api: str | None = None, consumer: str | None = None) -> str:
        return "".join(key.id for key in shop.list_access_keys(api=api, consumer=consumer))

    assert (ids(), ids(api="shop"), ids(consumer="acme"), ids("shop", "acme")) == ("abc", "ab", "ac", "a")
    assert ids(api="nothing") == ""
    assert next(shop.list_access_keys(api="shop")).apis == ("full", "shop")


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_keys_of_several_pages(shop: SqlStore, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Every key comes once, however the pages fall."""
    monkeypatch.setattr(key_tables, "_PAGE", 2)
    added = [replace(KEY, id=f"k{number}") for number in range(count)]
    for key in added:
        shop.add_access_key(key)
    assert list(shop.list_access_keys()) == added


def test_transaction_left_by_an_exception(shop: SqlStore) -> None:
    """All of it is undone, and the epoch is as it was."""
    before = shop.epoch()
    with pytest.raises(ZeroDivisionError), shop.transaction():
        shop.add_access_key(KEY)
        shop.put_consumer(Consumer("other"))
        shop.record(b"claim", 10)
        assert shop.get_access_key("k1") == KEY
        raise ZeroDivisionError
    assert shop.find_access_key("k1") is None
    assert shop.list_consumers() == [Consumer("acme")]
    assert shop.unexpired(0) == []
    assert shop.epoch() == before


def test_transaction_inside_another(shop: SqlStore) -> None:
    """The inner one is undone alone; the outer one keeps the rest."""
    with shop.transaction():
        shop.put_consumer(Consumer("kept"))
        with pytest.raises(ZeroDivisionError), shop.transaction():
            shop.put_consumer(Consumer("lost"))
            raise ZeroDivisionError
    assert [consumer.name for consumer in shop.list_consumers()] == ["acme", "kept"]


def test_failed_call_inside_a_transaction(shop: SqlStore) -> None:
    """A call that fails and is forgiven leaves nothing of itself behind."""
    with shop.transaction():
        shop.put_consumer(Consumer("kept"))
        with pytest.raises(NotFoundError):
            shop.update_access_key(KEY)
    assert Consumer("kept") in shop.list_consumers()
    assert shop.find_access_key("k1") is None


def test_transaction_of_another_thread(shop: SqlStore) -> None:
    """What a thread has not yet committed, no other sees."""
    with ThreadPoolExecutor(1) as other, shop.transaction():
        shop.add_access_key(KEY)
        assert other.submit(shop.find_access_key, "k1").result() is None
    assert shop.get_access_key("k1") == KEY


def test_many_threads(shop: SqlStore, url: str) -> None:
    """Writers wait for each other and none is lost."""
    patient = open_store(url)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: patient.add_access_key(replace(KEY, id=f"k{number:02}")), range(40)))
        found = list(threads.map(lambda number: patient.get_access_key(f"k{number:02}").id, range(40)))
    patient.close()
    assert found == [key.id for key in shop.list_access_keys()] == [f"k{number:02}" for number in range(40)]


def test_epoch_after_each_change(store: SqlStore) -> None:
    """Every change to APIs, consumers and keys changes the epoch, and reading does not."""
    api = Api("shop", "*", "/", ())
    seen = [store.epoch()]
    for change in (
        lambda: store.put_api(api),
        lambda: store.put_consumer(Consumer("acme")),
        lambda: store.add_access_key(KEY),
        lambda: store.update_access_key(replace(KEY, status=KeyStatus.REVOKED)),
        lambda: store.delete_access_key("k1"),
        lambda: store.delete_consumer("acme"),
        lambda: store.delete_api("shop"),
    ):
        change()
        seen.append(store.epoch())
        assert store.list_apis() is not None
        assert store.epoch() == seen[-1]
    assert all(one != next_one for one, next_one in pairwise(seen))


def test_news(store: SqlStore) -> None:
    """Whoever knows an epoch is told what has changed since; each commit once, and what was undone not at all."""
    epochs = [store.epoch()]
    api, acme = Api("shop", "*", "/", ()), Consumer("acme")
    for change in (
        lambda: store.put_api(api),
        lambda: store.put_consumer(acme),
        lambda: store.put_consumer(Consumer("below", parent="acme")),
        lambda: store.put_consumer(replace(acme, email="a@example.com")),
        lambda: store.add_access_key(KEY),
    ):
        change()
        epochs.append(store.epoch())
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.delete_access_key("k1")
        raise ZeroDivisionError
    told = [Change(Kind.CONSUMER, "acme"), Change(Kind.CONSUMER, "below"), Change(Kind.ACCESS_KEY, "k1")]
    assert [store.changes_since(epoch) for epoch in epochs[1:]] == [
        News(epochs[-1], set(told)),
        News(epochs[-1], set(told)),
        News(epochs[-1], set(told)),
        News(epochs[-1], {Change(Kind.ACCESS_KEY, "k1")}),
        News(epochs[-1]),
    ]


def test_news_that_nobody_can_tell(shop: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything, for an epoch that is not known, a change that said nothing, too many at once, and too long ago."""
    everything = {EVERYTHING}
    first = shop.epoch()
    assert shop.changes_since(5).changes == everything
    with shop._changing():
        pass
    assert shop.changes_since(first).changes == everything
    monkeypatch.setattr(changes, "MOST_AT_ONCE", 2)
    before = shop.epoch()
    with shop.transaction():
        for number in range(3):
            shop.put_consumer(Consumer(f"c{number}"))
    assert shop.changes_since(before).changes == everything
    monkeypatch.setattr(changes, "KEPT", 4)
    monkeypatch.setattr(changes, "_PRUNED_EVERY", 1)
    before = shop.epoch()
    for number in range(4):
        shop.put_consumer(Consumer(f"d{number}"))
        assert len(shop.changes_since(before).changes) == (number + 1 if number < 3 else 4)
    shop.put_consumer(Consumer("d4"))
    assert shop.changes_since(before).changes == everything


def test_news_after_an_older_version_has_written(shop: SqlStore) -> None:
    """It moves the epoch and tells nobody why: everything may have changed."""
    before = shop.epoch()
    shop.put_consumer(Consumer("told"))
    with shop._writing() as connection:
        connection.exec_driver_sql("UPDATE epochs SET mark = 7")
    assert shop.changes_since(before) == News(7, {EVERYTHING})


def test_epoch_after_a_claim(store: SqlStore) -> None:
    """The replay ledger makes nobody reload keys."""
    before = store.epoch()
    store.record(b"claim", 10)
    store.unexpired(20)
    assert store.epoch() == before


def test_claims(store: SqlStore) -> None:
    """A claim is there until its expiry, and is then forgotten for good."""
    store.record(b"\x00late", 20)
    store.record(b"early", 10)
    store.record(b"early", 11)
    assert store.unexpired(10) == [(b"\x00late", 20), (b"early", 11)]
    assert store.unexpired(11) == [(b"\x00late", 20)]
    assert store.unexpired(0) == [(b"\x00late", 20)]
    assert store.unexpired(20) == []


def test_counters_only_go_up(store: SqlStore, url: str) -> None:
    """By value and not by digits, to the last of 64 bits; each counter by itself, and after a restart too."""
    numbers = (9, 9, 8, 10, (1 << 63) + 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 1)
    assert [store.advance(b"\x00a", number) for number in numbers] == [
        True,
        False,
        False,
        True,
        True,
        False,
        True,
        False,
    ]
    assert store.advance(b"b", 0)
    again = open_store(url)
    assert [again.advance(b"b", number) for number in (0, 1)] == [False, True]
    again.close()


def test_one_of_many_is_told_that_a_number_was_above(url: str) -> None:
    """However many ask at once; all of them wait as long as a service does."""
    patient = open_store(url)
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda number: patient.advance(b"a", number), [5] * 8))
    patient.close()
    assert told.count(True) == 1


def test_claims_after_a_restart(store: SqlStore, url: str) -> None:
    """Claims and keys outlive the process that wrote them."""
    store.record(b"claim", 10)
    again = open_store(url)
    assert again.unexpired(0) == [(b"claim", 10)]
    again.close()


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "keys.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///keys.db?mode=ro",
        "sqlite://hunter2@host/keys.db",
        "mysql://user:hunter2@host/keys",
    ],
)
def test_url_that_is_none(wrong: str) -> None:
    """The error tells how to write one, and shows no password."""
    with pytest.raises(ConfigurationError, match="sqlite:///relative") as caught:
        open_store(wrong)
    assert "hunter2" not in str(caught.value)
