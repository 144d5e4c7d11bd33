"""Vectors of schemes that are not in the catalogue, and what happens where a case does not end as it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.scheme import Scheme
from sealstamp.errors import Reason, VectorError
from sealstamp.schemes import get_scheme
from sealstamp.vectors.case import judge, settle
from sealstamp.vectors.files import case_document, scheme_files
from sealstamp.vectors.folder import write_folder
from sealstamp.vectors.making import make_cases
from sealstamp.vectors.situation import NOW_MS, Situation
from sealstamp.vectors.wire import read_request, write_request

OWN = """
title   = "Own"
vendor  = "Own"
url     = "https://own.example"
summary = "An HMAC-SHA256 over everything."

[parameters]
tenant = { default = "", about = "who calls" }
hash   = { default = "sha256", one_of = ["sha256", "sha512"], about = "the hash function" }

[fields]
access_key_id = "header X-Key"
timestamp     = ["header X-Time", "query time"]
nonce         = "header X-Nonce"
tenant        = { at = "header X-Tenant", optional = true }
digest        = "header X-Digest"
signature     = "header X-Signature"

[time]
format = "unix-s"
past   = "1 min"
future = "10 s"

[nonce]
make = "uuid"

[sign]
digest         = "{body|sha256|hex}"
fields         = "{query_fields|encode_each|sort|join:'=','&'}"
string_to_sign = ["{method}", "{host}", "{path}", "{fields}", "{timestamp}", "{nonce}", "{tenant}", "{digest}"]
long           = "{string_to_sign|hmac:sha512,secret|hex}"
short          = "{string_to_sign|hmac:sha256,secret|hex}"
signature      = { switch = "{hash}", cases = { sha512 = "{long}" }, default = "{short}" }
"""


@pytest.fixture(scope="module")
def own() -> Scheme:
    return load_scheme(OWN, name="own", path="own.toml")


def test_a_scheme_of_ones_own_has_vectors(own: Scheme) -> None:
    """All that its description says has its cases: places, choices, optional fields, each part that is signed."""
    cases = {case.name: case.reason for case in make_cases(own)}
    assert (
        cases.items()
        >= {
            "get": "accepted",
            "alias-query-time": "accepted",
            "with-tenant": "accepted",
            "without-tenant": "accepted",
            "parameter-hash-sha512": "accepted",
            "oldest": "accepted",
            "newest": "accepted",
            "stale": "outside_time_window",
            "future": "outside_time_window",
            "tampered-method": "signature_mismatch",
            "tampered-host": "signature_mismatch",
            "tampered-path": "signature_mismatch",
            "tampered-query": "signature_mismatch",
            "tampered-body": "digest_mismatch",
            "tampered-digest": "signature_mismatch",
            "tampered-nonce": "signature_mismatch",
            "missing-digest": "missing_credentials",
            "other-spelling-signature": "malformed_credentials",
            "two-places-timestamp": "malformed_credentials",
            "unit-too-large": "outside_time_window",
            "unknown-key": "unknown_access_key",
            "replayed-nonce": "nonce_replayed",
            "nonce-again": "nonce_replayed",
            "key-expired": "inactive_access_key",
            "key-not-permitted": "permission_denied",
        }.items()
    )
    assert not any(name.startswith("not-covered") for name in cases)


def test_what_is_not_signed_is_seen(own: Scheme) -> None:
    """A part that is left out of the signature becomes an accepted case that says so."""
    weaker = load_scheme(own.source.replace('"{host}", ', ""), name="weaker", path="weaker.toml")
    cases = {case.name: case.reason for case in make_cases(weaker)}
    assert cases["not-covered-host"] == "accepted"
    assert "tampered-host" not in cases


def test_the_same_description_gives_the_same_files(own: Scheme) -> None:
    """No clock and no chance is in them."""
    again = load_scheme(OWN, name="own", path="own.toml")
    assert scheme_files(own, make_cases(own)) == scheme_files(again, make_cases(again))


def test_a_case_that_ends_otherwise_is_an_error(own: Scheme) -> None:
    """It is neither left out nor put right."""
    situation = Situation(own)
    draft = situation.draft("wrong", "a case whose maker errs", situation.sign().request, Reason.SIGNATURE_MISMATCH)
    with pytest.raises(VectorError, match="own/wrong: expected signature_mismatch, but it ends with accepted"):
        settle(draft)


def test_a_request_before_that_is_refused_is_an_error(own: Scheme) -> None:
    """What comes before a case is accepted, or the case says nothing."""
    situation = Situation(own)
    signed = situation.sign().request
    draft = situation.draft("wrong", "", signed, Reason.ACCEPTED, before=(situation.get(),))
    with pytest.raises(VectorError, match="a request before it is refused, missing_credentials"):
        judge(draft)


def test_a_description_that_claims_too_much_is_an_error(own: Scheme, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where coverage said that the host is signed and a change of it were accepted, no vectors would be made."""
    from sealstamp.core.coverage import Covered
    from sealstamp.vectors.faults import tampering

    weaker = load_scheme(own.source.replace('"{host}", ', ""), name="weaker", path="weaker.toml")
    monkeypatch.setattr(tampering, "coverage_of", lambda _: frozenset({Covered.HOST}))
    with pytest.raises(VectorError, match=r"weaker/tampered-host: expected .*, but it ends with accepted"):
        make_cases(weaker)


@pytest.mark.parametrize(
    "request_",
    [
        Request(b"GET", b"/a b", []),
        Request(b"GET", b"/", [(b"x", b"a\r\nb")]),
        Request(b"GET", b"/", [(b"x", b" a")]),
        Request(b"GET", b"/", [(b"x:y", b"a")]),
    ],
)
def test_what_cannot_be_sent_is_not_written(request_: Request) -> None:
    """A request that a reader would read differently is no vector."""
    with pytest.raises(VectorError):
        write_request(request_)


@pytest.mark.parametrize("text", [b"", b"GET / HTTP/1.1", b"GET /\r\n\r\n", b"GET / HTTP/1.1\r\nx: y\r\n"])
def test_what_is_no_request_is_not_read(text: bytes) -> None:
    """And nothing but a VectorError is raised."""
    with pytest.raises(VectorError):
        read_request(text)


def test_writing_again_clears_away_what_is_no_more(tmp_path: Path) -> None:
    """Cases that are gone go; files of other people stay."""
    scheme = get_scheme("bbx")
    cases = make_cases(scheme)
    folder = tmp_path / "bbx"
    write_folder(folder, scheme_files(scheme, cases))
    (folder / "notes.txt").write_text("mine")
    (folder / "stale" / "notes.txt").write_text("mine")
    (folder / "get" / "before-9.http").write_text("old")
    kept = [case for case in cases if case.name not in ("stale", "future")]
    write_folder(folder, scheme_files(scheme, kept))
    assert [path.name for path in (folder / "stale").iterdir()] == ["notes.txt"]
    assert not (folder / "future").exists()
    assert not (folder / "get" / "before-9.http").exists()
    assert (folder / "notes.txt").read_text() == "mine"


def test_every_clock_stands_still() -> None:
    """The fixed time is the one that the page tells."""
    assert NOW_MS == 1_767_323_045_000


PAIR = """
title = "Pair"
vendor = "Own"
url = "https://own.example"

[fields]
access_key_id = "header X-Key"
timestamp     = "header X-Time"
signature     = "header X-Signature"

[time]
format = "unix-s"
past   = "1 min"
future = "10 s"

[sign]
string_to_sign = ["{method}", "{target}", "{timestamp}", "{body}"]
signature      = "{string_to_sign|sign:ALGORITHM,secret|base64}"

[keys]
secret = "FORM"
"""


@pytest.mark.parametrize(
    ("form", "algorithm"),
    [
        ("ed25519", "ed25519"),
        ("p-256", "ecdsa-p256-sha256"),
        ("p-384", "ecdsa-p384-sha384-der"),
        ("rsa", "rsa-v1_5-sha256"),
        ("rsa", "rsa-pss-sha512"),
    ],
)
def test_schemes_that_sign_with_key_pairs(form: str, algorithm: str) -> None:
    """Their vectors have the public key, too; what another key has signed is refused."""
    text = PAIR.replace("ALGORITHM", algorithm).replace("FORM", form)
    cases = {case.name: case for case in make_cases(load_scheme(text, name="pair", path="pair.toml"))}
    assert cases["get"].accepted
    assert cases["wrong-secret"].reason == "signature_mismatch"
    assert cases["signature-altered"].reason == "signature_mismatch"
    assert cases["tampered-body"].reason == "signature_mismatch"
    facts = case_document(cases["get"])["access_key"]
    assert facts["public_key"].startswith("-----BEGIN PUBLIC KEY-----\n")
