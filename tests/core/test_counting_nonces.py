"""Nonces that count up: decimal numbers, each above the last one that was accepted of its access key."""

from __future__ import annotations

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.lint import lint
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.timing import NEVER_MS
from sealstamp.core.verifier import Claim, ClaimResult, ReplayBy, Verifier
from sealstamp.errors import ConfigurationError, MalformedCredentialsError, NonceReplayedError, SchemeError
from tests.core.schemes import HEAD

COUNTING = f"""{HEAD}
[fields]
access_key_id = "header X-Key"
nonce         = "header X-Nonce"
signature     = "header X-Signature"

[nonce]
make  = "digits 13"
grows = true

[sign]
string_to_sign = "{{method}} {{authority}} {{target}} {{nonce}} {{body|sha256|hex}}"
signature      = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""
SCHEME = load_scheme(COUNTING, name="t", path="t.toml")
CREDENTIAL = Credential.of("k", "s")


def signed(nonce: str) -> Request:
    request = Request(b"GET", b"/x", [(b"host", b"h")], body=b"")
    return Signer(SCHEME, CREDENTIAL).sign(request, nonce=nonce).apply(request)


def verify(request: Request, verifier: Verifier, *, result: ClaimResult = ClaimResult.MADE) -> list[Claim]:
    key, claims = verifier.bind(CREDENTIAL, consumer="c"), []

    def claim(claim: Claim, now_ms: int) -> ClaimResult:
        claims.append(claim)
        return result

    verifier.verify(request, 0, {b"k": key}.get, claim)
    return claims


def test_the_claim_is_the_number_for_the_access_key() -> None:
    """Zeros before it change nothing; its API is in the token."""
    verifier = Verifier(SCHEME, scope="shop")
    assert verify(signed("0012"), verifier) == [Claim(b"shop\0k\0", NEVER_MS, NEVER_MS, 12)]
    with pytest.raises(NonceReplayedError):
        verify(signed("12"), verifier, result=ClaimResult.SEEN)


def test_64_bits_are_the_most() -> None:
    """And nothing but digits is a number."""
    highest = (1 << 64) - 1
    assert verify(signed(str(highest)), Verifier(SCHEME))[0].number == highest
    for nonce in (str(highest + 1), "0" * 21, "-1", "1.5", "1e3", "0x1", " 1", "\u0661"):
        with pytest.raises(MalformedCredentialsError):
            verify(signed(nonce), Verifier(SCHEME))


def test_signers_count_by_the_clock() -> None:
    """As many digits as the form has: here milliseconds."""
    assert SCHEME.nonce is not None
    assert SCHEME.nonce.counted(1_616_492_376_594_123_456) == "1616492376594"


def test_order_alone_is_a_finding_and_no_missing_time() -> None:
    """What is captured cannot be sent again, but what was held back can be sent late."""
    assert {finding.rule.code for finding in lint(SCHEME).findings} == {"order_alone"}


def test_a_guard_by_signature_would_never_forget() -> None:
    """Without a time only the number will do."""
    with pytest.raises(ConfigurationError, match="would never forget"):
        Verifier(SCHEME, replay_by=ReplayBy.SIGNATURE)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("grows = true", "", "would have to be kept for ever"),
        ('"digits 13"', '"hex 16"', "made of the time's digits"),
        ('"digits 13"', '"digits 20"', "made of the time's digits"),
        (
            'nonce         = "header X-Nonce"',
            'nonce = { at = "header X-Nonce", optional = true }',
            "must always travel",
        ),
        ('access_key_id = "header X-Key"', "", "must always travel"),
    ],
)
def test_what_cannot_count_is_refused_when_loading(old: str, new: str, problem: str) -> None:
    """With line and remedy, as everything."""
    assert old in COUNTING
    with pytest.raises(SchemeError, match=problem):
        load_scheme(COUNTING.replace(old, new), name="t", path="t.toml")
