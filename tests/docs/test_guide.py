"""What the catalogue's pages are made of: examples that verify, snippets that run, facts that hold."""

import io
import shlex
from contextlib import redirect_stdout

import pytest

from sealstamp.cli import main
from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.example import CONSUMER, MOMENT_MS, example_of
from sealstamp.core.request import Request
from sealstamp.core.verifier import Verifier
from sealstamp.errors import VerificationError
from sealstamp.guide import snippets
from sealstamp.guide.facts import facts_of, mac_of
from sealstamp.guide.wire import write_request
from sealstamp.schemes import get_scheme, scheme_names


@pytest.mark.parametrize("name", scheme_names())
def test_every_example_is_accepted(name: str) -> None:
    """And it is the same each time it is made."""
    example = example_of(get_scheme(name))
    assert example.verify(example.signed).consumer == CONSUMER
    again = example_of(get_scheme(name))
    assert write_request(again.signed) == write_request(example.signed)
    assert again.credential.secret.reveal() == example.credential.secret.reveal()


@pytest.mark.parametrize("name", scheme_names())
def test_every_example_shows_all_its_stages(name: str) -> None:
    """None is hidden: the secret is the documentation's own. The last but nothing is what travels."""
    example = example_of(get_scheme(name))
    stages = {stage.name: stage.text for stage in example.stages}
    assert tuple(stages) == example.scheme.stages
    assert not any("***" in text for text in stages.values())
    verifier = Verifier(example.scheme)
    presented = verifier.present(example.signed, example.time_ms)
    assert stages["signature"] in verifier.fields_of(presented).values()


@pytest.mark.parametrize("name", scheme_names())
def test_commands_sign_as_the_example_is_signed(name: str) -> None:
    """The command on the page prints the request on the page."""
    example = example_of(get_scheme(name))
    printed = io.StringIO()
    words = _words(snippets.command(example))
    assert words[0] == "sealstamp"
    with redirect_stdout(printed):
        assert main(words[1:]) == 0
    called, *headers = printed.getvalue().splitlines()
    assert called == f"POST https://{example.request.host.decode()}{example.signed.target.decode()}"
    sent = {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in headers}
    assert {name.decode(): value.decode() for name, value in example.signed.headers if name != b"host"} == sent


def _words(command: str) -> list[str]:
    """Split as a shell does."""
    return shlex.split(command.replace("\\\n", " "))


@pytest.mark.parametrize("name", scheme_names())
def test_programs_print_what_they_say(name: str) -> None:
    """The program on the page runs and prints what stands after ``# →``."""
    program = snippets.python(example_of(get_scheme(name)))
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(program, name, "exec"), {})
    promised = [line.removeprefix("# → ") for line in program.splitlines() if line.startswith("# → ")]
    assert printed.getvalue().splitlines() == promised
    assert promised


@pytest.mark.parametrize("name", scheme_names())
def test_facts_are_what_the_scheme_says(name: str) -> None:
    """What is covered and what is not are all there is, and what signs is told."""
    scheme = get_scheme(name)
    facts = facts_of(scheme)
    assert set(facts.covered) == coverage_of(scheme)
    assert not set(facts.covered) & set(facts.uncovered)
    assert {*facts.covered, *facts.uncovered, Covered.ACCESS_KEY_ID} == set(Covered)
    assert facts.mac != "none"


@pytest.mark.parametrize(
    ("name", "mac", "replay"),
    [
        ("stardust", "MD5, no MAC", "window of 5 min alone"),
        ("bbx", "HMAC-SHA1", "nonce, within 30 s"),
        ("aws-sigv4-header", "HMAC-SHA256", "window of 5 min alone"),
        ("github", "HMAC-SHA256", "none"),
        ("gate-v4", "HMAC-SHA512", "window of 1 min alone"),
    ],
)
def test_what_signs_and_what_guards_against_replay(name: str, mac: str, replay: str) -> None:
    """As the vendor would say it."""
    facts = facts_of(get_scheme(name))
    assert (facts.mac, facts.replay) == (mac, replay)
    assert mac_of(get_scheme(name)) == mac


def test_an_example_can_be_verified_at_another_time() -> None:
    """So that one can see a window close."""
    example = example_of(get_scheme("bbx"))
    example.verify(example.signed, MOMENT_MS + 29_000)
    with pytest.raises(VerificationError):
        example.verify(example.signed, MOMENT_MS + 31_000)


def test_bytes_that_are_no_text_are_shown() -> None:
    """A request can hold any bytes, and a page cannot."""
    request = Request(b"POST", b"/a", [(b"x", b"y")], body=b"\x80\x00\n{}")
    assert write_request(request) == "POST /a HTTP/1.1\nx: y\n\n\\x80\\x00\n{}\n"
