"""Schemes that an installed distribution brings are as those of the catalogue; what is broken says whose it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.lint import lint
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import ReplayBy, Verifier
from sealstamp.errors import (
    ConfigurationError,
    InvalidCredentialsError,
    MalformedCredentialsError,
    MissingCredentialsError,
    NotFoundError,
    OutsideTimeWindowError,
    SchemeError,
)
from sealstamp.guide.recipe import write_recipe
from sealstamp.schemes import get_scheme, list_schemes, scheme_names

NOW_MS = 1_767_225_600_000
CREDENTIAL = Credential.of("acme-1", "a secret nobody else has")
REQUEST = Request(b"GET", b"/orders", [(b"host", b"api.example.com")])


def signed(**parameters: str) -> tuple[Verifier, Request]:
    scheme = get_scheme("vendor-x", parameters)
    return Verifier(scheme), Signer(scheme, CREDENTIAL).sign(REQUEST, time_ms=NOW_MS).apply(REQUEST)


def verify(verifier: Verifier, request: Request, now_ms: int = NOW_MS) -> str:
    key = verifier.bind(CREDENTIAL, consumer="acme")
    return verifier.verify(request, now_ms, {b"acme-1": key}.get).consumer


@pytest.mark.usefixtures("installed")
def test_scheme_in_code_signs_and_verifies() -> None:
    """Id and time come back from where the code put them."""
    verifier, request = signed()
    assert request.header(b"x-who") == b"acme-1@1767225600"[::-1]
    assert verify(verifier, request) == "acme"
    presented = verifier.present(request, NOW_MS)
    assert verifier.names_key
    assert verifier.fields_of(presented)["timestamp"] == "1767225600"


@pytest.mark.usefixtures("installed")
def test_parameters_reach_the_code() -> None:
    """What an API sets is what the code computes by."""
    verifier, request = signed(rounds="3")
    assert verify(verifier, request) == "acme"
    with pytest.raises(InvalidCredentialsError):
        verify(signed()[0], request)
    with pytest.raises(ConfigurationError, match="cannot be '4'"):
        get_scheme("vendor-x", {"rounds": "4"})


@pytest.mark.usefixtures("installed")
def test_scheme_in_code_refuses() -> None:
    """Doubles, other spellings, absent fields and the window are checked for code as for data."""
    verifier, request = signed()
    with pytest.raises(OutsideTimeWindowError):
        verify(verifier, request, NOW_MS + 300_001)
    with pytest.raises(MissingCredentialsError, match="signature, header X-Who"):
        verify(verifier, REQUEST)
    doubled = [*request.headers, (b"x-who", b"other")]
    with pytest.raises(MalformedCredentialsError, match="x-who"):
        verify(verifier, Request(b"GET", b"/orders", doubled))
    with pytest.raises(MalformedCredentialsError, match="x_who"):
        verify(verifier, Request(b"GET", b"/orders", [*request.headers, (b"x_who", b"other")]))
    other = Request(b"DELETE", request.target, request.headers)
    with pytest.raises(InvalidCredentialsError):
        verify(verifier, other)


@pytest.mark.usefixtures("installed")
def test_replay_guard_by_signature() -> None:
    """A claim is made of what the code presents."""
    verifier, request = signed()
    guarding = Verifier(verifier.scheme, replay_by=ReplayBy.SIGNATURE)
    key = guarding.bind(CREDENTIAL, consumer="acme")
    claim = guarding.check(request, guarding.present(request, NOW_MS), key, NOW_MS)
    assert claim is not None
    assert claim.token.endswith(request.header(b"x-sign"))


@pytest.mark.usefixtures("installed")
def test_lint_stages_and_recipe_ask_the_code() -> None:
    """What a file cannot say, the code says; the secret and the signature are not shown."""
    verifier, request = signed()
    assert coverage_of(verifier.scheme) == {Covered.METHOD, Covered.TIME, Covered.ACCESS_KEY_ID}
    assert "path_not_covered" in {finding.rule.code for finding in lint(verifier.scheme).findings}
    assert not verifier.needs_body
    stages = verifier.stages(request, verifier.present(request, NOW_MS), CREDENTIAL)
    assert [(stage.name, stage.text) for stage in stages] == [
        ("string_to_sign", "GET acme-1 1767225600"),
        ("signature", "***"),
    ]
    assert write_recipe(verifier.scheme)[0] == "string_to_sign: method, id and time"


@pytest.mark.usefixtures("installed")
def test_names_that_are_brought_are_in_the_catalogue() -> None:
    """Schemes of data and of code join it; neither a broken one nor one with a taken name does."""
    assert {"vendor-x", "vendor-x-plain"} <= set(scheme_names())
    assert get_scheme("vendor-x-plain").vendor == "Vendor X"
    assert get_scheme("bbx").vendor != "Vendor X"
    problems = {head.name: head.problem for head in list_schemes() if head.problem}
    assert "vendor-x-sealstamp 1.2" in problems["bbx"]
    assert "vendor-x-sealstamp 1.2" in problems["vendor-x-no-toml"]
    assert "'vendor_x.no_such_folder'" in problems["vendor-x-nowhere"]
    assert problems.keys() == {"bbx", "vendor-x-no-toml", "vendor-x-nowhere"}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("vendor-x-broken", r"vendor-x-sealstamp 1.2, scheme code vendor-x-broken: loading it failed: ModuleNotFound"),
        ("vendor-x-half", "it has no function 'describe'"),
        ("vendor-x-faulty", "describing it failed: ZeroDivisionError: a mistake in it"),
        ("vendor-x-nowhere", "vendor-x-sealstamp 1.2: there are no scheme files"),
    ],
)
def test_broken_plugin_says_whose_it_is(name: str, problem: str) -> None:
    """The distribution is named, and other schemes go on."""
    with pytest.raises(ConfigurationError, match=problem):
        get_scheme(name)
    assert get_scheme("vendor-x").name == "vendor-x"


@pytest.mark.usefixtures("installed")
def test_broken_file_says_where(installed: Path) -> None:
    """A file that is brought is read as any other."""
    with pytest.raises(SchemeError, match=r"vendor-x-no-toml\.toml:1"):
        get_scheme("vendor-x-no-toml")


def test_file_with_unknown_code_is_refused(tmp_path: Path, site: Path) -> None:
    """The file and line are told, and what to do."""
    file = tmp_path / "mine.toml"
    file.write_bytes((site / "vendor_x" / "schemes" / "vendor-x.toml").read_bytes())
    with pytest.raises(SchemeError, match=r"mine.toml:\d+: there is no code 'vendor-x-doubled'"):
        get_scheme(str(file))


def test_two_distributions_with_one_name(installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them comes first on the path must not decide who checks signatures."""
    other = tmp_path / "vendor_y-1.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: vendor-y\nVersion: 1.0\n")
    facts = (installed / "vendor_x_sealstamp-1.2.dist-info" / "entry_points.txt").read_text()
    (other / "entry_points.txt").write_text(facts)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"vendor-x-plain.*and so does another"):
        get_scheme("vendor-x-plain")
    with pytest.raises(ConfigurationError, match=r"vendor-y 1.0 and vendor-x-sealstamp 1.2 both bring it"):
        get_scheme(str(installed / "vendor_x" / "schemes" / "vendor-x.toml"))


def test_nothing_of_it_is_there_otherwise() -> None:
    """A scheme that nobody brings is not found."""
    with pytest.raises(NotFoundError):
        get_scheme("vendor-x")


def run(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(site), "SEALSTAMP_SECRET": "a secret nobody else has"}
    return subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)


def test_listing_imports_no_code(site: Path) -> None:
    """A list is read from metadata and files; a scheme of data is used without the code beside it."""
    program = (
        "import sys, sealstamp, sealstamp.schemes as s\n"
        "assert 'vendor-x' in s.scheme_names() and s.list_schemes() and s.get_scheme('vendor-x-plain')\n"
        "assert 'vendor_x' not in sys.modules, 'imported'\n"
        "s.get_scheme('vendor-x')\n"
        "assert 'vendor_x' in sys.modules\n"
    )
    ran = run(site, "-c", program)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_scheme_of_the_catalogue_looks_at_nothing_installed(site: Path) -> None:
    """What is installed costs those nothing who do not use it."""
    program = "import sys, sealstamp; sealstamp.get_scheme('bbx'); assert 'importlib.metadata' not in sys.modules"
    ran = run(site, "-c", program)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_commands_know_it(site: Path) -> None:
    """The command line signs by it, shows it, and lists it beside what is broken."""
    key = ("--access-key-id", "acme-1", "--at", "1767225600", "--url", "https://api.example.com/orders")
    ran = run(site, "-m", "sealstamp", "sign", "--scheme", "vendor-x", *key, "--json")
    assert json.loads(ran.stdout)["string_to_sign"] == "GET acme-1 1767225600"
    assert "bodies" not in ran.stderr
    shown = json.loads(run(site, "-m", "sealstamp", "schemes", "show", "vendor-x", "--json").stdout)
    assert shown["fields"]["access_key_id, timestamp"] == ["header X-Who"]
    longer = run(site, "-m", "sealstamp", "schemes", "list", "--long").stdout
    assert "HMAC-SHA256 twice" in longer
    assert "ZeroDivisionError" in longer
    listed = run(site, "-m", "sealstamp", "schemes", "list").stdout
    assert "Vendor X, doubled" in listed
    assert "cannot be used: vendor-x-sealstamp 1.2" in listed


def test_what_names_no_plug_in_is_not_asked() -> None:
    """Listing starts fast: Python's register of distributions is imported only where one brings something."""
    code = "import sys, sealstamp.schemes as s; s.list_schemes(); print('importlib.metadata' in sys.modules)"
    folders = [path for path in sys.path if "vendor_x" not in path]
    command = [sys.executable, "-I", "-c", f"import sys; sys.path[:] = {folders!r}\n{code}"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told == "False\n"
