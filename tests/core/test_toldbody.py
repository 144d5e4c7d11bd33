"""What is told of a body that a door has not seen, from every kind of digest there is, and the check of it."""

from __future__ import annotations

import hashlib

import pytest

from sealstamp.core.bodycheck import BodyDigest, DigestCheck, body_digest_of
from sealstamp.core.template import parse_template
from sealstamp.core.toldbody import BodyChecker, tell_unchecked
from sealstamp.errors import DigestMismatchError
from sealstamp.schemes import get_scheme, scheme_names

BODY = b'{"colour": "red"}'


def digests() -> list[BodyDigest]:
    found = [digest for name in scheme_names() for digest in get_scheme(name).body_digests.values()]
    return [*dict.fromkeys(found)]


def check(told: bytes, body: bytes) -> None:
    checker = BodyChecker(told.decode())
    for at in range(0, len(body), 5):
        checker.update(body[at : at + 5])
    checker.finish()


@pytest.mark.parametrize("digest", digests(), ids=lambda digest: f"{digest.name} {digest.hash}")
def test_every_digest_of_the_catalogue(digest: BodyDigest) -> None:
    """However its value is written, the raw digest is told, and knows the body."""
    came = digest.write(digest.new(BODY).digest())
    expected = DigestCheck([(digest, came)]).expected()
    assert expected == {digest.hash: digest.new(BODY).digest()}
    check(tell_unchecked(expected), BODY)
    with pytest.raises(DigestMismatchError):
        check(tell_unchecked(expected), BODY + b" ")


@pytest.mark.parametrize(
    "template",
    [
        "{body|sha256|hex}",
        "{body|sha256|hex|upper}",
        "{body|sha512|base64}",
        "{body|md5|base64url}",
        "sha-256={body|sha256|base64}!",
        "{body|md5|hex|base64}",
    ],
)
def test_ways_of_writing(template: str) -> None:
    """Codecs are undone one by one; a value that they could not have written tells nothing."""
    digest = body_digest_of("d", parse_template(template))
    assert digest is not None
    came = digest.write(digest.new(BODY).digest())
    assert digest.raw(came) == digest.new(BODY).digest()
    assert digest.raw(b"?" * len(came)) is None
    assert digest.raw(b"") is None


def test_what_does_not_come_back() -> None:
    """Base64 in lower case is nobody's digest any more; then no digest is told, and the body cannot be believed."""
    digest = body_digest_of("d", parse_template("{body|sha256|base64|lower}"))
    assert digest is not None
    told = tell_unchecked(DigestCheck([(digest, digest.write(digest.new(BODY).digest()))]).expected())
    assert told == b"unchecked"
    with pytest.raises(DigestMismatchError):
        check(told, BODY)


def test_nothing_told() -> None:
    """Where the door has said nothing there is nothing to compare."""
    check(b"", BODY)


SHA256 = hashlib.sha256(BODY).digest()


def test_several_digests() -> None:
    """Each has to be right."""
    right = {"sha256": SHA256, "sha512": hashlib.sha512(BODY).digest()}
    check(tell_unchecked(right), BODY)
    with pytest.raises(DigestMismatchError, match="came: sha256"):
        check(tell_unchecked({**right, "sha256": b"\0" * 32}), BODY)


@pytest.mark.parametrize(
    "told",
    [
        "checked",
        "unchecked;",
        "unchecked;sha-256",
        "unchecked;sha-256=:!:",
        "unchecked;sha-256=:AA==:;more",
        "unchecked;sha-999=:AA==:",
        "unchecked, unchecked",
        "unchecked;sha-256=:A:",
        "uncheckedsha-256=:AA==:",
    ],
)
def test_what_no_door_tells(told: str) -> None:
    """It is refused before the body comes."""
    with pytest.raises(DigestMismatchError, match="cannot be read"):
        BodyChecker(told)
