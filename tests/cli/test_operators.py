"""``sealstamp operators``: who may call the management API, from the outside."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Provider


def test_life_of_an_operator(provider: Provider) -> None:
    """Made with a pair whose secret is in this one answer, listed without it, revoked, and in the audit."""
    made = provider("operators", "create", "alice", "--role", "admin", "--json").json
    assert re.fullmatch("[0-9a-z]{20}", made["access_key_id"])
    assert all(made["secret"].encode() not in file.read_bytes() for file in provider.folder.iterdir())
    assert provider("operators", "create", "bob", "--role", "viewer", "--expires", "2100-01-01T00:00:00Z").code == 0
    listed = provider("operators", "list", "--json").json
    assert [(one["name"], one["role"], one["status"]) for one in listed] == [
        ("alice", "admin", "active"),
        ("bob", "viewer", "active"),
    ]
    assert "secret" not in listed[0]
    assert provider("operators", "revoke", "bob").out == "bob is revoked\n"
    assert provider("operators", "revoke", "bob").code == 0  # already as it is to be
    assert re.search(r"bob +viewer +\w+ +revoked +2100", provider("operators", "list").out)


def test_pair_for_people(provider: Provider) -> None:
    """Id and secret on standard output, the advice beside it."""
    ran = provider("operators", "create", "alice", "--role", "admin")
    assert re.fullmatch(r"access key id  \w{20}\nsecret         \w{40}\n", ran.out)
    assert ran.err == "the secret is shown this once: keep it now\n"


@pytest.mark.parametrize(
    ("words", "code", "problem"),
    [
        (("create", "alice", "--role", "viewer"), 1, "there is, or was, an operator 'alice'"),
        (("create", "b b", "--role", "viewer"), 2, "cannot be a name"),
        (("create", "bob", "--role", "king"), 2, "--role"),
        (("create", "bob", "--role", "viewer", "--expires", "soon"), 2, "--expires"),
        (("revoke", "nobody"), 2, "there is no operator 'nobody'"),
        (("revoke", "alice"), 1, "the last admin"),
    ],
)
def test_acts_that_cannot_be(provider: Provider, words: tuple[str, ...], code: int, problem: str) -> None:
    """Each says what is wrong, and changes nothing."""
    provider("operators", "create", "alice", "--role", "admin")
    ran = provider("operators", *words)
    assert ran.code == code
    assert problem in ran.err
    assert [one["name"] for one in provider("operators", "list", "--json").json] == ["alice"]
