"""``sealstamp audit``: what was done, and whether that is the whole of it."""

from __future__ import annotations

import getpass
import hashlib
import json
import sqlite3

import pytest

from tests.cli.conftest import Provider

APPLIED = ["consumer.create acme", "api.create shop", "api.create lab"]
"""What the provider's file made."""


def spoil(provider: Provider, statement: str) -> None:
    connection = sqlite3.connect(provider.folder / "keys.db")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_list(provider: Provider) -> None:
    """Newest first, with who did it; narrowed down by what is asked for."""
    provider("consumers", "create", "till")

    def listed(*words: str) -> list[str]:
        return [f"{one['act']} {one['subject']}" for one in provider("audit", "list", *words, "--json").json]

    assert listed() == ["consumer.create till", *APPLIED[::-1]]
    assert listed("--act", "api", "--limit", "1") == ["api.create lab"]
    assert listed("--act", "consumer.create", "--subject", "acme") == ["consumer.create acme"]
    assert listed("--until", "2000-01-01T00:00:00Z") == listed("--actor", "nobody") == listed("--request-id", "x") == []
    assert len(listed("--since", "2000-01-01T00:00:00Z")) == 4
    head, newest, *_ = provider("audit", "list").out.splitlines()
    assert head.split() == ["NUMBER", "TIME", "ACTOR", "ACT", "SUBJECT"]
    assert [*newest.split()[:1], *newest.split()[2:]] == ["4", f"local:{getpass.getuser()}", "consumer.create", "till"]


def test_export_can_be_verified_by_anyone(provider: Provider) -> None:
    """Each line's hash is the SHA-256 of the rest of it, in order and without spaces; it covers the line before."""
    provider("keys", "issue", "--consumer", "acme", "--api", "shop", "--name", "Käse")
    lines = provider("audit", "export").out.splitlines()
    previous = "0" * 64
    for number, line in enumerate(lines, start=1):
        entry = json.loads(line)
        claimed = entry.pop("hash")
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(text.encode()).hexdigest() == claimed
        assert (entry["number"], entry["previous"]) == (number, previous)
        previous = claimed
    assert len(lines) == len(APPLIED) + 1
    assert provider("audit", "export", "--above", "3", "--act", "access_key", "--json").out.splitlines() == lines[3:]


def test_verify(provider: Provider) -> None:
    """Whole: 0, and where it ends; that can be asked for again later."""
    ran = provider("audit", "verify", "--json")
    assert (ran.code, ran.json["whole"], ran.json["entries"], ran.json["broken"]) == (0, True, 3, None)
    head = ran.json["head"]
    assert provider("audit", "verify").out == f"whole: 3 entries, up to {head}\n"
    provider("consumers", "create", "till")
    assert provider("audit", "verify", "--expect", head).code == 0
    later = provider("audit", "verify", "--json").json["head"]
    spoil(provider, "DELETE FROM audit_entries WHERE number = 4")
    spoil(provider, f"UPDATE audit_heads SET number = 3, hash = '{head.partition(':')[2]}'")
    assert provider("audit", "verify").code == 0
    assert provider("audit", "verify", "--expect", later).code == 1


@pytest.mark.parametrize(
    ("statement", "entry", "problem"),
    [
        ("UPDATE audit_entries SET actor = 'nobody' WHERE number = 2", 2, "it was changed"),
        ("DELETE FROM audit_entries WHERE number = 2", 2, "it is missing; the next is 3"),
        ("DELETE FROM audit_entries WHERE number > 1", 2, "it is missing, and all after it, up to 3"),
    ],
)
def test_broken(provider: Provider, statement: str, entry: int, problem: str) -> None:
    """1, and the first entry that is not as it was written."""
    spoil(provider, statement)
    ran = provider("audit", "verify")
    assert (ran.code, ran.out) == (1, f"broken at entry {entry}: {problem}\n")
    again = provider("audit", "verify", "--json")
    assert (again.code, again.json["whole"], again.json["broken"]) == (1, False, entry)


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("verify", "--expect", "3"), "--expect"),
        (("verify", "--expect", "3:abc"), "--expect"),
        (("list", "--since", "yesterday"), "--since"),
        (("list", "--limit", "all"), "--limit"),
        (("export", "--above", "-1"), "--above"),
        (("export", "--until", "2027"), "--until"),
    ],
)
def test_what_cannot_be(provider: Provider, words: tuple[str, ...], option: str) -> None:
    ran = provider("audit", *words)
    assert (ran.code, ran.out) == (2, "")
    assert option in ran.problem
