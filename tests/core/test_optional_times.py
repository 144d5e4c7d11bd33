"""A timestamp and a nonce that may be left out: what came is checked, and a guard that was asked for demands both."""

from __future__ import annotations

import pytest

from sealstamp.core.credential import Credential
from sealstamp.core.lint import lint
from sealstamp.core.loader import load_scheme
from sealstamp.core.request import Request
from sealstamp.core.signer import Signer
from sealstamp.core.verifier import Claim, ReplayBy, Verifier
from sealstamp.errors import (
    MalformedCredentialsError,
    MissingCredentialsError,
    OutsideTimeWindowError,
    SignatureMismatchError,
)

NOW_MS = 1_767_225_600_000
SCHEME = load_scheme(
    """
title = "Lenient"
vendor = "Example"
url = "https://example.com"

[fields]
access_key_id = "header X-Key"
timestamp = { at = "header X-Date", optional = true }
nonce = { at = "query nonce", optional = true }
signature = "header X-Signature"

[time]
format = "unix-ms"
past = "1 min"
future = "1 min"

[nonce]
make = "hex 8"

[sign]
string_to_sign = ["{method}", "{target}", "{timestamp}", "{nonce}"]
signature = "{string_to_sign|hmac:sha256,secret|hex}"
""",
    name="lenient",
    path="lenient.toml",
)
CREDENTIAL = Credential.of("key-1", "a secret")


def signed(time_ms: int | None, nonce: str | None) -> Request:
    request = Request(b"GET", b"/orders?page=2", [(b"host", b"api.example.com")])
    return Signer(SCHEME, CREDENTIAL).sign(request, time_ms=time_ms, nonce=nonce).apply(request)


def claim_of(request: Request, replay_by: ReplayBy | None = None) -> Claim | None:
    verifier = Verifier(SCHEME, replay_by=replay_by)
    key = verifier.bind(CREDENTIAL, consumer="acme")
    return verifier.check(request, verifier.present(request, NOW_MS), key, NOW_MS)


def test_a_request_without_either_is_accepted_and_carries_neither() -> None:
    request = signed(None, None)
    assert request.target == b"/orders?page=2"
    assert [name for name, _ in request.headers] == [b"host", b"x-key", b"x-signature"]
    assert claim_of(request) is None


def test_what_came_is_checked() -> None:
    with pytest.raises(OutsideTimeWindowError):
        claim_of(signed(NOW_MS - 60_001, "5f1c"))
    with pytest.raises(MalformedCredentialsError):
        claim_of(signed(NOW_MS, "x" * 129))


def test_a_nonce_that_came_is_claimed() -> None:
    claim = claim_of(signed(NOW_MS, "5f1c"))
    assert claim is not None
    assert claim.token.endswith(b"5f1c")
    assert claim.expires_ms == NOW_MS + 60_000


@pytest.mark.parametrize(("time_ms", "nonce"), [(None, None), (None, "5f1c"), (NOW_MS, None)])
def test_a_guard_that_was_asked_for_refuses_what_it_cannot_guard(time_ms: int | None, nonce: str | None) -> None:
    with pytest.raises(MissingCredentialsError):
        claim_of(signed(time_ms, nonce), ReplayBy.NONCE)


def test_a_signature_is_claimed_if_there_is_a_time() -> None:
    assert claim_of(signed(NOW_MS, None), ReplayBy.SIGNATURE) is not None
    with pytest.raises(MissingCredentialsError):
        claim_of(signed(None, None), ReplayBy.SIGNATURE)


def test_neither_can_be_taken_out_on_the_way() -> None:
    request = signed(NOW_MS, "5f1c")
    headers = [line for line in request.headers if line[0] != b"x-date"]
    for spoilt in (Request(b"GET", request.target, headers), Request(b"GET", b"/orders?page=2", request.headers)):
        with pytest.raises(SignatureMismatchError):
            claim_of(spoilt)


def test_lint_tells_of_both() -> None:
    assert {"time_may_lack", "no_nonce"} <= {finding.rule.code for finding in lint(SCHEME).findings}
