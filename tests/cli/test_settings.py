"""Settings: a TOML file and SEALSTAMP_* variables, told plainly when they are wrong; and ``serve --check``."""

from __future__ import annotations

import base64
import sqlite3
import tomllib
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sealstamp.errors import ConfigurationError
from sealstamp.server.settings import Settings, load_settings
from tests.cli.command import start
from tests.cli.conftest import Provider, Run

KEY = base64.b64encode(b"k" * 32).decode()


def settings(text: str = "", **given: str) -> Settings:
    Path("s.toml").write_text(text)
    return load_settings(Path("s.toml"), **given)


def test_defaults_are_what_a_file_could_have(run: Run) -> None:
    """Every default, written down, is read as itself."""
    shown = load_settings().shown()
    assert set(shown) == set(Settings.model_fields)
    lines = [f"{name} = {_toml(value)}" for name, value in shown.items() if value is not None]
    assert settings("\n".join(lines)).model_dump() == load_settings().model_dump()


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, int) else repr(value)


def test_variables_win_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says counts, what a program gives counts more."""
    monkeypatch.setenv("SEALSTAMP_LISTEN", "[::1]:81")
    monkeypatch.setenv("SEALSTAMP_REFRESH_INTERVAL", "2 s")
    monkeypatch.setenv("SEALSTAMP_TRUSTED_ADDRESSES", "10.0.0.0/8, ::1")
    monkeypatch.setenv("SEALSTAMP_OLDER_SEALING_KEYS", f"{KEY} {KEY}")
    read = settings('listen = "a:80"\nrefresh_interval = "1 s"\nmax_staleness = "1 min"\n', log_level="debug")
    assert read.address == ("::1", 81)
    assert (read.refresh_interval, read.max_staleness, read.log_level) == (2_000, 60_000, "debug")
    assert read.trusted_addresses == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert [key.get_secret_value() for key in read.older_sealing_keys] == [KEY, KEY]


def test_file_is_named_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service's worker finds the file that way."""
    Path("other.toml").write_text('listen = "127.0.0.1:82"')
    monkeypatch.setenv("SEALSTAMP_CONFIG", "other.toml")
    assert load_settings().address == ("127.0.0.1", 82)


def test_variables_of_orchestrators_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kubernetes gives SEALSTAMP_PORT and its like to the pods beside a service of that name."""
    monkeypatch.setenv("SEALSTAMP_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("SEALSTAMP_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("SEALSTAMP_SECRET", "topsecret")
    assert load_settings().shown() == Settings().shown()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nonsense = 1", "there is no setting 'nonsense'"),
        ("[server]\nlisten = 'a:1'", "there is no setting 'server'"),
        ("listen = 1", "listen"),
        *((f"listen = '{text}'", "listen") for text in ("a", "a:", ":1", "a:0", "a:65536", "a:-1", "a:1x", "a:\u0661")),
        ("store = 1", "store"),
        ("sealing_key = 1", "sealing_key"),
        ("older_sealing_keys = [1]", "older_sealing_keys"),
        ("log_level = 'loud'", "'debug', 'info', 'warning' or 'error'"),
        *(
            (f"refresh_interval = {text}", "is no duration")
            for text in ("250", "'250'", "true", "'1'", "'-1 s'", "'1 y'")
        ),
        ("refresh_interval = '1 ms'", "greater than or equal to 10"),
        ("max_body = '1 MB'", "max_body"),
        ("max_body = -1", "max_body"),
        ("upstream_connections = 0", "upstream_connections"),
        ("trusted_addresses = 'x'", "'x' does not appear to be an IPv4 or IPv6 network"),
        ("trusted_addresses = ['10.0.0.0/8', 'x']", "'x' does not appear to be an IPv4 or IPv6 network"),
        ("trusted_addresses = '10.0.0.1/8'", "has host bits set"),
        ("trusted_addresses = 5", "trusted_addresses"),
        ("listen = ", "not TOML"),
        ("a = 1\na = 2", "not TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(run: Run, text: str, word: str) -> None:
    """File, setting, problem, hint: and 2, whatever the command."""
    Path("s.toml").write_text(text)
    ran = run("apis", "list", "--config", "s.toml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem.startswith("s.toml")
    assert word in ran.problem
    assert not Path("sealstamp.sqlite3").exists()


def test_near_miss_is_named(run: Run) -> None:
    """A typing error is answered with what was meant."""
    Path("s.toml").write_text("listn = 'a:1'")
    assert "did you mean 'listen'" in run("apis", "list", "--config", "s.toml").err


def test_variable_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong in a variable is not sought in the file."""
    monkeypatch.setenv("SEALSTAMP_MAX_STALENESS", "5")
    assert run("apis", "list").problem.startswith("SEALSTAMP_MAX_STALENESS: ")


@pytest.mark.parametrize("content", [b"listen = '\xff'", None])
def test_file_that_cannot_be_read(run: Run, content: bytes | None) -> None:
    """Not there, a folder, not UTF-8: 2."""
    if content is not None:
        Path("s.toml").write_bytes(content)
    assert run("apis", "list", "--config", "s.toml").problem.startswith("s.toml")
    assert run("apis", "list", "--config", ".").problem.startswith(".")


def test_secrets_in_settings_are_never_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sealing key that is wrong in any way is not repeated."""
    for text in ("sealing_key = 'topsecret'", "older_sealing_keys = ['topsecret']", "sealing_key = ['topsecret']"):
        Path("s.toml").write_text(text)
        ran = run("apis", "list", "--config", "s.toml")
        assert ran.code == 2
        assert ran.problem
        assert "topsecret" not in ran.err
    monkeypatch.setenv("SEALSTAMP_STORE", "postgresql://me:topsecret@127.0.0.1:9/db")
    ran = run("apis", "list")
    assert ran.code == 1
    assert "topsecret" not in ran.err
    assert settings().shown()["store"] == "postgresql://me:***@127.0.0.1:9/db"


def test_error_carries_its_parts() -> None:
    """Programs get place, problem and hint apart."""
    with pytest.raises(ConfigurationError) as caught:
        settings("listen = 'a'")
    assert caught.value.place == "s.toml, listen"
    assert caught.value.hint == "listen: address and port to listen on"


# serve


def test_check_prints_the_settings(provider: Provider) -> None:
    """``serve --check`` opens what a start would open and prints what counts, without secrets."""
    with provider.config.open("a") as file:
        file.write(f'older_sealing_keys = "{KEY}"\nmax_staleness = "1500 ms"\n')
    ran = provider("serve", "--check", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.json) == set(Settings.model_fields)
    assert KEY not in ran.out
    assert (ran.json["max_staleness"], ran.json["listen"], ran.json["sealing_key"]) == ("1500 ms", "127.0.0.1:9", None)
    text = provider("serve", "--check").out
    assert KEY not in text
    assert [line.split()[0] for line in text.splitlines()] == ["SETTING", *Settings.model_fields]


def test_serve_has_no_json_of_its_own(provider: Provider) -> None:
    """A service that runs prints no result."""
    ran = provider("serve", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert "--check" in ran.err


@pytest.mark.parametrize(
    "text",
    [
        "listen = 'nowhere'",
        "store = 'mysql://h/db'",
        "sealing_key = 'short'",
        "sealing_key_file = 'open.key'",
        "sealing_key_file = '/proc/nowhere/key'",
        "refresh_interval = '0 s'",
        "store = 'sqlite:///other.db'",
    ],
)
def test_serve_refuses_bad_settings_before_it_starts(run: Run, text: str) -> None:
    """Whatever is wrong is told in a line, and nothing says that it listens."""
    Path("open.key").write_text(KEY)
    Path("open.key").chmod(0o644)
    connection = sqlite3.connect("other.db")
    connection.execute("CREATE TABLE others (name TEXT)")
    connection.close()
    Path("s.toml").write_text(text)
    ran = run("serve", "--config", "s.toml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem
    assert "starting" not in ran.err


PUBLIC_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
"""Of RFC 8032, section 7.1, test 1."""


@pytest.mark.parametrize(
    ("content", "problem", "remedy"),
    [
        (None, "No such file", "a file that the service may read"),
        ("", "at least 32 bytes", "openssl rand"),
        ("a short secret", "at least 32 bytes", "openssl rand"),
        ("-----BEGIN PRIVATE KEY-----\nno key\n-----END PRIVATE KEY-----", "not a key", "PEM without a password"),
        ("PEM of a public key", "a public key cannot sign", "the private key of the pair"),
    ],
)
@pytest.mark.parametrize("words", [("serve", "--check"), ("serve",)])
def test_an_assertion_key_that_cannot_sign(
    run: Run, words: tuple[str, ...], content: str | None, problem: str, remedy: str
) -> None:
    """Setting, file, problem and remedy are told, and nothing of what the file holds."""
    if content is not None:
        Path("assertion.key").write_text(public_pem() if "public" in content else content)
    Path("s.toml").write_text("assertion_key_file = 'assertion.key'")
    ran = run(*words, "--config", "s.toml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.index("setting assertion_key_file") < ran.err.index("assertion.key") < ran.err.index(problem)
    assert remedy in ran.err
    assert not content or content not in ran.err
    assert "starting" not in ran.err


def public_pem() -> str:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(PUBLIC_KEY))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_serve_fails_where_the_store_is_damaged() -> None:
    """A store that cannot answer is 1, as a process too."""
    Path("damaged.db").write_bytes(b"x" * 4096)
    ran = start("serve", variables={"SEALSTAMP_STORE": "sqlite:///damaged.db"})
    assert (ran.code, ran.out) == (1, "")
    assert "the database damaged.db cannot answer" in ran.problem


def test_file_of_check_is_toml_like(provider: Provider) -> None:
    """What ``--check --json`` prints can be put into a file again."""
    shown = provider("serve", "--check", "--json").json
    lines = [f"{name} = {_toml(value)}" for name, value in shown.items() if value is not None]
    assert set(tomllib.loads("\n".join(lines))) <= set(shown)
