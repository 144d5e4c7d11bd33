"""Public keys and further secrets from the command line: imported, issued, applied, listed, signed with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Provider, Run
from tests.core.key_pairs import pair_for

APIS = """
[[consumers]]
name = "acme"
[[apis]]
name = "bot"
path_prefix = "/bot"
schemes = ["discord"]
[[apis]]
name = "coins"
path_prefix = "/coins"
schemes = ["okx-v5"]
"""
KEYS = """
[[access_keys]]
id = "pair-1"
public_key_file = "public.pem"
consumer = "acme"
apis = ["bot"]
[[access_keys]]
id = "okx-1"
secret = "a secret"
extras = { passphrase = PHRASE }
consumer = "acme"
apis = ["coins"]
"""
OKX = ("--scheme", "okx-v5", "--access-key-id", "okx-1", "--secret", "a secret", "--url", "https://x.example/a")
PHRASE = "open sesame"


@pytest.fixture
def books(provider: Provider) -> Provider:
    provider.manifest.write_text(APIS)
    (provider.folder / "public.pem").write_bytes(pair_for("ed25519")[1])
    (provider.folder / "phrase").write_text(PHRASE + "\n")
    assert provider("apply", "-f", str(provider.manifest), "--prune").code == 0
    return provider


def importing(api: str, name: str) -> tuple[str, ...]:
    return ("keys", "import", "--consumer", "acme", "--api", api, "--access-key-id", name)


def test_a_public_key_is_imported(books: Provider) -> None:
    ran = books(*importing("bot", "pair-1"), "--public-key", "public.pem", "--json")
    assert (ran.code, ran.json["material"]) == (0, "public_key")
    assert {key["access_key_id"]: key["material"] for key in books("keys", "list", "--json").json} == {
        "pair-1": "public_key"
    }


def test_a_public_key_in_hexadecimal_comes_from_standard_input(books: Provider) -> None:
    raw = b"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\n"
    assert books(*importing("bot", "pair-2"), "--public-key", "-", stdin=raw).code == 0


@pytest.mark.parametrize(
    ("api", "words", "problem"),
    [
        ("coins", ("--public-key", "public.pem"), "API coins cannot use it: it is a key of a pair"),
        ("bot", ("--secret", "a secret"), "API bot cannot use it: this is not a key that can be used"),
        ("bot", ("--public-key", "phrase"), "--public-key: this is not a key that can be used"),
        ("coins", ("--secret", "a secret"), "API coins cannot use it: it has no passphrase"),
        ("coins", ("--secret", "s", "--extra-file", "passphras=phrase"), "no scheme of these APIs has passphras"),
        ("coins", ("--secret", "s", "--extra-file", "passphrase"), "--extra-file: it has no value"),
    ],
)
def test_what_does_not_fit_is_refused(books: Provider, api: str, words: tuple[str, ...], problem: str) -> None:
    ran = books(*importing(api, "k"), *words)
    assert ran.code == 2
    assert problem in ran.err
    assert PHRASE not in ran.out + ran.err
    assert books("keys", "list", "--json").json == []


def test_issued_pairs_show_their_private_key_once(books: Provider) -> None:
    ran = books("keys", "issue", "--consumer", "acme", "--api", "bot")
    assert ran.code == 0
    assert "-----BEGIN PRIVATE KEY-----\n" in ran.out
    assert ran.err == "the private key is shown this once, and not kept here: keep it now\n"
    document = books("keys", "issue", "--consumer", "acme", "--api", "bot", "--json").json
    assert document["secret"].startswith("-----BEGIN PRIVATE KEY-----")
    assert "PRIVATE" not in books("keys", "list").out


def test_issued_keys_show_their_passphrase_once(books: Provider) -> None:
    document = books("keys", "issue", "--consumer", "acme", "--api", "coins", "--json").json
    assert set(document["extras"]) == {"passphrase"}
    assert document["extras"]["passphrase"] not in books("keys", "list", "--json").out
    assert "\npassphrase     " in books("keys", "issue", "--consumer", "acme", "--api", "coins").out


@pytest.mark.parametrize("from_file", [True, False])
def test_a_passphrase_is_imported_from_a_file_or_a_variable(
    books: Provider, monkeypatch: pytest.MonkeyPatch, from_file: bool
) -> None:
    words = ("--extra-file", "passphrase=phrase") if from_file else ()
    if not from_file:
        monkeypatch.setenv("SEALSTAMP_EXTRA_PASSPHRASE", PHRASE)
    ran = books(*importing("coins", "okx-1"), "--secret", "a secret", *words, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert PHRASE not in ran.out + books("apis", "list", "--json").out


@pytest.mark.parametrize("phrase", ['"open sesame"', '{ file = "phrase" }', '{ env = "THE_PHRASE" }'])
def test_an_apply_file_has_both(books: Provider, monkeypatch: pytest.MonkeyPatch, phrase: str) -> None:
    monkeypatch.setenv("THE_PHRASE", PHRASE)
    books.manifest.write_text(APIS + KEYS.replace("PHRASE", phrase))
    first, second = (books("apply", "-f", str(books.manifest)) for _ in range(2))
    assert (first.code, second.out) == (0, "nothing to change\n")
    assert PHRASE not in first.out + first.err
    books.manifest.write_text(APIS + KEYS.replace("PHRASE", '"another one"'))
    assert books("apply", "-f", str(books.manifest)).out == "update access key okx-1: secret: *** -> ***\n"


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (("PHRASE", "3"), "extras.passphrase: it is no secret"),
        (("PHRASE", '{ env = "NO_SUCH" }'), "no variable of this name"),
        (("extras = { passphrase = PHRASE }\n", ""), "API coins cannot use it: it has no passphrase"),
        (('apis = ["bot"]', 'apis = ["coins"]'), "API coins cannot use it: it is a key of a pair"),
        (("public_key_file", "secret_file = 'phrase'\npublic_key_file"), "are given together"),
    ],
)
def test_an_apply_file_that_does_not_fit_is_refused(books: Provider, changed: tuple[str, str], problem: str) -> None:
    books.manifest.write_text(APIS + KEYS.replace(*changed).replace("PHRASE", '"open sesame"'))
    ran = books("apply", "-f", str(books.manifest))
    assert ran.code == 2
    assert problem in ran.err
    assert PHRASE not in ran.err


def test_signing_takes_the_passphrase_from_wherever_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "phrase").write_text(PHRASE)
    given = [("--extra-file", "passphrase=phrase"), ("--param", f"passphrase={PHRASE}"), ()]
    for words in given:
        if not words:
            monkeypatch.setenv("SEALSTAMP_EXTRA_PASSPHRASE", PHRASE)
        ran = run("sign", *OKX, *words, "--json")
        assert (ran.code, ["OK-ACCESS-PASSPHRASE", PHRASE] in ran.json["headers"]) == (0, True)


def test_signing_without_it_says_how_it_is_given(run: Run) -> None:
    ran = run("sign", *OKX)
    assert ran.code == 2
    assert "scheme okx-v5 needs passphrase" in ran.err
    assert "--extra-file passphrase=FILE, or $SEALSTAMP_EXTRA_PASSPHRASE" in ran.err


def test_signing_with_a_private_key_and_verifying_with_the_public_one(run: Run, tmp_path: Path) -> None:
    private, public = pair_for("ed25519")
    (tmp_path / "private.pem").write_bytes(private)
    (tmp_path / "public.pem").write_bytes(public)
    ran = run("sign", "--scheme", "discord", "--secret-file", "private.pem", "--url", "https://x.example/a", "--json")
    assert ran.code == 0
    assert "PRIVATE" not in ran.out
    lines = "".join(f"{name}: {value}\r\n" for name, value in ran.json["headers"])
    raw = f"GET /a HTTP/1.1\r\nHost: x.example\r\n{lines}\r\n".encode()
    for secret in ("private.pem", "public.pem"):
        checked = run("verify", "--scheme", "discord", "--secret-file", secret, "--request", "-", stdin=raw)
        assert (checked.code, "accepted" in checked.out) == (0, True)
        assert "PRIVATE" not in checked.out
    refused = run("sign", "--scheme", "discord", "--secret-file", "public.pem", "--url", "https://x.example/a")
    assert refused.code == 2
    assert "a public key cannot sign" in refused.err
