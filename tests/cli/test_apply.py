"""``sealstamp apply``: the store becomes what the file says, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealstamp.stores.sql import is_store
from tests.cli.conftest import MANIFEST, Provider, Run

KEY = """
[[access_keys]]
id = "key-1"
secret = "topsecret"
consumer = "acme"
apis = ["shop"]
"""


def apply(provider: Provider, text: str, *words: str) -> list[dict[str, object]]:
    provider.manifest.write_text(text)
    ran = provider("apply", "-f", str(provider.manifest), "--json", *words)
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.json) == {"dry_run", "changes"}
    assert ran.json["dry_run"] is ("--dry-run" in words)
    changes: list[dict[str, object]] = ran.json["changes"]
    assert all(set(change) == {"action", "kind", "name", "fields"} for change in changes)
    assert "topsecret" not in ran.out
    return changes


def told(changes: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(change["action"], change["kind"], change["name"]) for change in changes]


def test_second_time_changes_nothing(provider: Provider) -> None:
    """Applying is idempotent, for keys too."""
    assert told(apply(provider, MANIFEST + KEY)) == [("create", "access key", "key-1")]
    assert apply(provider, MANIFEST + KEY) == []
    assert provider("apply", "--file", str(provider.manifest)).out == "nothing to change\n"


def test_dry_run_tells_and_does_not(provider: Provider) -> None:
    """``--dry-run`` names what would change, and leaves it."""
    assert told(apply(provider, MANIFEST + KEY, "--dry-run")) == [("create", "access key", "key-1")]
    assert provider("keys", "list", "--json").json == []
    ran = provider("apply", "-f", str(provider.manifest), "--dry-run")
    assert ran.out == "create access key key-1\n"
    assert ran.err == "nothing was changed: this was a dry run\n"


@pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
def test_dry_run_makes_nothing(run: Run, tmp_path: Path, empty_url: str) -> None:
    """On a machine without a store and a sealing key there is neither afterwards."""
    config, manifest = tmp_path / "settings.toml", tmp_path / "apis.toml"
    config.write_text(f'store = "{empty_url}"\nsealing_key_file = "{tmp_path}/sealing.key"\n')
    manifest.write_text(MANIFEST + KEY)
    words = ("apply", "-f", str(manifest), "--config", str(config))
    planned = run(*words, "--dry-run")
    assert (planned.code, len(planned.out.splitlines())) == (0, 4)
    assert sorted(tmp_path.iterdir()) == [manifest, config]
    assert not is_store(empty_url)
    assert run(*words).out == planned.out


def test_change_names_the_fields(provider: Provider) -> None:
    """An update tells what was and what will be; a secret is not shown."""
    apply(provider, MANIFEST + KEY)
    changed = (MANIFEST + KEY).replace('"/lab"', '"/labs"').replace("topsecret", "topsecret2")
    api, key = apply(provider, changed)
    assert api["fields"] == ["path_prefix: /lab -> /labs"]
    assert key["fields"] == ["secret: *** -> ***"]


def test_prune(provider: Provider) -> None:
    """Only with ``--prune`` is dropped what the file does not have; keys are revoked."""
    apply(provider, MANIFEST + KEY)
    smaller = MANIFEST.partition('[[apis]]\nname = "lab"')[0]
    assert apply(provider, smaller) == []
    assert told(apply(provider, smaller, "--prune")) == [("revoke", "access key", "key-1"), ("delete", "API", "lab")]
    assert [api["name"] for api in provider("apis", "list", "--json").json] == ["shop"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (MANIFEST.replace("[[apis]]", "[[apes]]", 1), "apes"),
        (MANIFEST.replace('"bbx"', '"bbz"'), "[[apis]] 1 (shop): schemes"),
        (MANIFEST.replace('"bbx"', '"missing.toml"'), "missing.toml"),
        (MANIFEST.replace('"bbx"', '{ name = "bbx", nope = "1" }'), "nope"),
        (MANIFEST.replace('"/lab"', '"/shop"'), "share"),
        (MANIFEST + KEY.replace('"topsecret"', '""'), "key-1"),
        (MANIFEST + KEY.replace("secret =", "secret_env ="), "variable"),
        (MANIFEST + "topsecret", "not TOML"),
    ],
)
def test_file_that_cannot_be(provider: Provider, text: str, word: str) -> None:
    """A mistake in the file is 2, names the place, shows no secret, and changes nothing."""
    provider.manifest.write_text(text)
    ran = provider("apply", "-f", str(provider.manifest), "--prune")
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem.startswith(str(provider.manifest))
    assert word in ran.problem
    assert "topsecret" not in ran.err
    assert len(provider("apis", "list", "--json").json) == 2


@pytest.mark.parametrize("words", [(), ("-f", "missing.toml"), ("-f", ".")])
def test_file_that_is_not_there(provider: Provider, words: tuple[str, ...]) -> None:
    """No file, no change: 2."""
    ran = provider("apply", *words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem


def test_revoked_key_cannot_be_declared(provider: Provider) -> None:
    """Revoked is final, and the message says what to do."""
    apply(provider, MANIFEST + KEY)
    provider("keys", "revoke", "key-1")
    ran = provider("apply", "-f", str(provider.manifest))
    assert (ran.code, ran.out) == (2, "")
    assert "revoked" in ran.problem


def test_secret_from_the_environment(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest need hold no secret."""
    monkeypatch.setenv("ACME_SECRET", "topsecret")
    assert len(apply(provider, MANIFEST + KEY.replace('secret = "topsecret"', 'secret_env = "ACME_SECRET"'))) == 1
