"""``sealstamp sign``: what comes out is what the scheme says, or a clear word."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.command import BBX, BBX_ID, BBX_SECRET, BBX_SIGNATURE, STRONG_TIME, VECTOR
from tests.cli.conftest import Run

STARDUST = ("--scheme", "stardust", "--access-key-id", "me", "--secret", "topsecret", "--url", "http://h/x")
SIGNED_QUERY = f"AccessKeyId={BBX_ID}&SignatureNonce=2&Timestamp=1612149637&Signature={quote(BBX_SIGNATURE, safe='')}"


def test_published_vector_as_json(run: Run) -> None:
    """BBX's published vector, in the documented shape."""
    ran = run("sign", *VECTOR, "--method", "POST", "--url", "https://api.example.com/v1/x", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json == {
        "method": "POST",
        "url": f"https://api.example.com/v1/x?{SIGNED_QUERY}",
        "headers": [],
        "body": None,
        "string_to_sign": f"AccessKeyId={BBX_ID}&SignatureNonce=2&Timestamp=1612149637",
        "signature": BBX_SIGNATURE,
    }


@pytest.mark.parametrize("body", [(), ("--body", "abc")])
def test_a_digest_that_the_request_brings_stands_for_a_body_that_it_does_not(run: Run, body: tuple[str, ...]) -> None:
    """So that a large file need not be read to sign its upload; a body that is given counts more."""
    words = ("sign", "--scheme", "aliyun-acs3", "--access-key-id", "me", "--secret", "topsecret", "--url", "http://h/x")
    own, of_nothing = "1" * 64, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    ran = run(*words, "--method", "PUT", "--header", f"x-acs-content-sha256: {own}", *body, "--json")
    of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert dict(ran.json["headers"])["x-acs-content-sha256"] == (of_abc if body else own)
    assert ran.json["string_to_sign"].startswith("ACS3-HMAC-SHA256")
    assert dict(run(*words, "--json").json["headers"])["x-acs-content-sha256"] == of_nothing


def test_plain_output(run: Run) -> None:
    """Without a form asked for: the request line's parts, and the headers to send."""
    ran = run("sign", *STARDUST, "--header", "X-Own: 1", "--at", "1612149637000")
    assert ran.out.splitlines()[:4] == ["GET http://h/x", "X-Own: 1", "X-STARDUST-KEY: me", "X-TS: 1612149637000"]
    assert ran.out.splitlines()[4].startswith("X-SIGN: ")


@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("http://h", f"http://h/?{SIGNED_QUERY}"),
        ("http://h/", f"http://h/?{SIGNED_QUERY}"),
        ("http://h?a=1", f"http://h/?a=1&{SIGNED_QUERY}"),
        ("http://h/x?a=1&b=%2F", f"http://h/x?a=1&b=%2F&{SIGNED_QUERY}"),
        ("http://h/x#part", f"http://h/x?{SIGNED_QUERY}"),
        ("http://h/x?a=1#part?&é", f"http://h/x?a=1&{SIGNED_QUERY}"),
        ("HTTP://h:81/x/../y//z", f"http://h:81/x/../y//z?{SIGNED_QUERY}"),
        ("https://[::1]:8443/x", f"https://[::1]:8443/x?{SIGNED_QUERY}"),
        ("http://h/{a}[1]*~'()\"", f"http://h/{{a}}[1]*~'()\"?{SIGNED_QUERY}"),
    ],
)
def test_urls(run: Run, url: str, signed: str) -> None:
    """A URL is used as it is given; only a missing path becomes ``/``, and a fragment is not sent."""
    assert run("sign", *VECTOR, "--url", url, "--json").json["url"] == signed


def test_url_that_ends_in_a_question_mark(run: Run, tmp_path: Path) -> None:
    """An empty query stays one, and what is made of it verifies."""
    url = run("sign", *VECTOR, "--url", "http://h/x?", "--json").json["url"]
    target = url.removeprefix("http://h")
    request = tmp_path / "request"
    request.write_text(f"GET {target} HTTP/1.1\nHost: h\n\n")
    assert run("verify", *BBX, "--request", str(request), "--at", "1612149637").code == 0


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://h/é",
            "http://é/",
            "http://h/a b",
            "http://h/\n",
            "h/x",
            "/x",
            "ftp://h/",
            "http://",
            "",
            "http:///x",
        ),
        *("http://me:word@h/", "http://h\\x/", "http://h/\x7f", "http://h/\x00"),
    ],
)
def test_urls_that_cannot_be_sent_are_refused(run: Run, url: str) -> None:
    """A URL with a space, a password or anything but ASCII is refused, and not repeated."""
    ran = run("sign", *VECTOR, "--url", url)
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem.startswith("--url: ")
    assert "percent-encode" in ran.err
    assert "word" not in ran.err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--method", method) for method in ("G T", "", "GET\r\nX: y", "é")),
        *(("--header", line) for line in ("topsecret", "X:a\r\nY: b", "X Y: a", ": a", "é: a", "X: \0", "X: \x1b")),
        *(("--param", text) for text in ("x", "nope=1", "=")),
        *(("--at", text) for text in ("12s", "", "-1", "+1", "1 ", "1" * 17, "2026-01-01T00:00:00Z", "\u0661")),
        *(("--access-key-id", text) for text in ("", "a b", "é", "a\nb", "x" * 257)),
        *(("--secret", text) for text in ("", "x" * 4097)),
        *(("--body", text) for text in ("@", "@nope", "@.")),
        *(("--scheme", text) for text in ("nope", "nope.toml", "../bbx", "")),
        *(("--secret-file", text) for text in ("nope",)),
    ],
)
def test_arguments_that_cannot_be_are_misuse(run: Run, option: str, value: str) -> None:
    """What would not be sent as it was meant is refused with 2, on standard error, and without secrets."""
    given = list(STARDUST)
    if option in given:
        place = given.index(option)
        given[place : place + 2] = []
    if option == "--secret-file":
        del given[given.index("--secret") : given.index("--secret") + 2]
    ran = run("sign", *given, option, value)
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem
    assert "topsecret" not in ran.err


def test_header_injection_by_nonce_is_refused(run: Run, strong: str) -> None:
    """A nonce that travels in a header cannot bring another header along."""
    words = ("--scheme", strong, "--access-key-id", "me", "--secret", "topsecret", "--url", "http://h/")
    for nonce in ("a\r\nX-Admin: 1", "é"):
        ran = run("sign", *words, "--nonce", nonce)
        assert ran.code == 2
        assert ran.problem.startswith("header X-Nonce: ")


def test_secret_is_required(run: Run) -> None:
    """Without a secret there is a word about all the ways to give one."""
    ran = run("sign", "--scheme", "bbx", "--access-key-id", "me", "--url", "http://h/")
    assert ran.code == 2
    assert all(way in ran.err for way in ("--secret", "--secret-file", "SEALSTAMP_SECRET"))


@pytest.mark.parametrize("content", [BBX_SECRET, f"{BBX_SECRET}\n", f"{BBX_SECRET}\r\n"])
def test_secret_from_file_variable_or_input(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    """The secret needs no place on the command line; a file's last line end is not part of it."""
    words = (
        "sign",
        "--scheme",
        "bbx",
        "--access-key-id",
        BBX_ID,
        "--at",
        "1612149637",
        "--nonce",
        "2",
        "--url",
        "http://h",
    )
    (tmp_path / "secret").write_text(content, newline="")
    assert run(*words, "--json", "--secret-file", str(tmp_path / "secret")).json["signature"] == BBX_SIGNATURE
    assert run(*words, "--json", "--secret-file", "-", stdin=content.encode()).json["signature"] == BBX_SIGNATURE
    monkeypatch.setenv("SEALSTAMP_SECRET", BBX_SECRET)
    assert run(*words, "--json").json["signature"] == BBX_SIGNATURE
    monkeypatch.setenv("SEALSTAMP_SECRET", "")
    assert run(*words, "--json").problem.startswith("SEALSTAMP_SECRET: ")


def test_secret_of_any_bytes(run: Run, tmp_path: Path) -> None:
    """A secret in a file may be bytes that are no text."""
    (tmp_path / "secret").write_bytes(b"\x00\xff\n\n")
    ran = run("sign", *STARDUST[:4], *STARDUST[6:], "--secret-file", str(tmp_path / "secret"))
    assert ran.code == 0


def test_two_secrets_are_misuse(run: Run) -> None:
    """One of them would have to be ignored."""
    ran = run("sign", *VECTOR, "--url", "http://h", "--secret-file", "x")
    assert ran.code == 2
    assert BBX_SECRET not in ran.err


def test_json_and_curl_are_misuse(run: Run) -> None:
    """A form is one or the other."""
    assert run("sign", *VECTOR, "--url", "http://h", "--json", "--curl").code == 2


@pytest.mark.parametrize(
    ("given", "body"),
    [
        ("", ""),
        ("text", "text"),
        ("né", "né"),
        ("a@b", "a@b"),
        ("-", "-"),
        ("@-", "from input"),
        ("@body", "from a file\n"),
    ],
)
def test_bodies(run: Run, strong: str, given: str, body: str) -> None:
    """A body is a text, a file's content after ``@``, or standard input for ``@-``; a file is taken whole."""
    Path("body").write_text("from a file\n")
    words = ("--scheme", strong, "--access-key-id", "me", "--secret", "s", "--method", "POST", "--url", "http://h/")
    ran = run("sign", *words, "--body", given, "--json", stdin=b"from input")
    assert ran.json["body"] == body


def test_times_are_the_schemes_own_text(run: Run, strong: str) -> None:
    """``--at`` is read as the scheme writes times, and the hint says how that is."""
    words = ("--scheme", strong, "--access-key-id", "me", "--secret", "topsecret", "--url", "http://h/")
    headers = dict(run("sign", *words, "--at", STRONG_TIME, "--json").json["headers"])
    assert headers["X-Date"] == STRONG_TIME
    ran = run("sign", *words, "--at", "1612149637")
    assert ran.problem.startswith("--at: ")
    assert "iso-8601-basic" in ran.err


def test_nonces_are_made_unless_given(run: Run, strong: str) -> None:
    """Each call has a nonce of its own, in the scheme's form."""
    words = ("sign", "--scheme", strong, "--access-key-id", "me", "--secret", "s", "--url", "http://h/", "--json")
    first, second = (dict(run(*words).json["headers"])["X-Nonce"] for _ in range(2))
    assert first != second
    assert len(first) == len(second) == 16
    assert dict(run(*words, "--nonce", "mine").json["headers"])["X-Nonce"] == "mine"


def test_parameters(run: Run, strong: str) -> None:
    """``--param`` sets what a scheme leaves open; it may come again."""
    words = ("sign", "--scheme", strong, "--access-key-id", "me", "--secret", "s", "--url", "http://h/", "--json")
    document = run(*words, "--param", "region=us=1", "--param", "key_header=X-My-Key").json
    assert document["string_to_sign"].startswith("us=1 GET h:80 / ")
    assert dict(document["headers"])["X-My-Key"] == "me"


def test_unknown_parameter_and_scheme_have_hints(run: Run) -> None:
    """A mistyped name is answered with the ones there are."""
    ran = run("sign", *VECTOR, "--url", "http://h", "--param", "regoin=eu")
    assert (ran.code, "regoin" in ran.problem) == (2, True)
    ran = run("sign", "--scheme", "stardst", "--url", "http://h")
    assert "stardust" in ran.err


def test_scheme_that_names_no_key_needs_no_id(run: Run) -> None:
    """CDNetworks' requests carry no id, so none is asked for."""
    ran = run("sign", "--scheme", "cdnetworks-api-shield", "--secret", "s", "--url", "http://h", "--json")
    assert [name for name, _ in ran.json["headers"]] == ["X-Date", "X_Sam_Auth"]


def test_header_that_the_scheme_signs_and_that_comes_twice(run: Run, strong: str) -> None:
    """What means two things cannot be signed; it is misuse, not a refusal."""
    words = ("--scheme", strong, "--access-key-id", "me", "--secret", "topsecret", "--url", "http://h/")
    ran = run("sign", *words, "--header", "X-Extra: 1", "--header", "x-extra: 2")
    assert (ran.code, ran.out) == (2, "")
    assert "x-extra" in ran.problem


def test_header_of_the_scheme_replaces_a_given_one(run: Run) -> None:
    """A request is not sent with two times in it."""
    ran = run("sign", *STARDUST, "--header", "x-ts: 5", "--json")
    assert [name for name, _ in ran.json["headers"]] == ["X-STARDUST-KEY", "X-TS", "X-SIGN"]


def test_broken_scheme_file(run: Run, tmp_path: Path) -> None:
    """A scheme file that cannot be used is named with line, problem and remedy."""
    file = tmp_path / "broken.toml"
    file.write_text('title = "x"\nnonsense = 1\n')
    ran = run("sign", "--scheme", str(file), "--url", "http://h", "--secret", "s")
    assert (ran.code, ran.out) == (2, "")
    assert ran.problem.startswith(f"{file}:")
