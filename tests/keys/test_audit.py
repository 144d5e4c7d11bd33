"""The audit's chain: appended with the act or not at all, and every tampering with it is found and named."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from sealstamp.errors import StaleVersionError
from sealstamp.keys.acts.act import Act
from sealstamp.keys.audit import AuditEntry, AuditHead, AuditQuery, append, entries, hash_of, verify
from sealstamp.keys.sealing import Sealer
from sealstamp.stores.sql import SqlStore, open_store

LAST = 5


@pytest.fixture
def act(store: SqlStore, sealer: Sealer) -> Act:
    return Act(store, sealer, "alice", "req-1", 1_000, secrets.choice)


@pytest.fixture
def chain(store: SqlStore, act: Act) -> SqlStore:
    """A store with LAST entries."""
    for number in range(1, LAST + 1):
        replace(act, now_ms=number * 1_000).record("consumer.create", f"c{number}", None, {"name": f"é{number}"})
    return store


def spoil(store: SqlStore, *statements: str) -> None:
    with store._writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_entry_kept(store: SqlStore, act: Act) -> None:
    """Every field comes back; the first entry follows nothing."""
    made = act.record("consumer.update", "acme", {"email": None}, {"email": "a@example.com", "labels": {"a": "é"}})
    assert list(entries(store)) == [made]
    assert (made.number, made.at_ms, made.actor, made.request_id, made.previous) == (
        1,
        1_000,
        "alice",
        "req-1",
        "0" * 64,
    )
    assert made.hash == hash_of(made)
    assert store.find_audit_head() == AuditHead(1, made.hash)


def test_hash_is_the_one_that_is_described() -> None:
    """Who has only the page about it computes the same: a fixed entry has a fixed hash."""
    entry = AuditEntry(1, 5, "alice", "api.create", "shop", None, None, {"name": "shöp"}, "0" * 64)
    assert hash_of(entry) == "f01296e90d22ef67ded932c3d4cc46bd7939ecbc06d33ab7e7077f8ce0c8a6fd"


def test_whole(chain: SqlStore) -> None:
    """Nothing is wrong with a chain that nobody touched, nor with an empty one."""
    head = chain.find_audit_head()
    verdict = verify(chain)
    assert (verdict.sound, verdict.hash, verdict.broken, verdict.problem) == (LAST, head.hash, None, "")
    assert verify(chain, head) == verify(chain, AuditHead(2, list(entries(chain))[1].hash)) == verdict


def test_empty(store: SqlStore) -> None:
    verdict = verify(store)
    assert (verdict.sound, verdict.hash, verdict.broken) == (0, "0" * 64, None)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("statement", "broken", "problem"),
    [
        ("UPDATE audit_entries SET actor = 'bob' WHERE number = 3", 3, "changed"),
        ('UPDATE audit_entries SET after = \'{"name": "other"}\' WHERE number = 1', 1, "changed"),
        ("UPDATE audit_entries SET after = 'no json' WHERE number = 1", 1, "changed"),
        ("UPDATE audit_entries SET before = '[]' WHERE number = 2", 2, "changed"),
        ("UPDATE audit_entries SET request_id = NULL WHERE number = 5", 5, "changed"),
        ("UPDATE audit_entries SET at_ms = 1001 WHERE number = 4", 4, "changed"),
        ("UPDATE audit_entries SET hash = 'x' WHERE number = 4", 4, "changed"),
        ("UPDATE audit_entries SET previous = 'x' WHERE number = 4", 4, "follow"),
        ("DELETE FROM audit_entries WHERE number = 1", 1, "missing; the next is 2"),
        ("DELETE FROM audit_entries WHERE number = 3", 3, "missing; the next is 4"),
        ("DELETE FROM audit_entries WHERE number = 5", 5, "missing, and all after it, up to 5"),
        ("DELETE FROM audit_entries WHERE number > 2", 3, "missing, and all after it, up to 5"),
        ("DELETE FROM audit_entries", 1, "missing, and all after it, up to 5"),
        ("UPDATE audit_heads SET number = 4", 5, "head"),
        ("UPDATE audit_heads SET hash = 'x'", 5, "head"),
    ],
)
def test_tampered(chain: SqlStore, statement: str, broken: int, problem: str) -> None:
    """The first entry that is not as it was written is named."""
    spoil(chain, statement)
    verdict = verify(chain)
    assert verdict.broken == broken
    assert problem in verdict.problem


def test_removed_and_the_rest_counted_anew(chain: SqlStore) -> None:
    """To close the gap is not enough: each entry says which it follows, and which number it has."""
    spoil(
        chain,
        "DELETE FROM audit_entries WHERE number = 3",
        "UPDATE audit_entries SET number = 3 WHERE number = 4",
        "UPDATE audit_entries SET number = 4 WHERE number = 5",
        "UPDATE audit_heads SET number = 4",
    )
    assert verify(chain).broken == 3


def test_reordered(chain: SqlStore) -> None:
    """Two entries that changed places are found at the first of the two."""
    spoil(
        chain,
        "UPDATE audit_entries SET number = 99 WHERE number = 2",
        "UPDATE audit_entries SET number = 2 WHERE number = 3",
        "UPDATE audit_entries SET number = 3 WHERE number = 99",
    )
    assert verify(chain).broken == 2


def test_put_in_at_the_end(chain: SqlStore, act: Act) -> None:
    """An entry that the head does not know was not appended by an act, however well it is made."""
    head = chain.find_audit_head()
    act.record("consumer.create", "c6", None, None)
    spoil(chain, f"UPDATE audit_heads SET number = {head.number}, hash = '{head.hash}'")
    verdict = verify(chain)
    assert (verdict.broken, verdict.problem) == (6, "the head says otherwise than the entries")


def cut_with_the_head(store: SqlStore) -> None:
    last = list(entries(store))[2]
    spoil(
        store,
        "DELETE FROM audit_entries WHERE number > 3",
        f"UPDATE audit_heads SET number = {last.number}, hash = '{last.hash}'",
    )


def test_tail_cut_off_with_the_head(chain: SqlStore) -> None:
    """Who can write everything can cut the tail off; an end that was written down elsewhere tells."""
    known = chain.find_audit_head()
    cut_with_the_head(chain)
    assert verify(chain).broken is None
    verdict = verify(chain, known)
    assert (verdict.broken, verdict.problem) == (4, "it is missing, and all after it, up to 5, which was written down")


def test_tail_made_anew(chain: SqlStore, act: Act) -> None:
    """Nor can another end be put in its place."""
    known = chain.find_audit_head()
    cut_with_the_head(chain)
    for _ in range(3):
        act.record("consumer.create", "forged", None, None)
    assert verify(chain).broken is None
    verdict = verify(chain, known)
    assert (verdict.broken, verdict.problem) == (5, "it is not the one that was written down")


def test_undone_with_its_act(store: SqlStore, act: Act) -> None:
    """An act that fails leaves no entry, and no gap."""
    with pytest.raises(ZeroDivisionError), store.transaction():
        act.record("consumer.create", "acme", None, {})
        raise ZeroDivisionError
    act.record("consumer.create", "acme", None, {})
    assert [entry.number for entry in entries(store)] == [1]
    assert verify(store).broken is None


def test_appended_is_no_change_of_keys(store: SqlStore, act: Act) -> None:
    """No process reloads its keys for an entry alone."""
    before = store.epoch()
    act.record("consumer.create", "acme", None, {})
    assert store.epoch() == before


def test_many_append_at_once(store: SqlStore, url: str) -> None:
    """However many act at once, there is one chain."""
    patient = open_store(url)

    def one(number: int) -> None:
        facts = {"at_ms": number, "actor": "a", "act": "x.y", "subject": "s", "request_id": None}
        append(patient, **facts, before=None, after=None)  # type: ignore[arg-type]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(one, range(40)))
    assert verify(patient).sound == 40
    patient.close()


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (AuditQuery(), [1, 2, 3, 4, 5]),
        (AuditQuery(newest_first=True), [5, 4, 3, 2, 1]),
        (AuditQuery(subject="c2"), [2]),
        (AuditQuery(actor="alice", act="consumer", request_id="req-1"), [1, 2, 3, 4, 5]),
        (AuditQuery(act="consumer.create", since_ms=2_000, until_ms=4_000), [2, 3]),
        (AuditQuery(act="consumer.c"), []),
        (AuditQuery(act="%"), []),
        (AuditQuery(actor="bob"), []),
        (AuditQuery(above=1, below=4), [2, 3]),
    ],
)
@pytest.mark.parametrize("limit", [2, 1_000])
def test_sought(chain: SqlStore, query: AuditQuery, numbers: list[int], limit: int) -> None:
    """By who, what, when and in which order; the pages make no difference."""
    assert [entry.number for entry in entries(chain, replace(query, limit=limit))] == numbers


def test_version_that_is_not_the_one_expected(act: Act) -> None:
    """Who changes what somebody else has changed since is told, and who expects nothing is not."""
    act.check_version("acme", 3)
    replace(act, expected_version=3).check_version("acme", 3)
    with pytest.raises(StaleVersionError, match="version 3, not 2"):
        replace(act, expected_version=2).check_version("acme", 3)
