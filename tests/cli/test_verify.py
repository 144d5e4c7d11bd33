"""``sealstamp verify``: captures in every shape; 0 accepted, 1 refused, 2 misused."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealstamp.cli.verify import parse_request
from tests.cli.command import BBX, BBX_ID, BBX_SECRET, BBX_SIGNATURE, BBX_TIME, STRONG_TIME
from tests.cli.conftest import Run

QUERY = f"AccessKeyId={BBX_ID}&SignatureNonce=2&Timestamp={BBX_TIME}&Signature={BBX_SIGNATURE.replace('=', '%3D')}"
VECTOR = f"GET /x?{QUERY} HTTP/1.1\r\nHost: h\r\n\r\n".encode()
AT = ("--at", BBX_TIME)
STRONG_PAIR = ("--access-key-id", "me", "--secret", "topsecret")


def test_published_vector(run: Run) -> None:
    """BBX's vector is accepted, and the document has the documented keys."""
    ran = run("verify", *BBX, "--request", "-", *AT, "--json", stdin=VECTOR)
    assert (ran.code, ran.err) == (0, "")
    assert set(ran.json) == {"accepted", "reason", "detail", "scheme", "presented", "expected"}
    assert (ran.json["accepted"], ran.json["reason"], ran.json["scheme"]) == (True, "accepted", "bbx")
    assert ran.json["presented"]["signature"] == BBX_SIGNATURE
    assert ran.json["expected"] == {
        "string_to_sign": f"AccessKeyId={BBX_ID}&SignatureNonce=2&Timestamp={BBX_TIME}",
        "signature": "***",
    }


def test_plain_output_never_shows_secret_or_expected_signature(run: Run) -> None:
    """Whoever reads the decision cannot sign by it."""
    ran = run(
        "verify", "--scheme", "bbx", "--access-key-id", BBX_ID, "--secret", "other", "--request", "-", *AT, stdin=VECTOR
    )
    assert ran.code == 1
    assert ran.out.startswith("signature_mismatch: ")
    assert "other" not in ran.out + ran.err


def refused(run: Run, raw: bytes, *more: str) -> str:
    ran = run("verify", *BBX, "--request", "-", *(more or AT), "--json", stdin=raw)
    assert (ran.code, ran.err, ran.json["accepted"]) == (1, "", False)
    reason: str = ran.json["reason"]
    return reason


def test_refusals(run: Run) -> None:
    """Each circumstance has its reason, and 1."""
    assert refused(run, VECTOR.replace(BBX_ID.encode(), b"x" * 32)) == "unknown_access_key"
    assert refused(run, VECTOR.replace(b"Nonce=2", b"Nonce=3")) == "signature_mismatch"
    assert refused(run, VECTOR.replace(b"&Signature=", b"&Sig=")) == "missing_credentials"
    assert refused(run, VECTOR.replace(b"&Signature=", b"&Signature=x&Signature=")) == "malformed_credentials"
    assert refused(run, VECTOR, "--at", "1612149900") == "outside_time_window"
    assert refused(run, b"GET / HTTP/1.1\n\n") == "missing_credentials"
    assert refused(run, VECTOR[:-2] + b"a: b\r\n" * 2_000) == "malformed_credentials"


def test_times_are_now_unless_given(run: Run) -> None:
    """Without ``--at`` the clock is asked."""
    ran = run("verify", *BBX, "--request", "-", "--json", stdin=VECTOR)
    assert (ran.code, ran.json["reason"]) == (1, "outside_time_window")


@pytest.mark.parametrize(
    "raw",
    [
        VECTOR,
        VECTOR.replace(b"\r\n", b"\n"),
        VECTOR.rstrip(),
        VECTOR[:-2],
        VECTOR.replace(b"Host: h", b"Host:h"),
        VECTOR.replace(b"Host: h", b"host:   h \t"),
        VECTOR.replace(b"Host: h", b"X-Empty:\r\nHost: h"),
        VECTOR.replace(b"GET /x", b"GET https://h/x"),
        VECTOR.replace(b"GET /x", b"GET HTTPS://h:443/x"),
        VECTOR.replace(b"GET /x", b"GET https://h"),
        VECTOR.replace(b"GET /x", b"PATCH /x").replace(b"HTTP/1.1", b"HTTP/1.0"),
        VECTOR + b"\0\xff\n" * 10,
        VECTOR + b"x" * 3_000_000,
    ],
)
def test_shapes_of_captures(run: Run, raw: bytes) -> None:
    """Line ends, spacing, targets and bodies may be as they come."""
    Path("capture").write_bytes(raw)
    assert run("verify", *BBX, "--request", "capture", *AT).code == 0


@pytest.mark.parametrize(
    ("raw", "line_end"),
    [
        (b"POST /a HTTP/1.1\nHost: h\n\n\0a\r\n\r\nb\n", "LF"),
        (b"POST /a HTTP/1.1\r\nHost: h\r\n\r\n\0a\r\n\r\nb\n", "CRLF"),
    ],
)
def test_body_is_all_that_follows_the_empty_line(raw: bytes, line_end: str) -> None:
    """The body's own line ends and NUL bytes are kept, whatever the head's line ends are."""
    request = parse_request(raw)
    assert request.body == b"\0a\r\n\r\nb\n", line_end
    assert request.headers == [(b"host", b"h")]


def test_absolute_form_gives_scheme_and_authority() -> None:
    """A proxy's capture has the whole URL in its first line."""
    request = parse_request(b"GET http://api.example:81?a=1 HTTP/1.1\nHost: other\n\n")
    assert (request.scheme, request.authority, request.target) == (b"http", b"api.example:81", b"/?a=1")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n",
        b"\r\n",
        b"GET",
        b"GET / HTTP/1.1 \n\n",
        b"GET  HTTP/1.1\n\n",
        b"GET /a b HTTP/1.1\n\n",
        b"GET / HTTQ/1.1\n\n",
        b"GET x HTTP/1.1\n\n",
        b"GET ftp://h/ HTTP/1.1\n\n",
        b"HTTP/1.1 200 OK\n\n",
        b"GET / HTTP/1.1\ntopsecret\n\n",
        b"GET / HTTP/1.1\nX : topsecret\n\n",
        b"GET / HTTP/1.1\n folded: topsecret\n\n",
        b"GET / HTTP/1.1\n: topsecret\n\n",
        b"\x16\x03\x01\x02\x00\x01",
        bytes(range(256)),
    ],
)
def test_what_is_no_request_is_misuse(run: Run, raw: bytes) -> None:
    """A file that holds something else is 2, and its lines are not repeated."""
    ran = run("verify", *BBX, "--request", "-", *AT, stdin=raw)
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem.startswith("--request: not an HTTP/1.1 request")
    assert "topsecret" not in ran.err


def test_misuse(run: Run, tmp_path: Path) -> None:
    """A missing file, a missing secret, a broken scheme, a wrong time: 2, never 1."""
    (tmp_path / "broken.toml").write_text("title = 1")
    pair = ("--access-key-id", BBX_ID, "--secret", BBX_SECRET)
    for words in (
        (*BBX, "--request", "nope"),
        (*BBX, "--request", "."),
        (*BBX,),
        ("--scheme", "bbx", "--access-key-id", BBX_ID, "--request", "-"),
        ("--scheme", "bbx", "--secret", "s", "--request", "-"),
        ("--scheme", "nope", *pair, "--request", "-"),
        ("--scheme", "broken.toml", *pair, "--request", "-"),
        ("--scheme", "missing.toml", *pair, "--request", "-"),
        (*BBX, "--request", "-", "--at", "noon"),
        (*BBX, "--request", "-", "--param", "x=1"),
    ):
        ran = run("verify", *words, stdin=VECTOR)
        assert (ran.code, ran.out) == (2, ""), words
        assert ran.problem
        assert BBX_SECRET not in ran.err


def test_what_sign_makes_verify_takes(run: Run, strong: str) -> None:
    """Both work from one file; a change of anything signed is refused."""
    words = ("--scheme", strong, *STRONG_PAIR, "--param", "region=us")
    signed = run(
        *("sign", *words, "--method", "PUT", "--url", "http://h:81/a?b", "--header", "X-Extra: 1"),
        *("--body", "né", "--at", STRONG_TIME, "--json"),
    ).json
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed["headers"])
    raw = f"PUT {signed['url']} HTTP/1.1\r\nHost: h:81\r\n{lines}\r\nné".encode()
    check = ("verify", *words, "--request", "-", "--at", STRONG_TIME)
    assert run(*check, stdin=raw).code == 0
    for old, new in (
        (b"PUT", b"GET"),
        (b"/a?b", b"/a?c"),
        (b"X-Extra: 1", b"X-Extra: 2"),
        (b"\xc3\xa9", b"e"),
        (b"81/", b"82/"),
    ):
        assert run(*check, stdin=raw.replace(old, new)).code == 1
    assert run(*check, "--param", "region=eu", stdin=raw).code == 1


def test_key_without_a_name(run: Run) -> None:
    """For a scheme that names no key, the secret alone decides."""
    words = ("--scheme", "cdnetworks-api-shield", "--secret", "s")
    signed = run("sign", *words, "--url", "http://h/", "--json").json
    raw = "GET / HTTP/1.1\n" + "".join(f"{name}: {value}\n" for name, value in signed["headers"])
    assert run("verify", *words, "--request", "-", stdin=raw.encode()).code == 0
    assert (
        run("verify", "--scheme", "cdnetworks-api-shield", "--secret", "t", "--request", "-", stdin=raw.encode()).code
        == 1
    )
