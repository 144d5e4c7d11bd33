"""The functions of the scheme: those of ``[sign]``, and what they do not know of a body in chunks."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from sealstamp.core.bodycheck import BodyCheck, DigestCheck
from sealstamp.core.code import Description
from sealstamp.core.compiler import Compiled, MakeBodyCheck, Matches, Presented, Sign, Stages, compile_definitions
from sealstamp.core.computing import FIRST_VALUE
from sealstamp.core.coverage import covered_by_definitions
from sealstamp.core.placing import Addition
from sealstamp.core.request import Request
from sealstamp.core.runtime import refuse_unsigned
from sealstamp.core.scheme import SIGNATURE, TIMESTAMP, UNSIGNED_BODY, Scheme
from sealstamp.errors import ConfigurationError
from sealstamp.plugins.aws_chunked.framing import ChunkCheck
from sealstamp.plugins.aws_chunked.heads import DIGEST, STREAMING, read_head
from sealstamp.plugins.aws_chunked.signatures import Chain, signing_key

_FIELD: Final = b"x-amz-content-sha256"
_MOST: Final = 64 * 1024 * 1024
"""The largest chunk that an API may take: it is held in memory."""
_KEYS: Final = ("start_key", "day_key", "region_key", "service_key", "signing_key")


def describe(scheme: Scheme) -> Description:
    """Describe the scheme with its parameters in force. Raises ConfigurationError for one that does not fit."""
    _largest(scheme)
    return Description(
        stages=MappingProxyType(dict.fromkeys(scheme.definitions, "as [sign] says")),
        covered=covered_by_definitions(scheme.replace(code=None)),
        digests=frozenset({"sha256"}),
        signed_with="HMAC-SHA256",
        hidden=frozenset({SIGNATURE, *_KEYS}),
        needs_body=False,
    )


def _largest(scheme: Scheme) -> int:
    text = scheme.parameters["largest_chunk"]
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 0 < int(text) <= _MOST):
        place = f"scheme {scheme.name}, parameter largest_chunk"
        raise ConfigurationError(place, f"cannot be {text!r}", f"a number of bytes, from 1 to {_MOST}")
    return int(text)


def compile_chunked(scheme: Scheme) -> Compiled:
    """Return the scheme's functions."""
    made = compile_definitions(scheme)
    end = FIRST_VALUE + len(scheme.carried)  # behind the values comes what the head says of a body in chunks
    digest_at = FIRST_VALUE + scheme.carried.index(DIGEST)
    is_refused = scheme.parameters[UNSIGNED_BODY] != "allowed"

    def present(request: Request, now_ms: int) -> Presented:
        presented = made.present(request, now_ms)
        head = read_head(request, presented[digest_at])
        if head is not None and is_refused and not head.mode.signed:
            refuse_unsigned(presented[digest_at])
        return (*presented, head)

    def bind(access_key_id: bytes, secret: bytes) -> tuple[Matches, Sign]:
        matches, sign = made.bind(access_key_id, secret)
        return lambda presented, request: matches(presented[:end], request), _signing_heads(scheme, sign)

    def bind_stages(access_key_id: bytes, secret: bytes) -> Stages:
        stages = made.bind_stages(access_key_id, secret)
        return lambda presented, request: stages(presented[:end], request)

    return Compiled(present, bind, bind_stages, made.source, bind_body_check=_BodyChecks(scheme).bind)


def _signing_heads(scheme: Scheme, sign: Sign) -> Sign:
    """Sign a head that says its body comes in chunks as it says."""
    at = scheme.given.index(DIGEST)

    def sign_head(time_ms: int | None, nonce: bytes, given: Sequence[bytes], request: Request) -> list[Addition]:
        said = request.header(_FIELD)
        if not given[at] and said.startswith(STREAMING):
            given = (*given[:at], said, *given[at + 1 :])
        return sign(time_ms, nonce, given, request)

    return sign_head


class _BodyChecks:
    """Makes the checks of bodies for one scheme."""

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme
        self._largest = _largest(scheme)
        self._digest = scheme.body_digests[DIGEST]
        self._instead = frozenset(text.encode() for text in scheme.digest_fields[DIGEST].instead)
        self._at = {name: FIRST_VALUE + index for index, name in enumerate(scheme.carried)}

    def bind(self, _access_key_id: bytes, secret: bytes) -> MakeBodyCheck:
        """Return what makes the checks of bodies for one key."""

        def body_check(presented: Presented) -> BodyCheck | None:
            head, digest = presented[-1], presented[self._at[DIGEST]]
            if head is not None:
                return ChunkCheck(head, self._chain(presented, secret), self._largest)
            return None if digest in self._instead else DigestCheck([(self._digest, digest)])

        return body_check

    def _chain(self, presented: Presented, secret: bytes) -> Chain:
        timestamp, scope, seed = (presented[self._at[name]] for name in (TIMESTAMP, "scope", SIGNATURE))
        return Chain(signing_key(self._scheme, secret, scope.partition(b"/")[0]), timestamp, scope, seed)
