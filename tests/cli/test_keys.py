"""``sealstamp keys`` and ``sealstamp apis``: the life of a key, from the outside."""

from __future__ import annotations

import re

import pytest

from tests.cli.command import BBX_ID, BBX_SECRET
from tests.cli.conftest import Provider

KEY_FACTS = {"access_key_id", "consumer", "apis", "status", "material", "created", "expires"}
OWNER = ("--consumer", "acme", "--api", "shop")


def issued(provider: Provider, *more: str) -> dict[str, str]:
    ran = provider("keys", "issue", *OWNER, "--json", *more)
    assert (ran.code, ran.err) == (0, "")
    document: dict[str, str] = ran.json
    return document


def statuses(provider: Provider) -> dict[str, str]:
    return {key["access_key_id"]: key["status"] for key in provider("keys", "list", "--json").json}


def test_issue(provider: Provider) -> None:
    """A new pair has the form of the API's scheme, and the secret is in this one answer only."""
    document = issued(provider)
    assert set(document) == KEY_FACTS | {"secret"}
    assert re.fullmatch("[0-9a-f]{32}", document["access_key_id"])
    assert re.fullmatch("[0-9a-f]{32}", document["secret"])
    assert (document["consumer"], document["apis"], document["status"]) == ("acme", ["shop"], "active")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["created"])
    assert document["expires"] is None
    assert document["secret"] not in provider("keys", "list", "--json").out + provider("keys", "list").out
    assert all(document["secret"].encode() not in file.read_bytes() for file in provider.folder.iterdir())


def test_issue_for_people(provider: Provider) -> None:
    """Id and secret on standard output, the advice beside it."""
    ran = provider("keys", "issue", *OWNER)
    assert re.fullmatch(r"access key id  \w{32}\nsecret         \w{32}\n", ran.out)
    assert ran.err == "the secret is shown this once: keep it now\n"


def test_issue_in_another_form_for_several_apis_with_an_end(provider: Provider) -> None:
    """The options do what they say; a new consumer is made."""
    words = ("--consumer", "new", "--api", "shop", "--api", "lab", "--scheme", "stardust")
    document = provider("keys", "issue", *words, "--expires", "2100-01-31T12:00:00+01:00", "--json").json
    assert (document["consumer"], document["apis"]) == ("new", ["lab", "shop"])
    assert document["expires"] == "2100-01-31T11:00:00Z"


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("--consumer", "a\nX-Admin: 1", "--api", "shop"), "--consumer"),
        (("--consumer", "", "--api", "shop"), "--consumer"),
        (("--consumer", "acme", "--api", "nope"), "nope"),
        (("--consumer", "acme", "--api", "shop", "--api", "nope"), "nope"),
        (("--consumer", "acme"), "--api"),
        ((*OWNER, "--scheme", "nope"), "nope"),
        ((*OWNER, "--expires", "tomorrow"), "--expires"),
        ((*OWNER, "--expires", "2027-01-31T12:00:00"), "--expires"),
        ((*OWNER, "--expires", "1969-01-31T12:00:00Z"), "1970"),
    ],
)
def test_issue_of_what_cannot_be(provider: Provider, words: tuple[str, ...], word: str) -> None:
    """A name that cannot be, an API that is not there, a time without a zone: 2, and nothing is kept."""
    ran = provider("keys", "issue", *words)
    assert (ran.code, ran.out) == (2, "")
    assert word in ran.problem
    assert statuses(provider) == {}


def test_import(provider: Provider) -> None:
    """A pair that exists is kept; its secret is not repeated."""
    words = ("--access-key-id", BBX_ID, "--secret", BBX_SECRET, *OWNER)
    ran = provider("keys", "import", *words, "--json")
    assert (ran.code, set(ran.json), ran.json["access_key_id"]) == (0, KEY_FACTS, BBX_ID)
    again = provider("keys", "import", *words)
    assert (again.code, again.out) == (1, "")
    assert "is taken" in again.problem
    assert BBX_SECRET not in ran.out + ran.err + again.err


def test_import_from_a_file_or_a_variable(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """The secret need not stand on the command line."""
    assert provider("keys", "import", "--access-key-id", "a", "--secret-file", "-", *OWNER, stdin=b"s\n").code == 0
    monkeypatch.setenv("SEALSTAMP_SECRET", "s")
    assert provider("keys", "import", "--access-key-id", "b", *OWNER).out == "b imported\n"


@pytest.mark.parametrize(
    "words",
    [
        ("--secret", "topsecret"),
        ("--access-key-id", "a b", "--secret", "topsecret"),
        ("--access-key-id", "a", "--secret", ""),
        ("--access-key-id", "a"),
        ("--access-key-id", "a", "--secret", "topsecret", "--secret-file", "x"),
        ("--access-key-id", "a", "--secret", "topsecret", "--expires", "never"),
    ],
)
def test_import_of_what_cannot_be(provider: Provider, words: tuple[str, ...]) -> None:
    """Half a pair is 2."""
    ran = provider("keys", "import", *words, *OWNER)
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem
    assert "topsecret" not in ran.err


def test_life(provider: Provider) -> None:
    """Disable, enable, revoke; what is done twice changes nothing; revoked is final."""
    key = issued(provider)["access_key_id"]
    for act, status in (("disable", "disabled"), ("disable", "disabled"), ("enable", "active"), ("revoke", "revoked")):
        ran = provider("keys", act, key, "--json")
        assert (ran.code, set(ran.json), ran.json["status"]) == (0, KEY_FACTS, status)
        assert statuses(provider) == {key: status}
    assert provider("keys", "revoke", key).out == f"{key} is revoked\n"
    for act in ("enable", "disable"):
        ran = provider("keys", act, key)
        assert (ran.code, ran.out) == (1, "")
        assert "revoked, which is final" in ran.problem
    assert statuses(provider) == {key: "revoked"}


@pytest.mark.parametrize("act", ["enable", "disable", "revoke"])
def test_key_that_is_not_there(provider: Provider, act: str) -> None:
    """An id that nothing has is 2."""
    ran = provider("keys", act, "nobody")
    assert (ran.code, ran.out) == (2, "")
    assert "nobody" in ran.problem


def test_list_filters(provider: Provider) -> None:
    """``--api`` and ``--consumer`` narrow the list."""
    mine = issued(provider)["access_key_id"]
    provider("keys", "issue", "--consumer", "other", "--api", "lab")
    assert len(provider("keys", "list", "--json").json) == 2
    for words in (("--api", "shop"), ("--consumer", "acme"), ("--api", "shop", "--consumer", "acme")):
        assert [key["access_key_id"] for key in provider("keys", "list", *words, "--json").json] == [mine]
    assert provider("keys", "list", "--api", "shop", "--consumer", "other", "--json").json == []
    head, line = provider("keys", "list", "--api", "shop").out.splitlines()
    assert head.split() == ["ACCESS", "KEY", "ID", "CONSUMER", "APIS", "STATUS", "EXPIRES"]
    assert line.split() == [mine, "acme", "shop", "active"]


def test_apis(provider: Provider) -> None:
    """Every API with its schemes and where it leads."""
    assert [api["name"] for api in provider("apis", "list", "--json").json] == ["lab", "shop"]
    rows = [line.split() for line in provider("apis", "list").out.splitlines()]
    assert rows[2] == ["shop", "*", "/shop", "bbx", "enforce", "http://127.0.0.1:9"]
    shop = provider("apis", "list", "--json").json[1]
    assert shop["schemes"] == [{"name": "bbx", "parameters": {}}]
    assert (shop["replay"], shop["response_profile"]) == (None, None)
