from __future__ import annotations

from pathlib import Path

import pytest

from sealstamp.core.credential import Secret
from sealstamp.errors import ConfigurationError, KeyStateError
from sealstamp.keys.acts import consumers
from sealstamp.keys.acts.access_keys import revoke, update
from sealstamp.keys.audit import entries, verify
from sealstamp.keys.domain import AccessKey, Api, Consumer, ConsumerStatus, KeyStatus, SchemeChoice
from sealstamp.keys.manifest import Manifest, parse_manifest
from sealstamp.keys.planning import Action, Change, Kind, carry_out, plan
from sealstamp.keys.sealing import Sealer, SealingKey, UnsealingError
from sealstamp.stores.sql import SqlStore
from tests.acting import act_on

NOW_MS = 1_800_000_000_000

FILE = """
[[apis]]
name = "shop"
schemes = ["bbx"]

[[apis]]
name = "bank"
path_prefix = "/bank"
schemes = [{ name = "cdnetworks-api-shield", signature_name = "X_Sam_Auth" }]

[[consumers]]
name = "acme"

[[access_keys]]
id = "k1"
secret = "hunter2"
consumer = "acme"
apis = ["shop", "bank"]
"""


def declared(text: str = FILE) -> Manifest:
    return parse_manifest(
        text, place="keys.toml", directory=Path(), check_scheme=lambda _name, _parameters: None, environment={}
    )


def planned(store: SqlStore, sealer: Sealer, text: str = FILE, *, prune: bool = False) -> tuple[Change, ...]:
    return plan(declared(text), store, sealer, now_ms=NOW_MS, prune=prune)


@pytest.fixture
def applied(store: SqlStore, sealer: Sealer) -> SqlStore:
    """A store that holds what the file declares."""
    carry_out(act_on(store), planned(store, sealer))
    return store


def test_empty_store(store: SqlStore, sealer: Sealer) -> None:
    """Everything is created, what others refer to first; planning itself changes nothing."""
    before = store.epoch()
    assert [str(change) for change in planned(store, sealer)] == [
        "create consumer acme",
        "create API shop",
        "create API bank",
        "create access key k1",
    ]
    assert store.epoch() == before


def test_carried_out(applied: SqlStore, sealer: Sealer) -> None:
    """The store holds what the file declares."""
    key = applied.get_access_key("k1")
    assert (key.consumer, key.apis, key.status, key.created_at_ms) == ("acme", ("bank", "shop"), "active", NOW_MS)
    assert sealer.open("k1", key.sealed_secret) == Secret("hunter2")
    assert applied.list_apis() == sorted(declared().apis, key=lambda api: api.name)


def test_second_plan(applied: SqlStore, sealer: Sealer) -> None:
    """A file that was applied changes nothing more, with or without pruning."""
    assert planned(applied, sealer) == ()
    assert planned(applied, sealer, prune=True) == ()


def test_second_plan_under_a_new_sealing_key(applied: SqlStore, sealer: Sealer) -> None:
    """Rotating the sealing key is no change of the secret."""
    rotated = Sealer(SealingKey.of(b"n" * 32), [SealingKey.of(b"k" * 32)])
    assert planned(applied, rotated) == ()


def test_sealing_key_lost(applied: SqlStore) -> None:
    """A secret that cannot be compared is an error, not a change."""
    with pytest.raises(UnsealingError):
        planned(applied, Sealer(SealingKey.of(b"n" * 32)))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('path_prefix = "/bank"', 'path_prefix = "/money"', "update API bank: path_prefix: /bank -> /money"),
        ('path_prefix = "/bank"', 'path_prefix = "/bank"\nreplay = "off"', "update API bank: replay: default -> off"),
        (
            '["bbx"]',
            '["bbx", "taurusx"]\nupstream = "http://a:1"',
            "update API shop: upstream: none -> http://a:1, schemes: bbx -> bbx taurusx",
        ),
        (
            '"X_Sam_Auth"',
            '"X-Other"',
            "update API bank: schemes: {0}(signature_name=X_Sam_Auth) -> {0}(signature_name=X-Other)".format(
                "cdnetworks-api-shield"
            ),
        ),
        ('"hunter2"', '"hunter3"', "update access key k1: secret: *** -> ***"),
        ('["shop", "bank"]', "[]", "update access key k1: apis: bank shop -> none"),
        (
            'consumer = "acme"',
            'consumer = "acme"\nstatus = "disabled"\nexpires = 2027-01-31T12:00:00Z',
            "update access key k1: status: active -> disabled, expires: never -> 2027-01-31T12:00:00.000Z",
        ),
    ],
)
def test_file_changed(applied: SqlStore, sealer: Sealer, old: str, new: str, told: str) -> None:
    """The plan says which fields change, secrets only as ``***``; carried out, a second plan is empty."""
    changed = FILE.replace(old, new)
    changes = planned(applied, sealer, changed)
    assert [str(change) for change in changes] == [told]
    assert "hunter" not in repr(changes)
    carry_out(act_on(applied), changes)
    assert planned(applied, sealer, changed) == ()


def test_audited(applied: SqlStore, sealer: Sealer) -> None:
    """Every change is an entry, with the version that it led to; a secret is in none."""
    carry_out(act_on(applied), planned(applied, sealer, FILE.replace("hunter2", "hunter3"), prune=True))
    carry_out(act_on(applied), planned(applied, sealer, FILE.replace('"/bank"', '"/money"')))
    carry_out(act_on(applied), planned(applied, sealer, "", prune=True))
    log = list(entries(applied))
    assert verify(applied).broken is None
    assert [(one.act, one.subject, (one.after or {}).get("version")) for one in log] == [
        ("consumer.create", "acme", 1),
        ("api.create", "shop", 1),
        ("api.create", "bank", 1),
        ("access_key.create", "k1", 1),
        ("access_key.update", "k1", 2),
        ("api.update", "bank", 2),
        ("access_key.update", "k1", 3),
        ("access_key.revoke", "k1", 4),
        ("access_key.update", "k1", 5),
        ("api.delete", "bank", None),
        ("access_key.update", "k1", 6),
        ("api.delete", "shop", None),
    ]
    assert "hunter" not in str([one.document() for one in log])


FAMILY = """
[[consumers]]
name = "below"
parent = "middle"

[[consumers]]
name = "middle"
parent = "top"

[[consumers]]
name = "top"
email = "top@example.com"
"""


def test_consumers_above_others_come_first(store: SqlStore, sealer: Sealer) -> None:
    """However the file has them; and those below others go first."""
    changes = planned(store, sealer, FAMILY)
    assert [change.name for change in changes] == ["top", "middle", "below"]
    carry_out(act_on(store), changes)
    assert planned(store, sealer, FAMILY) == ()
    assert [change.name for change in planned(store, sealer, "", prune=True)] == ["below", "middle", "top"]
    carry_out(act_on(store), planned(store, sealer, "", prune=True))
    assert store.list_consumers() == []


def test_whoever_a_holder_of_keys_belongs_to_stays(store: SqlStore, sealer: Sealer) -> None:
    """A consumer that is kept for its keys keeps those above it."""
    key = '[[access_keys]]\nid = "k1"\nsecret = "s"\nconsumer = "middle"\napis = []\n'
    carry_out(act_on(store), planned(store, sealer, FAMILY + key))
    carry_out(act_on(store), planned(store, sealer, "", prune=True))
    assert [one.name for one in store.list_consumers()] == ["middle", "top"]


def test_what_the_file_does_not_say_stays(applied: SqlStore, sealer: Sealer) -> None:
    """Whether a consumer is suspended, and what else was set by other means; what it says is changed and told."""
    consumers.suspend(act_on(applied), "acme")
    consumers.update(act_on(applied), "acme", labels={"a": "b"}, quota_month=5)
    update(act_on(applied), "k1", scopes=["read"], networks=["::1"])
    assert planned(applied, sealer, prune=True) == ()
    changed = FILE.replace('name = "acme"', 'name = "acme"\nquota_month = 6\nlabels = {}') + 'scopes = ["write"]\n'
    changes = planned(applied, sealer, changed)
    assert [str(change) for change in changes] == [
        "update consumer acme: labels: a=b -> none, quota_month: 5 -> 6",
        "update access key k1: scopes: read -> write",
    ]
    carry_out(act_on(applied), changes)
    assert applied.get_consumer("acme").status is ConsumerStatus.SUSPENDED
    assert applied.get_access_key("k1").networks == ("::1/128",)


def test_consumers_in_a_circle(store: SqlStore, sealer: Sealer) -> None:
    """In the file, or of the file and the store together."""
    circle = FAMILY.replace('email = "top@example.com"', 'parent = "below"')
    with pytest.raises(ConfigurationError, match="below itself"):
        planned(store, sealer, circle)
    carry_out(act_on(store), planned(store, sealer, FAMILY))
    with pytest.raises(ConfigurationError, match="below itself"):
        planned(store, sealer, '[[consumers]]\nname = "below"\n\n[[consumers]]\nname = "top"\nparent = "below"\n')


def test_creation_time_kept(applied: SqlStore, sealer: Sealer) -> None:
    """An update does not make the key younger."""
    later = plan(declared(FILE.replace("hunter2", "other")), applied, sealer, now_ms=NOW_MS + 5)
    carry_out(act_on(applied), later)
    assert applied.get_access_key("k1").created_at_ms == NOW_MS


def test_entries_taken_out(applied: SqlStore, sealer: Sealer) -> None:
    """Without pruning, what is not in the file stays."""
    assert planned(applied, sealer, "") == ()


def test_pruned(applied: SqlStore, sealer: Sealer) -> None:
    """APIs go, keys are revoked and never deleted, and a consumer stays for the keys it holds."""
    applied.put_consumer(Consumer("idle"))
    changes = planned(applied, sealer, "", prune=True)
    assert [(change.action, change.kind, change.name) for change in changes] == [
        (Action.REVOKE, Kind.ACCESS_KEY, "k1"),
        (Action.DELETE, Kind.API, "bank"),
        (Action.DELETE, Kind.API, "shop"),
        (Action.DELETE, Kind.CONSUMER, "idle"),
    ]
    carry_out(act_on(applied), changes)
    assert applied.get_access_key("k1").status is KeyStatus.REVOKED
    assert (applied.list_apis(), applied.list_consumers()) == ([], [Consumer("acme")])
    assert planned(applied, sealer, "", prune=True) == ()


def test_sub_keys_are_not_pruned(applied: SqlStore, sealer: Sealer) -> None:
    """They are their distributor's, who is in the file; so is whoever holds them."""
    applied.put_consumer(Consumer("acme.a", parent="acme"))
    applied.add_access_key(AccessKey("sub", b"", "acme.a", ("shop",), issuer="acme", issuer_key="k1"))
    assert planned(applied, sealer, FILE, prune=True) == ()


def test_key_handed_over_and_its_consumer_pruned(applied: SqlStore, sealer: Sealer) -> None:
    """A consumer goes once its key is another's."""
    changed = FILE.replace("acme", "zeta")
    carry_out(act_on(applied), planned(applied, sealer, changed, prune=True))
    assert applied.list_consumers() == [Consumer("zeta")]
    assert applied.get_access_key("k1").consumer == "zeta"


def test_revoked_key_in_the_file(applied: SqlStore, sealer: Sealer) -> None:
    """A file cannot bring a revoked key back, and says so instead of passing over it."""
    revoke(act_on(applied), "k1")
    with pytest.raises(ConfigurationError, match="final") as caught:
        planned(applied, sealer)
    assert caught.value.place == "keys.toml: [[access_keys]] 1 (k1)"


def test_route_of_an_api_that_stays(applied: SqlStore, sealer: Sealer) -> None:
    """Two APIs on one route are refused also when only the store knows the other; pruning makes room."""
    text = '[[apis]]\nname = "new"\nschemes = ["bbx"]'
    with pytest.raises(ConfigurationError, match="share host"):
        planned(applied, sealer, text)
    carry_out(act_on(applied), planned(applied, sealer, text, prune=True))
    assert [api.name for api in applied.list_apis()] == ["new"]


def test_key_revoked_after_the_plan(applied: SqlStore, sealer: Sealer) -> None:
    """A plan made before a key was revoked cannot bring it back; nothing of the plan is done."""
    changed = FILE.replace("hunter2", "other").replace('"/bank"', '"/money"')
    changes = planned(applied, sealer, changed)
    revoked = revoke(act_on(applied), "k1")
    with pytest.raises(KeyStateError, match="plan again"):
        carry_out(act_on(applied), changes)
    assert applied.get_access_key("k1") == revoked
    assert "/money" not in [api.path_prefix for api in applied.list_apis()]


def test_thing_made_after_the_plan(store: SqlStore, sealer: Sealer) -> None:
    """What another made meanwhile is not overwritten."""
    changes = planned(store, sealer)
    made = Api("shop", "other.example", "/", (SchemeChoice("bbx"),))
    store.put_api(made)
    with pytest.raises(KeyStateError, match="API shop was changed"):
        carry_out(act_on(store), changes)
    assert (store.list_apis(), store.list_consumers()) == ([made], [])


def test_carrying_out_fails_half_way(applied: SqlStore, sealer: Sealer, monkeypatch: pytest.MonkeyPatch) -> None:
    """All changes are made, or none."""
    changes = planned(applied, sealer, "", prune=True)
    before = applied.get_access_key("k1"), applied.list_apis(), applied.epoch()

    def fail(_name: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(applied, "delete_api", fail)
    with pytest.raises(ZeroDivisionError):
        carry_out(act_on(applied), changes)
    assert (applied.get_access_key("k1"), applied.list_apis(), applied.epoch()) == before
