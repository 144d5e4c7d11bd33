"""``sealstamp sign --curl`` and ``sealstamp call``: what arrives is what was signed, byte for byte."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.command import BBX, Ran, environment
from tests.cli.conftest import Run
from tests.cli.recorder import Recorder

PAIR = ("--access-key-id", "me", "--secret", "topsecret")
QUOTES = "a'b\"c`d`$HOME $(id) \\ \\\\ !! %s %20 * ? [x] {a,b} ~ # ; & | < >"
BODIES = {
    "none": None,
    "empty": b"",
    "json": b'{"a": "b\'c"}',
    "quotes": QUOTES.encode(),
    "unicode": "né 字 \U0001f600".encode(),
    "lines": b"one\ntwo\r\n\tthree\n\n",
    "at": b"@/etc/hostname",
    "dash": b"-d",
    "control": b"\x1b[31mred\x07",
    "nul": b"a\0b\n",
    "binary": bytes(range(256)),
    "percent": b"%d%n\xff\\101",
    "large": b"x'y\n" * 60_000,
}
CURL_ADDS = {b"host", b"user-agent", b"accept", b"content-length", b"expect"}

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def shell(line: str) -> None:
    Path("line.sh").write_text(line)  # no argument of sh, for a large body would be too long for one
    done = subprocess.run(["sh", "line.sh"], capture_output=True, check=False, env=environment(), timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(b"hello")


def verified(run: Run, scheme: str, recorder: Recorder) -> Ran:
    return run("verify", "--scheme", scheme, *PAIR, "--request", "-", "--json", stdin=recorder.raw)


def body_words(body: bytes | None) -> list[str]:
    if body is None:
        return []
    Path("body").write_bytes(body)
    return ["--body", "@body"]


@needs_curl
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_curl_sends_any_body(run: Run, strong: str, recorder: Recorder, body: bytes | None) -> None:
    """Whatever the body is, the shell passes it on unharmed, and the whole request verifies."""
    words = ("--scheme", strong, *PAIR, "--method", "POST", "--url", f"{recorder.origin}/x", *body_words(body))
    shell(run("sign", *words, "--curl").out)
    assert recorder.body == (body or b"")
    assert (b"content-length" in recorder.names) == (body is not None)
    assert recorder.names - CURL_ADDS == {b"x-key", b"x-date", b"x-nonce", b"x-signature"}
    assert verified(run, strong, recorder).code == 0


@needs_curl
@pytest.mark.parametrize(
    "target",
    [
        *("/", "/?", "/x?a=1&b=2&a=3", "/%2e%2e/%zz?%", "/a/../b/./c//d", "/{a,b}[1-9]", "/x?$HOME&`id`", "/'\"\\"),
        *("/x?a=b+c%20d&e", "/;p=1/*~!()|^<>", "//double"),
    ],
)
def test_curl_leaves_urls_alone(run: Run, strong: str, recorder: Recorder, target: str) -> None:
    """No dots are resolved, no braces expanded, nothing is encoded anew."""
    shell(run("sign", "--scheme", strong, *PAIR, "--url", recorder.origin + target, "--curl").out)
    assert recorder.request_line == f"GET {target} HTTP/1.1".encode()
    assert verified(run, strong, recorder).code == 0


@needs_curl
def test_curl_sends_headers_as_given(run: Run, strong: str, recorder: Recorder) -> None:
    """Empty values, quotes, other scripts and doubled names arrive; a content type of the caller's own is kept."""
    given = [
        "X-Empty:",
        f"X-Quotes: {QUOTES}",
        "X-Extra: né 字",
        "x_under: 1",
        "X-Twice: 1",
        "X-Twice: 2",
        "X-Tab: a\tb",
    ]
    given += ["Content-Type: text/plain", "Host: other.example", "User-Agent: mine"]
    words = [word for line in given for word in ("--header", line)]
    ran = run("sign", "--scheme", strong, *PAIR, "--url", recorder.origin, "--body", "x", *words, "--curl")
    shell(ran.out)
    assert [line for line in given if line.encode() not in recorder.lines] == []
    assert recorder.lines.count(b"Content-Type: text/plain") == 1
    assert sum(line.lower().startswith(b"host:") for line in recorder.lines) == 1


@needs_curl
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS", "PURGE", "get"])
def test_curl_sends_methods_as_given(run: Run, strong: str, recorder: Recorder, method: str) -> None:
    """The method is the one that was signed, its case too; HEAD does not wait for a body."""
    line = run("sign", "--scheme", strong, *PAIR, "--method", method, "--url", recorder.origin, "--curl").out
    subprocess.run(["sh", "-c", line], capture_output=True, check=True, env=environment(), timeout=60)
    assert recorder.request_line == f"{method} / HTTP/1.1".encode()
    assert verified(run, strong, recorder).code == 0


@needs_curl
def test_curl_for_a_query_scheme(run: Run, recorder: Recorder) -> None:
    """A signature in the query arrives as it was made."""
    shell(run("sign", *BBX, "--url", f"{recorder.origin}/x?b=[1]&a={{2}}", "--curl").out)
    assert re.match(rb"GET /x\?b=\[1\]&a=\{2\}&AccessKeyId=", recorder.request_line)
    assert run("verify", *BBX, "--request", "-", stdin=recorder.raw).code == 0


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_call_sends_what_it_signed(run: Run, strong: str, recorder: Recorder, body: bytes | None) -> None:
    """``call`` signs and sends in one go, any body and header, and prints the answer."""
    words = ("--scheme", strong, *PAIR, "--method", "POST", "--url", f"{recorder.origin}/x?a=[1]", *body_words(body))
    ran = run("call", *words, "--header", "X-Extra: né 字", "--header", "X-Empty:")
    assert (ran.code, ran.out, ran.err) == (0, "hello\n", "HTTP 200\n")
    assert recorder.body == (body or b"")
    assert "X-Extra: né 字".encode() in recorder.lines
    assert verified(run, strong, recorder).code == 0


@pytest.mark.parametrize(("status", "code"), [(200, 0), (304, 0), (399, 0), (400, 1), (401, 1), (500, 1)])
def test_call_tells_the_status(run: Run, recorder: Recorder, status: int, code: int) -> None:
    """The exit code is 1 from 400 on; the answer is there either way."""
    recorder.status = status
    ran = run("call", *BBX, "--url", recorder.origin, "--json")
    assert (ran.code, ran.err) == (code, "")
    assert set(ran.json) == {"status", "headers", "body"}
    assert ran.json["status"] == status
    assert ["Content-Type", "text/plain"] in ran.json["headers"]


def test_call_keeps_a_host_header_of_its_own(run: Run, recorder: Recorder) -> None:
    """For an API that is reached by another address."""
    run("call", *BBX, "--url", recorder.origin, "--header", "Host: api.example")
    assert [line for line in recorder.lines if line.lower().startswith(b"host")] == [b"Host: api.example"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "http://a..b/"]
)
def test_call_without_an_answer_fails(run: Run, url: str) -> None:
    """Nobody there, no port, no host name: told in a line, with 1."""
    ran = run("call", "--scheme", "bbx", *PAIR, "--url", url)
    assert (ran.code, ran.out) == (1, "")
    assert "hint: is it running" in ran.err
    assert ran.problem
    assert "topsecret" not in ran.err
