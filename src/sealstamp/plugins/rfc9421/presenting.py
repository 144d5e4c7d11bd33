"""What a request presents: the one signature that counts, checked against the policy, and its base.

Of several signatures, those count that have the label and the tag that the parameters demand, if they do. They are
tried in the order of Signature-Input, and the first that keeps to the policy is taken: enough covered, in time, nothing
missing. If none does, the request is refused for what the first of them lacks.
"""

from __future__ import annotations

from binascii import b2a_base64
from functools import lru_cache
from typing import Final, NoReturn

from sealstamp.core.asymmetric import ORDERS
from sealstamp.core.compiler import Presented
from sealstamp.core.places import other_spellings
from sealstamp.core.request import Request
from sealstamp.core.runtime import MAX_NONCE, missing, outside, refuse_spelling
from sealstamp.core.scheme import Scheme
from sealstamp.errors import (
    ComponentNotCoveredError,
    MalformedCredentialsError,
    MissingCredentialsError,
    OutsideTimeWindowError,
    VerificationError,
)
from sealstamp.plugins.rfc9421.base import coverage_reader
from sealstamp.plugins.rfc9421.components import Identity
from sealstamp.plugins.rfc9421.digests import FIELD, Expected, has_body, read_digests
from sealstamp.plugins.rfc9421.fields import lines_of
from sealstamp.plugins.rfc9421.inputs import Input, read_inputs, read_signatures
from sealstamp.plugins.rfc9421.policy import CONTENT_DIGEST, Policy

SIGNATURE_AT: Final = 8
BASE_AT: Final = 9
ALGORITHM_AT: Final = 10
EXPECTED_AT: Final = 11
MUST_BE_EMPTY_AT: Final = 12
"""Where this code keeps its own in what is presented: behind the five carried values."""

_INPUT: Final = b"signature-input"
_SIGNATURE: Final = b"signature"
_CURVES: Final = {64: ORDERS["P-256"], 96: ORDERS["P-384"]}
"""By the length of a signature of ECDSA, the order of its curve's group."""


class Presenter:
    """Reads requests by one policy."""

    def __init__(self, scheme: Scheme, policy: Policy) -> None:
        self._policy = policy
        self._must_have = frozenset({"keyid", *policy.must_have})
        self._carriers = scheme.carriers
        self._read_covered = coverage_reader(policy.types)
        self._lacking = lru_cache(1024)(self._find_lacking)
        names = frozenset({_INPUT, _SIGNATURE, FIELD})
        self._spellings = frozenset[bytes]().union(*map(other_spellings, names)) - names
        self._label = policy.label or "sig1"

    def present(self, request: Request, now_ms: int) -> Presented:
        """Return what counts. Raises VerificationError."""
        inputs, signatures = self._read(request)
        refused: VerificationError | None = None
        for one in inputs:
            try:
                return self._presented(request, one, signatures, now_ms)
            except VerificationError as error:
                refused = refused or error
        raise refused or MissingCredentialsError("no signature has the label and the tag that this API takes")

    def reread(self, request: Request) -> Presented:
        """Return what this scheme's own signer wrote, without asking the policy."""
        inputs, signatures = self._read(request)
        one = next((one for one in inputs if one.label == self._label), None)
        if one is None or one.label not in signatures:
            raise MissingCredentialsError("there is no signature of this signer")
        return self._tuple(request, one, signatures[one.label], expected=(), must_be_empty=False)

    def _read(self, request: Request) -> tuple[list[Input], dict[str, bytes]]:
        values, doubled = request.header_fields
        if _INPUT not in values or _SIGNATURE not in values:
            missing(self._carriers, request)
        if not self._spellings.isdisjoint(values):
            refuse_spelling(values, self._spellings)
        written, signed = values[_INPUT], values[_SIGNATURE]
        if doubled:  # the lines of a dictionary are one dictionary
            written, signed = (b", ".join(lines_of(request, name)) for name in (_INPUT, _SIGNATURE))
        inputs = read_inputs(written, self._read_covered)
        if self._policy.label or self._policy.tag:
            inputs = [one for one in inputs if self._is_wanted(one)]
        return inputs, read_signatures(signed)

    def _is_wanted(self, one: Input) -> bool:
        label, tag = self._policy.label, self._policy.tag
        return label in ("", one.label) and (not tag or one.parameters.get("tag") == tag)

    def _presented(self, request: Request, one: Input, signatures: dict[str, bytes], now_ms: int) -> Presented:
        if one.label not in signatures:
            raise MissingCredentialsError(f"Signature has no signature {one.label}")
        self._check_parameters(one, now_ms)
        lacking, digest_met, covers_digest = self._lacking(one.covered.identities)
        if lacking:
            _refuse_lacking(lacking)
        if not digest_met and has_body(request):
            _refuse_lacking((CONTENT_DIGEST,))
        must_be_empty = not digest_met and request.body is None
        values, doubled = request.header_fields
        if FIELD not in values:
            return self._tuple(request, one, signatures[one.label], expected=(), must_be_empty=must_be_empty)
        expected = read_digests(b", ".join(lines_of(request, FIELD)) if FIELD in doubled else values[FIELD])
        if covers_digest and not expected:
            raise MalformedCredentialsError("Content-Digest has no digest that can be checked: sha-256 or sha-512")
        return self._tuple(request, one, signatures[one.label], expected=expected, must_be_empty=must_be_empty)

    def _tuple(
        self, request: Request, one: Input, signature: bytes, *, expected: Expected, must_be_empty: bool
    ) -> Presented:
        parameters = one.parameters
        key_id, created = parameters["keyid"].encode(), parameters.get("created")
        nonce = parameters["nonce"].encode() if "nonce" in parameters else b""
        written = b2a_base64(_canonical(signature) if len(signature) in _CURVES else signature, newline=False)
        return (
            key_id,
            None if created is None else created * 1000,
            nonce or b"\0" + written,  # what has no nonce is told apart by its signature
            written,
            request.header_fields[0].get(FIELD, b""),
            key_id,
            b"" if created is None else b"%d" % created,
            nonce,
            signature,
            one.covered.base(request, one.text),
            parameters.get("alg", ""),
            expected,
            must_be_empty,
        )

    def _find_lacking(self, covered: frozenset[Identity]) -> tuple[tuple[str, ...], bool, bool]:
        """Return what must be covered and is not; whether the body's digest is covered as demanded, or at all."""
        lacking = tuple(one.text for one in self._policy.required if not one.is_met(covered))
        digest = self._policy.digest_required
        return lacking, digest is None or digest.is_met(covered), any(name == CONTENT_DIGEST for name, _ in covered)

    def _check_parameters(self, one: Input, now_ms: int) -> None:
        policy, parameters = self._policy, one.parameters
        if not self._must_have <= parameters.keys():
            absent = sorted(self._must_have - parameters.keys())
            raise MissingCredentialsError(f"the signature {one.label} has no parameter {', '.join(absent)}")
        created = parameters.get("created")
        if created is not None and not -policy.future_ms <= now_ms - created * 1000 <= policy.past_ms:
            outside(created * 1000, now_ms)
        if "expires" in parameters:
            self._check_expiry(parameters["expires"] * 1000, now_ms, has_created=created is not None)
        if "nonce" in parameters and not 0 < len(parameters["nonce"]) <= MAX_NONCE:
            raise MalformedCredentialsError(f"the nonce is not 1 to {MAX_NONCE} characters")

    def _check_expiry(self, expires_ms: int, now_ms: int, *, has_created: bool) -> None:
        if now_ms > expires_ms:
            raise OutsideTimeWindowError(now_ms, f"the signature expired {now_ms - expires_ms} ms ago")
        if not has_created and expires_ms > now_ms + self._policy.past_ms:
            raise OutsideTimeWindowError(now_ms, "the signature has no created, and expires too late for the window")


def _refuse_lacking(lacking: tuple[str, ...]) -> NoReturn:
    raise ComponentNotCoveredError(f"not covered: {', '.join(lacking)}")


def _canonical(signature: bytes) -> bytes:
    """Return one form for the two that anybody can make of a signature of ECDSA, (r, s) and (r, -s).

    A guard against replay by signature sees this one; for other algorithms it changes nothing that counts.
    """
    order, half = _CURVES[len(signature)], len(signature) // 2
    s = int.from_bytes(signature[half:], "big")
    return signature[:half] + min(s, (order - s) % order).to_bytes(half, "big") if s < order else signature
