"""Where a caller's pair is looked for, in which order, and which files of profiles are refused."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

import pytest

from sealstamp import ConfigurationError, Credential
from sealstamp.credentials import find_caller, from_environment, from_profile
from sealstamp.credentials.finding import find_server
from sealstamp.credentials.profiles import profiles_path, read_profile

PAIR = {"SEALSTAMP_ACCESS_KEY_ID": "of-environment", "SEALSTAMP_SECRET": "topsecret"}
PROFILES = """
[default]
access_key_id = "of-default"
secret = "topsecret"
server = "https://default.example"
[named]
access_key_id = "of-named"
secret = "topsecret"
scheme = "okx-v5"
extras = { passphrase = "topsecret" }
parameters = { lifetime = "5" }
[chosen]
access_key_id = "of-chosen"
secret = "topsecret"
server = "https://chosen.example"
[bare]
server = "https://bare.example"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def write(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / ".config" / "sealstamp" / "credentials.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def found(home: Path, given: Credential | None = None, profile: str | None = None, **environment: str) -> str:
    caller = find_caller(given, profile=profile, environment={"HOME": str(home), **environment})
    return caller.credentials.current().access_key_id


def test_order(home: Path) -> None:
    """Given, named, environment, variable, default: each wins over those after it."""
    write(home, PROFILES)
    variables = {"SEALSTAMP_PROFILE": "chosen"}
    given = Credential.of("given", "s")
    assert found(home, given, "named", **PAIR, **variables) == "given"
    assert found(home, None, "named", **PAIR, **variables) == "of-named"
    assert found(home, **PAIR, **variables) == "of-environment"
    assert found(home, **variables) == "of-chosen"
    assert found(home) == "of-default"


def test_each_part_is_of_the_first_that_has_it(home: Path) -> None:
    """The server may be told elsewhere than the pair; parameters belong to their scheme."""
    write(home, PROFILES)
    environment = {"HOME": str(home), **PAIR, "SEALSTAMP_PROFILE": "bare"}
    caller = find_caller(profile="named", parameters={"more": "1"}, environment=environment)
    assert (caller.server, caller.scheme, caller.told_by) == ("https://bare.example", "okx-v5", "the profile named")
    assert caller.parameters == {"lifetime": "5", "more": "1"}
    other = find_caller(profile="named", scheme="bbx", server="https://x", environment=environment)
    assert (other.server, other.scheme, other.parameters) == ("https://x", "bbx", {})
    variables = {**environment, "SEALSTAMP_SERVER": "https://y", "SEALSTAMP_SCHEME": "stardust"}
    assert find_caller(environment=variables).server == "https://y"
    assert find_caller(environment=variables).scheme == "stardust"


def test_server_is_not_taken_from_the_default_profile(home: Path) -> None:
    """A profile that is there by itself does not turn commands to another machine."""
    write(home, PROFILES)
    environment = {"HOME": str(home)}
    assert find_server(environment=environment) is None
    assert find_server(profile="chosen", environment=environment) == "https://chosen.example"
    assert find_server(environment={**environment, "SEALSTAMP_PROFILE": "bare"}) == "https://bare.example"


def test_environment(home: Path) -> None:
    """Further secrets too; the id may be missing, the secret may not; an empty variable is none."""
    credential = from_environment({**PAIR, "SEALSTAMP_EXTRA_PASSPHRASE": "p"}).current()
    assert {name: extra.reveal() for name, extra in credential.extras.items()} == {"passphrase": b"p"}
    assert from_environment({"SEALSTAMP_SECRET": "s"}).current().access_key_id == ""
    assert find_caller(environment={**PAIR, "SEALSTAMP_SERVER": "", "HOME": str(home)}).server is None
    with pytest.raises(ConfigurationError, match="SEALSTAMP_ACCESS_KEY_ID is"):
        from_environment({"SEALSTAMP_ACCESS_KEY_ID": "id"})
    with pytest.raises(ConfigurationError, match="no access key pair"):
        from_environment({"SEALSTAMP_SECRET": ""})


def test_nothing_is_there(home: Path) -> None:
    """The hint names the variables and the file."""
    with pytest.raises(ConfigurationError) as caught:
        found(home)
    assert "SEALSTAMP_ACCESS_KEY_ID" in caught.value.hint
    assert str(home / ".config/sealstamp/credentials.toml") in caught.value.hint


def test_where_the_file_is(tmp_path: Path) -> None:
    """By the XDG Base Directory Specification, which has a relative folder ignored; a variable names another file."""
    of_home = tmp_path / ".config/sealstamp/credentials.toml"
    home = {"HOME": str(tmp_path)}
    assert profiles_path(home) == profiles_path({**home, "XDG_CONFIG_HOME": "x"}) == of_home
    assert profiles_path({**home, "XDG_CONFIG_HOME": ""}) == of_home
    assert profiles_path({**home, "XDG_CONFIG_HOME": "/x"}) == Path("/x/sealstamp/credentials.toml")
    assert profiles_path({**home, "SEALSTAMP_CREDENTIALS_FILE": "y.toml"}) == Path("y.toml")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o610])
def test_file_that_others_can_use_is_refused(home: Path, mode: int) -> None:
    """Also behind a symbolic link, whose own mode says nothing."""
    path = write(home, PROFILES, mode)
    link = home / "link.toml"
    link.symlink_to(path)
    for place in ({"HOME": str(home)}, {"SEALSTAMP_CREDENTIALS_FILE": str(link)}):
        with pytest.raises(ConfigurationError, match="others may read or change it") as caught:
            find_caller(environment=place)
        assert "chmod 600" in caught.value.hint


def test_link_to_a_private_file_is_followed(home: Path) -> None:
    """Where the file is kept is its owner's choice."""
    path = write(home, PROFILES)
    moved = path.rename(home / "elsewhere.toml")
    path.symlink_to(moved)
    assert found(home) == "of-default"


def test_what_is_no_file_is_refused(home: Path) -> None:
    """A folder, a pipe that nobody writes to, a link that leads nowhere."""
    os.mkfifo(home / "pipe", 0o600)
    for name in ("pipe", "."):
        with pytest.raises(ConfigurationError, match="no regular file"):
            find_caller(environment={"SEALSTAMP_CREDENTIALS_FILE": str(home / name)})
    (home / "loop").symlink_to(home / "loop")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        find_caller(environment={"SEALSTAMP_CREDENTIALS_FILE": str(home / "loop")})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_file_of_another_user_is_refused(home: Path) -> None:
    """Whoever owns it could have written it."""
    path = write(home, PROFILES)
    os.chown(path, 12345, 12345)
    with pytest.raises(ConfigurationError, match="another user"):
        found(home)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('[default]\nsecret = "topsecret', "credentials.toml:2"),
        ("[default]\nsecret = topsecret", "not TOML"),
        ('secret = "topsecret"', "'secret' stands in no profile"),
        ('[default]\nsecrt = "topsecret"', "did you mean 'secret'?"),
        ("[default]\nsecret = 5", "secret: it is not a text"),
        ('[default]\nsecret = ""', "secret: it is not a text"),
        ('[default]\nsecret = "topsecret"\nextras = {a = 1}', "extras: it is not a table of texts"),
        ('[default]\ncommand = "topsecret"', "command: it is not a list of a program"),
        ("[default]\ncommand = []", "command: it is not a list of a program"),
        ('[default]\nsecret = "topsecret"\ncommand = ["x"]', "secret and command are both there"),
        ('[default]\naccess_key_id = "a"\ncommand = ["x"]', "access_key_id is there beside command"),
        ('[default]\naccess_key_id = "a"', "but no secret"),
        ("[default]\na = " + "[" * 2_000, "not TOML"),
        ("#" * 1_100_000, "bytes"),
    ],
)
def test_what_is_wrong_in_a_profile_is_named(home: Path, text: str, word: str) -> None:
    """File, profile, key and remedy; no value."""
    write(home, text)
    with pytest.raises(ConfigurationError) as caught:
        found(home)
    assert word in str(caught.value)
    assert caught.value.hint
    assert "topsecret" not in "".join(traceback.format_exception(caught.value))


def test_file_that_is_not_text(home: Path) -> None:
    """Not UTF-8."""
    write(home, "").write_bytes(b"[default]\nsecret = '\xff'")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        found(home)


def test_profile_that_is_not_there(home: Path) -> None:
    """A near miss is told; a variable that names none is no less wrong."""
    write(home, PROFILES)
    for profile, variables in (("namd", {}), (None, {"SEALSTAMP_PROFILE": "namd"})):
        with pytest.raises(ConfigurationError, match="did you mean 'named'"):
            found(home, None, profile, **variables)


def test_profile_without_a_pair(home: Path) -> None:
    """It tells of a server alone."""
    write(home, PROFILES)
    with pytest.raises(ConfigurationError, match="has no secret"):
        from_profile("bare", {"HOME": str(home)})


def test_rotated_pair_is_read_after_a_refusal(home: Path) -> None:
    """Whoever changes the file need not start anything again."""
    write(home, PROFILES)
    provider = from_profile(environment={"HOME": str(home)})
    refused = provider.current()
    write(home, PROFILES.replace("of-default", "of-later"))
    renewed = provider.renewed(refused)
    assert renewed is not None
    assert renewed.access_key_id == "of-later"


def test_commands_of_a_profile(home: Path) -> None:
    """One prints the secret, one the pair; a failing one's profile is told. None is run before it is needed."""
    lean = [sys.executable, "-I", "-S", "-c"]
    pair = json.dumps([*lean, 'print(\'{"access_key_id": "of-command", "secret": "s"}\')'])
    secret = json.dumps([*lean, "print('printed')"])
    failing = json.dumps([*lean, "raise SystemExit(4)"])
    half = f'[half]\naccess_key_id = "id"\nsecret_command = {secret}'
    path = write(home, f"[default]\ncommand = {pair}\n{half}\n[bad]\ncommand = {failing}")
    assert found(home) == "of-command"
    assert from_profile("half", {"HOME": str(home)}).current().secret.reveal() == b"printed"
    bad = from_profile("bad", {"HOME": str(home)})
    with pytest.raises(ConfigurationError, match=r"profile bad, command .*: it ended with 4"):
        bad.current()
    assert "printed" not in repr(read_profile(path, "half"))
    assert "topsecret" not in repr(find_caller(environment=PAIR | {"HOME": str(home)}))
