"""The ``sealstamp`` command as a process: its exit codes, its streams, and what it takes to start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from sealstamp.cli import GROUPS, UNHEARD, main
from tests.cli.command import BBX_SIGNATURE, VECTOR, environment, start
from tests.cli.conftest import Provider, Run

SCRIPT = Path(sys.executable).with_name("sealstamp")


def test_installed_command_signs() -> None:
    """The script that is installed is this program."""
    done = subprocess.run(
        [SCRIPT, "sign", *VECTOR, "--url", "http://h/", "--json"], capture_output=True, check=True, env=environment()
    )
    assert json.loads(done.stdout)["signature"] == BBX_SIGNATURE
    assert done.stderr == b""


def test_version(run: Run) -> None:
    """``--version`` prints name and version."""
    ran = run("--version")
    assert (ran.code, ran.out) == (0, f"sealstamp {version('sealstamp')}\n")


def test_no_command_is_misuse() -> None:
    """Without a command there is a hint at the help, and 2."""
    ran = start()
    assert (ran.code, ran.out) == (2, "")
    assert "COMMAND" in ran.problem


HEAVY = [
    *("sqlalchemy", "alembic", "pydantic", "granian", "structlog", "prometheus_client", "asyncio", "dataclasses"),
    *("inspect", "email", "http.client", "difflib", "urllib.request", "secrets", "tempfile", "subprocess"),
]


@pytest.mark.parametrize("form", [(), ("--json",), ("--curl",)])
def test_sign_imports_little(form: tuple[str, ...]) -> None:
    """A cold ``sealstamp sign`` loads nothing that only the service, the store or rare mistakes need."""
    program = (
        "import sys; from sealstamp.cli import main; code = main(sys.argv[1:]); "
        f"print([name for name in {HEAVY} if name in sys.modules], code, file=sys.stderr)"
    )
    words = ["sign", *VECTOR, "--url", "http://h/", *form]
    # -S: what site adds, such as the path hooks of an editable installation, is not this program's
    paths = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, *words],
        capture_output=True,
        check=True,
        env=environment(PYTHONPATH=paths),
    )
    assert done.stderr.decode().strip() == "[] 0"


def loaded(module: str, *words: str) -> bool:
    """Tell whether a command, run as a process, loads a module."""
    program = f"import sys; from sealstamp.cli import main; main(sys.argv[1:]); print({module!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, check=True, env=environment())
    return done.stdout.decode().splitlines()[-1] == "True"


def test_help_loads_no_store() -> None:
    """Help comes at once, also for commands that work on the store."""
    assert not loaded("sqlalchemy", "keys", "--help")


def test_store_that_is_up_to_date_needs_no_migrations(provider: Provider) -> None:
    """Alembic is loaded to bring a store up to date, and for nothing else."""
    assert not loaded("alembic", "apis", "list", "--config", str(provider.config))


@pytest.mark.parametrize("words", [("schemes", "list"), ("schemes", "list", "--json"), ("--help",), ("sign", "--help")])
@pytest.mark.parametrize("buffered", [True, False])
def test_reader_that_goes_away_is_no_error(words: tuple[str, ...], buffered: bool) -> None:
    """``sealstamp … | head -0`` ends silently, as other programs do."""
    receiving, sending = os.pipe()
    os.close(receiving)
    variables = environment(PYTHONUNBUFFERED="" if buffered else "1")
    done = subprocess.run(
        [sys.executable, "-m", "sealstamp", *words], stdout=sending, stderr=subprocess.PIPE, check=False, env=variables
    )
    os.close(sending)
    assert done.stderr == b""
    assert done.returncode in (UNHEARD, 0)  # argparse itself says nothing about a help text that nobody reads


def test_refusal_that_nobody_reads_is_not_taken_for_one() -> None:
    """A ``verify`` whose reader went away does not say 1, which would be a refusal."""
    assert UNHEARD not in (0, 1, 2)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_full_disk_is_told() -> None:
    """Output that cannot be written is an error, told once."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sealstamp", "schemes", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
            env=environment(),
        )
    assert done.returncode == 1
    assert done.stderr.decode().startswith("sealstamp: output: No space left on device\nhint: ")
    assert done.stderr.count(b"\n") == 2


def test_output_is_utf8_in_any_locale(run: Run) -> None:
    """What was signed is UTF-8, and so it is printed, whatever the terminal is said to be."""
    words = ["sign", *VECTOR, "--url", "http://h/", "--body", "né", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "sealstamp", *words],
        capture_output=True,
        check=True,
        env=environment(PYTHONIOENCODING="latin-1"),
    )
    assert json.loads(done.stdout.decode("utf-8"))["body"] == "né"


@pytest.mark.parametrize("option", ["--secret", "--body", "--header", "--nonce", "--url"])
def test_arguments_that_are_not_utf8_are_refused(run: Run, option: str) -> None:
    """Bytes that are no text cannot be given on the command line; what they were is not told."""
    ran = run("sign", "--scheme", "bbx", "--url", "http://h", option, os.fsdecode(b"tops\xffecret"))
    assert ran.code == 2
    assert "UTF-8" in ran.problem
    assert "tops" not in ran.err


def test_option_that_does_not_exist_is_told_without_its_value(run: Run) -> None:
    """A mistyped ``--secret`` does not put the secret into a log."""
    ran = run("sign", *VECTOR, "--url", "http://h", "--secrt", "topsecret")
    assert ran.code == 2
    assert "--secrt" in ran.problem
    assert "topsecret" not in ran.err
    ran = run("sign", *VECTOR, "--url", "http://h", "--secrt=topsecret", "stray")
    assert "topsecret" not in ran.err + ran.out
    assert "stray" not in ran.err


def test_options_are_not_abbreviated(run: Run) -> None:
    """A script cannot come to rely on half an option."""
    assert run("sign", *VECTOR, "--url", "http://h", "--js").code == 2


@pytest.mark.parametrize("word", ["nope", "Sign", ""])
def test_unknown_command_is_misuse(run: Run, word: str) -> None:
    """A command that is not there is 2."""
    ran = run(word)
    assert (ran.code, ran.out) == (2, "")
    assert all(name in ran.problem for name in GROUPS)


def test_interrupt_is_told_as_shells_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is no traceback."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sealstamp.cli.build_parser", interrupt)
    assert main(["schemes", "list"]) == 130
