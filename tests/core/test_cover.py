"""Lists of covered components: headers and what is none, of which a client chooses what it signs."""

from __future__ import annotations

import pytest

from sealstamp.core.coverage import Covered, coverage_of
from sealstamp.core.credential import Credential
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Verifier
from sealstamp.errors import (
    ComponentNotCoveredError,
    DigestMismatchError,
    MalformedCredentialsError,
    SchemeError,
    SigningError,
)
from sealstamp.schemes import get_scheme
from tests.core.schemes import HEAD, remade

NOW_MS = 1_767_225_600_000
PAIR = Credential.of("alice", "secret")
REQUEST = Request(b"POST", b"/a?b=c", [(b"host", b"h"), (b"x-two", b" 1"), (b"x-two", b"2 ")], body=b"body")


def sign(request: Request = REQUEST, **parameters: str) -> Request:
    scheme = get_scheme("cavage-http-signatures", parameters)
    return Signer(scheme, PAIR).sign(request, time_ms=NOW_MS).apply(request)


def check(request: Request, **parameters: str) -> None:
    verifier = Verifier(get_scheme("cavage-http-signatures", parameters))
    verifier.check(request, verifier.present(request, NOW_MS), verifier.bind(PAIR, consumer="acme"), NOW_MS)


def test_what_a_client_covers_besides_is_taken() -> None:
    """A list that names more than is demanded is signed as it came; doubled headers are joined."""
    request = sign(also_cover="Host x-two")
    check(request)
    assert b'headers="(request-target) date host x-two"' in request.header(b"authorization")
    with pytest.raises(ComponentNotCoveredError, match="host"):
        check(sign(), cover="(request-target) date host")


@pytest.mark.parametrize("name", ["x-none", "digest", "date", "(created)"])
def test_what_is_not_there_or_listed_twice_cannot_be_covered(name: str) -> None:
    """A signer is told, and a verifier refuses."""
    with pytest.raises(SigningError):
        sign(also_cover=name)
    listed = [(key, value.replace(b" date", b" date " + name.encode())) for key, value in sign().headers]
    with pytest.raises(MalformedCredentialsError):
        check(remade(sign(), headers=listed))


def test_a_covered_digest_covers_the_body() -> None:
    """Where it must be listed it must be there, and fit."""
    wanted = {"cover": "(request-target) date digest", "body_digest": "required"}
    request = sign(**wanted)
    check(request, **wanted)
    assert Covered.BODY in coverage_of(get_scheme("cavage-http-signatures", wanted))
    assert Covered.BODY not in coverage_of(get_scheme("cavage-http-signatures"))
    with pytest.raises(DigestMismatchError):
        check(remade(request, body=b"bodi"), **wanted)


def test_the_algorithm_is_one_that_is_accepted() -> None:
    """A client cannot choose one that the API does not want, or that there is not."""
    check(sign(algorithm="hmac-sha512"))
    for request in (sign(algorithm="hmac-sha1"), sign()):
        odd = [(key, value.replace(b"hmac-sha256", b"none")) for key, value in request.headers]
        with pytest.raises(MalformedCredentialsError, match="algorithm"):
            check(remade(request, headers=odd))


def test_a_list_that_does_not_come_is_the_default() -> None:
    """The time alone, as the draft has it; that is enough only where the API demands no more."""
    request = sign(cover="date")
    bare = [(key, value.replace(b',headers="date"', b"")) for key, value in request.headers]
    check(remade(request, headers=bare), cover="date")
    with pytest.raises(ComponentNotCoveredError):
        check(remade(request, headers=bare))


def test_only_a_chosen_list_covers() -> None:
    """The author is told what to name."""
    text = f"""{HEAD}
[fields]
signature = "header X-Signature"
[sign]
string_to_sign = {{ cover = "host {{method}}" }}
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
    with pytest.raises(SchemeError, match="'cover' takes a list that the signer chooses"):
        load_scheme(text, name="t", path="t.toml")
