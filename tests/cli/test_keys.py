"""``sealstamp keys`` and ``sealstamp apis``: the life of a key, from the outside."""

from __future__ import annotations

import re

import pytest

from sealstamp.cli.local import opened
from sealstamp.keys.usage import LastUse
from sealstamp.server.settings import load_settings
from tests.cli.command import BBX_ID, BBX_SECRET, KEY_FACTS
from tests.cli.conftest import Provider

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
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", document["created"])
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


PROPERTIES = (
    *("--name", "the till", "--scope", "write", "--scope", "read", "--network", "192.0.2.0/24"),
    *(
        "--rate-limit",
        "100/minute",
        "--quota-day",
        "10",
        "--quota-month",
        "100",
        "--label",
        "team=till",
        "--label",
        "a=",
    ),
    *("--label", "a=", "--expires", "2100-01-31T12:00:00Z"),
)
KEPT = {
    "name": "the till",
    "scopes": ["read", "write"],
    "networks": ["192.0.2.0/24"],
    "rate_limit": "100/minute",
    "quota_day": 10,
    "quota_month": 100,
    "labels": {"a": "", "team": "till"},
    "expires": "2100-01-31T12:00:00Z",
}


def facts(provider: Provider, key: str) -> dict[str, object]:
    document: dict[str, object] = provider("keys", "show", key, "--json").json
    return document


def test_properties(provider: Provider) -> None:
    """Given when a key is issued or imported, changed one by one, and taken away."""
    key = issued(provider, *PROPERTIES)["access_key_id"]
    provider("keys", "import", "--access-key-id", "mine", "--secret", "s", *OWNER, *PROPERTIES)
    assert all(facts(provider, one).items() >= KEPT.items() for one in (key, "mine"))
    assert provider("keys", "update", key, "--label", "b=1", "--api", "lab").out == f"{key} is version 2\n"
    assert facts(provider, key).items() >= {**KEPT, "labels": {"b": "1"}, "apis": ["lab"]}.items()
    words = ("name", "scope", "network", "rate-limit", "quota-day", "quota-month", "label", "expires")
    bare = provider("keys", "update", key, "--json", *(word for name in words for word in ("--clear", name))).json
    empty = {"scopes": [], "networks": [], "labels": {}}
    assert bare.items() >= {**dict.fromkeys(KEPT), **empty, "apis": ["lab"], "version": 3}.items()


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("--name", ""), "--name"),
        (("--scope", "a b"), "--scope"),
        (("--network", "192.0.2.1/24"), "--network"),
        (("--rate-limit", "many"), "--rate-limit"),
        (("--quota-day", "-1"), "--quota-day"),
        (("--quota-month", "²"), "--quota-month"),
        (("--quota-month", "9" * 16), "--quota-month"),
        (("--label", "a"), "--label"),
        (("--label", "a=\n"), "--label"),
        (("--expires", "soon"), "--expires"),
        (("--name", "a", "--clear", "name"), "--clear"),
        (("--clear", "consumer"), "--clear"),
    ],
)
def test_property_that_cannot_be(provider: Provider, words: tuple[str, ...], option: str) -> None:
    """The option is named, and the key stays as it is."""
    key = issued(provider)["access_key_id"]
    ran = provider("keys", "update", key, *words)
    assert (ran.code, ran.out) == (2, "")
    assert option in ran.problem
    assert facts(provider, key)["version"] == 1


def test_rotate(provider: Provider) -> None:
    """A new pair is shown once; the old one tells when it ends and what replaced it."""
    key = issued(provider, "--name", "till")["access_key_id"]
    new = provider("keys", "rotate", key, "--grace", "0", "--json").json
    assert set(new) == KEY_FACTS | {"secret", "old"}
    assert (new["name"], new["replaces"], new["old"]["replaced_by"]) == ("till", key, new["access_key_id"])
    assert new["old"]["expires"] is not None
    again = provider("keys", "rotate", key)
    assert (again.code, again.out) == (1, "")
    assert "has ended" in again.problem
    ran = provider("keys", "rotate", new["access_key_id"], "--scheme", "stardust", "--expires", "2100-01-31T12:00:00Z")
    assert re.fullmatch(r"access key id  \S+\nsecret         \S+\n", ran.out)
    told = r"the secret is shown this once: keep it now\n\w{32} ends \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n"
    assert re.fullmatch(told, ran.err)
    assert "24h" in provider.run("keys", "rotate", "--help").out


def test_rotate_to_a_pair_of_the_holders_own(provider: Provider) -> None:
    """Its secret is not repeated."""
    key = issued(provider)["access_key_id"]
    ran = provider("keys", "rotate", key, "--access-key-id", "mine", "--secret", "topsecret", "--json")
    assert (ran.code, set(ran.json), ran.json["access_key_id"]) == (0, KEY_FACTS | {"old"}, "mine")
    assert "topsecret" not in ran.out
    assert provider("keys", "rotate", "mine", "--access-key-id", "next", "--secret", "s").out == "access key id  next\n"


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (("--grace", "a while"), "--grace"),
        (("--access-key-id", "a b", "--secret", "s"), "--access-key-id"),
        (("--scheme", "nothing"), "nothing"),
        (("--expires", "later"), "--expires"),
    ],
)
def test_rotate_as_it_cannot_be(provider: Provider, words: tuple[str, ...], word: str) -> None:
    key = issued(provider)["access_key_id"]
    ran = provider("keys", "rotate", key, *words)
    assert (ran.code, ran.out) == (2, "")
    assert word in ran.problem
    assert facts(provider, key)["version"] == 1


@pytest.mark.parametrize(
    ("when", "pattern"),
    [
        ("never", "None"),
        ("2100-01-31T12:00:00Z", "2100-01-31T12:00:00Z"),
        ("7d", r"20\d\d-\d\d-\d\dT.*"),
        ("now", r"20\d\d-\d\d-\d\dT.*"),
    ],
)
def test_expire(provider: Provider, when: str, pattern: str) -> None:
    """At a time, after a while, now or never."""
    key = issued(provider, "--expires", "2099-01-01T00:00:00Z")["access_key_id"]
    ran = provider("keys", "expire", key, when, "--json")
    assert ran.code == 0
    assert re.fullmatch(pattern, str(ran.json["expires"]))
    assert provider("keys", "expire", key, "2100-01-01T00:00:00Z").out == f"{key} ends 2100-01-01T00:00:00Z\n"
    wrong = provider("keys", "expire", key, "tomorrow")
    assert (wrong.code, "when it ends" in wrong.problem) == (2, True)


def test_delete(provider: Provider) -> None:
    """Only what was revoked, and then nothing is left of it but the audit."""
    key = issued(provider)["access_key_id"]
    refused = provider("keys", "delete", key)
    assert (refused.code, refused.out) == (1, "")
    assert "is active" in refused.problem
    provider("keys", "revoke", key)
    assert provider("keys", "delete", key).out == f"{key} is deleted\n"
    assert statuses(provider) == {}
    acts = [entry["act"] for entry in provider("audit", "list", "--subject", key, "--json").json]
    assert acts == ["access_key.delete", "access_key.revoke", "access_key.issue"]


def test_show(provider: Provider) -> None:
    """Everything but the secret; of a rotated pair, which is used still."""
    key = issued(provider, "--name", "till")["access_key_id"]
    new = provider("keys", "rotate", key, "--json").json["access_key_id"]
    with opened(load_settings(provider.config)) as (store, _):
        store.add_usage([], [LastUse(key, 1_800_000_000_000, "shop", "192.0.2.7"), LastUse(new, 5_000, "lab", None)])
    document = facts(provider, new)
    assert set(document) == KEY_FACTS | {"last_use", "rotation"}
    assert document["last_use"] == {"at": "1970-01-01T00:00:05Z", "api": "lab", "address": None}
    (old,) = document["rotation"]  # type: ignore[misc]
    assert (old["access_key_id"], old["status"]) == (key, "active")
    assert old["last_use"] == {"at": "2027-01-15T08:00:00Z", "api": "shop", "address": "192.0.2.7"}
    ran = provider("keys", "show", key)
    assert "name           till\n" in ran.out
    assert ran.out.endswith("last use       2027-01-15T08:00:00Z at shop from 192.0.2.7\n")
    assert ran.err == f"replaced by {new}: active, ends never, last use 1970-01-01T00:00:05Z at lab\n"


@pytest.mark.parametrize("act", ["enable", "disable", "revoke", "delete", "show", "update", "rotate", "expire"])
def test_key_that_is_not_there(provider: Provider, act: str) -> None:
    """An id that nothing has is 2."""
    ran = provider("keys", act, "nobody", *(["never"] if act == "expire" else []))
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
